"""Fixtures for input that means harm, or is merely broken."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
START_SECONDS = 400  # importing torch on a busy machine
TRIES = 3  # of a case that seems too dear
CASE_SECONDS = 60  # wall clock after which a case counts as hung; the bound itself is in the tests


class Worker:
    """A process that meets hostile input; a new one is started when it died."""

    def __init__(self):
        self._process = None

    def meet(self, task: str, path: str | bytes | os.PathLike, seconds=CASE_SECONDS) -> dict:
        """Return worker.py's report for one path, or that none came within so many seconds."""
        if self._process is None:
            self._start()
        request = {"task": task, "path": os.fsencode(path).hex()}
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return self._read(seconds)
        except (BrokenPipeError, EOFError):
            return {"kind": "death", "message": f"the process ended with {self._end()}"}
        except TimeoutError:
            self.close()
            return {"kind": "hang", "message": f"no answer within {seconds} s"}

    def meet_within(self, bound: float, task: str, path, seconds=CASE_SECONDS) -> dict:
        """Meet a path again if it took more processor time than the bound; the cheapest counts.

        What a busy machine does to processor time is to add to it.
        """
        reports = []
        for _ in range(TRIES):
            reports.append(self.meet(task, path, seconds))
            if reports[-1].get("processor_seconds", 0.0) < bound:
                break
        return min(reports, key=lambda report: report.get("processor_seconds", 0.0))

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._end()

    def _end(self) -> int:
        process, self._process = self._process, None
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # what it never read
            process.stdin.close()
        return process.wait()

    def _start(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        assert self._read(START_SECONDS) == {"kind": "ready"}

    def _read(self, seconds: float) -> dict:
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                raise TimeoutError
        line = self._process.stdout.readline()
        if not line:
            raise EOFError
        return json.loads(line)


@pytest.fixture(scope="session")
def worker():
    """Yield the process that meets the cases."""
    process = Worker()
    yield process
    process.close()
