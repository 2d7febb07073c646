"""Drive a running server with many clients at once, and check that nobody gets another's answer.

    python -m ast_demo.benchmark load --clients 32 --seconds 120

Each client has sounds of its own, whose right labels it asked for while the server was quiet. It
then sends them again and again, as fast as answers come: through the plain API and through
Gradio's queue, classifying and explaining, and as a live microphone. Every request must end in the
right answer or in a clear "busy".
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

CLIENTS = 32
SECONDS = 120.0
MOST_CLIENTS = 256
MOST_SECONDS = 600.0
ANSWER_SECONDS = 120.0  # a request without an answer by then is lost
BUSY_PAUSE = 0.5  # seconds a client waits when it was told that the server is busy
RATE = 16000  # Hz
SOUND_SECONDS = 2.0
SCORE_TOLERANCE = 2e-3  # half precision and batches round differently; the other sounds lie far off
START_SECONDS = 300.0
HEADROOM = {  # a single address sends all this, and more than a visitor's share
    "AST_REQUESTS_PER_MINUTE": "1000000",
    "AST_REQUEST_BURST": "1000000",
}


@dataclass
class Report:
    """What came of a load run; latencies in seconds."""

    clients: int
    seconds: float
    latencies: dict[str, list[float]] = field(default_factory=dict)  # kind -> one a request
    busy: int = 0  # told so by the server
    wrong: int = 0  # the answer was another sound's
    lost: list[str] = field(default_factory=list)  # neither answer nor "busy", with the reason
    before: dict[str, float] = field(default_factory=dict)  # of the server's process, if it is ours
    after: dict[str, float] = field(default_factory=dict)
    peak_megabytes: float = 0.0

    @property
    def answered(self) -> int:
        """Requests that got the right answer."""
        return sum(len(values) for values in self.latencies.values())

    def lines(self) -> list[str]:
        """Return the report as the rows of a Markdown table."""
        rows = ["| requests | answered | median | 99th percentile |", "|---|---|---|---|"]
        for kind, values in sorted(self.latencies.items()):
            rows.append(
                f"| {kind} | {len(values)} | {statistics.median(values):.2f} s "
                f"| {percentile(values, 99):.2f} s |"
            )
        rows += [
            "",
            f"{self.clients} clients, {self.seconds:.0f} s: {self.answered / self.seconds:.1f} "
            f"answers a second, {self.busy} told busy, {self.wrong} mixed up, "
            f"{len(self.lost)} lost.",
        ]
        if self.before:
            rows.append(
                "Before and after: "
                + ", ".join(f"{k} {self.before[k]:.0f} -> {self.after[k]:.0f}" for k in self.before)
                + f"; peak {self.peak_megabytes:.0f} MB."
            )
        return rows


class BusyError(Exception):
    """The server said that it has too much to do."""


class Client:
    """One visitor's requests; standard library only, so that any machine can be the client.

    Args:
        url: of the server, without a slash at the end.
        seed: what makes its sounds its own.
    """

    def __init__(self, url: str, seed: int):
        self._url = url
        self._random = random.Random(seed)
        self._sounds = [wav_bytes(make_sound(1000 * seed + n)) for n in range(2)]
        self._expected: list[dict[str, float]] = []

    def learn(self) -> None:
        """Ask for the right labels while the server is quiet."""
        self._expected = [self._plain("classify", sound) for sound in self._sounds]

    def ask(self, kind: str) -> bool:
        """Send one request; return whether the answer is for our own sound."""
        n = self._random.randrange(len(self._sounds))
        if kind == "live":
            return self._live(n)
        way, work = kind.split()
        scores = (self._plain if way == "plain" else self._queued)(work, self._sounds[n])
        return self._is_ours(scores, n)

    def _is_ours(self, scores: dict[str, float], n: int) -> bool:
        expected = self._expected[n]
        return scores.keys() == expected.keys() and all(
            abs(score - expected[label]) <= SCORE_TOLERANCE for label, score in scores.items()
        )

    def _plain(self, work: str, sound: bytes) -> dict[str, float]:
        return _scores(self._send(f"/v1/{work}?top=0", sound))

    def _queued(self, work: str, sound: bytes) -> dict[str, float]:
        path = self._upload(sound)
        data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, None, 0]
        data += [""] if work == "explain" else []
        event = self._json(f"/gradio_api/call/{work}", {"data": data})["event_id"]
        lines = self._send(f"/gradio_api/call/{work}/{event}").decode().splitlines()
        told = [line for line in lines if line]
        answer = json.loads(told[-1].removeprefix("data: "))
        if told[-2] != "event: complete":
            raise _failure(str(answer))
        return _scores(json.dumps(answer[0]).encode())

    def _live(self, n: int) -> bool:
        """Follow a second of microphone; the server must count our samples, not another's."""
        component = self._live_component()
        ours = {"component_id": component, "session_hash": f"load{self._random.random()}"}

        def serve(name: str, request: dict) -> dict:
            body = {**ours, "fn_name": name, "data": request}
            answer = self._json("/gradio_api/component_server", body)
            if "error" in answer:
                raise _failure(answer["error"])
            return answer

        begun = serve("live_begin", {"model": None})
        waveform = make_sound(n)[:RATE]
        try:
            heard = {}
            for chunk in np.array_split(waveform, 4):
                pcm = base64.b64encode((chunk * 32767).astype("<i2").tobytes()).decode()
                request = {
                    "key": begun["key"],
                    "pcm": pcm,
                    "rate": RATE,
                    "floor": -60,
                    "look": False,
                }
                heard = serve("live_hear", request)
            return abs(heard["seconds"] - 1.0) < 0.05
        finally:
            serve("live_end", {"key": begun["key"]})

    def _live_component(self) -> int:
        config = json.loads(self._send("/config"))
        for component in config["components"]:
            if "live_begin" in (component.get("props", {}).get("server_fns") or ()):
                return component["id"]
        raise ValueError("the server has no Live tab.")

    def _upload(self, sound: bytes) -> str:
        mark = b"----load"
        body = b"--" + mark + b'\r\nContent-Disposition: form-data; name="files"; filename="a.wav"'
        body += b"\r\nContent-Type: audio/wav\r\n\r\n" + sound + b"\r\n--" + mark + b"--\r\n"
        kind = f"multipart/form-data; boundary={mark.decode()}"
        return json.loads(self._send("/gradio_api/upload", body, kind))[0]

    def _json(self, path: str, content: dict) -> dict:
        return json.loads(self._send(path, json.dumps(content).encode(), "application/json"))

    def _send(self, path: str, body: bytes | None = None, kind: str = "audio/wav") -> bytes:
        request = urllib.request.Request(self._url + path, body, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            raise (BusyError(text) if error.code in (429, 503) else _failure(text)) from None


def _failure(text: str) -> Exception:
    """Return what a refusal means: busy, or a failure of the server."""
    busy = ("busy", "queue", "live places", "too many")
    return BusyError(text) if any(word in text.lower() for word in busy) else ValueError(text[:300])


def _scores(answer: bytes) -> dict[str, float]:
    return {row["label"]: row["score"] for row in json.loads(answer)["labels"]}


KINDS = (  # what the clients send, by weight
    *["plain classify"] * 4,
    *["queued classify"] * 3,
    *["plain explain"] * 1,
    *["queued explain"] * 1,
    *["live"] * 1,
)


def run_load(url: str, clients: int = CLIENTS, seconds: float = SECONDS, process=None) -> Report:
    """Drive a server on this machine and return what came of it.

    Args:
        url: of the server; loopback only, since this is meant to be too much.
        clients: at once.
        seconds: how long new requests are sent.
        process: process number of the server, to watch its memory, files and threads (Linux).

    Raises:
        ValueError: if the server is not on this machine, or a number is out of bounds.
    """
    if not url.startswith(("http://127.0.0.1:", "http://localhost:")):
        raise ValueError(f"the server is {url!r}, expected one of this machine: http://127.0.0.1:…")
    if not 1 <= clients <= MOST_CLIENTS or not 0 < seconds <= MOST_SECONDS:
        raise ValueError(
            f"clients is {clients} and seconds {seconds:g}, expected at most {MOST_CLIENTS} and "
            f"{MOST_SECONDS:g}."
        )
    visitors = [Client(url.rstrip("/"), seed) for seed in range(clients)]
    for visitor in visitors:
        visitor.learn()
    report = Report(clients, seconds, before=held(process))
    lock = threading.Lock()
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_visit, args=(visitor, n, end, report, lock), daemon=True)
        for n, visitor in enumerate(visitors)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        report.peak_megabytes = max(report.peak_megabytes, held(process).get("megabytes", 0.0))
        time.sleep(0.5)
    time.sleep(2.0)  # connections close
    report.after = held(process)
    return report


