"""How the page is served: options of the command line, settings, theme, and the model's loading."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ast_demo.streams import open_streams
from ast_demo.ui.server.address import (
    EVERYWHERE,
    LOOPBACK,
    StartError,
    bracketed,
    free_port,
    port_number,
    ports_to_try,
    shown_address,
)
from ast_demo.ui.server.proxies import spare_own_address, without_socks
from ast_demo.ui.services.limits import Limits

FOLDER = Path(__file__).parent
STYLES = (
    "shared/instruments.css",
    "live/live.css",
    "page.css",
    "timeline/timeline.css",
    "learn/learn.css",
    "check/check.css",
)
UPLOADS_PREFIX = "ast-explorer-"  # of a folder that we made and may delete


@dataclass(frozen=True)
class Options:
    """What the host may choose; each has an environment variable for places without a command."""

    model: str | None = None
    device: str = "auto"
    dtype: str = "auto"
    host: str | None = None  # None is this machine alone
    port: int | None = None  # None is the first that is free
    password: str | None = None  # "name:password", or None for an open page


@contextlib.contextmanager
def one_sentence() -> Iterator[None]:
    """End the process with one sentence, instead of a traceback, where a start cannot succeed."""
    try:
        yield
    except ValueError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def prepare_start(options: Options) -> None:
    """Do what a process that serves the page does first.

    What cannot be is told before the page is built, and who ends the process in the middle of its
    start finds no files of it left.

    Raises:
        StartError: as `choose_address`.
    """
    from ast_demo.ui.server.arenas import share_arenas

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    open_streams()
    choose_address(options)
    share_arenas()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong with an argument."""
        raise StartError(f"{message} ({self.prog} --help lists what there is)")


def parse_options(arguments: Sequence[str]) -> Options:
    """Read the command line; what it leaves out comes from the environment.

    Raises:
        StartError: naming the argument or variable that cannot be used.
    """
    parser = _Parser(prog="python app.py", description="Serve the AST Explorer page.")
    parser.add_argument(
        "--model",
        default=os.environ.get("AST_MODEL"),
        help="bundled name, folder, weights file or Hub id to start with (AST_MODEL)",
    )
    parser.add_argument(
        "--device",
        default=os.environ.get("AST_DEVICE", "auto"),
        help="auto, cpu, cuda or cuda:1 (AST_DEVICE)",
    )
    parser.add_argument(
        "--dtype",
        default=os.environ.get("AST_DTYPE", "auto"),
        help="auto, float32, bfloat16, float16 or int8 (AST_DTYPE)",
    )
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME") or None,
        help="address to listen on; 0.0.0.0 lets other machines in (GRADIO_SERVER_NAME)",
    )
    parser.add_argument("--port", help="port; the first free one from 7860 on (GRADIO_SERVER_PORT)")
    parser.add_argument(
        "--password",
        default=os.environ.get("AST_AUTH"),
        metavar="NAME:PASSWORD",
        help="ask visitors for a name and a password (AST_AUTH)",
    )
    values = parser.parse_args(arguments)
    if values.password and not all(values.password.partition(":")[::2]):
        raise StartError("--password needs the form NAME:PASSWORD.")
    if values.port is not None:
        values.port = port_number(values.port, "--port")
    if values.host is not None:
        values.host = values.host.strip("[]")
    return Options(**vars(values))


def prepare_environment() -> None:
    """Set what Gradio and torch read while they are imported.

    No telemetry, a folder of our own for uploads, and threads that sleep while they wait for each
    other: where they spin, they take the core that the slowest of them needs, and a server's cores
    are never all free.

    Raises:
        StartError: if a variable names a folder or a path that cannot be used.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # uvicorn would believe X-Forwarded-For of anyone on this machine, a careless proxy among them.
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
    # Gradio would look for free ports there, which fails for IPv6; we look ourselves.
    os.environ.pop("GRADIO_SERVER_NAME", None)
    spare_own_address(os.environ)
    root = os.environ.get("GRADIO_ROOT_PATH", "")
    if root and not root.startswith(("/", "http://", "https://")):
        raise StartError(
            f"GRADIO_ROOT_PATH is {root!r}, expected a path that begins with a slash, or the whole "
            "address of the page."
        )
    if "GRADIO_TEMP_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix=UPLOADS_PREFIX)
        os.environ["GRADIO_TEMP_DIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)  # however the start ends
    _make_folder(Path(os.environ["GRADIO_TEMP_DIR"]))


def _make_folder(folder: Path) -> None:
    """Make the folder of uploads, or say why it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"GRADIO_TEMP_DIR is {str(folder)!r}, which is no folder that can be made "
            f"({error.strerror}): name another."
        ) from error


def create_page(options: Options):
    """Build the page for the options; nothing is served and no model loaded yet.

    On ZeroGPU the model is loaded here: what is on the GPU before the page is served is lent fast.

    Raises:
        StartError: if a variable of the environment cannot be used, or no port is free.
        ValueError: if a limit is no number.
    """
    from ast_demo.ui.services.zero_gpu import import_spaces, make_lender

    limits = Limits.from_environment()
    spaces = import_spaces()  # before anything that might import torch
    prepare_environment()
    with without_socks(os.environ):
        from ast_demo.ui.page import build_page

        lender = None if spaces is None else make_lender(spaces)
        services = create_services(options, limits, lender)
        services.local = serves_own_machine(options, os.environ)
        page = build_page(services)
    if lender is not None:
        warm_up(services)
    return page


