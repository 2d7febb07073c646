"""Serve the plain API from any number of replicas and machines, with Ray Serve.

    pip install "ray[serve]"
    serve run deploy.ray_serve:application
    curl --data-binary @siren.flac 'http://127.0.0.1:8000/v1/classify?top=3'

AST_MODEL names another checkpoint, AST_REPLICAS their number. Sounds that arrive together are
classified in one batch; what may be sent is bounded as on the page.
"""

from __future__ import annotations

import asyncio
import os
import tempfile

from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

from ast_demo import AudioClassifier, load_audio
from ast_demo.ui.limits import MEGABYTE, Limits

REPLICAS = int(os.environ.get("AST_REPLICAS", "2"))
BATCH_WAIT_SECONDS = 0.02  # for others to join; well below the time of one run


@serve.deployment(num_replicas=REPLICAS, max_ongoing_requests=Limits().queue_size)
class Classifier:
    """One copy of the model.

    Args:
        model: a bundled name, a folder, a weights file or a Hub id.
    """

    def __init__(self, model: str):
        self._classifier = AudioClassifier.load(model)
        self._largest = Limits.from_environment().file_megabytes * MEGABYTE

    @serve.batch(max_batch_size=Limits().batch, batch_wait_timeout_s=BATCH_WAIT_SECONDS)
    async def classify(self, sounds: list) -> list:
        """Score the sounds that came in meanwhile, in one pass."""
        return await asyncio.to_thread(self._classifier.classify_batch, sounds)

    async def __call__(self, request: Request) -> JSONResponse:
        """Answer one request: the sound is the body, the answer JSON."""
        if int(request.headers.get("content-length", self._largest + 1)) > self._largest:
            return JSONResponse(
                {"error": f"At most {self._largest // MEGABYTE} MB are taken."}, 413
            )
        top = request.query_params.get("top", "10")
        try:
            with tempfile.NamedTemporaryFile() as file:
                file.write(await request.body())
                file.flush()
                sound = await asyncio.to_thread(load_audio, file.name)
            prediction = await self.classify(sound)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        count = int(top) if top.isdecimal() else 10
        labels = [{"label": name, "score": score} for name, score in prediction.top(count or None)]
        return JSONResponse(
            {"labels": labels, "rule": prediction.rule, "notes": list(prediction.notes)}
        )


application = Classifier.bind(os.environ.get("AST_MODEL", "everyday-sounds"))
