"""The table: its size, its order, its seeds, and what it says should happen."""

import numpy as np
import pytest
import torch

from ast_demo.check.perturbations.nothing import padding_input
from ast_demo.check.perturbations.perturbation import FALL, HOLD, SAME, usual_input
from ast_demo.check.perturbations.placement import centred_input
from ast_demo.check.perturbations.table import build_perturbations
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.spectrogram import samples_for

WINDOW = samples_for(256)


@pytest.fixture(scope="module")
def sound():
    return (0.1 * np.random.default_rng(0).standard_normal(32000)).astype(np.float32)


@pytest.fixture(scope="module")
def extractor():
    return ASTFeatureExtractor(max_length=256, mean=-6.7, std=5.4)


def test_the_quick_check_has_as_many_as_the_documents_say_and_the_full_one_too():
    assert len(build_perturbations(quick=True)) == 30
    assert len(build_perturbations()) == 134


def test_every_perturbation_has_a_name_of_its_own():
    keys = [p.key for p in build_perturbations()]
    assert len(set(keys)) == len(keys)


def test_what_is_compared_with_another_comes_after_it():
    keys = []
    for perturbation in build_perturbations():
        keys.append(perturbation.key)
        assert not perturbation.reference or perturbation.reference in keys


def test_choosing_groups_brings_what_they_are_compared_with():
    chosen = build_perturbations(only=["padding", "noise"])
    assert {p.group for p in chosen} == {"padding", "noise"}
    quick = build_perturbations(quick=True, only=["padding"])
    assert {p.reference for p in quick} - {""} <= {p.key for p in quick}


def test_an_unknown_group_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="no perturbation 'fog', expected polarity, level"):
        build_perturbations(only=["fog"])


def test_the_same_seed_gives_the_same_sounds_and_another_seed_others(sound):
    def heard(seed):
        chosen = build_perturbations(seed, only=["noise", "reverberation", "empty"])
        return {p.key: p.heard(sound, WINDOW).waveform for p in chosen}

    first, again, other = heard(0), heard(0), heard(1)
    assert all((first[key] == again[key]).all() for key in first)
    assert not (first["white noise 10 dB SNR"] == other["white noise 10 dB SNR"]).all()
    assert not (first["white noise 10 dB SNR"] == first["white noise 10 dB SNR #1"]).all()


def test_every_perturbation_gives_a_finite_waveform_and_an_input_of_the_right_shape(
    sound, extractor
):
    for perturbation in build_perturbations():
        waveform = perturbation.heard(sound, WINDOW).waveform
        assert waveform.dtype == np.float32, perturbation.key
        assert np.isfinite(waveform).all(), perturbation.key
        values = perturbation.input_values(extractor, waveform)
        assert values.shape == (256, 128), perturbation.key
        assert torch.isfinite(values).all(), perturbation.key


def test_no_perturbation_changes_the_sound_that_it_was_given(sound, extractor):
    before = sound.copy()
    for perturbation in build_perturbations(quick=True):
        perturbation.input_values(extractor, perturbation.heard(sound, WINDOW).waveform)
    assert (sound == before).all()


def test_polarity_gives_the_same_input_bit_by_bit(sound, extractor):
    (polarity,) = build_perturbations(only=["polarity"])
    flipped = polarity.input_values(extractor, polarity.heard(sound, WINDOW).waveform)
    assert torch.equal(flipped, usual_input(extractor, sound))


def test_louder_by_six_decibels_adds_the_same_to_every_cell(sound, extractor):
    (louder,) = (p for p in build_perturbations(only=["level"]) if p.at == "6 dB")
    changed = louder.input_values(extractor, louder.heard(sound, WINDOW).waveform)
    before = usual_input(extractor, sound)
    cells = extractor.denormalize(before)[:190] > -10  # above the floor, where a filter is empty
    change = (changed - before)[:190][cells] * 2 * extractor.std
    assert cells.float().mean() > 0.9
    assert change.numpy() == pytest.approx(np.full(len(change), 6 * np.log(10) / 10), abs=1e-3)


def test_an_input_without_normalization_is_the_spectrogram_itself(sound, extractor):
    (raw,) = (p for p in build_perturbations() if p.series == "no normalization")
    expected = extractor.denormalize(usual_input(extractor, sound))
    assert torch.allclose(raw.input_values(extractor, sound), expected, atol=1e-4)


def test_half_the_std_is_what_forgetting_to_double_it_gives(sound, extractor):
    (half,) = (p for p in build_perturbations() if p.key == "std too small 0.5 times")
    assert torch.allclose(
        half.input_values(extractor, sound), 2 * usual_input(extractor, sound), atol=1e-5
    )


def test_centred_padding_lies_on_both_sides(sound, extractor):
    values, usual = centred_input(extractor, sound[:16000]), usual_input(extractor, sound[:16000])
    before = (256 - 98) // 2
    assert torch.equal(values[before : before + 98], usual[:98])
    assert torch.equal(values[[0, -1]], usual[[-1, -1]])


def test_nothing_but_padding_is_one_value(extractor):
    assert padding_input(extractor, np.zeros(0, np.float32)).unique().numel() == 1


def test_mild_strengths_are_held_to_more_than_hard_ones():
    kinds = {p.key: p.kind for p in build_perturbations()}
    assert kinds["white noise 20 dB SNR"] == SAME
    assert kinds["white noise 0 dB SNR"] == FALL
    assert kinds["digital silence"] == HOLD


def test_a_room_is_mixed_in_at_its_own_level(sound):
    room = np.full(1000, 0.01, np.float32)
    chosen = build_perturbations(only=["room"], room=room)
    added = [float((p.heard(sound, WINDOW).waveform - sound).mean()) for p in chosen]
    assert added == pytest.approx([0.01, 0.01995, 0.0398], rel=1e-3)


def test_a_recording_of_ones_own_is_mixed_in_like_the_noises(sound):
    fan = np.random.default_rng(1).standard_normal(4000).astype(np.float32)
    chosen = build_perturbations(only=["noise"], backgrounds={"fan.wav": fan})
    assert [p.at for p in chosen if p.series == "fan.wav"][:2] == ["30 dB SNR", "20 dB SNR"]
    assert not any(p.series == "rain" for p in chosen)


@pytest.mark.parametrize(("window", "farthest"), [(10.24, 1000), (5.12, 500), (1.295, 100)])
def test_a_shift_must_not_change_the_answer_while_it_pushes_little_out(window, farthest):
    shifts = build_perturbations(only=["shift"], window_seconds=window)
    held = [abs(p.strength) for p in shifts if p.kind == SAME]
    assert max(held) == farthest
    assert {p.kind for p in shifts if abs(p.strength) > farthest} <= {FALL}
