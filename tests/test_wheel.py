"""The package works where it is installed: a wheel, in a new environment and an empty folder."""

from __future__ import annotations

import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOT_BUILT_FROM = (".*", "tests", "runs", "docs", "build", "*.egg-info", "__pycache__")
FOUND = """
import pathlib
import ast_demo
from ast_demo.ui.launch import FOLDER, STYLES, Options, create_page

create_page(Options())
assert all((FOLDER / name).is_file() for name in STYLES), STYLES
print(pathlib.Path(ast_demo.__file__).parent)
"""

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """A new environment that has the packages of this one, and ours from a wheel."""
    source = tmp_path_factory.mktemp("source") / "checkout"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*NOT_BUILT_FROM))
    folder = tmp_path_factory.mktemp("environment")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    wheels = folder / "wheels"
    offline = ("--no-deps", "--no-index")
    run(*pip, "wheel", *offline, "--no-build-isolation", "-w", wheels, source, cwd=folder)
    venv.create(folder / "env", with_pip=False)
    (packages,) = (folder / "env").glob("lib/python*/site-packages")
    (packages / "of_the_tests.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    python = folder / "env" / "bin" / "python"
    (wheel,) = wheels.glob("ast_explorer-*.whl")
    run(*pip, "--python", python, "install", *offline, wheel, cwd=folder)
    return folder / "env"


def test_the_installed_command_classifies_an_example_from_an_empty_folder(environment, tmp_path):
    (siren,) = environment.glob("lib/python*/site-packages/ast_demo/_assets/examples/siren.flac")
    said = run(environment / "bin" / "ast-explorer", "classify", siren, cwd=tmp_path)
    assert "siren" in said.lower()


def test_the_installed_page_finds_its_scripts_styles_and_examples(environment, tmp_path):
    where = run(environment / "bin" / "python", "-c", FOUND, cwd=tmp_path).splitlines()[-1]
    assert Path(where).is_relative_to(environment)


def test_the_installed_recipes_are_found(environment, tmp_path):
    program = "from ast_demo.training.recipe import load_recipe; print(load_recipe('fine-tune'))"
    assert "Recipe" in run(environment / "bin" / "python", "-c", program, cwd=tmp_path)
