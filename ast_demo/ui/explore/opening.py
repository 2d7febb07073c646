"""The example that the page opens with: explained once, then shown to every visitor at once.

A visitor sees what the page is about before giving it a sound. The example is explained as soon as
the model is loaded; each visitor gets a copy under an id of its own, so that nobody can reach into
another's page. A question about it finds the one explanation that all share.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from ast_demo.ui.explore.steps import explained
from ast_demo.ui.services.services import Services

OPENING_EXAMPLE = "siren"  # a sweep: its heat has a shape that everyone sees
_WAIT_SECONDS = 2.0  # a page that asks is answered within this time, if others prepare it


class Opening:
    """Holds the explained example of one server."""

    def __init__(self, services: Services):
        self.services = services
        self._lock = threading.Lock()
        self._payload: dict | None = None
        self._explanation: Any = None

    @property
    def clip(self) -> Path | None:
        """The example, or the first one where the host has others; None without examples."""
        clips = self.services.example_clips()
        return next(
            (clip for clip in clips if clip.stem == OPENING_EXAMPLE), next(iter(clips), None)
        )

    def prepare(self, wait_seconds: float = -1) -> bool:
        """Explain the example unless that was done; False if another thread is still at it.

        Raises:
            ValueError: if the model or the example cannot be had.
        """
        if self._payload is not None:
            return True
        if not self._lock.acquire(timeout=wait_seconds):
            return False
        try:
            if self._payload is None and self.clip is not None:
                model = self.services.models.default
                self._payload, self._explanation = explained(self.services, str(self.clip), model)
            return True
        finally:
            self._lock.release()

    def answer(self) -> dict:
        """Return {"payload"} for one visitor, or {"wait"} while another thread prepares it.

        The page asks when it opens, and again while it has to wait.

        Raises:
            ValueError: if the model or the example cannot be had.
        """
        from ast_demo.ui.explore.payload import new_payload_id  # torch: not before the first page

        if not self.prepare(_WAIT_SECONDS):
            return {"wait": True}
        if self._payload is None:
            return {"payload": None}
        return {"payload": {**self._payload, "id": new_payload_id()}}

    def explanation_of(self, path: str, model: str):
        """Return the shared explanation if it is the one of this sound and model, else None."""
        if self._payload is None or Path(path) != self.clip:
            return None
        return self._explanation if model == self.services.models.default else None
