"""Make the example clips: every sound is computed here, none was recorded.

    python assets/examples/make_examples.py

Needs numpy and soundfile; the speech needs the program espeak-ng and is left as it is where that is
missing. The same seeds give the same clips on every machine. Each function returns mono float64
(samples,) at SAMPLING_RATE and names what it imitates; levels are set at the end, by LEVELS.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

SAMPLING_RATE = 16000  # Hz
SECONDS = 5.0
SAMPLES = round(SECONDS * SAMPLING_RATE)
FOLDER = Path(__file__).resolve().parent
SENTENCE = "This picture shows what the computer hears. High sounds are at the top."


def siren(random: np.random.Generator) -> np.ndarray:
    """A wailing siren: harmonics of a tone that glides between 600 and 1450 Hz, in a street."""
    time = np.arange(SAMPLES) / SAMPLING_RATE
    glide = 0.5 - 0.5 * np.cos(2 * math.pi * time / 2.5)
    hertz = 600 * (1450 / 600) ** glide
    phase = 2 * math.pi * np.cumsum(hertz) / SAMPLING_RATE
    horn = sum(np.sin(k * phase) * (k * hertz < 7500) / k**1.1 for k in range(1, 12))
    street = filtered(random.standard_normal(SAMPLES), 60, 900) * 0.5
    return echoed(horn, 0.9, 0.35, random) + street


def church_bells(random: np.random.Generator) -> np.ndarray:
    """A peal of four bells: inharmonic partials, the high ones dying first, and the clappers."""
    partials = [  # ratio to the strike note, level, seconds to fall by 60 dB
        (0.5, 0.5, 9.0), (1.0, 0.8, 6.0), (1.183, 0.8, 5.0), (1.506, 0.5, 4.0),
        (2.0, 1.0, 3.6), (2.514, 0.6, 2.8), (2.662, 0.5, 2.6), (3.011, 0.6, 2.4),
        (4.166, 0.5, 1.9), (5.433, 0.4, 1.5), (6.796, 0.35, 1.2), (8.215, 0.3, 1.0),
        (9.8, 0.22, 0.8), (11.6, 0.18, 0.7), (13.4, 0.12, 0.6),
    ]  # fmt: skip
    sound = np.zeros(SAMPLES)
    for count in range(-6, 12):  # the first ones rang before the clip begins
        start = 0.05 + 0.45 * count + random.uniform(-0.03, 0.03)
        strike = [523.3, 466.2, 415.3, 349.2][count % 4]
        time = max(0.0, -start) + np.arange(SAMPLES) / SAMPLING_RATE
        for ratio, level, fall in partials:
            for beat in (-0.7, 0.7):  # a bell is never quite round: each partial is a close pair
                hertz = strike * ratio * random.uniform(0.995, 1.005) + beat
                if hertz < 7600:
                    wave = np.sin(2 * math.pi * hertz * time + random.uniform(0, 2 * math.pi))
                    add(sound, max(0.0, start), 0.5 * level * wave * np.exp(-6.9 * time / fall))
        if start >= 0:
            clapper = filtered(random.standard_normal(1600), 1500, 7500)
            add(sound, start, 2.0 * clapper * np.exp(-np.arange(1600) / 250))
    return echoed(sound, 1.5, 0.5, random) + 0.3 * background(random)


def clock_tick(random: np.random.Generator) -> np.ndarray:
    """A clock on a table: two ticks a second, alternating, each a burst of short resonances."""
    sound = np.zeros(SAMPLES)
    for beat, start in enumerate(np.arange(0.15, SECONDS - 0.1, 0.5)):
        for hertz, level, fall in [(1900, 0.6, 0.006), (3400, 1.0, 0.004), (5200, 0.7, 0.003)]:
            hertz *= 1.0 if beat % 2 else 0.88
            add(sound, start, level * ring(hertz, fall, 0.06))
            add(sound, start + 0.021, 0.4 * level * ring(hertz * 1.1, fall, 0.06))
        add(sound, start, 0.5 * random.standard_normal(60) * np.exp(-np.arange(60) / 12))
    return echoed(sound, 0.15, 0.5, random) + 0.025 * background(random)


def crackling_fire(random: np.random.Generator) -> np.ndarray:
    """A camp fire: a low roar, a hiss, and cracks of very different strength at random times."""
    roar = filtered(random.standard_normal(SAMPLES), 30, 350)
    roar *= 1.0 + 0.5 * filtered(random.standard_normal(SAMPLES), 0, 4, unit=True)
    sound = 0.25 * roar + 0.03 * background(random)
    for start in np.cumsum(random.exponential(1 / 28, size=200)):
        if start > SECONDS - 0.1:
            break
        level = 0.3 * random.pareto(1.3)
        length = 480
        crack = random.standard_normal(length) * np.exp(-np.arange(length) / random.uniform(6, 40))
        add(sound, start, min(level, 3.0) * filtered(crack, random.uniform(300, 1800), 7800))
    return sound


def thunderstorm(random: np.random.Generator) -> np.ndarray:
    """Two claps of thunder that roll away over steady rain."""
    time = np.arange(SAMPLES) / SAMPLING_RATE
    sound = 0.006 * filtered(random.standard_normal(SAMPLES), 400, 7800) + 0.04 * background(random)
    for start, level in [(0.5, 1.0), (2.9, 0.6)]:
        since = np.clip(time - start, 0, None)
        rolling = 1 + 0.7 * filtered(random.standard_normal(SAMPLES), 0, 6, unit=True)
        body = filtered(random.standard_normal(SAMPLES), 25, 220) * rolling
        envelope = (time >= start) * (1 - np.exp(-since / 0.02)) * np.exp(-since / 0.9)
        crack = filtered(random.standard_normal(SAMPLES), 100, 3000)
        tear = (time >= start) * np.exp(-since / 0.12) * (1 - np.exp(-since / 0.003))
        sound = sound + level * (1.2 * body * envelope + 0.5 * crack * tear)
    return sound


def rain(random: np.random.Generator) -> np.ndarray:
    """Steady rain: many small drops over a broad hiss."""
    hiss = filtered(random.standard_normal(SAMPLES), 500, 7900)
    sound = 0.5 * hiss + 0.6 * background(random)
    for start in random.uniform(0, SECONDS - 0.05, size=700):
        level, fall = random.uniform(0.05, 0.6) ** 2, random.uniform(0.001, 0.004)
        add(sound, start, level * ring(random.uniform(1500, 6500), fall, 0.03))
    return sound


def water_drops(random: np.random.Generator) -> np.ndarray:
    """Drops into a basin: each a splash and bubbles whose tone rises as they near the surface."""
    sound = np.zeros(SAMPLES)
    for start in np.arange(0.2, SECONDS - 0.3, 0.36) + random.uniform(-0.1, 0.1, size=13):
        base = random.uniform(900, 2400)
        for delay, scale, level in [(0.0, 1.0, 1.0), (0.035, 1.5, 0.6), (0.08, 1.2, 0.3)]:
            time = np.arange(round(0.1 * SAMPLING_RATE)) / SAMPLING_RATE
            hertz = base * scale * (1 + 6 * time)
            wave = np.sin(2 * math.pi * np.cumsum(hertz) / SAMPLING_RATE)
            add(sound, start + delay, level * wave * np.exp(-time / 0.013))
        splash = filtered(random.standard_normal(640), 1500, 7800)
        add(sound, start, 1.2 * splash * np.exp(-np.arange(640) / 90))
    return echoed(sound, 0.4, 0.5, random) + 0.02 * background(random)


def crickets(random: np.random.Generator) -> np.ndarray:
    """A summer night: two near crickets chirp over a far chorus of sixty between 3 and 7 kHz."""
    sound = np.zeros(SAMPLES)
    near = [(4550, 0.43, 1.0), (4980, 0.51, 0.6)]
    far = [(random.uniform(3000, 7300), random.uniform(0.3, 0.6), 0.12) for _ in range(60)]
    for hertz, period, level in near + far:
        for start in np.arange(random.uniform(0.0, period), SECONDS - 0.2, period):
            for pulse in range(4):
                time = np.arange(round(0.022 * SAMPLING_RATE)) / SAMPLING_RATE
                wave = np.sin(2 * math.pi * (hertz - 3000 * time) * time)
                strength = level * (0.6 + 0.13 * pulse) * random.uniform(0.9, 1.0)
                add(sound, start + 0.034 * pulse, strength * wave * np.hanning(len(time)))
    leaves = 0.06 * filtered(random.standard_normal(SAMPLES), 2500, 7900)
    return echoed(sound, 0.4, 0.3, random) + leaves + 0.05 * background(random)


def acoustic_guitar(random: np.random.Generator) -> np.ndarray:
    """A picked chord on a steel-string guitar, by Karplus and Strong's plucked string (1983)."""
    sound = np.zeros(SAMPLES)
    picking = [(0.1, 110.0), (0.45, 164.8), (0.8, 220.0), (1.15, 261.6), (1.5, 329.6),
               (1.85, 261.6), (2.2, 220.0), (2.6, 98.0), (2.95, 196.0), (3.3, 246.9),
               (3.65, 293.7), (4.0, 392.0), (4.35, 293.7)]  # fmt: skip
    for start, hertz in picking:
        add(sound, start, plucked(hertz, 1.4, random))
    body = sum(level * ring(hertz, 0.03, 0.15) for hertz, level in [(105, 1.0), (205, 0.7)])
    return sound + 0.02 * np.convolve(sound, body)[:SAMPLES] + 0.003 * background(random)


