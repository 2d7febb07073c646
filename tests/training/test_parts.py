"""The parts of training: statistics, augmentation, optimizer, measures, soft targets."""

import math

import numpy as np
import pytest
import torch

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
from ast_demo.features.spectrogram import log_mel_spectrogram
from ast_demo.model.attention import attention_weights
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.crops import encode_crops
from ast_demo.training.data.augment import Augmenter, mix, mix_targets
from ast_demo.training.data.clips import Clip
from ast_demo.training.data.degrade import degrade
from ast_demo.training.data.norm_stats import distance, norm_stats
from ast_demo.training.data.sampler import SPILL, Pool, place
from ast_demo.training.data.synthetic_speech import sentence, write_sentences
from ast_demo.training.distillation.soft_targets import ROWS, SoftTargets, row_weights
from ast_demo.training.distillation.teacher_labels import TeacherLabels
from ast_demo.training.evaluation.calibration import fit_calibration, fit_threshold
from ast_demo.training.evaluation.metrics import (
    average_precision,
    confusion_matrix,
    top_k_accuracy,
    wilson_interval,
)
from ast_demo.training.initialization import rotation, start_like_a_convolution
from ast_demo.training.muon import orthogonalize
from ast_demo.training.recipe import RecipeError, load_recipe, recipe_from_dict, recipe_names
from ast_demo.training.transfer import resize_positions
from ast_demo.training.validation import collapse, flat
from tests.helpers.training_sounds import TINY, tone


@pytest.fixture
def spectrograms():
    rng = np.random.default_rng(3)
    return [rng.normal(-6, 4, (length, 128)).astype(np.float32) for length in (30, 70, 50)]


def test_pooled_statistics_equal_numpy_over_all_cells(spectrograms):
    stats = norm_stats(spectrograms, max_length=64)
    cells = np.concatenate([s.ravel() for s in spectrograms]).astype(np.float64)
    assert stats.pooled.mean == pytest.approx(cells.mean(), abs=1e-9)
    assert stats.pooled.std == pytest.approx(cells.std(ddof=1), abs=1e-9)


def test_padded_statistics_count_the_zeros_and_cut_what_is_too_long(spectrograms):
    stats = norm_stats(spectrograms, max_length=64)
    window = np.zeros((3, 64, 128))
    for row, log_mel in enumerate(spectrograms):
        window[row, : min(64, len(log_mel))] = log_mel[:64]
    assert stats.pooled_padded.mean == pytest.approx(window.mean(), abs=1e-9)
    assert stats.pooled_padded.std == pytest.approx(window.std(ddof=1), abs=1e-9)


def test_exact_statistics_average_the_batches_as_the_authors_do(spectrograms):
    stats = norm_stats(spectrograms, max_length=64, batch=2)
    first = np.concatenate([s.ravel() for s in spectrograms[:2]]).astype(np.float64)
    second = spectrograms[2].astype(np.float64)
    assert stats.exact.mean == pytest.approx((first.mean() + second.mean()) / 2, abs=1e-9)
    assert stats.exact.std == pytest.approx((first.std(ddof=1) + second.std(ddof=1)) / 2, abs=1e-9)


def test_data_of_the_checkpoint_itself_is_at_zero_and_one_half(spectrograms):
    stats = norm_stats(spectrograms, max_length=64)
    centre, spread = distance(stats.pooled, stats.pooled.mean, stats.pooled.std)
    assert (centre, spread) == (0.0, 0.5)


def test_a_change_of_level_equals_scaling_the_waveform():
    augmenter = Augmenter(torch.Generator().manual_seed(0))
    quiet = torch.from_numpy(tone(1000, 0))
    shifted = augmenter.change_level(log_mel_spectrogram(quiet)[None], (6.0, 6.0))[0]
    louder = log_mel_spectrogram(quiet * 10 ** (6 / 20))
    above_floor = louder > -8  # below, float32 rounding of the FFT shows
    assert torch.allclose(shifted[above_floor], louder[above_floor], atol=1e-4)


def test_masks_write_the_padding_value_in_one_band_and_one_stretch():
    augmenter = Augmenter(torch.Generator().manual_seed(1))
    masked = augmenter.mask(torch.full((4, 60, 128), -5.0), freq=20, time=10, share=1.0)
    zero_bins = (masked == 0).all(dim=1).sum(dim=1)
    zero_frames = (masked == 0).all(dim=2).sum(dim=1)
    assert zero_bins.max() <= 20
    assert zero_frames.max() <= 10
    assert (zero_bins + zero_frames).sum() > 0
    assert set(masked.unique().tolist()) == {-5.0, 0.0}


