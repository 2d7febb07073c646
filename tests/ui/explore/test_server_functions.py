"""What the explorer asks the server: right answers to right requests, sentences to wrong ones."""

import base64
import contextlib
import csv
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from ast_demo import __version__
from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.ui.explore.server_functions import server_functions
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import EXAMPLES, Services
from tests.helpers.models import hearing_classifier, save_checkpoint

FORMULA = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def explanation(tmp_path_factory):
    saved = hearing_classifier(["dog", FORMULA], seed=1)
    folder = save_checkpoint(saved, tmp_path_factory.mktemp("model"))
    classifier = AudioClassifier.load(folder, device="cpu", dtype="float32")
    noise = np.random.default_rng(0).standard_normal(12000)
    return classifier.explain((0.1 * noise).astype(np.float32))


@pytest.fixture(scope="module")
def ask(explanation):
    services = Services.create(Limits())
    services.kept.put("known", explanation)
    functions = {function.__name__: function for function in server_functions(services)}

    def answer(name, **request):
        return functions[name]({"id": "known", **request})

    answer.raw = functions
    return answer


def decode(packed, shape):
    data = np.frombuffer(base64.b64decode(packed["data"]), dtype=np.uint8)
    return data.reshape(shape) / 255


def test_maps_of_a_token_equal_the_explanation(ask, explanation):
    token = explanation.grid.token(3, 4)
    answer = ask("attention_from", token=token)
    maps = decode(answer, (2, 2, *explanation.rollout.shape))
    for layer in range(2):
        for head in range(2):
            highest = answer["max"][2 * layer + head]
            true = explanation.attention(layer, head, token)
            assert np.abs(maps[layer, head] * highest - true).max() <= highest / 255


def test_relevance_equals_the_explanation_and_tells_the_special_share(ask, explanation):
    answer = ask("relevance", label="dog")
    drawn = decode(answer, explanation.rollout.shape) * answer["max"]
    assert np.abs(drawn - explanation.relevance("dog")).max() <= answer["max"] / 255
    tokens = explanation.relevance_tokens("dog")
    assert answer["special_share"] == pytest.approx(
        float(tokens[:2].sum() / tokens.sum()), rel=1e-3
    )


def test_random_weights_answer_with_a_map_and_its_likeness(ask):
    answer = ask("randomized", label="dog")
    assert -1 <= answer["correlation"] <= 1
    assert answer["map"]["max"] > 0


@pytest.mark.parametrize(
    "heat",
    [
        {"kind": "rollout"},
        {"kind": "attention", "layer": 1, "head": None, "token": "pooled"},
        {"kind": "relevance", "label": "dog"},
    ],
)
def test_the_deletion_test_takes_any_map(ask, heat, explanation):
    answer = ask("deletion", heat=heat, label="dog", filling="silence")
    assert answer["hottest"][0] == pytest.approx(explanation.scores["dog"], abs=1e-5)
    assert answer["verdict"]


@pytest.mark.parametrize("what", ["sound", "patch", "heat"])
def test_sounds_come_as_wav_with_their_place(ask, what, explanation):
    answer = ask("audio", what=what, f=1, t=2, heat={"kind": "rollout"}, share=0.1)
    waveform, rate = soundfile.read(io.BytesIO(base64.b64decode(answer["wav"])))
    assert rate == 16000
    seconds = explanation.grid.seconds(2)
    expected = seconds[1] - seconds[0] if what == "patch" else len(explanation.waveform) / rate
    assert len(waveform) / rate == pytest.approx(expected, abs=1e-3)
    assert answer["start"] == pytest.approx(seconds[0] if what == "patch" else 0)


def test_the_smallest_sound_can_be_heard_and_its_cells_are_marked(ask, explanation):
    from ast_demo.explain.sufficiency import smallest_sound

    answer = ask("smallest", label="dog")
    found = smallest_sound(explanation, explanation.relevance("dog"), "dog")
    waveform, rate = soundfile.read(io.BytesIO(base64.b64decode(answer["wav"])))
    assert rate == 16000
    assert len(waveform) == len(found.waveform)
    mask = np.frombuffer(base64.b64decode(answer["mask"]), np.uint8).reshape(found.mask.T.shape)
    assert np.array_equal(mask > 0, found.mask.T > 0)
    assert answer["note"] == found.sentence


def test_scores_over_depth_end_at_the_answer_and_hold_the_chosen_labels(ask, explanation):
    answer = ask("depth", labels=[FORMULA])
    best = explanation.top(1)[0]
    assert set(answer["curves"]) == {"dog", FORMULA}
    assert answer["curves"][best[0]][-1] == pytest.approx(best[1], abs=1e-5)
    assert answer["note"].startswith(best[0])


def test_a_deletion_test_stops_between_two_passes_once_it_is_cancelled(
    ask, explanation, monkeypatch
):
    passes = []
    model = explanation.classifier.model

    def counted(batch):
        passes.append(len(batch))
        ask("cancel")
        return type(model).forward(model, batch)

    monkeypatch.setattr(model, "forward", counted)
    answer = ask("deletion", heat={"kind": "rollout"}, label="dog", filling="mean")
    assert answer == {"error": "The test was cancelled."}
    assert len(passes) == 1
    assert ask("cancel") == {"cancelled": False}


