"""Every command and every example in README.md and docs/ runs as it is written.

A block that cannot run here carries the reason on the line before it: `<!-- not run: ... -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers.page import serving

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGE = "http://127.0.0.1:7860"  # where the documents say that a page is
SECONDS = 600  # for one block on a busy machine
_FENCED = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n)?^```(?P<language>sh|python)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_INDENTED_COMMAND = re.compile(r"^(?: {4}|\t)(?:pip|python|curl|docker|hf|pytest|serve) ", re.M)


class Block(NamedTuple):
    """A fenced block of a document."""

    language: str
    code: str
    reason: str | None  # why it is not run


def blocks(document: Path) -> list[Block]:
    """Return the commands and Python examples of a document."""
    found = _FENCED.finditer(document.read_text(encoding="utf-8"))
    return [Block(match["language"], match["code"], match["reason"]) for match in found]


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator[str]:
    """The address of a page with the bundled models."""
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running.url


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder with everything that the repository holds, to write beside it."""
    for entry in ROOT.iterdir():
        if not entry.name.startswith("."):
            (tmp_path / entry.name).symlink_to(entry)
    return tmp_path


def run(block: Block, folder: Path, page: str) -> subprocess.CompletedProcess:
    """Run a block as it stands, but for the address of the page."""
    code = block.code.replace(PAGE, page)
    program = [sys.executable, "-c"] if block.language == "python" else ["bash", "-euc"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [*program, code],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


@pytest.mark.slow
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_of_a_document_runs(document, checkout, page):
    for block in blocks(document):
        if block.reason is None:
            done = run(block, checkout, page)
            assert done.returncode == 0, f"{block.code}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_stand_in_fenced_blocks(document):
    assert not _INDENTED_COMMAND.findall(document.read_text(encoding="utf-8"))


def test_a_block_that_fails_is_noticed(tmp_path):
    failing = Block("sh", "true\npython -c 'raise SystemExit(3)'\ntrue\n", None)
    assert run(failing, tmp_path, PAGE).returncode == 3


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_a_document_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert missing == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8")) <= 8000
