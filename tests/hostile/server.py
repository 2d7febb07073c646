"""A real server process for the tests: `python app.py` with a small model, watched from outside."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import torch

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification
from tests.hostile.worker import SMALL

REPOSITORY = Path(__file__).parents[2]
SECRET = "hf_secretsecretsecret"  # stands in the environment and must never be answered
READY_SECONDS = 400  # torch and Gradio on a busy machine
MODEL = "small-model"


def save_model(folder: Path, **shape) -> Path:
    """Write a checkpoint with random weights that answer differently for different sounds."""
    torch.manual_seed(0)
    config = ASTConfig(**{**SMALL, "max_length": 256, "initializer_range": 0.3, **shape})
    ASTForAudioClassification(config).save_pretrained(folder / MODEL)
    ASTFeatureExtractor(max_length=config.max_length).save_pretrained(folder / MODEL)
    return folder / MODEL


class Server:
    """One server process.

    Args:
        folder: for its files: the model, the uploads, its output.
        variables: environment variables on top.
        model: a checkpoint other than the small one.
    """

    def __init__(self, folder: Path, model: Path | str | None = None, **variables: str):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.uploads = Path(variables.get("GRADIO_TEMP_DIR", folder / "uploads"))
        self.model = model or save_model(folder)
        self.connections = folder / "connections.txt"  # attempts to reach anyone else
        self.output = folder / "output.txt"
        environment = os.environ | {
            "AST_MODEL": str(self.model),
            "AST_DEVICE": "cpu",
            "AST_DTYPE": "float32",
            "AST_TEST_CONNECTIONS": str(self.connections),
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_SERVER_PORT": str(self.port),
            "GRADIO_TEMP_DIR": str(self.uploads),
            "HF_TOKEN": SECRET,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(REPOSITORY),
            **variables,
        }
        with open(self.output, "w") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(REPOSITORY / "tests" / "helpers" / "watched_app.py")],
                cwd=REPOSITORY,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> Server:
        """Wait until the server is ready."""
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self.get("/readyz")[0] == 200:
                    return self
            time.sleep(0.1)
        raise RuntimeError(f"the server is not ready: {self.output.read_text()[-2000:]}")

    def alive(self) -> bool:
        """Tell whether the process runs and answers."""
        return self.process.poll() is None and self.get("/healthz")[0] == 200

    def get(self, path: str, headers: dict | None = None) -> tuple[int, str, dict]:
        """Return status, text and headers of an answer."""
        return self.send("GET", path, None, headers)

    def send(
        self, method: str, path: str, body: bytes | None, headers: dict | None = None, seconds=60
    ) -> tuple[int, str, dict]:
        """Send a request; return status, text and headers of the answer."""
        request = urllib.request.Request(self.url + path, body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return answer.status, answer.read().decode("utf-8", "replace"), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8", "replace"), dict(error.headers)

    def send_raw(self, request: bytes, seconds: float = 10, leave: bool = True) -> bytes:
        """Send bytes as they are; return what comes back until the server has no more to say.

        Args:
            request: the bytes.
            seconds: to wait for each piece of the answer.
            leave: say that nothing more will come, which a server may take for a farewell.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.settimeout(seconds)
            answer = b""
            with contextlib.suppress(OSError):
                connection.sendall(request)
                if leave:
                    connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    answer += piece
            return answer

    def classify(self, content: bytes, **query) -> tuple[int, dict]:
        """Send a sound to the plain API."""
        text = "&".join(f"{key}={value}" for key, value in query.items())
        status, answer, _ = self.send("POST", f"/v1/classify?{text}", content)
        return status, json.loads(answer)

    def call(self, endpoint: str, data: list) -> tuple[str, object]:
        """Call a Gradio endpoint as any HTTP client can; return the last event and its data."""
        headers = {"Content-Type": "application/json"}
        path = f"/gradio_api/call/{endpoint}"
        status, text, _ = self.send("POST", path, json.dumps({"data": data}).encode(), headers)
        if status != 200:
            return str(status), text
        _, text, _ = self.get(f"{path}/{json.loads(text)['event_id']}")
        lines = [line for line in text.splitlines() if line]
        return lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))

    def upload(self, *files: tuple[str, bytes]) -> tuple[int, object]:
        """Upload files as the page does; return the status and the paths."""
        body, headers = multipart(files)
        status, text, _ = self.send("POST", "/gradio_api/upload", body, headers)
        return status, json.loads(text) if status == 200 else text

    def memory(self) -> float:
        """Return the megabytes that the process holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def processor_seconds(self) -> float:
        """Return the processor time that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def rests(self, seconds: float = 0.5) -> bool:
        """Tell whether the process does next to nothing for a while."""
        before = self.processor_seconds()
        time.sleep(seconds)
        return self.processor_seconds() - before < 0.2 * seconds

    def open_files(self) -> int:
        """Count the open files and sockets of the process."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stored(self) -> list[Path]:
        """List the files that the server keeps of its visitors."""
        walk = os.walk(self.uploads)  # which does not mind what is deleted meanwhile
        return [Path(folder, name) for folder, _, names in walk for name in names]

    def said(self) -> str:
        """Return what the process printed."""
        return self.output.read_text(errors="replace")

    def stop(self, seconds: float = 20) -> float:
        """Tell the process to end; return how long it took."""
        start = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - start


def until(what: str, condition: Callable[[], object], seconds: float = 60) -> object:
    """Wait for a condition and return what made it true, however slow the machine is."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"still not after {seconds} s: {what}"
        time.sleep(0.05)
    return found


def multipart(files: tuple[tuple[str, bytes], ...]) -> tuple[bytes, dict]:
    """Return the body of an upload and its headers."""
    mark = b"----hostile"
    body = b""
    for name, content in files:
        name = name.encode().replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
        body += b"--" + mark + b'\r\nContent-Disposition: form-data; name="files"; filename="'
        body += name + b'"\r\nContent-Type: audio/wav\r\n\r\n' + content + b"\r\n"
    body += b"--" + mark + b"--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=" + mark.decode()}


def file_data(path, **more) -> dict:
    """Return what Gradio takes for a file."""
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}, **more}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
