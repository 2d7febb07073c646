"""Serve the page and the plain API on Ray Serve, on any number of machines.

    pip install "ray[serve]"
    serve run deploy/ray_serve.yaml
    curl --data-binary @siren.flac 'http://127.0.0.1:8000/v1/classify?top=3'

`api` answers /v1/ from AST_REPLICAS copies of the model, any request from any copy. `page` is one
copy, since Gradio's protocol takes several requests that must reach the same process. Both are the
middleware and the page of `python app.py`, with its limits, sentences and environment variables.
"""

from __future__ import annotations

import os

from ray import serve

from ast_demo.ui.services.limits import Limits

REPLICAS = int(os.environ.get("AST_REPLICAS", "2"))
SPARE = 8  # requests beyond the queue, which get to hear that it is full instead of waiting
VISITORS = Limits.from_environment().sessions  # each holds a connection while its page is open


def build_api():
    """Return the ASGI app of one replica of the API; its model is loaded."""
    from ast_demo.ui.launch import create_services, parse_options, prepare_environment, warm_up

    prepare_environment()
    from starlette.applications import Starlette
    from starlette.middleware import Middleware

    from ast_demo.ui.server.middleware import guards
    from ast_demo.ui.server.shutdown import GracefulShutdown

    options = parse_options([])
    services = create_services(options, Limits.from_environment())
    warm_up(services)
    inside = guards(services, GracefulShutdown(), options.password)
    return Starlette(middleware=[Middleware(WholePath), *inside])


class WholePath:
    """Middleware: read addresses from the host's root, though Ray mounts the API below /v1."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send) -> None:
        """Pass the request on."""
        await self._app({**scope, "root_path": ""}, receive, send)


def build_page():
    """Return the ASGI app of the page; its model is loaded."""
    from ast_demo.ui.launch import create_page, mounted, parse_options, warm_up

    options = parse_options([])
    page = create_page(options)
    warm_up(page.services)
    return mounted(page, options)


class DeletesUploads:
    """A replica that leaves no sound behind."""

    def __del__(self):
        from ast_demo.ui.launch import delete_own_uploads

        delete_own_uploads()


api = serve.deployment(
    serve.ingress(build_api)(DeletesUploads),
    name="api",
    num_replicas=REPLICAS,
    max_ongoing_requests=Limits.from_environment().queue_size + SPARE,
).bind()
page = serve.deployment(
    serve.ingress(build_page)(DeletesUploads),
    name="page",
    ray_actor_options={"num_cpus": 0},  # it finds a place where the API has taken every core
    max_ongoing_requests=VISITORS,
).bind()
