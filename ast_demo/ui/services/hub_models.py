"""Models of the Hub that a visitor names: bounded before anything large is downloaded or built."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from ast_demo.checkpoint.hub import Progress
from ast_demo.checkpoint.locate import CONFIG_FILE, find_place, locate, read_json
from ast_demo.ui.services.limits import MEGABYTE, Limits

if TYPE_CHECKING:
    from ast_demo.checkpoint.config import ASTConfig

MILLION = 1_000_000
BILLION = 1_000_000_000


class HubModels:
    """Download what a visitor names, if it is small enough and there is room for one more."""

    def __init__(self, limits: Limits):
        self._limits = limits

    def download(self, name: str, progress: Progress | None = None) -> str | None:
        """Check a repository, download its files and return the commit that was checked.

        The host's own token is not used: a visitor sees what everyone may see.

        Raises:
            ValueError: if it is not on the Hub, too large, too much work, or one too many.
            CheckpointError: as for `find_checkpoint`.
        """
        from ast_demo.checkpoint.checkpoint import find_checkpoint  # torch: not before it is needed
        from ast_demo.checkpoint.config import ASTConfig

        source, path = locate(name)
        if source != "hub":  # files of the host are the host's alone
            raise ValueError(f"{name} is no model of the Hub: expected owner/name.")
        self._refuse_one_more(name)
        most_bytes = self._limits.hub_megabytes * MEGABYTE
        place = find_place(name, source, path, token=False, most_bytes=most_bytes)
        config = read_json(place, CONFIG_FILE)
        if config is None:
            raise place.lacks(CONFIG_FILE)
        self._refuse_giant(name, ASTConfig.from_dict(config))
        return find_checkpoint(
            name, place.commit, progress, use_safetensors=True, token=False, most_bytes=most_bytes
        ).revision

    def _refuse_giant(self, name: str, config: ASTConfig) -> None:
        """Refuse a shape with too many weights, or whose passes would take too long or too much."""
        from ast_demo.checkpoint.work import attention_weights, multiplications, pass_bytes

        limits = self._limits
        for what, count, unit, most in (
            ("weights", config.num_parameters / MILLION, "million", limits.hub_parameters),
            (
                "multiplications in a pass",
                multiplications(config) / BILLION,
                "billion",
                limits.hub_work,
            ),
            (
                "attention weights in a pass",
                attention_weights(config) / MILLION,
                "million",
                limits.hub_attention,
            ),
            (
                "of activations when a label is explained",
                pass_bytes(config) / MEGABYTE,
                "MB",
                limits.hub_pass_megabytes,
            ),
        ):
            if count > most:
                raise ValueError(
                    f"{name} has {math.ceil(count)} {unit} {what}, at most {most} {unit} are taken "
                    "here: choose a smaller model."
                )

    def _refuse_one_more(self, name: str) -> None:
        """Refuse a new model where as many as may are on the disk."""
        present = stored_models()
        if name not in present and len(present) >= self._limits.hub_models:
            raise ValueError(
                f"{len(present)} models of the Hub are kept here, which is the most: choose one of "
                f"{', '.join(sorted(present))}."
            )


def stored_models() -> set[str]:
    """List the models of the Hub that are on the disk, whole or in part."""
    from huggingface_hub.constants import HF_HUB_CACHE

    folders = Path(HF_HUB_CACHE).glob("models--*--*")
    return {folder.name.removeprefix("models--").replace("--", "/", 1) for folder in folders}
