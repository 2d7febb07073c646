"""Drive a running server with many clients at once, and check that nobody gets another's answer.

    python -m ast_demo bench load --clients 32 --seconds 120

Each client has sounds of its own, whose right labels it asked for while the server was quiet. It
then sends them again and again, as fast as answers come: through the plain API and through
Gradio's queue, to be classified, explained or followed over time, and as a live microphone. Every
request must end in the right answer or in a clear "busy".
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ast_demo.benchmark.load.client import BusyError, Client
from ast_demo.benchmark.startup import SERVE

CLIENTS = 32
SECONDS = 120.0
MOST_CLIENTS = 256
MOST_SECONDS = 600.0
WARM_UP_SHARE = 1 / 6  # of the time, sent before; its end is what "before" is compared with
CLOSING_SECONDS = 2.0  # for connections to close
BUSY_PAUSE = 0.5  # seconds a client waits when it was told that the server is busy
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
    wrong: list[str] = field(default_factory=list)  # the answer was another sound's: its kind
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
            f"answers a second, {self.busy} told busy, {len(self.wrong)} mixed up, "
            f"{len(self.lost)} lost.",
        ]
        if self.before:
            rows.append(
                "Before and after: "
                + ", ".join(f"{k} {self.before[k]:.0f} -> {self.after[k]:.0f}" for k in self.before)
                + f"; peak {self.peak_megabytes:.0f} MB."
            )
        return rows


KINDS = (  # what the clients send, by weight
    *["plain classify"] * 4,
    *["queued classify"] * 3,
    *["plain explain"] * 1,
    *["queued explain"] * 1,
    *["queued timeline"] * 1,
    *["live"] * 1,
)


def run_load(url: str, clients: int = CLIENTS, seconds: float = SECONDS, process=None) -> Report:
    """Drive a server on this machine and return what came of it.

    Args:
        url: of the server; loopback only, since this is meant to be too much.
        clients: at once.
        seconds: how long new requests are sent and counted, after a warm-up.
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
    for visitor in visitors:
        visitor.others = [a for other in visitors if other is not visitor for a in other.expected]
    warm_up = seconds * WARM_UP_SHARE
    before = _drive(visitors, Report(clients, warm_up), process).after
    return _drive(visitors, Report(clients, seconds, before=before), process)


def _drive(visitors: list[Client], report: Report, process: int | None) -> Report:
    """Let all visitors send requests for the time of the report, and fill it."""
    lock = threading.Lock()
    end = time.monotonic() + report.seconds
    threads = [
        threading.Thread(target=_visit, args=(visitor, n, end, report, lock), daemon=True)
        for n, visitor in enumerate(visitors)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        report.peak_megabytes = max(report.peak_megabytes, held(process).get("megabytes", 0.0))
        time.sleep(0.5)
    time.sleep(CLOSING_SECONDS)
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
            if right:
                report.latencies.setdefault(kind, []).append(time.monotonic() - start)
            else:
                report.wrong.append(kind)


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
def own_server(model: str | None = None, limits: Mapping[str, str] = HEADROOM):
    """Serve the page in a process of its own; yield its address and process number."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    chosen = ["--model", model] if model else []
    process = subprocess.Popen(
        [*SERVE, "--host", "127.0.0.1", "--port", str(port), *chosen],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | limits,
    )
    try:
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError), urllib.request.urlopen(url + "/readyz", timeout=5):
                yield url, process.pid
                return
            time.sleep(0.2)
        raise RuntimeError("the server did not become ready.")
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def add_load_parser(subparsers) -> None:
    """Add the command `bench load` to a command line."""
    parser = subparsers.add_parser(
        "load",
        help="drive a server with many clients",
        description="Drive a server of this machine with many clients; exit code 1 if a request "
        "was lost or mixed up.",
    )
    parser.add_argument("--url", help="server of this machine; one is started if left out")
    parser.add_argument("--pid", type=int, help="its process, to watch memory, files and threads")
    parser.add_argument("--model", help="model of the server that is started")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.set_defaults(run=run_command)


def run_command(values: argparse.Namespace) -> int:
    """Run the load as the command line says; return 1 if a request was lost or mixed up."""
    with contextlib.ExitStack() as stack:
        url, process = values.url, values.pid
        if url is None:
            url, process = stack.enter_context(own_server(values.model))
        report = run_load(url, values.clients, values.seconds, process)
    print("\n".join(report.lines()))
    for kind, count in Counter(report.wrong).items():
        print(f"mixed up {count} times: {kind}")
    for reason, count in Counter(report.lost).most_common(5):
        print(f"lost {count} times: {reason}")
    return 1 if report.lost or report.wrong else 0
