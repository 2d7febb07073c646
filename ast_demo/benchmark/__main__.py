"""`python -m ast_demo.benchmark load` drives a server; else it is `python -m ast_demo bench`."""

import sys


def main(arguments: list[str]) -> int:
    """Run one of the two."""
    if arguments[:1] == ["load"]:
        from ast_demo.benchmark.load.run import load_command

        return load_command(arguments[1:])
    from ast_demo.__main__ import main as command

    return command(["bench", *arguments])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
