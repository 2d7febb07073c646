"""What is taken away of a view, and the Python that makes it again."""

import json

import numpy as np
import pytest
from matplotlib.image import imread

from tests.helpers.explore import ANSWER, AT_REST, change, drawn_map

pytestmark = pytest.mark.browser


def download(page, kind, folder):
    with page.expect_download(timeout=ANSWER) as event:
        page.get_by_role("button", name=kind, exact=True).click()
    path = folder / event.value.suggested_filename
    event.value.save_as(path)
    return path


def pixels(path):
    return imread(path)


def test_downloads_hold_the_view_and_its_provenance(page, explanation, tmp_path):
    change(page, heat="layer", layer=1, head=0)
    digest = explanation.classifier.checkpoint.sha256()
    assert download(page, "PNG", tmp_path).read_bytes().startswith(b"\x89PNG")
    assert "<svg" in download(page, "SVG", tmp_path).read_text(encoding="utf-8")
    table = download(page, "CSV", tmp_path).read_text(encoding="utf-8")
    assert digest in table
    assert f"{explanation.top(1)[0][0]}," in table
    arrays = np.load(download(page, "NPZ", tmp_path), allow_pickle=False)
    assert np.allclose(arrays["input_values"], explanation.input_values, atol=1e-5)
    assert np.allclose(arrays["heat"], explanation.attention(1, 0), atol=1e-6)
    report = json.loads(download(page, "JSON", tmp_path).read_text(encoding="utf-8"))
    assert report["provenance"]["weights_sha256"] == digest
    hottest = explanation.attention(1, 0).max()
    assert report["heat"]["hottest_value"] == pytest.approx(hottest, abs=1e-6)


@pytest.mark.parametrize(
    "choices",
    [
        {"heat": "rollout"},
        {"heat": "layer", "layer": 2, "head": -1},
        {"heat": "layer", "layer": 1, "head": 1, "from": "patch", "patch": {"f": 1, "t": 2}},
        {"heat": "label", "labels": ["Dog"]},
        {"heat": "label", "labels": ["Dog", "Rain"], "comparing": True, "compared": "less"},
    ],
)
def test_the_copied_python_makes_the_same_map(page, checkpoint, recording, choices, monkeypatch):
    change(page, **choices)
    drawn, highest = drawn_map(page)
    page.wait_for_function("document.querySelector('.ex-code').textContent.includes('heatmap = ')")
    code = page.locator(".ex-code").text_content()
    code = code.replace(json.dumps(checkpoint.name), json.dumps(str(checkpoint)))
    monkeypatch.chdir(recording.parent)
    names = {}
    exec(code, names)
    allowed = 0.05 * highest if "compared" in choices else 1.5 * highest / 255
    assert np.abs(drawn - names["heat"].ravel()).max() <= allowed
    assert names["heatmap"].shape == (128, 512)


@pytest.mark.parametrize(
    "choices",
    [
        {"heat": "none", "colours": "viridis", "range": "fixed", "low": -1.0, "high": 0.5},
        {"heat": "rollout", "style": "contour", "zoom": 4, "left": 60, "axis": "mel"},
        {"heat": "layer", "layer": 1, "head": 1, "scale": "shared", "grid": "exploded", "zoom": 2},
        {"heat": "rollout", "style": "alone", "grid": "outline", "patch": {"f": 2, "t": 3}},
        {"grid": "overlap", "axis": "bin"},
    ],
)
def test_the_picture_and_the_copied_python_draw_the_very_view(
    page, checkpoint, recording, choices, tmp_path, monkeypatch
):
    change(page, **choices)
    picture = pixels(download(page, "PNG", tmp_path))
    code = page.locator(".ex-code").text_content()
    code = code.replace(json.dumps(checkpoint.name), json.dumps(str(checkpoint)))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chirp.wav").write_bytes(recording.read_bytes())
    exec(code, {})
    again = pixels(tmp_path / "explained.png")
    rows = round(len(picture) * 0.75)  # below stands small print, which tells the milliseconds
    assert np.abs(picture[:rows] - again[:rows]).max() <= 1 / 255
    change(page, **{**AT_REST, "opacity": 0.3})
    assert not np.array_equal(pixels(download(page, "PNG", tmp_path))[:rows], picture[:rows])