def _visit(client: Client, seed: int, end: float, report: Report, lock) -> None:
    choose = random.Random(seed)
    while time.monotonic() < end:
        kind = choose.choice(KINDS)
        start = time.monotonic()
        try:
            right = client.ask(kind)
        except BusyError:
            with lock:
                report.busy += 1
            time.sleep(BUSY_PAUSE)
            continue
        except Exception as error:  # whatever it is, this request has no answer
            with lock:
                report.lost.append(f"{kind}: {type(error).__name__}: {error}"[:300])
            continue
        with lock:
            report.wrong += not right
            if right:
                report.latencies.setdefault(kind, []).append(time.monotonic() - start)


def make_sound(seed: int) -> np.ndarray:
    """Return a sound like no other: three tones and noise, float32 (samples,)."""
    generator = np.random.default_rng(seed)
    seconds = np.arange(round(SOUND_SECONDS * RATE)) / RATE
    hertz = generator.uniform(80, 7000, 3)
    levels = generator.uniform(0.02, 0.2, 3)
    tones = (levels[:, None] * np.sin(2 * np.pi * hertz[:, None] * seconds)).sum(0)
    noise = generator.normal(0, 10 ** generator.uniform(-4, -1.5), len(seconds))
    return (tones + noise).astype(np.float32)


