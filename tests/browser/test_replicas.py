"""A page whose server ends: the other replica answers for the sound that is on the screen."""

import numpy as np
import pytest
import soundfile

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from tests.helpers.balancer import Balancer
from tests.helpers.explore import change, chirp, drawn_map, open_sound
from tests.helpers.page import SAMPLING_RATE, serving

pytestmark = pytest.mark.browser

BROWSER_HAS_IT = """performance.getEntriesByType("resource")
.some((entry) => entry.name.includes("/file=") && entry.responseEnd)"""
NAME = "a b#c%20?ü.wav"  # nothing that an address could mean otherwise is taken for it


def test_a_question_to_a_replica_that_never_heard_the_sound_is_answered(
    chromium, checkpoint, tmp_path
):
    recording = tmp_path / NAME
    soundfile.write(recording, chirp(), SAMPLING_RATE, subtype="PCM_16")
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    chosen = ("--model", str(checkpoint), "--device", "cpu", "--dtype", "float32")
    with serving(folders[0], *chosen) as first, serving(folders[1], *chosen) as second:
        ports = [int(server.url.rstrip("/").rsplit(":", 1)[1]) for server in (first, second)]
        balancer = Balancer(ports, sticky=True)
        context = chromium.new_context(extra_http_headers={"X-Visitor": "a"})
        page, complaints = open_sound(context, balancer, recording)
        page.wait_for_function(BROWSER_HAS_IT)
        first.process.terminate()
        first.process.wait(15)
        served = balancer.served[ports[1]]
        change(page, labels=["Dog"], heat="label")
        found, _ = drawn_map(page)
        assert balancer.served[ports[1]] > served
        explanation = AudioClassifier.load(checkpoint, device="cpu", dtype="float32").explain(
            load_audio(recording)
        )
        true = explanation.relevance("Dog").ravel()
        assert np.abs(found - true).max() <= true.max() / 250
        assert complaints.external == []
        context.close()
        balancer.close()
