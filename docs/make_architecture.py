"""Draw architecture.svg: the rooms in the order that pyproject.toml states, each with its sentence.

python docs/make_architecture.py
"""

from __future__ import annotations

import ast
import html
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"

# The way of a sound, from the microphone to the heat; ARCHITECTURE.md tells each step.
STEPS = {
    "ui.sound": "1",
    "ui.explore": "2, 9, 10",
    "audio": "3",
    "features": "4, 5",
    "model": "6, 7",
    "explain": "8",
}

WIDTH, EDGE, GAP = 1180, 24, 10
COLUMNS = (
    (EDGE, 640),
    (EDGE + 640 + 36, WIDTH - 2 * EDGE - 640 - 36),
)  # left, width: package, page
TOP = 92
LETTER = 6.7  # width of a letter of the sentences, in pixels
LINE = 15  # height of a line
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #3d4451 }
  .name { font: 600 14px ui-monospace, monospace; fill: #14181f }
  .title { font: 600 18px system-ui, sans-serif; fill: #14181f }
  .column { font: 600 14px system-ui, sans-serif; fill: #14181f }
  .room { fill: #f5f6f8; stroke: #c9ced6 }
  .on-the-way { fill: #fff1e6; stroke: #ff6a00 }
  .step { font-weight: 600; fill: #b34700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #b8c0cc }
    .name, .title, .column { fill: #eef1f5 }
    .room { fill: #1c2027; stroke: #3d4451 }
    .on-the-way { fill: #33200f; stroke: #ff6a00 }
    .step { fill: #ff9d55 }
  }
"""


def layers(contract: str) -> list[list[str]]:
    """Return the rooms of one contract, highest layer first, without brackets."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    stated = re.search(rf'id = "{contract}".*?layers = \[(.*?)\n\]', text, re.DOTALL)
    lines = re.findall(r'"(.*?)"', stated.group(1))
    return [[name.strip(" ()") for name in re.split(r"[|:]", line)] for line in lines]


def sentence(room: str) -> str:
    """Return the first sentence of a room's docstring, its own __init__ or the file's."""
    place = ROOT / "ast_demo" / room.replace(".", "/")
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    if not file.is_file():
        return ""
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].replace("`", "").split())


def draw() -> str:
    """Return the picture as SVG."""
    parts: list[str] = []
    heights = []
    for (left, width), contract, prefix, title in (
        (COLUMNS[0], "rooms", "", "ast_demo: each room imports only from those below it"),
        (COLUMNS[1], "page", "ui.", "ast_demo/ui, laid open"),
    ):
        parts.append(f'<text class="column" x="{left}" y="{TOP - 14}">{title}</text>')
        heights.append(_column(parts, left, width, layers(contract), prefix))
    height = max(heights) + EDGE
    way = "Orange: the way of a sound, from the microphone (1) to the heat (10)."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>The rooms of AST Explorer, in layers</title>",
            f"<style>{STYLE}</style>",
            f'<text class="title" x="{EDGE}" y="38">The rooms of AST Explorer</text>',
            f'<text class="step" x="{WIDTH - EDGE}" y="38" text-anchor="end">{way}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def _column(parts: list[str], left: int, width: int, rows: list[list[str]], prefix: str) -> int:
    """Draw one column of layers and return where it ends."""
    top = TOP
    for row in rows:
        rooms = [room for room in row if sentence(prefix + room)]
        if not rooms:
            continue
        columns = min(len(rooms), 2 if prefix else 3)
        for first in range(0, len(rooms), columns):
            some = rooms[first : first + columns]
            each = (width - GAP * (len(some) - 1)) / len(some)
            texts = [textwrap.wrap(sentence(prefix + r), int((each - 24) / LETTER)) for r in some]
            height = 34 + LINE * max(map(len, texts))
            for place, (room, lines) in enumerate(zip(some, texts)):
                _box(parts, left + place * (each + GAP), top, each, height, prefix + room, lines)
            top += height + GAP
    return top


def _box(parts, left: float, top: float, width: float, height: float, room: str, lines) -> None:
    step = STEPS.get(room)
    kind = "room on-the-way" if step else "room"
    parts.append(
        f'<rect class="{kind}" x="{left:.0f}" y="{top}" width="{width:.0f}" height="{height}" '
        'rx="8"/>'
    )
    folder = (ROOT / "ast_demo" / room.replace(".", "/")).is_dir()
    name = room.split(".")[-1] + ("/" if folder else ".py")
    parts.append(f'<text class="name" x="{left + 12:.0f}" y="{top + 20}">{name}</text>')
    if step:
        parts.append(
            f'<text class="step" text-anchor="end" x="{left + width - 12:.0f}" y="{top + 20}">'
            f"{step}</text>"
        )
    for number, line in enumerate(lines):
        y = top + 38 + LINE * number
        parts.append(f'<text x="{left + 12:.0f}" y="{y}">{html.escape(line, quote=False)}</text>')


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
