"""Print what the hostile sounds cost at most, and what came of random damage.

python -m tests.measurements.hostile_sounds --fuzz-seconds 60
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from tests.hostile.conftest import Worker
from tests.hostile.damage import KINDS, plan_damage
from tests.hostile.sound_cases import all_cases, write


def main() -> None:
    """Meet every case, then damaged sounds for a while."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fuzz-seconds", type=float, default=60.0)
    parser.add_argument("--fuzz-seed", type=int, default=0)
    options = parser.parse_args()
    worker = Worker()
    reports = {}
    for case in all_cases():
        with tempfile.TemporaryDirectory() as folder:
            reports[case.name] = worker.meet("hear", write(case, Path(folder)))
    kinds = Counter(report["kind"] for report in reports.values())
    print(f"{len(reports)} sounds: {dict(kinds)}")
    for cost, unit in (("processor_seconds", "s"), ("megabytes", "MB above the loaded model")):
        worst = max(reports, key=lambda name: reports[name].get(cost, 0.0))
        print(f"most {cost}: {reports[worst][cost]:.2f} {unit} ({worst})")
    with tempfile.TemporaryDirectory() as folder:
        plan_damage(Path(folder), options.fuzz_seconds, options.fuzz_seed)
        report = worker.meet("fuzz", folder, options.fuzz_seconds + 60)
    worker.close()
    print(f"{options.fuzz_seconds:g} s of random damage to {len(KINDS)} kinds of files: {report}")


if __name__ == "__main__":
    main()
