"""The two deployments on a local Ray with two workers: `pytest deploy`, with Ray installed."""

import json
import os
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import ray
import soundfile
from ray import serve

from ast_demo import AudioClassifier, load_audio

ROOT = Path(__file__).resolve().parents[1]
CLIPS = sorted((ROOT / "assets" / "examples").glob("*.flac"))


@pytest.fixture(scope="module")
def cluster():
    environment = {"env_vars": {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}}
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    yield ray.init(num_cpus=4, include_dashboard=False, runtime_env=environment)
    serve.shutdown()
    ray.shutdown()


@pytest.fixture(scope="module")
def expected():
    classifier = AudioClassifier.load("everyday-sounds", device="cpu")
    return {clip.name: classifier.classify(load_audio(clip)).top(3) for clip in CLIPS}


def test_an_archive_is_tagged_and_a_broken_file_stops_nothing(cluster, expected, tmp_path):
    from deploy.ray_data_tagging import tag

    for clip in CLIPS:
        samples, rate = soundfile.read(clip)
        soundfile.write(tmp_path / clip.name, samples, rate)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    rows = tag(tmp_path, "everyday-sounds", workers=2, top=3).take_all()
    errors = [row for row in rows if row["error"]]
    assert [Path(row["file"]).name for row in errors] == ["broken.wav"]
    for clip in CLIPS:
        found = [row for row in rows if Path(row["file"]).name == clip.name]
        assert [row["label"] for row in found] == [label for label, _ in expected[clip.name]]
        assert found[0]["score"] == pytest.approx(expected[clip.name][0][1], abs=2e-3)


def test_replicas_answer_many_requests_at_once_each_its_own(cluster, expected):
    from deploy.ray_serve import application

    serve.run(application)

    def ask(clip):
        url = "http://127.0.0.1:8000/v1/classify?top=3"
        with urllib.request.urlopen(urllib.request.Request(url, clip.read_bytes())) as answer:
            return [row["label"] for row in json.load(answer)["labels"]]

    clips = CLIPS * 3
    with ThreadPoolExecutor(12) as threads:
        for clip, labels in zip(clips, threads.map(ask, clips)):
            assert labels == [label for label, _ in expected[clip.name]]
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(
            urllib.request.Request("http://127.0.0.1:8000/v1/classify", b"no sound")
        )
    assert caught.value.code == 400
    assert "is no sound file" in json.load(caught.value)["error"]