def wav_bytes(waveform: np.ndarray) -> bytes:
    """Return a 16-bit WAV file."""
    import soundfile

    stream = io.BytesIO()
    soundfile.write(stream, waveform, RATE, format="WAV", subtype="PCM_16")
    return stream.getvalue()


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def held(process: int | None) -> dict[str, float]:
    """Return what a process of this machine holds; nothing where that cannot be told."""
    folder = Path(f"/proc/{process}")
    if process is None or not folder.exists():
        return {}
    fields = dict(
        line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line
    )
    return {
        "megabytes": int(fields["VmRSS"].split()[0]) / 1024,
        "files": float(len(os.listdir(folder / "fd"))),
        "threads": float(fields["Threads"]),
    }


@contextlib.contextmanager
def own_server(model: str | None = None):
    """Run app.py in a process of its own; yield its address and process number."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    app = Path(__file__).resolve().parents[2] / "app.py"
    chosen = ["--model", model] if model else []
    process = subprocess.Popen(
        [sys.executable, str(app), "--host", "127.0.0.1", "--port", str(port), *chosen],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | HEADROOM,
    )
    try:
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError), urllib.request.urlopen(url + "/readyz", timeout=5):
                yield url, process.pid
                return
            time.sleep(0.2)
        raise RuntimeError("app.py did not become ready.")
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def load_command(arguments: Sequence[str]) -> int:
    """Run the load as the command line says; exit code 1 if a request was lost or mixed up."""
    parser = argparse.ArgumentParser(
        prog="python -m ast_demo.benchmark load", description="Drive a server with many clients."
    )
    parser.add_argument("--url", help="server of this machine; one is started if left out")
    parser.add_argument("--pid", type=int, help="its process, to watch memory, files and threads")
    parser.add_argument("--model", help="model of the server that is started")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    values = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        url, process = values.url, values.pid
        if url is None:
            url, process = stack.enter_context(own_server(values.model))
        report = run_load(url, values.clients, values.seconds, process)
    print("\n".join(report.lines()))
    for reason, count in Counter(report.lost).most_common(5):
        print(f"lost {count} times: {reason}")
    return 1 if report.lost or report.wrong else 0


if __name__ == "__main__":
    raise SystemExit(load_command(sys.argv[1:]))
