"""How requests are refused before anything inside sees them."""

from __future__ import annotations

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope


def refuse(scope: Scope, status: int, sentence: str, wait_seconds: int | None = None) -> Response:
    """Return a refusal in the form that whoever asked can show.

    Gradio's front end shows the "detail" of an answer, and the text itself where files are
    uploaded; the plain API promises an "error".

    Args:
        wait_seconds: after which it may be tried again.
    """
    headers = None if wait_seconds is None else {"Retry-After": str(wait_seconds)}
    if scope["path"].endswith("/upload"):
        return PlainTextResponse(sentence, status, headers)
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers)
