"""Do the faster dtypes answer as float32 does? `python -m ast_demo.benchmark.dtypes DATA.csv`.

Compare scores on the validation clips of a data set; what speed is worth depends on it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from ast_demo.benchmark.page import MODEL
from ast_demo.classifier import AudioClassifier
from ast_demo.training.data.clips import Clip
from ast_demo.training.evaluation.evaluate import evaluate


def agreement(
    model: str, dtype: str, clips: Sequence[Clip], device: str = "auto"
) -> tuple[float, float]:
    """Return how often the best label is float32's, and the largest difference of a score."""
    whole, other = (
        evaluate(AudioClassifier.load(model, device=device, dtype=name), clips).scores
        for name in ("float32", dtype)
    )
    same = (whole.argmax(axis=1) == other.argmax(axis=1)).mean()
    return float(same), float(np.abs(whole - other).max())


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the agreement of each dtype."""
    from ast_demo.training.data.dataset import read_datasets
    from ast_demo.training.recipe import load_recipe

    parser = argparse.ArgumentParser(prog="python -m ast_demo.benchmark.dtypes")
    parser.add_argument("data", nargs="+", metavar="CSV", help="clips with labels")
    parser.add_argument("--model", default=MODEL, help="a bundled name, a folder or a Hub id")
    parser.add_argument("--dtypes", nargs="+", default=["bfloat16"], metavar="DTYPE")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda; int8 needs cpu")
    parser.add_argument("--recipe", default=MODEL, help="rename labels as this recipe does")
    parser.add_argument("--only", default="", help="clips whose file name begins with this text")
    options = parser.parse_args(arguments)
    relabelled = read_datasets(options.data).relabelled(load_recipe(options.recipe).relabel, ())
    clips = [
        clip
        for clip in relabelled.split("validation")
        if clip.labels and clip.name.startswith(options.only)
    ]
    for dtype in options.dtypes:
        same, furthest = agreement(options.model, dtype, clips, options.device)
        print(
            f"{dtype}: top-1 as float32 on {same:.1%} of {len(clips)} clips, "
            f"largest difference of a score {furthest:.3f}"
        )


if __name__ == "__main__":
    main()
