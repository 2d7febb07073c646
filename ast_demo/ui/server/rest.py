"""One request, one answer: the sound is the body, or the file of a form, the answer is JSON.

    curl --data-binary @siren.flac http://127.0.0.1:7860/v1/classify?top=3
    curl -F file=@siren.flac -F top=3 http://127.0.0.1:7860/v1/classify

Gradio's own protocol takes three requests that must reach the same process; this one keeps nothing
between requests, so any balancer may spread it over any number of servers.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ast_demo.ui.api.endpoints import classify_answer, explain_answer
from ast_demo.ui.server.http import discard, exhaust
from ast_demo.ui.server.multipart import FormError, SoundForm, is_form
from ast_demo.ui.server.passwords import BasicPassword
from ast_demo.ui.services.errors import user_message
from ast_demo.ui.services.limits import MEGABYTE
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.threads import BoundedThreads
from ast_demo.ui.services.turns import BusyError
from ast_demo.ui.services.uploads import passing_file
from ast_demo.ui.services.visitor import current_visitor

PREFIX = "/v1/"
SOUND_NAME = "sound"  # the body brings no name of its own
BUSY_SECONDS = "5"  # after which it is worth to ask again
LABELS = 10  # returned when the request does not say how many


class PlainApi:
    """Middleware: answer POST /v1/classify and POST /v1/explain.

    Args:
        services: of this server process.
        password: what a request must bring, None for an open server.
    """

    def __init__(self, app: ASGIApp, services: Services, password: BasicPassword | None = None):
        self._app = app
        self._services = services
        self._password = password
        self._limits = services.limits
        self._threads = BoundedThreads(services.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer our own paths, pass anything else on."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            answer = await self._answer(Request(scope, receive))
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        works = {"classify": classify_answer, "explain": explain_answer}
        work = works.get(request.url.path.removeprefix(PREFIX))
        if work is None:
            return _error(404, "There is /v1/classify and /v1/explain, nothing else.")
        if request.method != "POST":
            return _error(405, "Send the sound as the body of a POST request.")
        unknown = None if self._password is None else self._password.refusal(request.scope)
        refusal = unknown or self._busy()
        if refusal is not None:
            await discard(request.receive, self._limits.file_megabytes * MEGABYTE)
            return refusal
        body = request.stream()
        try:
            with passing_file(SOUND_NAME) as file:
                # Only whole sounds wait: slow senders take no place.
                fields = await _receive(request, body, file)
                options = _options(fields, work is explain_answer)
                answer = functools.partial(work, self._services, str(file), **options)
                return JSONResponse(await self._threads.run(answer))
        except ClientDisconnect:
            return _error(413, f"At most {self._limits.file_megabytes} MB are taken.")
        except BusyError as error:
            return _error(503, user_message(error), {"Retry-After": BUSY_SECONDS})
        except FormError as error:
            await exhaust(body)
            return _error(400, user_message(error))
        except ValueError as error:
            return _error(400, user_message(error))

    def _busy(self) -> JSONResponse | None:
        """Refuse a sound before it is read, where it could not even wait."""
        sentence = self._services.places.refusal(current_visitor())
        return _error(503, sentence, {"Retry-After": BUSY_SECONDS}) if sentence else None


async def _receive(request: Request, body: AsyncIterator[bytes], path: Path) -> Mapping[str, str]:
    """Write the sound to a file as it comes; return what was asked in the address and the form.

    Raises:
        FormError: if the body is a form that cannot be read.
    """
    content_type = request.headers.get("content-type", "")
    form = SoundForm(content_type) if is_form(content_type) else None
    sound = body if form is None else form.sound(body)
    # Unbuffered: on a full disk a buffer could not be closed, and would keep its room.
    async with await anyio.open_file(path, "wb", buffering=0) as file:
        async for chunk in sound:
            rest = memoryview(chunk)
            while rest:
                rest = rest[await file.write(rest) :]
    return {**request.query_params, **(form.fields if form else {})}


def _options(query: Mapping[str, str], explains: bool) -> dict:
    """Read what was asked: model, top and, for an explanation, label."""
    top = query.get("top", str(LABELS))
    options = {
        "model": query.get("model"),
        "top": int(top) if top.isdecimal() and len(top) < 6 else top,
    }
    return options | ({"label": query.get("label", "")} if explains else {})


def _error(status: int, sentence: str, headers: dict | None = None) -> JSONResponse:
    return JSONResponse({"error": sentence}, status, headers)