def violin(random: np.random.Generator) -> np.ndarray:
    """A bowed string: a sawtooth with vibrato through the resonances of a violin's body."""
    sound = np.zeros(SAMPLES)
    notes = [(0.05, 440.0, 1.3), (1.25, 493.9, 0.7), (1.85, 523.3, 1.3), (3.05, 659.3, 1.85)]
    for start, hertz, length in notes:
        time = np.arange(round(length * SAMPLING_RATE)) / SAMPLING_RATE
        vibrato = 1 + 0.006 * np.sin(2 * math.pi * 5.6 * time) * np.clip(time / 0.4, 0, 1)
        drift = 1 + 0.001 * filtered(random.standard_normal(len(time)), 0, 8, unit=True)
        phase = 2 * math.pi * np.cumsum(hertz * vibrato * drift) / SAMPLING_RATE
        tone = np.zeros(len(time))
        for k in range(1, int(7600 / hertz) + 1):
            tone += violin_body(k * hertz) / k * np.sin(k * phase)
        scratch = 0.03 * filtered(random.standard_normal(len(time)), 1500, 6000)
        bow = np.minimum(1 - np.exp(-time / 0.06), np.clip((length - time) / 0.12, 0, 1))
        add(sound, start, (tone + scratch) * bow)
    return echoed(sound, 0.8, 0.2, random) + 0.02 * background(random)