def test_mixing_adds_powers_and_keeps_both_labels():
    three_decibels = mix(torch.zeros(1), torch.zeros(1), torch.zeros(1))
    assert three_decibels.item() == pytest.approx(math.log(2))
    both = mix_targets(torch.tensor([1.0, 0.5, 0.0]), torch.tensor([0.0, 0.5, 0.0]))
    assert both.tolist() == [1.0, 0.75, 0.0]


@pytest.mark.parametrize("shape", [(2, 24, 24), (1, 16, 40), (3, 40, 16)])
def test_orthogonalizing_brings_singular_values_near_one(shape):
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    values = torch.linalg.svdvals(orthogonalize(matrices))
    assert values.min() > 0.5
    assert values.max() < 1.3


def test_waves_turned_by_a_rotation_are_the_waves_of_the_neighbour():
    from ast_demo.training.initialization import position_waves

    waves = position_waves(3, 5).view(3, 5, -1)
    turned = waves[1, 1] @ rotation(2, 1).T
    assert torch.allclose(turned, waves[2, 3], atol=1e-5)


def test_heads_start_by_looking_one_patch_aside():
    config = ASTConfig(**{**TINY, "hidden_size": 256, "num_attention_heads": 4, "max_length": 128})
    model = ASTForAudioClassification(config)
    generator = torch.Generator().manual_seed(0)
    start_like_a_convolution(model, torch.randn(500, 256, generator=generator), generator)
    sound = 0.5 * torch.randn(1, 128, 128, generator=generator)
    encoding = model.audio_spectrogram_transformer.encode(sound, keep_traces=True)
    grid = PatchGrid.from_config(config)
    trace = encoding.traces[0]
    rows = attention_weights(trace.queries, trace.keys)[0, :, grid.token(5, 6)]
    looked_at = [grid.patch(SPECIAL_TOKENS + row[SPECIAL_TOKENS:].argmax().item()) for row in rows]
    assert looked_at == [(5, 5), (5, 7), (4, 6), (6, 6)]


def test_a_crop_as_long_as_the_window_is_encoded_as_the_model_does():
    torch.manual_seed(0)
    model = ASTForAudioClassification(ASTConfig(**TINY), attn_implementation="eager").eval()
    encoder = model.audio_spectrogram_transformer
    sound = torch.randn(2, 64, 128)
    crops = encode_crops(encoder, sound)
    output = encoder(sound)
    assert torch.allclose(crops.pooled, output.pooler_output, atol=1e-6)
    assert torch.allclose(crops.patches, output.last_hidden_state[:, 2:], atol=1e-6)
    assert torch.allclose(encode_crops(encoder, sound, pooled_only=True).pooled, crops.pooled)


def test_fewer_positions_are_the_middle_and_as_many_are_the_same():
    old, new = PatchGrid(max_length=128), PatchGrid(max_length=64)
    positions = torch.randn(1, old.num_tokens, 4)
    assert torch.equal(resize_positions(positions, old, old), positions)
    fewer = resize_positions(positions, old, new)
    start = (old.time_patches - new.time_patches) // 2
    for f, t in ((0, 0), (11, new.time_patches - 1)):
        assert torch.equal(fewer[0, new.token(f, t)], positions[0, old.token(f, start + t)])


def test_average_precision_of_a_known_ranking():
    scores, relevant = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 0, 1, 0])
    assert average_precision(scores, relevant) == pytest.approx((1 + 2 / 3) / 2)
    assert math.isnan(average_precision(scores, np.zeros(4, int)))


def test_equal_scores_count_as_one_step():
    assert average_precision(np.full(4, 0.5), np.array([1, 0, 0, 1])) == pytest.approx(0.5)


def test_top_k_accuracy_and_confusions_of_known_scores():
    scores = np.array([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5], [0.4, 0.5, 0.1]])
    targets = np.eye(3, dtype=int)[[0, 1, 0]]
    assert top_k_accuracy(scores, targets, 1) == pytest.approx(1 / 3)
    assert top_k_accuracy(scores, targets, 2) == 1.0
    assert confusion_matrix(scores, targets).tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_the_interval_of_eight_in_ten_is_wilsons():
    low, high = wilson_interval(8, 10)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


def test_rows_of_patches_share_the_bands_of_the_teacher():
    weights = row_weights(PatchGrid(max_length=64))
    assert torch.allclose(weights.sum(dim=1), torch.ones(12))
    assert weights[0].argmax() == 0
    # The patches end at 8 kHz, between the centres of the two upper bands (of 15 kHz).
    assert weights[-1, 2:].tolist() == pytest.approx([0.5, 0.5], abs=0.05)


