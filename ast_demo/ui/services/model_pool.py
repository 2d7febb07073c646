"""The models that visitors may choose, and the few of them that are in memory."""

from __future__ import annotations

import dataclasses
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ast_demo.checkpoint.hub import Progress, is_hub_id
from ast_demo.checkpoint.locate import BUNDLED_FOLDER, DEFAULT_MODEL
from ast_demo.ui.services.hub_models import HubModels
from ast_demo.ui.services.zero_gpu import borrowing

if TYPE_CHECKING:
    from ast_demo.classifier import AudioClassifier

HUB_MODELS = {  # id -> what the picker calls it
    "MIT/ast-finetuned-audioset-10-10-0.4593": "AudioSet, 527 labels (Hub)",
    "MIT/ast-finetuned-speech-commands-v2": "Speech commands, 35 words (Hub)",
}


def offered_models(chosen: str | None = None, assets: Path = BUNDLED_FOLDER) -> dict[str, str]:
    """Map the names in the picker to checkpoints: the host's choice, the bundled ones, the Hub's.

    A folder or file of the host is shown by its last part only: visitors learn no paths.
    """
    bundled = sorted(path.parent.name for path in assets.glob("*/config.json"))
    bundled.sort(key=lambda name: name != DEFAULT_MODEL)
    offered = {name: name for name in [*(bundled or [DEFAULT_MODEL]), *HUB_MODELS]}
    if not chosen:
        return offered
    name = Path(chosen).name if Path(chosen).exists() and chosen not in offered else chosen
    offered.pop(name, None)
    return {name: chosen, **offered}


class ModelPool:
    """Hold the loaded models: each is loaded once, the one used longest ago makes room.

    Safe to use from several threads. The first name offered is the default and stays loaded. A
    model that made room may live on, in an explanation or a live view: asked for again, it is that
    one, so no model is in memory twice.

    Args:
        offered: name -> checkpoint of the models that may be asked for; nothing else is loaded.
        capacity: models held at once, used or not.
        device: as for `AudioClassifier.load`.
        dtype: as for `AudioClassifier.load`.
        lender: on ZeroGPU, what runs a model on the lent GPU (see zero_gpu.py).
        hub: bounds of models that visitors name themselves; None lets them name none.
    """

    def __init__(
        self,
        offered: dict[str, str],
        capacity: int = 3,
        device: str = "auto",
        dtype: str = "auto",
        lender: Callable | None = None,
        hub: HubModels | None = None,
    ):
        self._hub = hub
        self.names = list(offered)
        self.default = self.names[0]
        self._offered = offered
        self._capacity = capacity
        self._device = device
        self._dtype = dtype
        self._lender = lender
        self._loaded: OrderedDict[str, AudioClassifier] = OrderedDict()  # the latest used last
        # Those in _loaded, and those that made room and are in use: explanations hold theirs.
        self._alive: weakref.WeakValueDictionary[str, AudioClassifier]
        self._alive = weakref.WeakValueDictionary()
        # One for each model that is asked for right now, so that refused names leave nothing here.
        self._loading: weakref.WeakValueDictionary[str, threading.Lock]
        self._loading = weakref.WeakValueDictionary()
        self._lock = threading.Lock()  # guards the three above; held for moments only

    def is_loaded(self, name: str) -> bool:
        """Tell whether `get` would answer at once."""
        with self._lock:
            return name in self._alive

    def get(self, name: str | None = None, progress: Progress | None = None) -> AudioClassifier:
        """Return a model, loading or downloading it if needed.

        Args:
            name: one of `names`; None is the default.
            progress: told how much of a download has arrived.

        Raises:
            ValueError: if the model is not among those offered.
            CheckpointError: if it cannot be found, downloaded or read.
        """
        name = name or self.default
        with self._lock:
            if name not in self._offered and (self._hub is None or not is_hub_id(str(name))):
                raise ValueError(
                    f"the model is {str(name)[:80]!r}, expected one of: {', '.join(self.names)}."
                )
            loading = self._loading.setdefault(name, threading.Lock())
        with loading:  # a second request for it waits instead of loading it again
            classifier = self._take(name)
            if classifier is None:
                classifier = self._load(name, progress)
                self._put(name, classifier)
        return classifier

    def _take(self, name: str) -> AudioClassifier | None:
        """Return a model that is in memory, whoever holds it; it is the latest used now."""
        with self._lock:
            classifier = self._alive.get(name)
            if classifier is not None:
                self._hold(name, classifier)
            return classifier

    def _put(self, name: str, classifier: AudioClassifier) -> None:
        with self._lock:
            self._alive[name] = classifier
            self._hold(name, classifier)

    def _hold(self, name: str, classifier: AudioClassifier) -> None:
        self._loaded[name] = classifier
        self._loaded.move_to_end(name)
        others = [key for key in self._loaded if key not in (self.default, name)]
        while len(self._loaded) > self._capacity and others:
            del self._loaded[others.pop(0)]

    def _load(self, name: str, progress: Progress | None) -> AudioClassifier:
        from ast_demo.checkpoint.checkpoint import (
            find_checkpoint,  # torch: not before the first page
        )
        from ast_demo.classifier import AudioClassifier

        source, revision = self._offered.get(name, name), None
        try:
            if name in self._offered:
                find_checkpoint(source, progress=progress)  # what it downloads, load finds
            elif self._hub is not None:  # as `get` has made sure
                revision = self._hub.download(name, progress)
            device = self._device if self._lender is None else "cpu"
            classifier = AudioClassifier.load(source, device, self._dtype, revision)
            if self._lender is not None:
                classifier = borrowing(classifier, self._lender, name, source, self._dtype)
        except ValueError as error:  # visitors learn no paths
            raise type(error)(str(error).replace(str(source), name)) from error
        if classifier.checkpoint is not None:
            classifier.checkpoint = dataclasses.replace(classifier.checkpoint, name=name)
        return classifier
