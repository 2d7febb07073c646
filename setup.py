"""What pyproject.toml cannot say: assets/ becomes a part of the package, requirements are read."""

from pathlib import Path

from setuptools import find_packages, setup


def requirements(file: str) -> list[str]:
    """Return the requirements of a file, without comments and without other files."""
    lines = (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


TEXTS = ("json", "md", "csv", "svg", "html")
ASSETS = "ast_demo._assets"  # where ast_demo.checkpoint.locate looks first

setup(
    packages=[*find_packages(include=["ast_demo", "ast_demo.*"]), ASSETS],
    package_dir={ASSETS: "assets"},
    package_data={
        "ast_demo": [f"**/*.{suffix}" for suffix in ("js", "css", "html", "json", "svg")],
        ASSETS: [f"**/*.{suffix}" for suffix in (*TEXTS, "safetensors", "png", "flac")],
    },
    exclude_package_data={ASSETS: ["screenshots/*"]},
    include_package_data=False,
    install_requires=requirements("requirements.txt"),
    extras_require={
        "mcp": requirements("requirements-mcp.txt"),
        "test": requirements("requirements-dev.txt"),
    },
)
