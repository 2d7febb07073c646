"""Do to a running page what strangers may do, and print what came of it as a table.

python -m tests.measurements.strangers
python -m tests.measurements.strangers --app OTHER_CHECKOUT/app.py     to compare with

Everything goes to this machine alone, and each attack is bounded in number and time.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.hostile.server import free_port, multipart, save_model
from tests.hostile.sound_makers import tone, wav

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 500  # torch and Gradio on a busy machine
MEGABYTE = 1 << 20
JSON = {"Content-Type": "application/json"}
GUESSES = 300
IDLE = 1100  # connections; most systems let a process have 1024 files
IDLE_SECONDS = 25
UPLOADS, UPLOAD_MEGABYTES, ROOM_MEGABYTES = 30, 8, 20
MANY_FILES, MANY_REQUESTS = 999, 10
SESSIONS, SESSIONS_A_STEP = 600, 100
KEPT = {"AST_KEEP_SECONDS": "36000"}  # the sound, for as long as a busy machine may take
UNREAD, UNREAD_ROUNDS = 100, 3  # results that nobody fetches


class Page:
    """A page in a process of its own.

    Args:
        app: its app.py.
        folder: for its files.
        variables: of its environment.
    """

    def __init__(self, app: Path, folder: Path, **variables: str):
        self.port, self.uploads = free_port(), folder / "uploads"
        model = save_model(folder, max_length=1024, hidden_size=32, num_hidden_layers=2)
        settings = {"GRADIO_TEMP_DIR": str(self.uploads), "OMP_NUM_THREADS": "1"}
        settings |= {"AST_REQUESTS_PER_MINUTE": "1000000", "AST_REQUEST_BURST": "1000000"}
        self.process = subprocess.Popen(
            [sys.executable, str(app), "--port", str(self.port), "--model", str(model)],
            env=os.environ | settings | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> None:
        """Wait until it can be used."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            time.sleep(0.2)
        raise RuntimeError("the page is not ready.")

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers=None, seconds: float = 60
    ) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def upload(self, *files: tuple[str, bytes]) -> tuple[int, bytes]:
        """Upload files in one request."""
        body, headers = multipart(files)
        return self.ask("POST", "/gradio_api/upload", body, headers)

    def stored(self) -> tuple[int, float]:
        """Return the number of files that are kept, and their megabytes."""
        sizes = [p.stat().st_size for p in self.uploads.rglob("*") if p.is_file()]
        return len(sizes), sum(sizes) / MEGABYTE

    def megabytes(self) -> float:
        """Return the memory that it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def open_files(self) -> int:
        """Count its open files and connections."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


@contextlib.contextmanager
def page(app: Path, **variables: str) -> Iterator[Page]:
    """Run a page until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        running = Page(app, Path(folder), **variables)
        try:
            running.wait()
            yield running
        finally:
            running.process.terminate()
            running.process.wait(30)


def routes(app: Path) -> str:
    """Ask for routes that the page has no use for."""
    paths = ["process_recording", "vibe-edit", "vibe-code", "stream/a", "run-history/records",
             "proxy=https://x.hf.space/", "custom_component/a/b/c/d", "run/classify"]  # fmt: skip
    with page(app) as running:
        statuses = Counter()
        for path in paths:
            for method in ("GET", "POST"):
                statuses[running.ask(method, f"/gradio_api/{path}", b"{}", JSON)[0]] += 1
    return f"{len(paths)} routes by GET and POST: " + _counted(statuses)


def guesses(app: Path) -> str:
    """Guess passwords at both doors."""
    with page(app, AST_AUTH="teacher:chalk") as running:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        start, at_form, at_api = time.monotonic(), Counter(), Counter()
        for n in range(GUESSES):
            body = f"username=teacher&password={n}".encode()
            at_form[running.ask("POST", "/login", body, form)[0]] += 1
        seconds = time.monotonic() - start
        for _ in range(GUESSES):
            basic = {"Authorization": "Basic dGVhY2hlcjp4"}
            at_api[running.ask("POST", "/v1/classify", b"x", basic)[0]] += 1
    return f"/login {_counted(at_form)} in {seconds:.1f} s; /v1 {_counted(at_api)}"


def files(app: Path) -> str:
    """Send very many tiny files."""
    with page(app) as running:
        many = [(f"{n}.wav", b"x") for n in range(MANY_FILES)]
        statuses = Counter(running.upload(*many)[0] for _ in range(MANY_REQUESTS))
        kept, _ = running.stored()
    return f"{MANY_REQUESTS} requests of {MANY_FILES} files: {_counted(statuses)}; {kept} kept"


def room(app: Path) -> str:
    """Begin uploads together that would all fit if each were alone."""
    content = bytes(UPLOAD_MEGABYTES * MEGABYTE)
    with page(app, AST_TEMPORARY_MEGABYTES=str(ROOM_MEGABYTES)) as running:
        with ThreadPoolExecutor(UPLOADS) as threads:
            work = threads.map(lambda _: running.upload(("a.wav", content))[0], range(UPLOADS))
            statuses = Counter(work)
        _, megabytes = running.stored()
    return (
        f"{UPLOADS} of {UPLOAD_MEGABYTES} MB, room for {ROOM_MEGABYTES} MB: "
        f"{_counted(statuses)}; {megabytes:.0f} MB kept"
    )


def idle(app: Path) -> str:
    """Open connections and say nothing."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with page(_limited(app)) as running, contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            with contextlib.suppress(OSError):
                address = ("127.0.0.1", running.port)
                stack.enter_context(socket.create_connection(address, timeout=1))
        try:
            answered = running.ask("GET", "/healthz", seconds=10)[0] == 200
        except OSError:
            answered = False
        time.sleep(IDLE_SECONDS)
        left = running.open_files()
    word = "answered" if answered else "not answered"
    return f"{IDLE} connections: others {word}; {left} files open after {IDLE_SECONDS} s"