def test_tones(random: np.random.Generator) -> np.ndarray:
    """Not a sound of the world: a rising sweep, steady tones and clicks, to learn the axes by."""
    sound = np.zeros(SAMPLES)
    time = np.arange(round(2.0 * SAMPLING_RATE)) / SAMPLING_RATE
    hertz = 100 * (7500 / 100) ** (time / 2.0)
    sweep = np.sin(2 * math.pi * np.cumsum(hertz) / SAMPLING_RATE)
    add(sound, 0.2, sweep * faded(len(sweep)))
    for step, steady in enumerate([250, 500, 1000, 2000, 4000]):
        time = np.arange(round(0.3 * SAMPLING_RATE)) / SAMPLING_RATE
        add(sound, 2.4 + 0.35 * step, np.sin(2 * math.pi * steady * time) * faded(len(time)))
    for start in (4.3, 4.5, 4.7):
        add(sound, start, np.ones(8))
    return sound + 0.0005 * random.standard_normal(SAMPLES)


LEVELS = {  # root mean square of each clip, full scale 1.0: loud, normal or soft as in life
    siren: 0.12, church_bells: 0.10, crackling_fire: 0.04, thunderstorm: 0.10, rain: 0.08,
    crickets: 0.05, water_drops: 0.03, clock_tick: 0.02, acoustic_guitar: 0.05, violin: 0.05,
    test_tones: 0.10,
}  # fmt: skip


def add(sound: np.ndarray, start: float, part: np.ndarray) -> None:
    """Add a part to a sound from a time in seconds on; what goes beyond the end is dropped."""
    first = round(start * SAMPLING_RATE)
    part = part[: max(0, len(sound) - first)]
    sound[first : first + len(part)] += part


def background(random: np.random.Generator) -> np.ndarray:
    """Return what every microphone hears: noise of deviation 1, softer towards high tones."""
    spectrum = np.fft.rfft(random.standard_normal(SAMPLES))
    hertz = np.fft.rfftfreq(SAMPLES, 1 / SAMPLING_RATE)
    noise = np.fft.irfft(spectrum / (1 + hertz / 250), SAMPLES)
    return noise / noise.std()


def ring(hertz: float, fall: float, length: float) -> np.ndarray:
    """Return a struck resonance that falls by 1/e in `fall` seconds."""
    time = np.arange(round(length * SAMPLING_RATE)) / SAMPLING_RATE
    return np.sin(2 * math.pi * hertz * time) * np.exp(-time / fall)


