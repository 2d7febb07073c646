"""deno, which runs the page's JavaScript without a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
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


@dataclass(frozen=True)
class Deno:
    """deno without a network, its cache in a folder of the tests."""

    path: str
    cache: Path

    def complaint(self, *arguments: str) -> str:
        """Run a command; return what it wrote if it failed, else nothing."""
        answer = self._run(arguments)
        return answer.stdout + answer.stderr if answer.returncode else ""

    def evaluate(self, modules: list[Path], body: str, argument: Any = None) -> Any:
        """Run the body of a function in which each module is at hand by its file's name.

        Args:
            modules: those that the body uses.
            body: JavaScript that returns what JSON can hold.
            argument: what it sees as `argument`.
        """
        imports = [f'import * as {path.stem} from "{path.as_uri()}";' for path in modules]
        script = self.cache / "script.js"
        data = self.cache / "argument.json"
        data.write_text(json.dumps(argument), encoding="utf-8")
        lines = (
            *imports,
            f"const argument = JSON.parse(Deno.readTextFileSync({json.dumps(str(data))}));",
            f"const result = (() => {{ {body} }})();",
            "console.log(JSON.stringify(result));",
        )
        script.write_text("\n".join(lines), encoding="utf-8")
        answer = self._run(("run", "--no-check", "--no-remote", "--allow-read", str(script)))
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def _run(self, arguments: tuple[str, ...]) -> subprocess.CompletedProcess:
        settings = {
            "NO_COLOR": "1",
            "DENO_DIR": str(self.cache),
            "DENO_NO_UPDATE_CHECK": "1",
        }
        return subprocess.run(
            [self.path, *arguments],
            cwd=ROOT,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