def _limited(app: Path) -> Path:
    """Return a program that runs app.py with the usual bound on open files."""
    program = Path(tempfile.mkdtemp()) / "limited.py"
    program.write_text(
        "import resource, runpy, sys\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))\n"
        f"sys.path.insert(0, {str(app.parent)!r})\n"
        f"runpy.run_path({str(app)!r}, run_name='__main__')\n"
    )
    return program


def sessions(app: Path) -> str:
    """Explain a sound in very many sessions, each read to its end, as a long day of visitors."""
    with page(app, **KEPT) as running:
        held = _many(running, SESSIONS, fetch=True)
    return ", ".join(f"{pages} pages {megabytes:.0f} MB" for pages, megabytes in held.items())


def unread(app: Path) -> str:
    """Ask for results and never fetch them; wait for as long as they are kept; then again."""
    with page(app, **KEPT) as running:
        found = []
        for _ in range(UNREAD_ROUNDS):
            found.append(_many(running, UNREAD, fetch=False)[UNREAD])
            time.sleep(75)
    held = ", then ".join(f"{megabytes:.0f} MB" for megabytes in found)
    return f"{UNREAD_ROUNDS} times {UNREAD} results: {held}"


def _many(running: Page, count: int, fetch: bool) -> dict[int, float]:
    """Use Explore in many sessions; return the memory held after 0, 100, ... of them."""
    sound = wav((tone(9.0) * 32767).astype("<i2").tobytes())
    path = json.loads(running.upload(("a.wav", sound))[1])[0]
    event, held = _explore_event(running), {}
    for n in range(-20, count + 1):  # what loads late is loaded by the first ones
        if n >= 0 and n % SESSIONS_A_STEP == 0:
            time.sleep(5)
            held[n] = running.megabytes()
        session = secrets.token_hex(5)
        body = {"data": [None], "event_data": {"path": path, "title": "a"},
                "fn_index": event, "session_hash": session}  # fmt: skip
        content = json.dumps(body).encode()
        while running.ask("POST", "/gradio_api/queue/join", content, JSON)[0] == 503:
            time.sleep(0.5)  # as many wait as may
        if fetch or n < 0:
            running.ask("GET", f"/gradio_api/queue/data?session_hash={session}")
    return held


def _explore_event(running: Page) -> int:
    """Return the event with which the page opens an uploaded file."""
    config = json.loads(running.ask("GET", "/config")[1])
    (files,) = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "files"]
    for event in config["dependencies"]:
        if [files, "chosen"] in [list(target) for target in event["targets"]]:
            return event["id"]
    raise ValueError("the page opens no files.")


def foreign(app: Path) -> str:
    """Ask as other sites in the visitor's browser would."""
    cases = {"Host of another site": {"Host": "evil.example"},
             "Origin of another site": {"Origin": "https://evil.example"},
             "form of another site": {"Sec-Fetch-Site": "cross-site"}}  # fmt: skip
    with page(app) as running:
        found = [
            f"{name} {running.ask('POST', '/gradio_api/queue/join', b'{}', JSON | more)[0]}"
            for name, more in cases.items()
        ]
    return ", ".join(found)


def _counted(statuses: Counter) -> str:
    return ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))


ATTACKS: tuple[Callable[[Path], str], ...] = (
    *(routes, guesses, files, room, idle, sessions, unread, foreign),
)


def main() -> None:
    """Run the attacks and print what came of them."""
    names = [attack.__name__ for attack in ATTACKS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--app", type=Path, default=REPOSITORY / "app.py")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    options = parser.parse_args()
    print("| what | came of it |\n|---|---|")
    for attack in ATTACKS:
        if attack.__name__ in options.only:
            print(f"| {attack.__doc__.rstrip('.')} | {attack(options.app.resolve())} |", flush=True)


if __name__ == "__main__":
    main()