def create_services(options: Options, limits: Limits, lender=None):
    """Set up what the page and the plain API stand on; no model is loaded yet.

    Args:
        options: of the host.
        limits: of the host.
        lender: on ZeroGPU, what runs a model on the lent GPU.
    """
    from ast_demo.ui.services.services import Services

    any_model = os.environ.get("AST_ANY_MODEL") == "1"
    return Services.create(limits, options.model, options.device, options.dtype, lender, any_model)


def choose_address(options: Options) -> tuple[str, int]:
    """Return the host and the port to listen on, before anything slow is done.

    Raises:
        StartError: if the host is none of this machine's, or no port of it is free.
    """
    host = options.host or LOOPBACK
    return host, free_port(host, ports_to_try(options.port, os.environ))


def serves_own_machine(options: Options, environment: Mapping[str, str]) -> bool:
    """Tell whether the page is for this machine alone, so that its visitor is its owner.

    A proxy that was declared, a public name or a password mean that others come, too. Before a
    proxy that was not, AST_LOCAL=0 says so.
    """
    from ast_demo.ui.server.origins import needs_own_hosts, public_hosts

    return (
        needs_own_hosts(options.host, environment)
        and not public_hosts(environment)
        and not environment.get("GRADIO_ROOT_PATH")
        and not options.password
        and environment.get("AST_LOCAL", "1") != "0"
    )


def serve(page, options: Options) -> None:
    """Serve the page until the process is told to end; the model loads once visitors can come.

    Raises:
        StartError: if the address cannot be had.
    """
    from ast_demo.ui.server.connections import raise_open_files
    from ast_demo.ui.server.shutdown import GracefulShutdown, close_page, end_process

    closing = GracefulShutdown()
    host, port = choose_address(options)
    closing.listen()
    raise_open_files()
    spare_own_address(os.environ, host)
    try:
        with without_socks(os.environ):
            page.launch(
                server_name=bracketed(host),
                server_port=port,
                auth=_name_and_password(options),
                prevent_thread_lock=True,
                quiet=True,
                **launch_settings(page.services, closing, options.password, host),
            )
    except OSError as error:  # somebody was faster
        raise StartError(f"port {port} of {host} cannot be listened on ({error}).") from error
    print(f"AST Explorer is at {shown_address(host, port)} (end it with Ctrl+C).", flush=True)
    threading.Thread(target=warm_up, args=[page.services], daemon=True).start()
    closing.wait_until_told()
    close_page(page, closing, page.services.limits.drain_seconds)
    delete_own_uploads()
    end_process()


def mounted(page, options: Options):
    """Return the page as an ASGI app, for a server other than our own."""
    import gradio as gr
    from fastapi import FastAPI

    page.services.local = False  # whoever mounts it decides who comes
    settings = launch_settings(page.services, password=options.password, host=EVERYWHERE[0])
    page.state_session_capacity = settings.pop("state_session_capacity")
    page.max_threads = settings.pop("max_threads")
    # As here by themselves where nothing is launched.
    for name in ("share", "strict_cors", "_frontend"):
        del settings[name]
    auth = _name_and_password(options)
    return gr.mount_gradio_app(FastAPI(openapi_url=None), page, "/", auth=auth, **settings)


def delete_own_uploads() -> None:
    """Delete what visitors sent to this process."""
    from ast_demo.ui.server.shutdown import delete_uploads
    from ast_demo.ui.services.uploads import upload_folder

    uploads = upload_folder()
    delete_uploads(uploads, ours=uploads.name.startswith(UPLOADS_PREFIX))


def launch_settings(
    services, closing=None, password: str | None = None, host: str | None = None
) -> dict:
    """Return the settings of `Blocks.launch` that make a public page safe and quiet."""
    from ast_demo.ui.server.housekeeping import housekeeping
    from ast_demo.ui.server.middleware import guards
    from ast_demo.ui.server.origins import needs_own_hosts
    from ast_demo.ui.server.shutdown import GracefulShutdown
    from ast_demo.ui.server.visitors import Presence
    from ast_demo.ui.theme import make_theme

    limits, presence, local = services.limits, Presence(), needs_own_hosts(host, os.environ)
    closing = closing or GracefulShutdown()
    return {
        "theme": make_theme(),
        "css_paths": [FOLDER / name for name in STYLES],
        "favicon_path": str(FOLDER / "favicon.svg"),
        "footer_links": ["api"],
        "run_history": False,
        "share": False,
        "enable_monitoring": False,
        "show_error": False,
        "pwa": False,
        "ssr_mode": False,
        "strict_cors": True,
        "max_file_size": limits.file_megabytes * (1 << 20),
        "max_threads": limits.page_threads,
        "state_session_capacity": limits.sessions,
        "allowed_paths": [str(services.examples)],
        "_frontend": False,  # else it asks its own page, and gives up if that takes three seconds
        "app_kwargs": {
            "openapi_url": None,
            "middleware": guards(services, closing, password, local, presence),
            "lifespan": housekeeping(presence),
        },
    }


def _name_and_password(options: Options) -> tuple[str, ...] | None:
    return tuple(options.password.split(":", 1)) if options.password else None


def warm_up(services) -> None:
    """Load the default model and run it; a failure is printed, and told again to whoever asks.

    The opening example comes first: a visitor may wait for it already.
    """
    from ast_demo.ui.model_tab import place

    try:
        classifier = services.models.get()
        print(f"{services.models.default} runs on {place(classifier)}.", flush=True)
        if services.opening is not None:
            services.opening.prepare()
        classifier.warm_up()
    except Exception as error:  # the page stays up, says this to whoever asks, and tries again
        print(f"The model {services.models.default} is not available: {error}", flush=True)
