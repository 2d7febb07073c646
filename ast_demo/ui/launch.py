"""How the page is served: options of the command line, settings, theme, and the model's loading."""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ast_demo.ui.services.limits import Limits

FOLDER = Path(__file__).parent
STYLES = (
    "shared/instruments.css",
    "live/live.css",
    "page.css",
    "timeline/timeline.css",
    "learn/learn.css",
)
UPLOADS_PREFIX = "ast-explorer-"  # of a folder that we made and may delete


@dataclass(frozen=True)
class Options:
    """What the host may choose; each has an environment variable for places without a command."""

    model: str | None = None
    device: str = "auto"
    dtype: str = "auto"
    host: str | None = None
    port: int | None = None
    password: str | None = None  # "name:password", or None for an open page


def parse_options(arguments: Sequence[str]) -> Options:
    """Read the command line; what it leaves out comes from the environment."""
    parser = argparse.ArgumentParser(
        prog="python app.py", description="Serve the AST Explorer page."
    )
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
        "--host", help="address to listen on; 0.0.0.0 lets other machines in (GRADIO_SERVER_NAME)"
    )
    parser.add_argument(
        "--port", type=int, help="port; the first free one from 7860 on (GRADIO_SERVER_PORT)"
    )
    parser.add_argument(
        "--password",
        default=os.environ.get("AST_AUTH"),
        metavar="NAME:PASSWORD",
        help="ask visitors for a name and a password (AST_AUTH)",
    )
    values = parser.parse_args(arguments)
    if values.password and not all(values.password.partition(":")[::2]):
        parser.error("--password needs the form NAME:PASSWORD.")
    return Options(**vars(values))


def prepare_environment() -> None:
    """Set what Gradio reads while it is imported: no telemetry, a folder of our own for uploads."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # uvicorn would believe X-Forwarded-For of anyone on this machine, a careless proxy among them.
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
    if "GRADIO_TEMP_DIR" not in os.environ:
        os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix=UPLOADS_PREFIX)


def create_page(options: Options):
    """Build the page for the options; nothing is served and no model loaded yet.

    On ZeroGPU the model is loaded here: what is on the GPU before the page is served is lent fast.
    """
    from ast_demo.ui.services.zero_gpu import import_spaces, make_lender

    spaces = import_spaces()  # before anything that might import torch
    prepare_environment()
    from ast_demo.ui.page import build_page
    from ast_demo.ui.services.services import Services

    lender = None if spaces is None else make_lender(spaces)
    services = Services.create(
        Limits.from_environment(), options.model, options.device, options.dtype, lender
    )
    if lender is not None:
        warm_up(services)
    return build_page(services)


def serve(page, options: Options) -> None:
    """Serve the page until the process is told to end; the model loads once visitors can come."""
    from ast_demo.ui.server.shutdown import GracefulShutdown, close_page, end_process

    closing = GracefulShutdown()
    page.launch(
        server_name=options.host,
        server_port=options.port,
        auth=_name_and_password(options),
        prevent_thread_lock=True,
        quiet=True,
        **launch_settings(page.services, closing, options.password),
    )
    print(f"AST Explorer is at {page.local_url} (end it with Ctrl+C).", flush=True)
    threading.Thread(target=warm_up, args=[page.services], daemon=True).start()
    closing.wait_until_told()
    close_page(page, closing, page.services.limits.drain_seconds)
    delete_own_uploads()
    end_process()


def mounted(page, options: Options):
    """Return the page as an ASGI app, for a server other than our own."""
    import gradio as gr
    from fastapi import FastAPI

    settings = launch_settings(page.services, password=options.password)
    page.state_session_capacity = settings.pop("state_session_capacity")
    for name in ("share", "strict_cors"):  # as here by themselves where nothing is launched
        del settings[name]
    auth = _name_and_password(options)
    return gr.mount_gradio_app(FastAPI(openapi_url=None), page, "/", auth=auth, **settings)


def delete_own_uploads() -> None:
    """Delete what visitors sent to this process."""
    from ast_demo.ui.server.shutdown import delete_uploads
    from ast_demo.ui.services.uploads import upload_folder

    uploads = upload_folder()
    delete_uploads(uploads, ours=uploads.name.startswith(UPLOADS_PREFIX))


def launch_settings(services, closing=None, password: str | None = None) -> dict:
    """Return the settings of `Blocks.launch` that make a public page safe and quiet."""
    from ast_demo.ui.server.middleware import guards
    from ast_demo.ui.server.shutdown import GracefulShutdown
    from ast_demo.ui.theme import make_theme

    return {
        "theme": make_theme(),
        "css_paths": [FOLDER / name for name in STYLES],
        "footer_links": ["api"],
        "run_history": False,
        "share": False,
        "enable_monitoring": False,
        "show_error": False,
        "pwa": False,
        "ssr_mode": False,
        "strict_cors": True,
        "max_file_size": services.limits.file_megabytes * (1 << 20),
        "state_session_capacity": services.limits.sessions,
        "allowed_paths": [str(services.examples)],
        "app_kwargs": {
            "openapi_url": None,
            "middleware": guards(services, closing or GracefulShutdown(), password),
        },
    }


def _name_and_password(options: Options) -> tuple[str, ...] | None:
    return tuple(options.password.split(":", 1)) if options.password else None


def warm_up(services) -> None:
    """Load the default model and run it; a failure is printed, and told again to whoever asks."""
    from ast_demo.ui.model_tab import place

    try:
        classifier = services.models.get()
        classifier.warm_up()
        print(f"{services.models.default} runs on {place(classifier)}.", flush=True)
    except Exception as error:  # the page stays up, says this to whoever asks, and tries again
        print(f"The model {services.models.default} is not available: {error}", flush=True)
