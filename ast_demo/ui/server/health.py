"""Endpoints for whoever watches the server: is it alive, can it take visitors."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LIVENESS = "/healthz"  # 200 as long as the process answers: restart it otherwise
READINESS = "/readyz"  # 200 while visitors can be served: send them elsewhere otherwise


class Health:
    """Middleware: answer the two endpoints, before passwords and limits.

    Args:
        troubles: returns what keeps visitors from being served, nothing if they can be.
    """

    def __init__(self, app: ASGIApp, troubles: Callable[[], list[str]]):
        self._app = app
        self._troubles = troubles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a question about health, pass anything else on."""
        asked = scope["path"] if scope["type"] == "http" else None
        if asked == LIVENESS:
            await JSONResponse({"status": "alive"})(scope, receive, send)
        elif asked == READINESS:
            troubles = self._troubles()
            answer = {"status": "waiting" if troubles else "ready", "because": troubles}
            await JSONResponse(answer, 503 if troubles else 200)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def list_troubles(services, closing, folder: Path) -> list[str]:
    """Say what keeps visitors from being served."""
    troubles = []
    if closing.begun:
        troubles.append("the server is closing")
    if not services.models.is_loaded(services.models.default):
        troubles.append("the model is not loaded yet")
    if folder.exists() and not os.access(folder, os.W_OK):
        troubles.append("the folder of uploads cannot be written")
    return troubles
