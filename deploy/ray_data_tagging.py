"""Tag an archive of recordings on all cores or machines, with Ray Data.

    pip install "ray[data]"
    python -m deploy.ray_data_tagging RECORDINGS tags --workers 2

Each worker holds one copy of the model and classifies batches of files. The answer is a folder of
CSV files with the columns file, label, score and error; a file that cannot be read has an error and
stops nothing. Recordings longer than the model's window are tagged by their beginning: for all of
them use `python -m ast_demo timeline`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ast_demo import AudioClassifier, AudioError, load_audio

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".caf", ".au", ".w64")
BATCH = 8  # files decoded and classified at a time
WORKER_CORES = 0.5  # counted for each: with a worker a core, writing still finds a place
SECONDS = 11.0  # read of each file: more than the longest usual window


class Tagger:
    """One worker: turns a batch of file names into rows.

    Args:
        model: a bundled name, a folder, a weights file or a Hub id.
        top: labels of each file.
    """

    def __init__(self, model: str, top: int):
        self._classifier = AudioClassifier.load(model)
        self._top = top

    def __call__(self, batch: dict) -> dict:
        """Return the columns of the rows for {"file": names}."""
        names = [str(name) for name in batch["file"]]
        sounds, rows = {}, []
        for name in names:
            try:
                sounds[name] = load_audio(name, max_seconds=SECONDS)
            except AudioError as error:
                rows.append((name, "", 0.0, str(error)))
        predictions = self._classifier.classify_batch(list(sounds.values())) if sounds else []
        for name, prediction in zip(sounds, predictions):
            rows += [(name, label, score, "") for label, score in prediction.top(self._top)]
        return {
            column: [row[place] for row in rows]
            for place, column in enumerate(("file", "label", "score", "error"))
        }


def recordings(folder: Path) -> list[str]:
    """List the sound files of a folder and of those below it."""
    return sorted(
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix.lower() in SUFFIXES
    )


def tag(folder: Path, model: str, workers: int, top: int):
    """Return a Ray dataset with the rows of every recording."""
    import ray

    files = recordings(folder)
    if not files:
        raise ValueError(f"{folder} holds no recordings: expected {', '.join(SUFFIXES)}.")
    blocks = min(len(files), max(workers, len(files) // BATCH))
    dataset = ray.data.from_items([{"file": file} for file in files], override_num_blocks=blocks)
    return dataset.map_batches(
        Tagger,
        fn_constructor_args=(model, top),
        batch_size=BATCH,
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=WORKER_CORES,
    )


def main() -> None:
    """Tag the archive that the command line names."""
    parser = argparse.ArgumentParser(description="Tag an archive of recordings with Ray Data.")
    parser.add_argument("recordings", type=Path, help="folder of sound files, looked through whole")
    parser.add_argument("tags", type=Path, help="folder for the CSV files")
    parser.add_argument("--model", default="everyday-sounds")
    parser.add_argument("--workers", type=int, default=2, help="copies of the model")
    parser.add_argument("--top", type=int, default=3, help="labels of each file")
    options = parser.parse_args()
    dataset = tag(options.recordings, options.model, options.workers, options.top)
    dataset.write_csv(str(options.tags.resolve()))
    print(f"{options.tags} holds the tags of {len(recordings(options.recordings))} recordings.")


if __name__ == "__main__":
    main()
