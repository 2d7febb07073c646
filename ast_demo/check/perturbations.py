"""The table of perturbations: what is done to a sound, how strongly, and what should come of it."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from ast_demo.check import signal
from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.spectrogram import pad_or_trim, samples_for

# What should happen, after CheckList (Ribeiro et al. 2020), in our words.
HOLD = "must hold"  # a minimum functionality test: nothing is heard in nothing
SAME = "must not change"  # an invariance test: a person would say the same
FALL = "should only fall"  # a directional test: the label gets harder to hear, never easier
MISTAKE = "mistake"  # of whoever feeds the model, made visible: the checkpoint should be worse off
TOLD = "told"  # nobody knows what should happen
KINDS = (HOLD, SAME, FALL, MISTAKE, TOLD)

EXAMPLES = BUNDLED_FOLDER / "examples"
BACKGROUNDS = ("rain", "speech")  # examples that are mixed under other sounds
NORMALIZATIONS = {  # mean, std
    "AudioSet's mean and std": (-4.2677393, 4.5689974),
    "Speech Commands' mean and std": (-6.845978, 5.5654526),
}
DECIBELS_PER_NEPER = 10 / np.log(10)  # of power: what dB are to natural logarithms
INT16_SCALE = 32768.0
EMPTY_SECONDS = 5.0


class Heard(NamedTuple):
    """A perturbed sound, and what there is to say about it."""

    waveform: np.ndarray  # float32 (samples,) at 16 kHz
    note: str = ""


Change = Callable[[np.ndarray, int], Heard]  # waveform, samples of the window
Extract = Callable[[ASTFeatureExtractor, np.ndarray], torch.Tensor]  # (max_length, mel_bins)


@dataclass(frozen=True)
class Perturbation:
    """One thing done to a sound at one strength.

    Args:
        group: what `--only` names, such as "noise".
        series: what is drawn as one curve, such as "white noise".
        strength: where on the curve; a series goes from mild to strong.
        unit: of the strength.
        kind: what should happen, one of `KINDS`.
        change: of the waveform.
        extract: the model's input of the changed waveform, where it is not the usual one.
        repeat: number of the seed, where several are drawn.
        quick: whether it belongs to the quick check.
        reference: key of the perturbation to compare with; the sound itself by default.
        moved_ms: by how much the sound is moved; None where maps cannot be laid over each other.
        once: whether it does not depend on the sound.
    """

    group: str
    series: str
    strength: float
    unit: str
    kind: str
    change: Change
    extract: Extract | None = None
    repeat: int = 0
    quick: bool = False
    reference: str = ""
    moved_ms: float | None = 0.0
    once: bool = False

    @property
    def key(self) -> str:
        """Name it so that a report and a page can refer to it."""
        seed = f" #{self.repeat}" if self.repeat else ""
        return f"{self.series}{f' {self.at}' if self.unit else ''}{seed}"

    @property
    def at(self) -> str:
        """Write the strength with its unit."""
        return f"{self.strength:g} {self.unit}".strip()

    def heard(self, waveform: np.ndarray, window_samples: int) -> Heard:
        """Return the perturbed sound."""
        return self.change(waveform, window_samples)

    def input_values(self, extractor: ASTFeatureExtractor, waveform: np.ndarray) -> torch.Tensor:
        """Return the model's input of a changed waveform: (max_length, num_mel_bins)."""
        return (self.extract or usual_input)(extractor, waveform)


def usual_input(extractor: ASTFeatureExtractor, waveform: np.ndarray) -> torch.Tensor:
    """Return the model's input of a waveform, cut or filled to the window."""
    longest = samples_for(extractor.max_length, extractor.sampling_rate)
    sound = torch.from_numpy(waveform[:longest])
    return extractor(sound, extractor.sampling_rate, return_tensors="pt").input_values[0]


def build_perturbations(
    seed: int = 0,
    quick: bool = False,
    only: Iterable[str] = (),
    backgrounds: Mapping[str, np.ndarray] | None = None,
    room: np.ndarray | None = None,
) -> list[Perturbation]:
    """List what is done to each sound, series by series, from mild to strong.

    Args:
        seed: of everything random.
        quick: about thirty instead of about 130.
        only: groups to keep, all by default.
        backgrounds: name -> recording at 16 kHz to mix in at an SNR, beside made noise; the
            examples of rain and speech by default.
        room: a recording of nobody speaking, mixed in at its own level.

    Raises:
        ValueError: if there is no such group.
    """
    if backgrounds is None:
        backgrounds = example_backgrounds()
    everything = [
        *_levels(),
        *_noises(seed, backgrounds),
        *(_room(room, seed) if room is not None else ()),
        *_shifts(),
        *_paddings(),
        *_lines(),
        *_codecs(),
        *_rates(),
        *_normalizations(),
        *_distortions(seed),
        *_empty(seed),
    ]
    groups = list(dict.fromkeys(p.group for p in everything))
    only = list(only)
    if unknown := [name for name in only if name not in groups]:
        raise ValueError(f"there is no perturbation {unknown[0]!r}, expected {', '.join(groups)}.")
    chosen = [p for p in everything if not only or p.group in only]
    if quick:
        chosen = [p for p in chosen if p.quick]
    needed = {p.reference for p in chosen} - {p.key for p in chosen}
    return [p for p in everything if p in chosen or p.key in needed]


