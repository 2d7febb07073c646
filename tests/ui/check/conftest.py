"""What the tests of the Check tab share: services with a small model, sounds that were uploaded."""

import io
import zipfile

import numpy as np
import pytest
import soundfile

from ast_demo.ui.check.kept_checks import kept_checks
from ast_demo.ui.check.server_functions import server_functions
from ast_demo.ui.check.views import check_views
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from tests.helpers.listening_model import LABELS, LISTENER, sound


@pytest.fixture
def services(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    limits = Limits(zip_members=6, check_sounds=2)
    return Services.create(limits, str(LISTENER), device="cpu", dtype="float32")


@pytest.fixture
def model(services):
    return services.models.default


@pytest.fixture
def upload(tmp_path, services):
    rng = np.random.default_rng(3)
    file = tmp_path / "uploads" / "low tone.wav"
    waveform = sound("Low tone", 1.295, rng) + 0.002 * rng.normal(size=20720)
    soundfile.write(file, waveform, 16000, subtype="FLOAT")
    return file


@pytest.fixture
def archive(tmp_path, services):
    rng = np.random.default_rng(1)
    file = tmp_path / "uploads" / "clips.zip"
    with zipfile.ZipFile(file, "w") as packed:
        for label in LABELS:
            content = io.BytesIO()
            soundfile.write(content, sound(label, 1.295, rng), 16000, format="WAV")
            packed.writestr(f"{label}/1.wav", content.getvalue())
        packed.writestr("Hiss/<b>broken</b>.wav", b"no sound")
    return file


@pytest.fixture
def check(services, model):
    """Run a check as the page does; returns its views, the last one, and what may be asked."""

    def run(request, opened=None):
        kept = kept_checks(services.limits)
        *views, last = check_views(services, kept, {"job": 7, **request}, model, opened)
        asked = {function.__name__: function for function in server_functions(services, kept)}
        return views, last, asked

    return run
