"""Every perturbation does what its name says: measured again on what comes out."""

import numpy as np
import pytest

from ast_demo.check import signal

RATE = signal.SAMPLING_RATE


@pytest.fixture(scope="module")
def sound():
    rng = np.random.default_rng(3)
    time = np.arange(2 * RATE) / RATE
    envelope = 0.2 + np.abs(np.sin(3 * time))
    return (0.1 * envelope * rng.standard_normal(len(time))).astype(np.float32)


def power_db(waveform):
    return 10 * np.log10(np.mean(np.square(waveform, dtype=np.float64)) + 1e-20)


def gain_at(change, hertz):
    """Measure a filter with a tone, after it has settled."""
    tone = (0.1 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)).astype(np.float32)
    return power_db(change(tone)[RATE // 4 :]) - power_db(tone[RATE // 4 :])


@pytest.mark.parametrize("kind", ["white", "pink", "hum"])
@pytest.mark.parametrize("snr", [30, 0, -5])
def test_noise_is_mixed_at_the_ratio_that_was_asked_for(sound, kind, snr):
    noise = signal.make_noise(kind, len(sound), np.random.default_rng(0))
    added = signal.add_noise(sound, noise, snr) - sound
    assert power_db(sound) - power_db(added) == pytest.approx(snr, abs=0.5)


def test_a_short_recording_is_repeated_under_a_longer_sound():
    noise = signal.loop(np.arange(5, dtype=np.float32), 12, np.random.default_rng(0))
    assert len(noise) == 12
    assert (np.diff(noise) % 5 == 1).all()


def test_white_noise_is_flat_and_pink_noise_falls_three_decibels_an_octave():
    slopes = {}
    octaves = [(250, 500), (500, 1000), (1000, 2000), (2000, 4000)]
    for kind in ("white", "pink"):
        noise = signal.make_noise(kind, 20 * RATE, np.random.default_rng(0))
        power = np.abs(np.fft.rfft(noise)) ** 2
        hertz = np.fft.rfftfreq(len(noise), 1 / RATE)
        levels = [10 * np.log10(power[(hertz >= a) & (hertz < b)].mean()) for a, b in octaves]
        slopes[kind] = np.polyfit(range(4), levels, 1)[0]
    assert slopes["white"] == pytest.approx(0.0, abs=0.2)
    assert slopes["pink"] == pytest.approx(-3.01, abs=0.2)


def test_hum_lies_at_multiples_of_the_mains_frequency():
    hum = signal.make_noise("hum", 2 * RATE, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(hum)) ** 2
    partials = [round(2 * signal.MAINS_HZ * n) for n in range(1, 8)]
    assert power[partials].sum() / power.sum() > 0.999


def test_gain_is_in_decibels(sound):
    assert power_db(signal.gain(sound, -12)) - power_db(sound) == pytest.approx(-12, abs=1e-3)


@pytest.mark.parametrize("milliseconds", [5, 100, 1000])
def test_a_later_sound_begins_after_silence_and_an_earlier_one_lacks_its_beginning(
    sound, milliseconds
):
    samples = milliseconds * RATE // 1000
    later = signal.shift(sound, milliseconds)
    assert (later[:samples] == 0).all()
    assert (later[samples:] == sound).all()
    assert (signal.shift(sound, -milliseconds) == sound[samples:]).all()
    assert signal.delay(later, sound) == min(samples, signal.MOST_DELAY) or milliseconds == 1000


def test_shifting_a_short_sound_away_leaves_one_frame():
    assert len(signal.shift(np.ones(2000, np.float32), -1000)) == 400


@pytest.mark.parametrize("hertz", [1000, 2000, 3400, 4000, 6000])
def test_a_low_pass_is_three_decibels_down_at_its_frequency(hertz):
    def low(waveform):
        return signal.low_pass(waveform, hertz)

    tried = np.linspace(0.8 * hertz, min(1.2 * hertz, 7900), 41)
    gains = np.array([gain_at(low, tone) for tone in tried])
    cut_off = np.interp(3.01, -gains, tried)
    assert cut_off == pytest.approx(hertz, rel=0.05)
    assert gain_at(low, 0.5 * hertz) == pytest.approx(0.0, abs=0.1)


def test_an_octave_above_its_frequency_a_low_pass_leaves_nothing_to_hear():
    assert gain_at(lambda waveform: signal.low_pass(waveform, 2000), 4000) < -45


def test_a_high_pass_is_three_decibels_down_at_its_frequency():
    tried = np.linspace(240, 360, 41)
    gains = np.array([gain_at(lambda w: signal.high_pass(w, 300), tone) for tone in tried])
    assert np.interp(-3.01, gains, tried) == pytest.approx(300, rel=0.05)


@pytest.mark.parametrize("codec", ["µ-law", "GSM 6.10"])
def test_a_telephone_keeps_its_band_and_nothing_beside_it(codec):
    def line(waveform):
        return signal.telephone(waveform, codec)

    assert gain_at(line, 1000) == pytest.approx(0.0, abs=1.5)
    assert gain_at(line, 100) < -25
    assert gain_at(line, 5000) < -25


@pytest.mark.parametrize("codec", ["MP3", "Opus", "Vorbis"])
@pytest.mark.parametrize("compression", [0.2, 0.6, 0.95])
def test_a_codec_adds_no_delay_and_tells_its_bit_rate(sound, codec, compression):
    coded, kilobits = signal.encode(sound, codec, compression)
    assert len(coded) == len(sound)
    assert abs(signal.delay(coded, sound)) <= 1
    assert 4 < kilobits < 260
    assert np.corrcoef(coded, sound)[0, 1] > 0.5


def test_more_compression_takes_fewer_bits(sound):
    rates = [signal.encode(sound, "Vorbis", level).kilobits_per_second for level in (0.2, 0.6, 1.0)]
    assert rates == sorted(rates, reverse=True)


@pytest.mark.parametrize("lag", [-700, 0, 1105])
def test_a_delay_is_found_and_taken_back(sound, lag):
    moved = np.roll(np.pad(sound, 2000), lag)[2000:-2000]
    assert signal.delay(moved, sound) == lag
    inner = slice(1200, -1200)
    assert (signal.align(moved, sound)[inner] == sound[inner]).all()


def test_resampling_and_back_keeps_the_length_and_takes_away_what_lies_above():
    def via(waveform):
        return signal.via_rate(waveform, 8000)

    assert gain_at(via, 1000) == pytest.approx(0.0, abs=0.1)
    assert gain_at(via, 6000) < -40
    assert len(via(np.zeros(12345, np.float32))) == 12345


def test_without_a_filter_what_lies_above_folds_down():
    tone = np.sin(2 * np.pi * 6000 * np.arange(RATE) / RATE).astype(np.float32)
    folded = np.abs(np.fft.rfft(signal.via_rate(tone, 8000, filtered=False)))
    assert np.argmax(folded[:4000]) == 2000


@pytest.mark.parametrize(("true", "stated"), [(44100, 48000), (11025, 16000), (8000, 16000)])
def test_a_wrong_rate_changes_length_and_pitch_alike(true, stated):
    tone = np.sin(2 * np.pi * 500 * np.arange(2 * RATE) / RATE).astype(np.float32)
    heard = signal.wrong_rate(tone, true, stated)
    speed = stated / true
    assert len(heard) == pytest.approx(len(tone) / speed, abs=1)
    peak = np.argmax(np.abs(np.fft.rfft(heard))) * RATE / len(heard)
    assert peak == pytest.approx(500 * speed, abs=1.0)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.1, 0.2, 0.4])
