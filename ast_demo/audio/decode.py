"""Decode a sound file in blocks: checked, counted, and described where it is not as it should."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np

from ast_demo.audio.containers.stream import ENDS_EARLY, UNKNOWN_BYTES
from ast_demo.audio.downmix import Downmixer, block_frames
from ast_demo.audio.gaps import Gap, silence_gaps
from ast_demo.audio.limits import (
    AudioError,
    UndecodableError,
    check_length,
    checked_peak,
    checked_rate,
    grouped,
    note_level,
    note_rate,
    spell_seconds,
)
from ast_demo.audio.reader import Reader
from ast_demo.audio.source import Source

if TYPE_CHECKING:
    import soundfile

UNKNOWN_FRAMES = 1 << 48  # libsndfile's "length unknown" lies above
_SHORTFALL_SECONDS = 0.1  # missing from what the header promises, before a note says so


class Decoder:
    """Decode the sounds of a source one after the other, as one: checked, counted, described.

    Args:
        source: the opened file.
        target: rate in Hz to which the blocks will be resampled, for the checks and notes.
        max_seconds: where to stop; None reads to the end.
        notes: receives what was done to the sound; complete after the last block.
        gaps: receives stretches that are not finite and read as silence; None refuses them.
        max_values: after how many decoded values, channels counted, to stop; None sets no bound.
    """

    def __init__(
        self,
        source: Source,
        target: int,
        max_seconds: float | None,
        notes: list[str],
        gaps: list[Gap] | None,
        max_values: int | None = None,
    ):
        self._source = source
        self._target = target
        self._max_seconds = max_seconds
        self._notes = notes
        self._gaps = gaps
        self._seconds = 0.0
        self._peak = 0.0
        self._max_values = max_values
        self._values = 0  # decoded so far
        self._cut = self._failed = False

    def blocks(self) -> Iterator[tuple[np.ndarray, int]]:
        """Yield mono float32 blocks and the rate as which to read them.

        Raises:
            AudioError: if the sound cannot be used.
        """
        for number in range(self._source.count):
            with ExitStack() as stack:
                try:
                    sound_file, note = stack.enter_context(self._source.sound(number))
                    rate = checked_rate(self._source.name, sound_file.samplerate, self._target)
                except AudioError as error:
                    if number == 0:
                        raise
                    place = spell_seconds(self._seconds)
                    self._note(f"what follows after {place} could not be read: {error}")
                    continue
                if note:
                    self._note(note)
                yield from self._sound(number, sound_file, rate)
            if self._cut:
                break
        name = self._source.name
        if self._failed and not self._seconds:
            raise UndecodableError(f"{name} is damaged, no sound could be read: export it again.")
        if not self._cut:
            check_length(name, self._seconds)
            if self._source.count > 1:
                self._note(f"{self._source.count} sounds one after the other, heard as one")
        note_level(self._peak, self._notes)

    def _sound(
        self, number: int, sound_file: soundfile.SoundFile, rate: int
    ) -> Iterator[tuple[np.ndarray, int]]:
        name, channels = self._source.name, sound_file.channels
        mixer, place = Downmixer(channels, rate), len(self._notes)
        if channels > 1:
            self._notes.append("")  # filled in as the channels are heard
        rate_notes: list[str] = []
        note_rate(sound_file.samplerate, rate, self._target, rate_notes)
        for note in rate_notes:
            self._note(note)
        limit, cut_note = self._limit(channels, rate)
        done, started = 0, self._seconds
        behind = functools.partial(self._source.behind_hole, number)
        filling = 0.0 if self._gaps is None else np.nan  # found below, marked and made silent
        with Reader(sound_file, behind, filling) as reader:
            while done < limit:
                block = reader.read(min(block_frames(rate, channels), limit - done))
                if not len(block):
                    break
                mono = mixer.mix(block)
                if channels > 1:
                    self._notes[place] = mixer.note() or ""
                if self._gaps is not None:
                    mono = silence_gaps(mono, rate, self._seconds, self._gaps)
                self._peak = max(self._peak, checked_peak(name, mono, self._seconds))
                done += len(mono)
                self._seconds = started + done / rate
                yield mono, rate
            goes_on = done >= limit and reader.goes_on()
        if channels > 1 and self._notes[place] in ("", *self._notes[:place]):
            del self._notes[place]
        self._values += done * channels
        self._failed = self._failed or reader.fault
        if reader.holes:
            self._notes.append(reader.note(rate))
        if goes_on:
            self._cut = True
            self._notes.append(f"cut after {spell_seconds(self._seconds)}, {cut_note}")
        elif done or not reader.fault:
            _note_early_end(sound_file, rate, done / rate, reader.fault, self._notes)

    def _limit(self, channels: int, rate: int) -> tuple[int, str]:
        """Return how many frames of the next sound to decode, and what to say if it goes on."""
        limit, note = sys.maxsize, "the file goes on"
        if self._max_seconds is not None:
            limit = round((self._max_seconds - self._seconds) * rate)
        if self._max_values is not None and self._max_values - self._values < limit * channels:
            limit = (self._max_values - self._values) // channels
            most = grouped(self._max_values)
            note += f": no more than {most} values are decoded, channels counted"
        return max(1, limit), note

    def _note(self, note: str) -> None:
        """Add a note unless it has been said of a sound before."""
        if note not in self._notes:
            self._notes.append(note)


def _note_early_end(
    sound_file: soundfile.SoundFile, rate: int, seconds: float, fault: bool, notes: list[str]
) -> None:
    """Say so when a file holds less sound than its header promises."""
    promised = sound_file.frames / rate if 0 < sound_file.frames < UNKNOWN_FRAMES else seconds
    if fault:
        notes.append(f"damaged after {spell_seconds(seconds)}, the rest could not be read")
    elif promised - seconds > _SHORTFALL_SECONDS:
        notes.append(
            f"ends early: {spell_seconds(seconds)} could be read of "
            f"{spell_seconds(promised)} that the header promises"
        )
    elif _chunk_cut_off(sound_file.extra_info):
        notes.append(ENDS_EARLY)


def _chunk_cut_off(log: str) -> bool:
    """Tell from libsndfile's log whether a chunk is longer than the file, unknown sizes aside.

    The bytes a second of a compressed sound, which some programs reckon otherwise, are no size.
    """
    sizes = re.findall(r"^(?!.*Bytes/sec).*?(\d+) \(should be (\d+)\)", log, re.MULTILINE)
    return any(int(actual) < int(stated) < UNKNOWN_BYTES for stated, actual in sizes)
