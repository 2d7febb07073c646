"""What is asked for: bars that are set before the run."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bars:
    """What is asked for; set before the run and printed in every report.

    Args:
        kept: least share of cases whose best label must stay where nothing should change, and
            whose score must not rise where it should only fall.
        rise: by how much a score may rise and still count as not risen.
        quiet: score that no label may reach where there is nothing to hear.
        agree: least share of sounds on which two models must agree; not asked for by default.
        top1: least share of labelled clips whose best label must be right.
        heat: least share of clips on which relevance must beat loudness.
    """

    kept: float = 0.9
    rise: float = 0.1
    quiet: float = 0.5
    agree: float | None = None
    top1: float | None = None
    heat: float | None = None

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Bars:
        """Read bars such as "kept=0.95".

        Raises:
            ValueError: naming what is no bar, or no share.
        """
        names = [bar.name for bar in dataclasses.fields(cls)]
        chosen = {}
        for text in texts:
            name, _, value = text.partition("=")
            if name.strip() not in names:
                raise ValueError(
                    f"the bar is {text!r}, expected one of {', '.join(names)} with a number from "
                    "0 to 1, such as kept=0.9."
                )
            try:
                chosen[name.strip()] = float(value)
            except ValueError:
                chosen[name.strip()] = -1.0
            if not 0 <= chosen[name.strip()] <= 1:
                raise ValueError(
                    f"the bar is {text!r}, expected a number from 0 to 1 after '=', such as "
                    f"{name.strip()}=0.9."
                )
        return cls(**chosen)
