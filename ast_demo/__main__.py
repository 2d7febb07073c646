"""The command line: `python -m ast_demo COMMAND`, or `ast-explorer COMMAND` once installed."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ast_demo.streams import open_streams

DONE, SOME_FAILED, CANNOT = 0, 1, 2  # exit codes; 130 after Ctrl+C, as shells have it
INTERRUPTED = 130
INSTALLED_NAME = "ast-explorer"

DESCRIPTION = "See what an Audio Spectrogram Transformer sees."
EPILOG = """\
first steps:
  python -m ast_demo classify assets/examples/*.flac        what is it?
  python -m ast_demo explain assets/examples/siren.flac -o siren.png
                                                            where did the model look?
  python -m ast_demo COMMAND --help                         everything about one command

Models: the bundled everyday-sounds works offline; any AST checkpoint of the Hugging Face Hub works
by its id, such as MIT/ast-finetuned-audioset-10-10-0.4593; so does a folder that holds one.

exit codes: 0 all went well, 1 a sound could not be used, 2 the request could not be carried out,
3 a check missed a bar
"""


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Describe every command; those that are slow to import are filled in only if asked for."""
    from ast_demo.cli import check, classify, evaluate, export, lesson, timeline, train

    installed = Path(sys.argv[0]).stem == INSTALLED_NAME
    parser = argparse.ArgumentParser(
        prog=INSTALLED_NAME if installed else "python -m ast_demo",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    classify.add_parsers(subparsers)
    timeline.add_parser(subparsers)
    train.add_parser(subparsers)
    evaluate.add_parsers(subparsers)
    check.add_parser(subparsers)
    export.add_parser(subparsers)
    lesson.add_parsers(subparsers)
    subparsers.add_parser("serve", help="serve the page, as `python app.py` does", add_help=False)
    bench = subparsers.add_parser("bench", help="measure speed and memory on this machine")
    if "bench" in arguments[:1]:
        from ast_demo import benchmark

        benchmark.add_arguments(bench)
        bench.set_defaults(run=benchmark.main)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; faults of the request become one sentence."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    open_streams()
    _show_every_letter()
    parser = build_parser(arguments)
    if not arguments:
        parser.print_help()
        return DONE
    try:
        if arguments[0] == "serve":  # it has a parser of its own
            return _serve(arguments[1:])
        options = parser.parse_args(arguments)
        code = options.run(options) or DONE
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _drop_output()
        return DONE
    except OSError as error:
        if error.filename is None:
            _drop_output()  # what is left of it would fail again at the end
        print(f"error: {_os_sentence(error)}", file=sys.stderr)
        return CANNOT
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return CANNOT
    except KeyboardInterrupt:
        return INTERRUPTED


def _drop_output() -> None:
    with contextlib.suppress(OSError):  # where it is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _os_sentence(error: OSError) -> str:
    """Say which file or stream the system refused, and why."""
    reason = error.strerror or str(error)
    if error.filename is None:
        return f"the output cannot be written ({reason}): make room, or write it elsewhere."
    return f"{error.filename} cannot be used ({reason}): name another place."


def _serve(arguments: Sequence[str]) -> int:
    from ast_demo.ui.launch import create_page, parse_options, prepare_start, serve

    options = parse_options(arguments)
    prepare_start(options)
    serve(create_page(options), options)
    return DONE


def _show_every_letter() -> None:
    """Let output escape what its encoding lacks; a label must not end a batch of files."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
