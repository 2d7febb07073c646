"""Rooms import only from below; neither `import ast_demo` nor the first page waits for torch."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FIRST_PAGE = """
import sys
from fastapi.testclient import TestClient
from ast_demo.ui.launch import Options, create_page, mounted

page = create_page(Options())
answer = TestClient(mounted(page, Options()), base_url="http://127.0.0.1").get("/")
assert answer.status_code == 200, answer.text
assert "Explorer" in answer.text
print(*(name for name in ("torch", "torchaudio", "matplotlib") if name in sys.modules))
"""


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_room_imports_only_from_below_and_no_two_import_each_other():
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    run(sys.executable, "-c", command, "--no-cache")


@pytest.mark.parametrize(
    "program",
    [
        "import sys, ast_demo; print('torch' in sys.modules or '')",
        "import sys, ast_demo.checkpoint.config; print('torch' in sys.modules or '')",
        FIRST_PAGE,
    ],
    ids=["package", "config", "first page"],
)
def test_nothing_loads_torch_before_it_is_needed(program):
    assert run(sys.executable, "-c", program).splitlines()[-1].strip() == ""


def test_the_picture_of_the_rooms_is_as_the_script_draws_it():
    namespace = runpy.run_path(str(ROOT / "docs" / "make_architecture.py"))
    drawn = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    assert drawn == namespace["draw"](), "run python docs/make_architecture.py"