def example_backgrounds() -> dict[str, np.ndarray]:
    """Read the example sounds that are mixed under others; those that are missing are left out."""
    from ast_demo.audio.load import load_audio

    files = {name: EXAMPLES / f"{name}.flac" for name in BACKGROUNDS}
    return {name: load_audio(file).waveform for name, file in files.items() if file.is_file()}


def generator(seed: int, name: str, repeat: int = 0) -> np.random.Generator:
    """Return the random numbers of one perturbation: the same for the same seed and name."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), repeat])


def _of(function: Callable, *arguments) -> Change:
    """Turn a function of a waveform into a change."""
    return lambda waveform, window: Heard(function(waveform, *arguments))


def _levels() -> list[Perturbation]:
    negated = _of(lambda waveform: -waveform)
    return [
        Perturbation("polarity", "polarity", -1, "", SAME, negated, quick=True),
        *(
            Perturbation(
                *("level", f"{word} level", db, "dB", SAME, _of(signal.gain, db)),
                quick=db in (-12, 6),
            )
            for word, steps in (("lower", (-6, -12, -24)), ("higher", (6, 12)))
            for db in steps
        ),
    ]


def _noises(seed: int, backgrounds: Mapping[str, np.ndarray]) -> list[Perturbation]:
    made = {"white noise": (20, 10, 0), "pink noise": (10,), "50 Hz hum": (20,)}
    rows = []
    for series in (*made, *backgrounds):
        quick = made.get(series, (10,))
        for repeat in range(3 if series == "white noise" else 1):
            for snr in (30, 20, 10, 5, 0, -5):
                change = functools.partial(
                    _mixed, series, backgrounds.get(series), snr, seed, repeat
                )
                rows.append(
                    Perturbation(
                        *("noise", series, snr, "dB SNR", SAME if snr >= 20 else FALL, change),
                        repeat=repeat,
                        quick=snr in quick and repeat == 0,
                    )
                )
    return rows


def _mixed(series, background, snr, seed, repeat, waveform, window) -> Heard:
    rng = generator(seed, series, repeat)
    if background is None:
        noise = signal.make_noise(series.split()[-1 if "hum" in series else 0], len(waveform), rng)
    else:
        noise = signal.loop(background, len(waveform), rng)
    return Heard(signal.add_noise(waveform, noise, snr))


def _room(room: np.ndarray, seed: int) -> list[Perturbation]:
    def mixed(decibels, waveform, window) -> Heard:
        under = signal.loop(room, len(waveform), generator(seed, "room"))
        return Heard(waveform + signal.gain(under, decibels))

    return [
        Perturbation(
            *("room", "your room", db, "dB", SAME if db <= 0 else FALL),
            functools.partial(mixed, db),
            quick=True,
        )
        for db in (0, 6, 12)
    ]


def _shifts() -> list[Perturbation]:
    return [
        Perturbation(
            *("shift", f"shift {word}", sign * ms, "ms", SAME, _of(signal.shift, sign * ms)),
            quick=sign * ms in (100, -500),
            moved_ms=sign * ms,
        )
        for sign, word in ((1, "later"), (-1, "earlier"))
        for ms in (5, 50, 100, 200, 500, 1000)
    ]


def _paddings() -> list[Perturbation]:
    def cut(seconds: float, how: str | None, waveform, window) -> Heard:
        part = signal.loudest_stretch(waveform, round(seconds * signal.SAMPLING_RATE))
        return Heard(part if how is None else signal.fill(part, window, how))

    rows = []
    for seconds in (3, 2, 1, 0.5):
        short = functools.partial(cut, seconds, None)
        own = Perturbation(
            *("padding", "cut short", seconds, "s", FALL, short),
            quick=seconds == 2,
            moved_ms=None,
        )
        rows.append(own)
        for how, words in (("silence", "silence"), ("repeat", "repeats"), ("mirror", "mirroring")):
            rows.append(
                Perturbation(
                    *("padding", f"filled by {words}", seconds, "s", SAME),
                    functools.partial(cut, seconds, how),
                    quick=seconds == 2 and how != "mirror",
                    reference=own.key,
                    moved_ms=None,
                )
            )
        rows.append(
            Perturbation(
                *("padding", "centred", seconds, "s", SAME, short, centred_input),
                reference=own.key,
                moved_ms=None,
            )
        )
    order = list(dict.fromkeys(row.series for row in rows))
    return sorted(rows, key=lambda row: order.index(row.series))


def centred_input(extractor: ASTFeatureExtractor, waveform: np.ndarray) -> torch.Tensor:
    """Return the model's input with padding on both sides."""
    log_mel = extractor.log_mel(torch.from_numpy(waveform))
    before = max(0, (extractor.max_length - len(log_mel)) // 2)
    padded = torch.nn.functional.pad(log_mel, (0, 0, before, 0), value=extractor.padding_value)
    return extractor.finish(padded)


def _lines() -> list[Perturbation]:
    low_passes = [
        Perturbation(
            *("low-pass", "low-pass", khz, "kHz", SAME if khz >= 6 else FALL),
            _of(signal.low_pass, 1000 * khz),
            quick=khz in (4, 2),
        )
        for khz in (6, 4, 3.4, 2, 1)
    ]
    return low_passes + [
        Perturbation(
            *("telephone", f"telephone, {codec}", 8, "kHz", FALL, _of(signal.telephone, codec)),
            quick=codec == "µ-law",
        )
        for codec in ("µ-law", "GSM 6.10")
    ]


def _codecs() -> list[Perturbation]:
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


def _rates() -> list[Perturbation]:
    via = [
        Perturbation(
            *("resampling", f"resampled{words}", hertz / 1000, "kHz"),
            SAME if filtered and hertz > 16000 else FALL,
            _of(signal.via_rate, hertz, filtered),
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


def _normalizations() -> list[Perturbation]:
    rows = []
    for series, (mean, std) in NORMALIZATIONS.items():
        rows.append((series, functools.partial(_renormalized, mean=mean, std=std)))
    rows += [
        ("no normalization", functools.partial(_renormalized, do_normalize=False)),
        ("std half as large", functools.partial(_scaled_std, 0.5)),  # (x - mean) / std
        ("std twice as large", functools.partial(_scaled_std, 2.0)),
        ("dB instead of ln", _decibel_input),
        ("16-bit numbers not scaled", _unscaled_input),
    ]
    quick = ("AudioSet's mean and std", "std half as large")
    return [
        Perturbation(
            *("normalization", series, 1, "", MISTAKE, _of(np.copy), extract),
            quick=series in quick,
        )
        for series, extract in rows
    ]


def _renormalized(extractor: ASTFeatureExtractor, waveform, **settings) -> torch.Tensor:
    return usual_input(ASTFeatureExtractor.from_dict({**extractor.to_dict(), **settings}), waveform)


def _scaled_std(factor: float, extractor: ASTFeatureExtractor, waveform) -> torch.Tensor:
    return _renormalized(extractor, waveform, std=extractor.std * factor)


def _decibel_input(extractor: ASTFeatureExtractor, waveform) -> torch.Tensor:
    longest = samples_for(extractor.max_length, extractor.sampling_rate)
    log_mel = extractor.log_mel(torch.from_numpy(waveform[:longest])) * DECIBELS_PER_NEPER
    return extractor.normalize(pad_or_trim(log_mel, extractor.max_length, extractor.padding_value))


def _unscaled_input(extractor: ASTFeatureExtractor, waveform) -> torch.Tensor:
    return usual_input(extractor, waveform * np.float32(INT16_SCALE))


def _distortions(seed: int) -> list[Perturbation]:
    def in_a_room(rt60: float, waveform, window) -> Heard:
        rng = generator(seed, "reverberation")
        return Heard(signal.reverberate(waveform, rt60, rng))

    clipped = [
        Perturbation(
            *("clipping", "clipping", percent, "% of samples", SAME if percent <= 1 else FALL),
            _of(signal.clip, percent / 100),
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
            *("microphone", f"{word} microphone", db, "dB/octave", SAME, _of(signal.tilt, db)),
            quick=db == -3,
        )
        for word, sign in (("bright", 1), ("dull", -1))
        for db in (3 * sign, 6 * sign)
    ]
    speaker = Perturbation(
        "microphone", "small speaker", 400, "Hz", SAME, _of(signal.small_speaker), quick=True
    )
    backwards = _of(lambda waveform: waveform[::-1].copy())
    reverse = Perturbation("reverse", "reversed", 1, "", TOLD, backwards, quick=True, moved_ms=None)
    return [*clipped, *rooms, *tilts, speaker, reverse]


def _empty(seed: int) -> list[Perturbation]:
    samples = round(EMPTY_SECONDS * signal.SAMPLING_RATE)

    def noise(waveform, window) -> Heard:
        return Heard(signal.make_noise("white", samples, generator(seed, "nothing but noise")))

    def silence(waveform, window) -> Heard:
        return Heard(np.zeros(samples, np.float32))

    rows: Sequence[tuple] = (
        ("digital silence", silence, None, True),
        ("nothing but white noise", noise, None, True),
        ("nothing but padding", silence, padding_input, False),
    )
    return [
        Perturbation(
            *("empty", series, 1, "", HOLD, change, extract), quick=quick, moved_ms=None, once=True
        )
        for series, change, extract, quick in rows
    ]


def padding_input(extractor: ASTFeatureExtractor, waveform: np.ndarray) -> torch.Tensor:
    """Return the model's input where there is no sound at all."""
    return extractor.finish(torch.zeros(0, extractor.num_mel_bins))
