"""What a sound goes through: filters, telephones, codecs, other rates, rooms, microphones."""

from __future__ import annotations

import functools

from ast_demo.check import signal
from ast_demo.check.perturbations.perturbation import (
    FALL,
    MISTAKE,
    SAME,
    TOLD,
    Heard,
    Perturbation,
    change_of,
    generator,
)


def narrow_bands() -> list[Perturbation]:
    """Take the treble away, and send the sound through a telephone."""
    low_passes = [
        Perturbation(
            *("low-pass", "low-pass", khz, "kHz", SAME if khz >= 6 else FALL),
            change_of(signal.low_pass, 1000 * khz),
            quick=khz in (4, 2),
        )
        for khz in (6, 4, 3.4, 2, 1)
    ]
    return low_passes + [
        Perturbation(
            *("telephone", f"telephone, {codec}", 8, "kHz", FALL),
            change_of(signal.telephone, codec),
            quick=codec == "µ-law",
        )
        for codec in ("µ-law", "GSM 6.10")
    ]


def codecs() -> list[Perturbation]:
    """Encode and decode the sound; the bit rate is noted."""

    def coded(codec: str, compression: float, waveform, window) -> Heard:
        sound, kilobits = signal.encode(waveform, codec, compression)
        return Heard(sound, f"{kilobits:.0f} kbit/s")

    quick = {("MP3", 0.6), ("Opus", 1.0)}
    return [
        Perturbation(
            *("codec", codec, compression, "compression", SAME if compression <= 0.6 else FALL),
            functools.partial(coded, codec, compression),
            quick=(codec, compression) in quick,
        )
        for codec, hardest in (("MP3", 0.95), ("Opus", 1.0), ("Vorbis", 1.0))
        for compression in (0.2, 0.6, hardest)  # libsndfile's MP3 encoder refuses 1.0
    ]


def rates() -> list[Perturbation]:
    """Resample the sound, and read it at a rate that is not its own."""
    via = [
        Perturbation(
            *("resampling", f"resampled{words}", hertz / 1000, "kHz"),
            SAME if filtered and hertz > 16000 else FALL,
            change_of(signal.via_rate, hertz, filtered),
        )
        for filtered, words in ((True, ""), (False, " without a filter"))
        for hertz in (22050, 11025, 8000)
    ]

    def misread(true: int, stated: int, waveform, window) -> Heard:
        words = f"{true / 1000:g} kHz read as {stated / 1000:g} kHz"
        return Heard(signal.wrong_rate(waveform, true, stated), words)

    wrong = [
        Perturbation(
            *("rate", "wrong rate", round(stated / true, 3), "x speed", MISTAKE),
            functools.partial(misread, true, stated),
            quick=true == 8000,
            moved_ms=None,
        )
        for true, stated in ((44100, 48000), (11025, 16000), (8000, 16000))
    ]
    return via + wrong


def distortions(seed: int) -> list[Perturbation]:
    """Clip the sound, play it in a room, through other microphones, and backwards."""

    def in_a_room(rt60: float, waveform, window) -> Heard:
        rng = generator(seed, "reverberation")
        return Heard(signal.reverberate(waveform, rt60, rng))

    clipped = [
        Perturbation(
            *("clipping", "clipping", percent, "% of samples", SAME if percent <= 1 else FALL),
            change_of(signal.clip, percent / 100),
            quick=percent == 5,
        )
        for percent in (1, 5, 10, 20, 40)
    ]
    rooms = [
        Perturbation(
            *("reverberation", "reverberation", rt60, "s RT60", SAME if rt60 <= 0.2 else FALL),
            functools.partial(in_a_room, rt60),
            quick=rt60 == 0.8,
        )
        for rt60 in (0.2, 0.4, 0.8, 1.6)
    ]
    tilts = [
        Perturbation(
            *(
                "microphone",
                f"{word} microphone",
                db,
                "dB/octave",
                SAME,
                change_of(signal.tilt, db),
            ),
            quick=db == -3,
        )
        for word, sign in (("bright", 1), ("dull", -1))
        for db in (3 * sign, 6 * sign)
    ]
    speaker = Perturbation(
        "microphone", "small speaker", 400, "Hz", SAME, change_of(signal.small_speaker), quick=True
    )
    backwards = change_of(lambda waveform: waveform[::-1].copy())
    reverse = Perturbation("reverse", "reversed", 1, "", TOLD, backwards, quick=True, moved_ms=None)
    return [*clipped, *rooms, *tilts, speaker, reverse]
