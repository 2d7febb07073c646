"""One page with a sound in it for all tests of the explorer: opening it takes seconds."""

from __future__ import annotations

import pytest
import soundfile

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from tests.helpers.explore import AT_REST, change, chirp, open_sound
from tests.helpers.page import SAMPLING_RATE


@pytest.fixture(scope="package")
def recording(tmp_path_factory):
    """The sound."""
    path = tmp_path_factory.mktemp("sounds") / "chirp.wav"
    soundfile.write(path, chirp(), SAMPLING_RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="package")
def explanation(checkpoint, recording):
    """What Python says of it."""
    classifier = AudioClassifier.load(checkpoint, device="cpu", dtype="float32")
    return classifier.explain(load_audio(recording))


@pytest.fixture(scope="package")
def opened(chromium, server, recording):
    """The page, and what it complains about."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield open_sound(context, server, recording)
    context.close()


@pytest.fixture
def page(opened):
    """The open page with everything let go; it must stay local and free of errors."""
    page, complaints = opened
    change(page, **AT_REST)
    page.evaluate("document.querySelectorAll('.explorer details').forEach((it) => it.open = false)")
    page.evaluate("scrollTo(0, 0)")
    yield page
    assert complaints.external == []
    assert complaints.errors == []