def faded(length: int, edge: int = 160) -> np.ndarray:
    """Return an envelope that rises and falls over 10 ms, so that a tone does not click."""
    ramp = np.minimum(np.arange(length), np.arange(length)[::-1]) / edge
    return np.clip(ramp, 0, 1)


def filtered(noise: np.ndarray, low: float, high: float, unit: bool = False) -> np.ndarray:
    """Keep the band from low to high Hz, with soft edges; `unit` rescales to deviation 1."""
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(len(noise), 1 / SAMPLING_RATE)
    gain = 1 / np.sqrt(1 + (hertz / high) ** 8)
    if low > 0:
        gain = gain / np.sqrt(1 + (low / np.maximum(hertz, 1e-9)) ** 4)
    out = np.fft.irfft(spectrum * gain, len(noise))
    return out / out.std() if unit else out


def echoed(sound: np.ndarray, seconds: float, wet: float, random: np.random.Generator):
    """Add a room: noise that falls by 60 dB in so many seconds, convolved with the sound."""
    length = round(seconds * SAMPLING_RATE)
    room = random.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    room = filtered(room, 150, 5000)
    room /= np.sqrt((room**2).sum())
    size = len(sound) + length
    tail = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(room, size), size)[: len(sound)]
    return sound + wet * tail


def plucked(hertz: float, seconds: float, random: np.random.Generator) -> np.ndarray:
    """Return a plucked string: a burst of noise round a loop that averages neighbours."""
    period = SAMPLING_RATE / hertz - 0.5  # the average delays by half a sample
    length = int(period)
    stretch = period - length
    loop = filtered(random.uniform(-1, 1, length), 0, 4500)
    loop -= loop.mean()
    loss = 0.001 ** (1 / (hertz * seconds))
    out = np.zeros(round(seconds * SAMPLING_RATE))
    out[:length] = loop
    for start in range(length, len(out), length):  # one period at a time, in long steps
        stop = min(start + length, len(out))
        now = np.arange(start, stop)
        near, far = out[now - length], np.where(now - length >= 1, out[now - length - 1], 0.0)
        mixed = (1 - stretch) * near + stretch * far
        older = np.where(now - length >= 2, out[now - length - 2], 0.0)
        mixed_before = (1 - stretch) * far + stretch * older
        out[start:stop] = loss * 0.5 * (mixed + mixed_before)
    return out


def violin_body(hertz: float) -> float:
    """Return the gain of a violin's main resonances (air, wood, bridge hill) at a frequency."""
    peaks = [(280, 60, 1.0), (460, 80, 1.2), (560, 90, 1.0), (1100, 400, 0.6), (2600, 900, 0.9)]
    return 0.15 + sum(level / (1 + ((hertz - at) / wide) ** 2) for at, wide, level in peaks)


def make(maker, seed: int) -> np.ndarray:
    """Return one clip as int16 (samples,) at its level in LEVELS, without clipping."""
    sound = maker(np.random.default_rng(seed))
    sound = sound * np.minimum(1, np.minimum(np.arange(SAMPLES), np.arange(SAMPLES)[::-1]) / 400)
    sound = sound * (LEVELS[maker] / np.sqrt(np.mean(sound**2)))
    peak = np.abs(sound).max()
    return np.round(32767 * sound * min(1.0, 0.95 / peak)).astype(np.int16)


def write_speech(path: Path) -> bool:
    """Have espeak-ng speak the sentence at its own 22050 Hz; False where it is not installed."""
    if shutil.which("espeak-ng") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "speech.wav"
        subprocess.run(
            ["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(spoken), SENTENCE], check=True
        )
        samples, sampling_rate = soundfile.read(spoken, dtype="int16")
    soundfile.write(path, samples, sampling_rate, subtype="PCM_16")
    return True


def main() -> None:
    """Write every clip beside this script."""
    for seed, maker in enumerate(LEVELS):
        path = FOLDER / f"{maker.__name__}.flac"
        soundfile.write(path, make(maker, seed), SAMPLING_RATE, subtype="PCM_16")
        print(f"{path.name:24} {path.stat().st_size / 1000:6.0f} kB")
    if not write_speech(FOLDER / "speech.flac"):
        print("speech.flac is left as it is: install espeak-ng to make it again.")


if __name__ == "__main__":
    main()
