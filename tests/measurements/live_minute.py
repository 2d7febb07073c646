"""List what the Live tab shows while a minute of held-out recordings plays into the microphone.

    python -m tests.measurements.live_minute --data clips.csv clips2.csv

Recordings of the validation split play once, five seconds each in a row at the same level over the
noise of a room, into the fake microphone of a Chromium that listens with the page's Live tab. For
each is printed what the headline said most around its end, when four fifths of the window or more
are its own, and what else it said while it played. Only recordings whose file name begins with
--only are played: those that nothing learnt.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from ast_demo.audio.load import load_audio
from ast_demo.training.data.clips import Clip
from tests.helpers.live import listen, live_page
from tests.helpers.page import SAMPLING_RATE
from tests.measurements.held_out import add_held_out, held_out_clips
from tests.measurements.in_the_wild import in_a_room

LABELS = (
    "Music",
    "Chirping birds",
    "Speech",
    "Acoustic guitar",
    "Thunderstorm",
    "Hi-hat",
    "Helicopter",
    "Speech",
    "Sheep",
    "Music",
    "Train",
    "Church bells",
)
SECONDS = 5.0  # of each recording
LEAD_SECONDS = 25.0  # of nothing at first: what plays while the model is loaded is lost
LEVEL = -26.0  # dB of full scale, root mean square
JUDGED_SECONDS = 1.0  # before and after its end
# Keeps [seconds of the stream, headline] of every answer; the headline is drawn a frame after it.
WATCH = """() => {
  const live = document.querySelector('.live').live;
  const headline = document.querySelector('.live-headline');
  window.shown = [];
  setInterval(() => {
    const at = live.answer?.seconds;
    if (!at) return;
    if (shown.at(-1)?.[0] !== at) shown.push([at]);
    shown.at(-1)[1] = headline.textContent;
  }, 20);
}"""
FIRST_SOUND = """() => {
  const { kept } = document.querySelector('.live').live;
  for (const { end, samples } of kept.pieces) {
    const first = samples.findIndex((sample) => Math.abs(sample) > 8);
    if (first >= 0) return end - (samples.length - first) / kept.rate;
  }
}"""


def main() -> None:
    """Choose, play, watch and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="everyday-sounds")
    add_held_out(parser)
    parser.add_argument("--labels", nargs="+", default=LABELS, help="in the order played")
    options = parser.parse_args()
    clips = in_order(held_out_clips(options), options.labels)
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "microphone.wav"
        soundfile.write(wav, in_a_row(clips), SAMPLING_RATE, "PCM_16")
        shown, first = watch(options.model, wav, len(clips), Path(folder))
    report(clips, shown, first)


def in_order(clips: Sequence[Clip], labels: Sequence[str]) -> list[Clip]:
    """Return a clip of each label, in their order by name: the second one where it comes again."""
    by_label = defaultdict(list)
    for clip in clips:
        by_label[clip.labels[0]].append(clip)
    return [by_label[label].pop(0) for label in labels]


def in_a_row(clips: Sequence[Clip]) -> np.ndarray:
    """Return nothing, then the clips, each repeated or cut to SECONDS, then the room alone."""
    length = round(SECONDS * SAMPLING_RATE)
    row = [np.zeros(round(LEAD_SECONDS * SAMPLING_RATE), np.float32)]
    for clip in clips:
        sound = load_audio(clip.file, max_seconds=SECONDS).waveform
        row.append(in_a_room(np.resize(sound, length), LEVEL))
    return np.concatenate([*row, np.zeros(2 * SAMPLING_RATE, np.float32)])


def watch(model: str, wav: Path, count: int, folder: Path) -> tuple[list[tuple[float, str]], float]:
    """Return the headlines with their seconds of the stream, and when the first sound began."""
    with live_page(folder, model, wav) as page:
        page.evaluate(WATCH)
        listen(page)
        page.wait_for_timeout(1000 * (LEAD_SECONDS + count * SECONDS + 1.0))
        return page.evaluate("shown"), page.evaluate(FIRST_SOUND)


def report(clips: Sequence[Clip], shown: list[tuple[float, str]], first: float) -> None:
    """Print a line a recording, and how many were shown rightly."""
    right = 0
    for number, clip in enumerate(clips):
        end = first + (number + 1) * SECONDS
        last = Counter(text for at, text in shown if abs(at - end) <= JUDGED_SECONDS)
        said = last.most_common(1)[0][0] if last else "no answer"
        heard = Counter(text for at, text in shown if end - SECONDS < at <= end)
        others = ", ".join(text for text, _ in heard.most_common() if text != said)
        right += said in clip.labels
        print(f"| {clip.labels[0]} | {said} | {others} | {clip.name} |")
    print(f"{right} of {len(clips)} shown rightly")


if __name__ == "__main__":
    main()