def test_clipping_takes_a_share_of_the_samples(sound, share):
    clipped = signal.clip(sound, share)
    limit = np.abs(clipped).max()
    assert np.mean(np.abs(sound) >= limit) == pytest.approx(share, abs=0.001)
    assert (np.abs(clipped) <= limit).all()


@pytest.mark.parametrize("rt60", [0.2, 0.4, 0.8, 1.6])
def test_a_room_decays_by_sixty_decibels_in_its_time(rt60):
    response = signal.room_response(rt60, np.random.default_rng(0))
    energy = np.cumsum(response[:0:-1].astype(np.float64) ** 2)[::-1]  # Schroeder, no direct sound
    decibels = 10 * np.log10(energy / energy[0])
    inside = (decibels < -5) & (decibels > -35)
    slope = np.polyfit(np.flatnonzero(inside) / RATE, decibels[inside], 1)[0]
    assert -60 / slope == pytest.approx(rt60, rel=0.05)


def test_a_room_keeps_level_length_and_beginning(sound):
    wet = signal.reverberate(sound, 0.4, np.random.default_rng(0))
    assert len(wet) == len(sound)
    assert power_db(wet) == pytest.approx(power_db(sound), abs=0.01)
    assert abs(signal.delay(wet, sound)) <= 1


@pytest.mark.parametrize("slope", [-6, -3, 3, 6])
def test_a_tilt_is_so_many_decibels_an_octave(slope):
    noise = signal.make_noise("white", 4 * RATE, np.random.default_rng(0))
    change = np.abs(np.fft.rfft(signal.tilt(noise, slope)) / np.fft.rfft(noise))
    decibels = 20 * np.log10(change[[4 * 500, 4 * 1000, 4 * 2000, 4 * 4000]])
    assert np.diff(decibels) == pytest.approx([slope] * 3, abs=0.01)


def test_a_small_speaker_has_no_lows():
    low, middle = (
        gain_spectrum(signal.small_speaker, 100),
        gain_spectrum(signal.small_speaker, 2500),
    )
    assert middle - low > 25


def gain_spectrum(change, hertz):
    """Measure a filter that keeps the level, on noise."""
    noise = signal.make_noise("white", 8 * RATE, np.random.default_rng(0))
    power = [np.abs(np.fft.rfft(waveform)) ** 2 for waveform in (change(noise), noise)]
    near = slice(8 * hertz - 80, 8 * hertz + 80)
    return 10 * np.log10(power[0][near].sum() / power[1][near].sum())


def test_the_loudest_stretch_is_where_the_sound_is():
    waveform = np.zeros(1000, np.float32)
    waveform[600:700] = 0.5
    assert (signal.loudest_stretch(waveform, 100) == 0.5).all()
    assert len(signal.loudest_stretch(waveform, 5000)) == 1000


def test_fillings_are_silence_repeats_and_a_mirror():
    short = np.array([1, 2, 3], np.float32)
    assert signal.fill(short, 7, "silence").tolist() == [1, 2, 3, 0, 0, 0, 0]
    assert signal.fill(short, 7, "repeat").tolist() == [1, 2, 3, 1, 2, 3, 1]
    assert signal.fill(short, 7, "mirror").tolist() == [1, 2, 3, 3, 2, 1, 1]
    assert signal.fill(short, 2, "silence").tolist() == [1, 2, 3]