def test_soft_targets_are_read_for_the_clips_that_have_them(tmp_path):
    steps = np.array([2, 3], np.int16)
    values = np.repeat(np.arange(5, dtype=np.int8), ROWS)[:, None]  # one value a column
    np.savez(
        tmp_path / "teacher.npz",
        files=np.array(["a.wav", "b.wav"]),
        map_steps=steps,
        map_values=values,
        map_scale=np.float32(2.0),
        map_eigenvalues=np.array([1.0], np.float32),
    )
    teacher = SoftTargets.load([tmp_path / "teacher.npz"], ["b.wav", "unknown.wav"])
    grid = PatchGrid(max_length=64)
    targets, heard = teacher.at_patches(
        torch.tensor([0, 1, -1]), torch.tensor([20, 0, 0]), torch.tensor([96, 96, 96]), grid
    )
    assert heard.tolist() == [[True] * 5, [False] * 5, [False] * 5]
    # Columns 2, 3, 4 of the file are those of b.wav; a crop at frame 20 starts 7.5 frames later.
    expected = 2.0 * (2 + (torch.arange(5) * 10 + 7.5) / 32)
    assert torch.allclose(targets[0, 0, :, 0], expected, atol=1e-5)


def write_teacher(file, names, value, scale=2.0):
    """Write soft targets of one column a clip, all cells the same."""
    np.savez(
        file,
        files=np.array(names),
        map_steps=np.ones(len(names), np.int16),
        map_values=np.full((ROWS * len(names), 1), value, np.int8),
        map_scale=np.float32(scale),
        map_eigenvalues=np.array([1.0], np.float32),
    )
    return file


def test_soft_targets_come_from_several_files(tmp_path):
    files = [
        write_teacher(tmp_path / "one.npz", ["a.wav"], 3),
        write_teacher(tmp_path / "two.npz", ["b.wav", "c.wav"], 5),
    ]
    teacher = SoftTargets.load(files, ["c.wav", "unknown.wav", "a.wav"])
    assert teacher.steps.tolist() == [1, 0, 1]
    assert teacher.means().flatten().tolist() == [10.0, 0.0, 6.0]


def test_soft_targets_in_other_coordinates_are_refused(tmp_path):
    files = [
        write_teacher(tmp_path / "one.npz", ["a.wav"], 3),
        write_teacher(tmp_path / "two.npz", ["b.wav"], 3, scale=1.0),
    ]
    with pytest.raises(ValueError, match="other coordinates cannot be put together"):
        SoftTargets.load(files, ["a.wav", "b.wav"])


def test_a_degraded_copy_has_the_length_and_the_level_of_the_sound():
    sound = tone(1000, 0, seconds=1.0)
    for seed in range(8):
        copy = degrade(sound, np.random.default_rng(seed))
        assert copy.shape == sound.shape
        assert np.square(copy).mean() == pytest.approx(np.square(sound).mean(), rel=1e-3)
    assert np.array_equal(copy, degrade(sound, np.random.default_rng(7)))


def test_a_click_rings_on_in_a_room_and_not_before_it():
    augmenter = Augmenter(torch.Generator().manual_seed(0))
    click = torch.full((3, 40, 128), -15.0)
    click[:, 10] = 0.0
    heard = augmenter.reverberate(click, 1.0)
    assert (heard[:, :10] < -13.0).all()
    assert (heard[:, 11] > -5.0).all()
    assert (heard[:, 12:20].diff(dim=1) < 0).all()


def test_clips_are_drawn_as_often_as_they_are_long():
    rng = np.random.default_rng(0)
    pool = Pool([4, 7], np.array([0, 0, 0, 0, 99.0, 0, 0, 299.0]))
    drawn = [pool.draw(rng) for _ in range(4000)]
    assert drawn.count(7) / len(drawn) == pytest.approx(0.75, abs=0.03)


