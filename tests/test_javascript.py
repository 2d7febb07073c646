"""The page's JavaScript is linted, formatted, type-checked and unit-tested by deno."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 300  # a loaded machine starts deno slowly


def find_deno() -> str | None:
    """Return deno's executable if the wheel is installed and runs on this machine."""
    beside_python = Path(sys.executable).with_name("deno")
    path = str(beside_python) if beside_python.exists() else shutil.which("deno")
    if path is None:
        return None
    try:
        subprocess.run([path, "--version"], capture_output=True, check=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return path


@pytest.fixture(scope="module")
def deno(tmp_path_factory):
    """Run a deno command offline; None where deno does not run, which is said once."""
    path = find_deno()
    if path is None:
        warnings.warn("deno does not run here: the JavaScript is not checked.", stacklevel=1)
        return None
    environment = {
        **os.environ,
        "NO_COLOR": "1",
        "DENO_DIR": str(tmp_path_factory.mktemp("deno")),
        "DENO_NO_UPDATE_CHECK": "1",
    }

    def run(*arguments: str) -> str:
        """Return what deno wrote if it failed, else nothing."""
        answer = subprocess.run(
            [path, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return answer.stdout + answer.stderr if answer.returncode else ""

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint",),
        ("fmt", "--check"),
        ("check", "ast_demo", "tests/js"),
        ("test", "--no-check", "--no-remote", "tests/js"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_javascript_is_clean(deno, arguments):
    assert deno is None or deno(*arguments) == ""
