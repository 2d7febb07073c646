"""Write a checkpoint whose weights are the mean of those of two, to see whether it is better.

    python -m tests.measurements.soup ONE OTHER -o MEAN
    python -m ast_demo evaluate MEAN --data clips.csv

Source: Wortsman et al. 2022, "Model soups". Both must be runs of one model with the same labels.
"""

from __future__ import annotations

import argparse

from ast_demo.classifier import AudioClassifier


def main() -> None:
    """Load, average, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs=2, metavar="MODEL", help="as for `classify`")
    parser.add_argument("--share", type=float, default=0.5, help="of the second one")
    parser.add_argument("-o", "--out", required=True, metavar="DIR")
    options = parser.parse_args()
    one, other = (AudioClassifier.load(name, dtype="float32") for name in options.models)
    if one.labels != other.labels:
        raise SystemExit("the two have other labels, or the same in another order")
    theirs = other.model.state_dict()
    mean = {k: w.lerp(theirs[k], options.share) for k, w in one.model.state_dict().items()}
    one.model.load_state_dict(mean)
    one.model.save_pretrained(options.out)
    one.extractor.save_pretrained(options.out)


if __name__ == "__main__":
    main()