def test_a_recipe_takes_the_rest_from_the_one_it_is_based_on(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text('{"based_on": "speech-commands", "steps": 3}')
    mine, base = load_recipe(file), load_recipe("speech-commands")
    assert mine == base.with_changes(steps=3, name="mine")


def test_every_bundled_recipe_can_be_read():
    assert "fine-tune" in recipe_names()
    for name in recipe_names():
        recipe = load_recipe(name)
        early, late = (recipe.rate(recipe.steps - 1, share) for share in (0.2, 0.99))
        assert 0 < late < early


def test_unknown_choices_of_a_recipe_are_named():
    with pytest.raises(RecipeError, match="unknown choices lerning_rate"):
        recipe_from_dict({"lerning_rate": 1.0})


def test_calibrated_scores_are_right_as_often_as_they_say():
    rng = np.random.default_rng(0)
    targets = np.eye(4, dtype=int)[rng.integers(0, 4, 4000)]
    guesses = np.where(rng.random(4000) < 0.7, targets.argmax(axis=1), rng.integers(0, 4, 4000))
    logits = -9.0 + 15.0 * np.eye(4)[guesses]  # always says 0.998, is right three times in four
    scale, offset = fit_calibration(logits, targets, "multi_label_classification")
    right = (guesses == targets.argmax(axis=1)).mean()
    said = 1 / (1 + np.exp(-(scale * 6.0 + offset)))
    assert said == pytest.approx(right, abs=0.005)


def test_the_threshold_is_where_half_of_the_answers_are_right():
    rng = np.random.default_rng(5)
    best = rng.random(20_000)
    right = rng.random(20_000) < best**2  # half right at 0.707
    assert fit_threshold(best, right) == pytest.approx(0.5**0.5, abs=0.03)


def test_answers_that_are_right_at_every_score_leave_nothing_to_abstain_from():
    best = np.linspace(0.1, 0.9, 40)
    assert fit_threshold(best, np.ones(40, bool)) == 0.0
    assert fit_threshold(best, np.zeros(40, bool)) == 1.0
    assert fit_threshold(best[:5], np.zeros(5, bool)) == 0.0  # too few to tell


def test_a_temperature_moves_no_label():
    rng = np.random.default_rng(1)
    targets = np.eye(3, dtype=int)[rng.integers(0, 3, 500)]
    honest = np.log(0.1 + 0.7 * targets[rng.permutation(500)] + 0.1 * rng.random((500, 3)))
    scale, offset = fit_calibration(5 * honest, targets, "single_label_classification")
    assert offset == 0.0
    assert scale < 1.0


def test_a_run_ends_by_steps_or_by_minutes_whichever_comes_first():
    recipe = recipe_from_dict({"steps": 100, "minutes": 2.0})
    assert recipe.share(50, 30.0) == 0.5
    assert recipe.share(10, 90.0) == 0.75
    assert recipe.share(10, 500.0) == 1.0


def test_a_placed_sound_is_whole_and_surrounded_by_its_own_softest_frames():
    loudness = np.concatenate([np.full(10, -9.0), np.linspace(-3, 0, 40), np.full(10, -9.0)])
    piece = np.repeat(loudness[:, None], 4, axis=1).astype(np.float32)
    piece[:, 0] += np.arange(60) * 1e-3  # every frame can be told from the others
    starts = set()
    for seed in range(60):
        row = np.zeros((100, 4), np.float32)
        place(np.random.default_rng(seed), row, piece)
        loud = np.flatnonzero(row[:, 1] > -5)
        inside = row[loud]
        assert np.array_equal(inside, piece[10:50][: len(inside)]) or len(inside) < 40
        assert (np.delete(row[:, 1], loud) == -9.0).all()
        starts.add(int(loud[0]))
    assert min(starts) < SPILL < 40 < max(starts)  # anywhere in the window


def teacher_of(means: np.ndarray) -> SoftTargets:
    """Make a teacher whose map of each clip is one column, the same in all rows."""
    scale = np.abs(means).max() / 127
    values = np.repeat(np.rint(means / scale)[:, None], ROWS, axis=1).astype(np.int8)
    return SoftTargets(torch.from_numpy(values), scale, torch.ones(len(means)).long(), 1.0)


def test_the_teacher_judges_a_clip_by_its_sound_and_not_by_the_label_it_was_given():
    rng = np.random.default_rng(4)
    truth = np.arange(80) % 2
    means = rng.normal(0, 0.3, (80, 3))
    means[:, 0] += 4.0 * truth - 2
    targets = np.eye(2, dtype=np.float32)[truth]
    targets[10] = targets[10][::-1]  # a wrong label
    targets[70:] = 0  # no label
    clips = [Clip(None, (), "train", f"recording {i}", f"{i}.wav") for i in range(80)]
    teacher = teacher_of(means)
    judge = TeacherLabels(teacher, clips, torch.from_numpy(targets))
    judged = judge(teacher.means(), torch.arange(80))
    assert torch.allclose(judged.sum(dim=1), torch.ones(80))
    assert judged.argmax(dim=1).tolist() == truth.tolist()


def test_speech_without_espeak_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="install the package espeak-ng"):
        write_sentences(tmp_path / "spoken", count=1)
    assert len(sentence(np.random.default_rng(0)).split()) >= 5


def test_one_label_for_every_clip_is_a_collapse_unless_every_clip_carries_it():
    targets = np.eye(2, dtype=int)[[0, 1] * 20]
    one, both = np.tile([0.0, 1.0], (40, 1)), 3.0 * targets
    assert "nearly every clip is called 'meow'" in collapse(one, targets, ["bark", "meow"])
    assert collapse(both, targets, ["bark", "meow"]) == ""
    assert collapse(one, np.eye(2, dtype=int)[[1] * 40], ["bark", "meow"]) == ""


def test_a_loss_that_does_not_fall_is_told_with_what_to_do():
    first = {"step": 50, "loss": 2.0}
    assert "not fallen since step 50: lower the learning rate" in flat(first, {"loss": 1.99})
    assert flat(first, {"loss": 1.5}) == ""