def test_a_deletion_test_that_waits_for_its_turn_can_be_cancelled(ask, explanation):
    services = Services.create(Limits())
    services.kept.put("known", explanation)
    functions = {function.__name__: function for function in server_functions(services)}
    request = {"id": "known", "heat": {"kind": "rollout"}, "label": "dog", "filling": "mean"}
    with contextlib.ExitStack() as busy, ThreadPoolExecutor() as threads:
        for _ in range(Limits().model_runs):
            busy.enter_context(services.model_slot())
        waiting = threads.submit(functions["deletion"], request)
        while not functions["cancel"]({"id": "known"})["cancelled"]:
            time.sleep(0.01)
        assert "cancelled" in waiting.result(timeout=20)["error"]


@pytest.mark.parametrize("request_", [{}, {"id": 7}, {"id": "unknown"}])
def test_cancelling_what_does_not_run_does_nothing(ask, request_):
    assert ask.raw["cancel"](request_) == {"cancelled": False}


def exported(ask, kind, **view):
    answer = ask("export", kind=kind, title="../my sound.wav", view=view)
    assert answer["name"] == f"my-sound-explained.{kind}"
    return base64.b64decode(answer["data"])


def test_the_table_keeps_a_spreadsheet_from_running_labels(ask, explanation):
    lines = exported(ask, "csv").decode("utf-8-sig").splitlines()
    rows = list(csv.reader(line for line in lines[: lines.index("")] if not line.startswith("#")))
    assert rows[0] == ["label", "score"]
    assert [f"'{FORMULA}", f"{explanation.scores[FORMULA]:.6f}"] in rows
    assert f"# weights_sha256: {json.dumps(explanation.classifier.checkpoint.sha256())}" in lines


def test_the_table_has_every_patch_with_its_place_and_heat(ask, explanation):
    lines = exported(ask, "csv", heat={"kind": "rollout"}).decode("utf-8-sig").splitlines()
    rows = list(csv.DictReader(lines[lines.index("") + 2 :]))
    grid = explanation.grid
    assert len(rows) == grid.freq_patches * grid.time_patches
    row = rows[3 * grid.time_patches + 4]
    assert (row["token"], row["row"], row["column"]) == (str(grid.token(3, 4)), "3", "4")
    assert float(row["heat"]) == pytest.approx(explanation.rollout[3, 4], rel=1e-4)
    assert float(row["low_hertz"]) == pytest.approx(grid.hertz(3)[0], abs=0.001)


def test_evidence_on_the_screen_and_in_a_picture_is_computed_once(ask, explanation):
    first = explanation.relevance_tokens("dog")
    assert explanation.relevance_tokens("dog") is first


def test_two_labels_are_compared_as_on_the_screen(ask, explanation):
    heat = {"kind": "relevance", "label": "dog", "over": FORMULA}
    arrays = np.load(io.BytesIO(exported(ask, "npz", heat=heat)), allow_pickle=False)
    one, other = explanation.relevance("dog"), explanation.relevance(FORMULA)
    expected = np.maximum(0, one / one.sum() - other / other.sum())
    assert np.allclose(arrays["heat"], expected, atol=1e-7)
    assert str(arrays["heat_name"]) == f"more for dog than for {FORMULA}"


def test_arrays_open_without_pickle_and_are_the_explanations(ask, explanation):
    heat = {"kind": "attention", "layer": 0, "head": 1, "token": 5}
    arrays = np.load(io.BytesIO(exported(ask, "npz", heat=heat)), allow_pickle=False)
    assert np.array_equal(arrays["input_values"], explanation.input_values)
    assert np.array_equal(arrays["log_mel"], explanation.log_mel)
    assert np.array_equal(arrays["heat"], explanation.attention(0, 1, 5))
    assert dict(zip(arrays["labels"], arrays["scores"])).keys() == explanation.scores.keys()


def test_the_report_says_how_to_make_it_again(ask, explanation):
    report = json.loads(exported(ask, "json", heat={"kind": "rollout"}))
    provenance = report["provenance"]
    assert provenance["package"] == f"ast_demo {__version__}"
    assert provenance["mean"] == explanation.classifier.extractor.mean
    assert provenance["dtype"] == "float32"
    assert provenance["milliseconds"].keys() == explanation.timings.keys()
    f, t = np.unravel_index(explanation.rollout.argmax(), explanation.rollout.shape)
    assert report["heat"]["hottest_token"] == explanation.grid.token(int(f), int(t))


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_figures_come_with_the_chosen_map(ask, kind, start):
    content = exported(ask, kind, heat={"kind": "relevance", "label": "dog"}, grid="outline")
    assert content.startswith(start)


