"""Checkpoints come from the Hub once, then from the cache; whatever goes wrong is one sentence.

Everything runs against a server on 127.0.0.1, and no connection to any other place is allowed.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import huggingface_hub
import huggingface_hub.constants
import huggingface_hub.file_download
import pytest
import torch
from huggingface_hub.utils._xet_progress_reporting import XetDownloadProgressReporter

from ast_demo.checkpoint.checkpoint import find_checkpoint
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.errors import CheckpointError
from ast_demo.checkpoint.hub import _reporting_bar
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification
from tests.helpers.hub_server import COMMIT, loopback_hub
from tests.helpers.models import ours, save_ours, spectrograms, to_original

REPOSITORY = "someone/tiny-ast"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
    """The files of a checkpoint, as a repository holds them."""
    folder = save_ours(tmp_path_factory.mktemp("repository"))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def hub(files, monkeypatch, tmp_path):
    """A Hub with one checkpoint, an empty cache, and no way to anywhere else."""
    with loopback_hub() as server:
        server.files[REPOSITORY] = dict(files)
        point_at(server.endpoint, tmp_path / "cache", monkeypatch)
        yield server


def point_at(endpoint: str, cache: Path, monkeypatch) -> None:
    constants = huggingface_hub.constants
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        endpoint + "/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    connect = socket.socket.connect

    def connect_nearby(self, address):
        assert address[0] == "127.0.0.1", f"a connection to {address} was tried"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_nearby)


def refusal(name=REPOSITORY, **options) -> str:
    with pytest.raises(CheckpointError) as caught:
        find_checkpoint(name, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.count(". ") == 0, "more than one sentence"
    return message


# Downloading


def test_a_first_download_gives_the_checkpoint_and_reports_its_bytes(hub, files):
    reports = []
    found = find_checkpoint(REPOSITORY, progress=lambda *report: reports.append(report))
    assert (found.source, found.name, found.revision) == ("hub", REPOSITORY, COMMIT)
    assert found.weights_file.read_bytes() == files["model.safetensors"]
    size = len(files["model.safetensors"])
    assert reports[-1] == (size, size)
    assert all(0 < arrived <= whole == size for arrived, whole in reports)


def test_the_model_and_the_extractor_load_by_the_name_of_the_repository(hub):
    model = ASTForAudioClassification.from_pretrained(REPOSITORY)
    batch = spectrograms(model.config)
    with torch.no_grad():
        assert torch.equal(model(batch).logits, ours()(batch).logits)
    assert ASTFeatureExtractor.from_pretrained(REPOSITORY).max_length == 24
    assert ASTConfig.from_pretrained(REPOSITORY) == model.config


def test_config_and_extractor_alone_download_no_weights(hub):
    ASTConfig.from_pretrained(REPOSITORY)
    ASTFeatureExtractor.from_pretrained(REPOSITORY)
    assert hub.asked("GET", "config.json")
    assert not hub.asked("GET", "model.safetensors")


def test_a_second_start_downloads_nothing(hub):
    find_checkpoint(REPOSITORY)
    hub.requests.clear()
    reports = []
    find_checkpoint(REPOSITORY, progress=lambda *report: reports.append(report))
    assert not hub.asked("GET")
    assert reports == []


def test_a_changed_repository_is_downloaded_anew(hub, files):
    first = find_checkpoint(REPOSITORY)
    hub.commit = "f" * 40
    config = json.loads(files["config.json"])
    config["id2label"] = {"0": "dog", "1": "rain"}
    hub.files[REPOSITORY]["config.json"] = json.dumps(config).encode()
    second = find_checkpoint(REPOSITORY)
    assert (first.revision, second.revision) == (COMMIT, "f" * 40)
    assert second.config["id2label"] == {"0": "dog", "1": "rain"}
    assert len(hub.asked("GET", "model.safetensors")) == 1  # the weights did not change


def test_every_file_is_asked_for_at_the_commit_of_the_first(hub):
    find_checkpoint(REPOSITORY)
    for file in ("preprocessor_config.json", "model.safetensors"):
        assert hub.asked("GET", f"/resolve/{COMMIT}/{file}"), file
        assert not hub.asked("GET", f"/resolve/main/{file}"), file


@pytest.mark.parametrize("revision", ["v1", COMMIT])
def test_a_revision_is_asked_for_by_name(hub, revision):
    assert find_checkpoint(REPOSITORY, revision=revision).revision == COMMIT
    assert hub.asked("HEAD", f"/resolve/{revision}/config.json")
    assert not any("/main/" in request.path for request in hub.requests)


def test_a_repository_with_a_pickle_alone_loads(hub, tmp_path):
    torch.save(ours().state_dict(), tmp_path / "weights")
    del hub.files[REPOSITORY]["model.safetensors"]
    hub.files[REPOSITORY]["pytorch_model.bin"] = (tmp_path / "weights").read_bytes()
    model = ASTForAudioClassification.from_pretrained(REPOSITORY)
    batch = spectrograms(model.config)
    with torch.no_grad():
        assert torch.equal(model(batch).logits, ours()(batch).logits)


def test_a_model_without_preprocessor_file_loads(hub):
    del hub.files[REPOSITORY]["preprocessor_config.json"]
    ASTForAudioClassification.from_pretrained(REPOSITORY)
    with pytest.raises(CheckpointError, match=r"no preprocessor_config\.json"):
        ASTFeatureExtractor.from_pretrained(REPOSITORY)


# A line that breaks


@pytest.fixture
def impatient(monkeypatch):
    """Spare the seconds that the Hub's library waits between attempts."""
    monkeypatch.setattr(huggingface_hub.file_download.time, "sleep", lambda seconds: None)


