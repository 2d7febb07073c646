"""The two deployments on a local Ray with two workers: `pytest deploy`, with Ray installed."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import ray
import soundfile
import yaml
from gradio_client import Client, handle_file
from ray import serve

from ast_demo import AudioClassifier, load_audio

ROOT = Path(__file__).resolve().parents[1]
CLIPS = sorted((ROOT / "assets" / "examples").glob("*.flac"))


@pytest.fixture(scope="module")
def cluster():
    environment = {"env_vars": {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}}
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    yield ray.init(num_cpus=2, include_dashboard=False, runtime_env=environment)
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


def test_the_archives_command_starts_as_it_is_written():
    command = [sys.executable, "-m", "deploy.ray_data_tagging", "--help"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "--workers" in answer.stdout, answer.stderr


@pytest.fixture(scope="module")
def served(cluster):
    """Both applications, as deploy/ray_serve.yaml names them."""
    from deploy import ray_serve

    plan = yaml.safe_load((ROOT / "deploy" / "ray_serve.yaml").read_text())
    for application in plan["applications"]:
        name = application["import_path"].removeprefix("deploy.ray_serve:")
        target = getattr(ray_serve, name)
        serve.run(target, name=application["name"], route_prefix=application["route_prefix"])
    return "http://127.0.0.1:8000"


def post(url, sound):
    with urllib.request.urlopen(urllib.request.Request(url, sound), timeout=60) as answer:
        return json.load(answer)


def test_replicas_answer_many_requests_at_once_each_its_own(served, expected):
    replicas = serve.status().applications["api"].deployments["api"].replica_states
    assert replicas == {"RUNNING": 2}
    clips = CLIPS * 3

    def ask(clip):
        return post(f"{served}/v1/classify?top=3", clip.read_bytes())

    with ThreadPoolExecutor(12) as threads:
        for clip, answer in zip(clips, threads.map(ask, clips)):
            labels = [row["label"] for row in answer["labels"]]
            assert labels == [label for label, _ in expected[clip.name]]


def test_an_explanation_comes_from_any_replica(served, expected):
    answers = [post(f"{served}/v1/explain", CLIPS[0].read_bytes()) for _ in range(4)]
    assert all(answer["rollout"] == answers[0]["rollout"] for answer in answers)
    assert answers[0]["labels"][0]["label"] == expected[CLIPS[0].name][0][0]


def test_a_broken_sound_is_refused_in_the_sentence_of_the_page(served):
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(f"{served}/v1/classify", b"no sound")
    assert caught.value.code == 400
    assert "can't be read as audio" in json.load(caught.value)["error"]
    assert caught.value.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_and_its_api_are_there(served, expected):
    with urllib.request.urlopen(served) as answer:
        assert "AST Explorer" in answer.read().decode()
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    client = Client(served, verbose=False)
    answer = client.predict(audio=handle_file(CLIPS[0]), api_name="/classify")
    assert answer["labels"][0]["label"] == expected[CLIPS[0].name][0][0]