@pytest.mark.parametrize(
    ("name", "request_", "words"),
    [
        ("attention_from", {"token": "pooled"}, "token is 'pooled'"),
        ("attention_from", {"token": 10**9}, "Token is 1000000000"),
        ("relevance", {"label": "cow"}, "no label 'cow'"),
        ("relevance", {"label": ["dog"]}, "expected a short text"),
        ("smallest", {"label": "cat"}, "cat"),
        ("smallest", {}, "expected a short text"),
        ("depth", {"labels": "dog"}, "expected a list of at most 2"),
        ("depth", {"labels": ["cat"]}, "cat"),
        ("deletion", {"label": "dog", "filling": "music", "heat": {"kind": "rollout"}}, "music"),
        ("deletion", {"label": "dog", "filling": "mean"}, "expected rollout, attention"),
        ("audio", {"what": "patch", "f": 99, "t": 0}, "outside the grid"),
        ("audio", {"what": "patch", "f": True, "t": 0}, "f is True"),
        ("audio", {"what": "heat", "heat": {"kind": "rollout"}, "share": 7}, "share is 7"),
        ("audio", {"what": "heat", "heat": {"kind": "rollout"}, "share": "x"}, "share is 'x'"),
        ("audio", {"what": "film"}, "'film'"),
        ("export", {"kind": "exe"}, "'exe'"),
        ("export", {"kind": "png", "view": {"colours": "jet"}}, "colours is 'jet'"),
        ("export", {"kind": "png", "view": {"columns": [9, 2]}}, "columns is [9, 2]"),
        ("export", {"kind": "png", "view": {"rows": [500, 600]}}, "part of 0 to 128"),
        ("export", {"kind": "png", "view": {"opacity": "much"}}, "opacity is 'much'"),
        ("export", {"kind": "png", "view": {"patch": [99, 0]}}, "outside the grid"),
        (
            "export",
            {"kind": "npz", "view": {"heat": {"kind": "attention", "layer": 9, "token": 0}}},
            "9",
        ),
    ],
)
def test_a_wrong_request_gets_a_sentence_with_what_was_received(ask, name, request_, words):
    error = ask(name, **request_)["error"]
    assert words.lower() in error.lower()
    assert "Traceback" not in error


@pytest.mark.parametrize("request_", [None, [], "text", {}, {"id": 7}, {"id": "unknown"}])
def test_a_request_without_a_kept_sound_gets_a_sentence(ask, request_):
    answer = ask.raw["relevance"](request_)
    assert answer.keys() <= {"error", "gone"}
    assert answer["error"].endswith(".")


CLIP = "siren.flac"
KEY = "0123456789abcdef" * 2


@pytest.fixture
def forgetful(explanation, tmp_path, monkeypatch):
    """Ask a server that keeps no sound yet; its model is the explanation's."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    services = Services.create(Limits())
    monkeypatch.setattr(services.models, "get", lambda name: explanation.classifier)
    functions = {function.__name__: function for function in server_functions(services)}
    return lambda name, **request: functions[name]({"id": KEY, "label": "dog", **request})


def test_a_sound_that_is_gone_is_explained_again_from_what_is_sent_along(
    forgetful, explanation, tmp_path
):
    gone = forgetful("relevance")
    assert gone == {
        "error": "This sound's maps are no longer kept on the server: open the sound again.",
        "gone": True,
    }
    content = (EXAMPLES / CLIP).read_bytes()
    true = explanation.classifier.explain(load_audio(EXAMPLES / CLIP)).relevance("dog")
    for piece in ({"example": CLIP}, {"sound": base64.b64encode(content).decode()}):
        answer = forgetful("relevance", model="m", **piece)
        found = decode(answer, true.shape) * answer["max"]
        assert np.abs(found - true).max() <= true.max() / 250
        assert list(tmp_path.iterdir()) == []
    assert forgetful("relevance") == answer  # kept from now on


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ({"sound": "UklGRg=="}, "model is none"),
        ({"sound": "UklGRg==", "model": "m"}, "sound can't be read as audio"),
        ({"sound": "*", "model": "m"}, "did not arrive whole"),
        ({"sound": 7, "model": "m"}, "did not arrive whole"),
        ({"sound": None, "model": "m"}, "did not arrive whole"),
        ({"example": "../../app.py", "model": "m"}, "expected the name of an example"),
        ({"example": ["a"], "model": "m"}, "expected the name of an example"),
        ({"sound": "UklGRg==", "model": "m", "id": "guessed"}, "no longer kept"),
    ],
)
def test_what_is_sent_along_wrongly_is_refused_in_a_sentence(forgetful, pieces, words, tmp_path):
    assert words in forgetful("relevance", **pieces)["error"].casefold()
    assert list(tmp_path.iterdir()) == []


def test_a_failure_inside_tells_the_visitor_no_details(ask, monkeypatch, explanation, capsys):
    def broken(label):
        raise RuntimeError("secret path")

    monkeypatch.setattr(explanation, "relevance_tokens", broken)
    answer = ask("relevance", label="dog")
    assert "secret" not in answer["error"]
    assert "secret path" in capsys.readouterr().err
