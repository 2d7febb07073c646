"""What the host bounds of a sound is bounded and noted, and long work lets short work pass."""

import threading
import time

import numpy as np
import pytest
import soundfile

from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.visitor import Visitor, visiting
from ast_demo.ui.timeline.slide import slide


@pytest.fixture
def stereo(tmp_path, monkeypatch):
    """A stereo sound of three seconds at 32 kHz, uploaded."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.full((96_000, 2), 0.1), 32_000)
    return str(path)


def test_within_the_bounds_a_sound_is_read_as_it_is(stereo):
    limits = Limits(channels=2, lowest_rate=32_000, highest_rate=32_000, sound_seconds=3)
    sound, _ = Services.create(limits).read(stereo)
    assert sound.seconds == pytest.approx(3.0)
    assert not any("cut" in note for note in sound.notes)


def test_a_longer_sound_is_cut_and_the_rest_noted(stereo):
    sound, _ = Services.create(Limits(sound_seconds=2)).read(stereo)
    assert sound.seconds == pytest.approx(2.0)
    assert any("cut after 2 s" in note for note in sound.notes)


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        ({"channels": 1}, "sound.wav has 2 channels, the limit is 1"),
        ({"lowest_rate": 44_100}, "has 32000 samples a second, expected 44100 to 192000"),
        ({"highest_rate": 16_000}, "has 32000 samples a second, expected 8000 to 16000"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_value_and_the_bound(stereo, bound, words):
    services = Services.create(Limits(**bound))
    with pytest.raises(ValueError, match=words):
        services.read(stereo)
    with pytest.raises(ValueError, match=words):
        next(slide(services, stereo, None, None))


def test_short_work_of_another_visitor_waits_for_no_more_than_one_step_of_long_work():
    services, done = Services.create(Limits()), []
    begun, gate, stop = threading.Semaphore(0), threading.Semaphore(0), threading.Event()

    def steps():
        while True:
            begun.release()
            gate.acquire()
            done.append("step")
            yield

    def work(address, function, *arguments):
        with visiting(Visitor(address)):
            function(*arguments)

    greedy = [
        threading.Thread(
            target=work, args=("greedy", services.run_model_steps, steps(), stop.is_set)
        )
        for _ in range(8)
    ]
    for thread in greedy:
        thread.start()
    assert begun.acquire(timeout=5)
    short = threading.Thread(target=work, args=("other", services.run_model, done.append, "short"))
    short.start()
    end = time.monotonic() + 5
    while len(services._turns) < 8 and time.monotonic() < end:  # seven of his, and the other's
        time.sleep(0.002)
    gate.release()
    short.join(5)
    assert done == ["step", "short"]
    stop.set()
    gate.release(1)
    for thread in greedy:
        thread.join(5)
        assert not thread.is_alive()
