"""Every start ends in a running page or in one sentence, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app.py"
START_SECONDS = 400  # importing Gradio on a busy machine
PREPARED = "from ast_demo.ui.launch import prepare_environment as p; p(); import torch"
ACTIVE = {"OMP_WAIT_POLICY": "ACTIVE"}  # as a host may wish
FOREIGN = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return a clean environment whose temporary files lie in a folder."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in FOREIGN and not name.startswith(("GRADIO_", "AST_", "OMP_"))
    }
    return clean | {"TMPDIR": str(folder), "OMP_NUM_THREADS": "1"} | variables


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fails(folder: Path, *arguments: str, **variables: str) -> str:
    """Run app.py, which must end by itself; return the sentence that it says."""
    ended = subprocess.run(
        [sys.executable, str(APP), *arguments],
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert ended.stdout == ""
    assert list(folder.iterdir()) == []
    (sentence,) = ended.stderr.splitlines()
    return sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "80000"], "--port is '80000', expected a port from 1 to 65535."),
        (["--port", "http"], "--port is 'http', expected a port from 1 to 65535."),
        (["--host", "nosuch.invalid"], "nosuch.invalid is no address of this machine"),
        (["--host", "192.0.2.1"], "192.0.2.1 is no address of this machine"),
        (["--password", "teacher"], "--password needs the form NAME:PASSWORD."),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_argument_is_told_in_one_sentence(tmp_path, arguments, words):
    assert words in fails(tmp_path, *arguments)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("GRADIO_SERVER_PORT", "abc", "GRADIO_SERVER_PORT is 'abc', expected a port"),
        ("GRADIO_SERVER_PORT", "99999", "GRADIO_SERVER_PORT is '99999', expected a port"),
        ("GRADIO_SERVER_NAME", "192.0.2.1", "192.0.2.1 is no address of this machine"),
        ("GRADIO_TEMP_DIR", "/proc/nothing", "GRADIO_TEMP_DIR is '/proc/nothing'"),
        ("GRADIO_ROOT_PATH", "sub", "GRADIO_ROOT_PATH is 'sub', expected"),
        ("AST_QUEUE_SIZE", "many", "AST_QUEUE_SIZE is 'many', expected a whole number"),
    ],
)
def test_a_wrong_variable_is_told_in_one_sentence(tmp_path, variable, value, words):
    assert words in fails(tmp_path, **{variable: value})


def test_a_taken_port_is_told_in_one_sentence(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        port = str(listener.getsockname()[1])
        assert f"port {port} is taken on 127.0.0.1" in fails(tmp_path, "--port", port)


@pytest.mark.skipif(sys.platform != "linux", reason="OpenMP tells its settings there")
@pytest.mark.parametrize(("chosen", "policy"), [({}, "PASSIVE"), (ACTIVE, "ACTIVE")])
def test_threads_that_wait_for_each_other_leave_the_core_to_others(tmp_path, chosen, policy):
    told = subprocess.run(
        [sys.executable, "-c", PREPARED],
        env=environment(tmp_path, OMP_DISPLAY_ENV="TRUE", **chosen),
        cwd=APP.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert f"OMP_WAIT_POLICY = '{policy}'" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("host", "variables"),
    [
        (None, {"http_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}),
        (None, {"ALL_PROXY": "socks5://127.0.0.1:9", "no_proxy": "intra.example"}),
        (None, {"GRADIO_ROOT_PATH": "/sounds"}),
        ("::1", {}),
        ("::", {}),
        ("0.0.0.0", {}),
    ],
)
def test_the_page_runs_whatever_the_environment_holds(tmp_path, host, variables):
    if host and ":" in host and not has_ipv6():
        host = "127.0.0.1"  # the same start, on what this machine has
    port = free_port()
    chosen = ["--host", host] if host else []
    process = subprocess.Popen(
        [sys.executable, str(APP), "--port", str(port), *chosen],
        env=environment(tmp_path, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        address = f"[::1]:{port}" if host and ":" in host else f"127.0.0.1:{port}"
        assert page_comes(address, process), process.stdout.read()
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "AST Explorer is at http://" in said
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("ast-explorer")] == []


def page_comes(address: str, process) -> bool:
    """Wait for the page; False if the process ended."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with direct.open(f"http://{address}/", timeout=10) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return False
        except OSError:
            time.sleep(0.1)
    return False


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
