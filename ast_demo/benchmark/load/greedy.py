"""One greedy visitor among ordinary ones: how long do the others wait, with him and without?

    python -m ast_demo.benchmark.load.greedy --seconds 40

The ordinary ones ask now and then, each from an address of its own (127.0.0.2, ...); the greedy one
keeps a hundred deletion tests on the way, the longest work that the page offers.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import secrets
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ast_demo.benchmark.load.client import BusyError, Client
from ast_demo.benchmark.load.run import own_server, percentile

SECONDS = 40.0
VISITORS = 6
GREEDY_REQUESTS = 100  # on the way at the same time
PAUSE_SECONDS = (0.3, 1.5)  # between two requests of an ordinary visitor
GREEDY_PAUSE = 1.0  # seconds, after he was told that the server is busy
MOST_SECONDS = 300.0
KINDS = ("plain classify", "queued classify", "queued explain", "plain explain", "live")
GREEDY_ADDRESS = "127.0.0.99"


@dataclass
class Waits:
    """What the ordinary visitors waited, in seconds, and what the greedy one got."""

    answered: list[float] = field(default_factory=list)
    busy: int = 0
    lost: list[str] = field(default_factory=list)
    greedy: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)  # why his requests were lost
    lock: threading.Lock = field(default_factory=threading.Lock)

    def row(self, name: str) -> str:
        """Return a row of a Markdown table."""
        waits = self.answered or [float("nan")]
        return (
            f"| {name} | {len(self.answered)} | {statistics.median(waits):.2f} s "
            f"| {percentile(waits, 99):.2f} s | {self.busy} | {len(self.lost)} "
            f"| {self.greedy['answered']} | {self.greedy['busy']} | {self.greedy['lost']} |"
        )


HEADER = (
    "| | others answered | median | 99th percentile | told busy | lost "
    "| greedy answered | told busy | lost |\n|---|---|---|---|---|---|---|---|---|"
)


def compare(url: str, seconds: float, model: str) -> tuple[Waits, Waits]:
    """Return what the others wait without the greedy visitor, and with him."""
    clients = [Client(url, n, f"127.0.0.{n + 2}") for n in range(VISITORS)]
    for client in clients:
        client.learn()
    for client in clients:
        client.others = [a for other in clients if other is not client for a in other.expected]
    quiet = _run(clients, None, seconds, model)
    return quiet, _run(clients, Client(url, 99, GREEDY_ADDRESS), seconds, model)


def _run(clients: list[Client], greedy: Client | None, seconds: float, model: str) -> Waits:
    waits, end = Waits(), time.monotonic() + seconds
    works = [threading.Thread(target=_ordinary, args=(c, n, waits, end), daemon=True)
             for n, c in enumerate(clients)]  # fmt: skip
    stop = threading.Event()
    hogs = [
        threading.Thread(target=_hog, args=(greedy, waits, stop, model), daemon=True)
        for _ in range(GREEDY_REQUESTS if greedy else 0)
    ]
    if greedy:
        greedy.component("deletion")  # he has opened the page, like the others
    for thread in (*hogs, *works):
        thread.start()
    for thread in works:
        thread.join()
    stop.set()
    for thread in hogs:
        thread.join(1.0)
    return waits


def _ordinary(client: Client, seed: int, waits: Waits, end: float) -> None:
    choose = random.Random(seed)
    while time.monotonic() < end:
        time.sleep(choose.uniform(*PAUSE_SECONDS))
        start = time.monotonic()
        try:
            kind = choose.choice(KINDS)
            if not client.ask(kind):
                raise ValueError(f"{kind}: the answer to another's request")
        except BusyError:
            with waits.lock:
                waits.busy += 1
        except Exception as error:
            with waits.lock:
                waits.lost.append(f"{type(error).__name__}: {error}"[:200])
        else:
            with waits.lock:
                waits.answered.append(time.monotonic() - start)


def _hog(client: Client, waits: Waits, stop: threading.Event, model: str) -> None:
    serve = client.component("deletion")
    while not stop.is_set():
        request = {
            **{"id": secrets.token_hex(16), "example": "siren.flac", "model": model},
            **{"label": "Siren", "filling": "mean", "heat": {"kind": "rollout"}},
        }
        try:
            serve("deletion", request)
            waits.greedy["answered"] += 1
        except BusyError:
            waits.greedy["busy"] += 1
            time.sleep(GREEDY_PAUSE)
        except Exception as error:
            if stop.is_set():  # the end of the run ends what still waits
                return
            waits.greedy["lost"] += 1
            waits.reasons[f"{type(error).__name__}: {error}"[:200]] += 1
            time.sleep(GREEDY_PAUSE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both and print the table; exit code 1 if the others waited three times as long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="server of this machine; one is started if left out")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--model", default="everyday-sounds")
    values = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        url = values.url or stack.enter_context(own_server(values.model, {}))[0]
        quiet, crowded = compare(url, min(values.seconds, MOST_SECONDS), values.model)
    print("\n".join([HEADER, quiet.row("without him"), crowded.row("with him")]))
    for reason, count in Counter(crowded.lost).most_common(3):
        print(f"lost {count} times: {reason}")
    for reason, count in crowded.reasons.most_common(3):
        print(f"the greedy one lost {count} times: {reason}")
    ratio = percentile(crowded.answered or [9999.0], 99) / percentile(quiet.answered, 99)
    print(f"\nThe others' 99th percentile is {ratio:.1f} times what it is without him.")
    return int(ratio > 3 or bool(crowded.lost))


if __name__ == "__main__":
    raise SystemExit(main())