@pytest.mark.usefixtures("impatient")
def test_a_download_that_is_cut_goes_on_where_it_stopped(hub, files, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 4096)
    size = len(files["model.safetensors"])
    hub.cuts = [size // 2, size // 4]
    reports = []
    found = find_checkpoint(REPOSITORY, progress=lambda *report: reports.append(report))
    assert found.weights_file.read_bytes() == files["model.safetensors"]
    ranges = [request.range for request in hub.asked("GET", "model.safetensors")]
    starts = [int(each.removeprefix("bytes=").rstrip("-")) for each in ranges[1:]]
    assert ranges[0] is None
    assert 0 < starts[0] <= size // 2
    assert starts[0] < starts[1] < size
    assert reports[-1] == (size, size)
    assert reports == sorted(reports), "progress went backwards"


@pytest.mark.usefixtures("impatient")
def test_a_download_that_stays_cut_is_refused_and_a_later_one_succeeds(hub, files):
    hub.cuts = [0] * 20
    message = refusal()
    assert f"the download of {REPOSITORY} broke off" in message
    assert "try again" in message
    hub.cuts = []
    assert find_checkpoint(REPOSITORY).weights_file.read_bytes() == files["model.safetensors"]


def test_a_connection_that_is_reset_is_one_sentence_and_a_later_download_succeeds(hub, files):
    hub.cuts, hub.resets = [len(files["model.safetensors"]) // 2], True
    assert "broke off" in refusal()
    assert find_checkpoint(REPOSITORY).weights_file.read_bytes() == files["model.safetensors"]


# What the Hub does not give


def test_an_unknown_repository_is_refused(hub):
    message = refusal("someone/no-such-thing")
    assert "the Hub has no public repository someone/no-such-thing" in message
    assert len(hub.requests) == 1


def test_a_gated_repository_is_refused_with_the_way_in(hub):
    hub.gated.add(REPOSITORY)
    message = refusal()
    assert "gated" in message
    assert "hf auth login" in message


def test_an_unknown_revision_is_refused_by_name(hub):
    assert "has no revision 'v99'" in refusal(revision="v99")


@pytest.mark.parametrize("revision", ["../../../etc/passwd", "a/../b", "", "a b", "x" * 300, "ü"])
def test_a_revision_that_is_a_path_is_refused_without_asking(hub, revision):
    assert "expected a branch, tag or commit" in refusal(revision=revision)
    assert hub.requests == []


@pytest.mark.parametrize(
    "name", ["a--b/c", "owner/name.git", "owner/name-", "o" * 60 + "/" + "n" * 30]
)
def test_a_name_that_the_hub_cannot_have_is_refused(hub, name):
    assert name in refusal(name)
    assert not hub.asked("GET")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(hub, file):
    del hub.files[REPOSITORY][file]
    message = refusal()
    assert f"{REPOSITORY} has no {file}" in message


def test_a_model_of_another_kind_is_refused_before_its_weights_are_downloaded(hub):
    hub.files[REPOSITORY]["config.json"] = b'{"model_type": "whisper", "hidden_size": 1280}'
    message = refusal()
    assert "model_type 'whisper'" in message
    assert not hub.asked("GET", "model.safetensors")


def test_a_hostile_config_is_refused_before_its_weights_are_downloaded(hub):
    hub.files[REPOSITORY]["config.json"] = b'{"hidden_size": 1000000000000}'
    assert "hidden_size is 1000000000000" in refusal()
    hub.files[REPOSITORY]["config.json"] = b"[" * 100_000
    hub.commit = "e" * 40
    assert "config.json" in refusal()
    assert not hub.asked("GET", "model.safetensors")


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_hub_that_fails_is_one_sentence_with_its_status(hub, status):
    hub.status = status
    assert f"status {status}" in refusal()
    assert len(hub.requests) == 1


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_hub_that_fails_does_not_keep_from_what_is_cached(hub, status):
    find_checkpoint(REPOSITORY)
    hub.status = status
    assert find_checkpoint(REPOSITORY).revision == COMMIT


# No network


@pytest.fixture
def nowhere(hub, monkeypatch):
    """An endpoint that nothing listens at; the cache stays that of `hub`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def leave():
        endpoint = f"http://127.0.0.1:{port}"
        point_at(endpoint, Path(huggingface_hub.constants.HF_HUB_CACHE), monkeypatch)

    return leave


def test_without_network_one_sentence_comes_quickly(nowhere):
    nowhere()
    start = time.monotonic()
    message = refusal()
    assert time.monotonic() - start < 10.0, "the library's own retries take half a minute"
    assert "not in the local cache" in message
    assert "cannot be reached" in message
    assert "connect to the network, or use a bundled checkpoint" in message


@pytest.mark.parametrize("revision", [None, "v1", COMMIT])
def test_without_network_a_cached_checkpoint_loads_quickly(hub, nowhere, revision):
    find_checkpoint(REPOSITORY, revision=revision)
    nowhere()
    start = time.monotonic()
    found = find_checkpoint(REPOSITORY, revision=revision)
    assert time.monotonic() - start < 10.0
    assert found.revision == COMMIT
    found.load_weights()


def test_without_network_a_cached_pickle_loads(hub, nowhere, tmp_path):
    torch.save(ours().state_dict(), tmp_path / "weights")
    del hub.files[REPOSITORY]["model.safetensors"]
    hub.files[REPOSITORY]["pytorch_model.bin"] = (tmp_path / "weights").read_bytes()
    find_checkpoint(REPOSITORY)
    nowhere()
    assert find_checkpoint(REPOSITORY).weights_file.name == "pytorch_model.bin"


def test_without_network_a_part_in_the_cache_is_called_a_part(hub, nowhere):
    ASTConfig.from_pretrained(REPOSITORY)
    nowhere()
    message = refusal()
    assert "only in part" in message
    assert "model.safetensors" in message


def test_offline_mode_asks_nobody(hub, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in refusal()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    find_checkpoint(REPOSITORY)
    hub.requests.clear()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert find_checkpoint(REPOSITORY).revision == COMMIT
    assert hub.requests == []


# As a user runs it: settings by environment variables, in a fresh process

SCRIPT = """
import sys
from ast_demo.checkpoint.checkpoint import find_checkpoint
from ast_demo.checkpoint.errors import CheckpointError
for name in sys.argv[1:]:
    try:
        found = find_checkpoint(name)
        print(found.revision, found.weights_file, found.sha256())
    except CheckpointError as error:
        print("refused:", error)
"""


def run(*names: str, **environment: str) -> subprocess.CompletedProcess:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGINGFACE_"))}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *names],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


@pytest.mark.slow
def test_the_variables_of_the_hub_are_respected(files, tmp_path):
    home = {"HF_HOME": str(tmp_path / "home")}
    with loopback_hub() as hub:
        hub.files[REPOSITORY] = files
        # tqdm draws its bar only on a terminal, unless its position is set.
        first = run(REPOSITORY, **home, HF_ENDPOINT=hub.endpoint, TQDM_POSITION="-1")
    assert "model.safetensors: 100%" in first.stderr
    commit, path, _ = first.stdout.split()
    assert commit == COMMIT
    assert path.startswith(home["HF_HOME"])
    second = run(REPOSITORY, "someone/else", **home, HF_HUB_OFFLINE="1")
    cached, absent = second.stdout.splitlines()
    assert cached == first.stdout.strip()
    assert absent.startswith("refused: someone/else is not in the local cache and HF_HUB_OFFLINE")
    assert second.stderr == ""


# Progress


def test_progress_of_xet_storage_follows_what_arrives_and_never_goes_back():
    reports = []
    reporter = XetDownloadProgressReporter(
        reconstruction_desc="reconstructing",
        transfer_desc="downloading",
        total=1000,
        log_level=20,
        tqdm_class=_reporting_bar(lambda *report: reports.append(report)),
    )

    class Report:
        total_bytes = 1000
        total_bytes_completion_rate = total_transfer_bytes_completion_rate = 1.0

    with reporter:
        for transferred, written in [(300, 0), (700, 500), (900, 1000)]:
            Report.total_transfer_bytes_completed = transferred
            Report.total_bytes_completed = written
            reporter.update_progress(Report)
    assert [arrived for arrived, _ in reports] == sorted(arrived for arrived, _ in reports)
    assert {whole for _, whole in reports} == {1000}
    assert reports[0] == (300, 1000)
    assert reports[-1] == (1000, 1000)


def test_original_names_load_from_the_hub_too(hub, tmp_path):
    # A repository of someone who uploaded the authors' file under the common name.
    torch.save(to_original(ours().state_dict(), 32), tmp_path / "weights")
    del hub.files[REPOSITORY]["model.safetensors"]
    hub.files[REPOSITORY]["pytorch_model.bin"] = (tmp_path / "weights").read_bytes()
    model = ASTForAudioClassification.from_pretrained(REPOSITORY)
    batch = spectrograms(model.config)
    with torch.no_grad():
        torch.testing.assert_close(model(batch).logits, ours()(batch).logits)
