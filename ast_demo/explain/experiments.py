"""Change one thing about a sound, listen again, and compare: experiments on what the model reads.

    explanation = AudioClassifier.load().explain(waveform)
    outcome = reverse_time(explanation)
    outcome.before["Siren"], outcome.after["Siren"]

Some change the picture (patches painted away, frequency flipped), some the sound before it (time
reversed, louder), some what becomes of the patches inside the model: their order, the addresses
(position embeddings) that they carry, how densely they are cut. Two outcomes are theorems, since
attention does not know the order of its tokens: patches shuffled with their addresses change
nothing, and without any addresses shuffling changes nothing either.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from ast_demo.explain.explanation import Explanation
from ast_demo.explain.faithfulness import filling_value, without
from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
from ast_demo.features.spectrogram import samples_for
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.values import is_whole, refused

VARIANTS_AT_ONCE = 8  # altered sounds in one experiment: what one run of the model may take
GAINS = (-24, -18, -12, -6, 6, 12, 18, 24)  # dB
STRIDES = range(6, 17)  # mel bins and frames; below 6 a window would be thousands of tokens
BINS_UP = 8  # how far `shift_up` moves the picture: half a patch
TENTH = 0.1  # of the patches that hold sound
SMALL_MODEL = 16_000_000  # parameters; up to here a copy in float32 costs no memory to speak of


@dataclass(frozen=True)
class Outcome:
    """What a model said of a sound before and after one change."""

    before: dict[str, float]  # label -> score, highest first
    after: dict[str, float]
    greatest_difference: float  # between the logits of one label
    dtype: str  # what both were computed in, such as "float32"

    @property
    def reference(self) -> str:
        """The label that was best before: watch its score, whatever is best after."""
        return next(iter(self.before))


def paint_patches(
    explanation: Explanation, patches: Sequence[tuple[int, int]], filling: str = "mean"
) -> Outcome:
    """Replace every cell of some patches (f, t) by the sound's mean or by silence; not padding.

    Raises:
        ValueError: for a patch outside the grid or an unknown filling.
    """
    cells = patch_cells(explanation.grid, patches, explanation.num_frames)
    value = filling_value(explanation, filling)
    return compare_inputs(explanation, [without(explanation.input_values, cells, value)])[0]


def hottest_patches(
    explanation: Explanation, patch_map: np.ndarray, share: float = TENTH
) -> list[tuple[int, int]]:
    """List the hottest share of the patches that hold sound, hottest first."""
    candidates = sounding_patches(explanation)
    candidates.sort(key=lambda patch: -patch_map[patch])
    return candidates[: max(1, round(share * len(candidates)))]


def random_patches(
    explanation: Explanation, share: float = TENTH, seed: int = 0
) -> list[tuple[int, int]]:
    """Draw as many patches that hold sound as `hottest_patches` lists."""
    candidates = sounding_patches(explanation)
    drawn = np.random.default_rng(seed).permutation(len(candidates))
    return [candidates[index] for index in drawn[: max(1, round(share * len(candidates)))]]


def sounding_patches(explanation: Explanation) -> list[tuple[int, int]]:
    """List the patches (f, t) whose first frame is sound and not padding."""
    grid = explanation.grid
    columns = [t for t in range(grid.time_patches) if grid.frames(t).start < explanation.num_frames]
    return [(f, t) for f in range(grid.freq_patches) for t in columns]


def reverse_time(explanation: Explanation) -> Outcome:
    """Play the sound backward; padding stays at the end."""
    return compare_waveforms(explanation, [explanation.waveform[::-1].copy()])[0]


def flip_frequency(explanation: Explanation) -> Outcome:
    """Turn the picture upside down: low becomes high."""
    return compare_inputs(explanation, [explanation.input_values[:, ::-1].copy()])[0]


def shift_up(explanation: Explanation, bins: int = BINS_UP) -> Outcome:
    """Move the sound up by some mel bins; the bins below it become silence.

    Raises:
        ValueError: if that would leave nothing of the picture.
    """
    num_mel_bins = explanation.grid.num_mel_bins
    if not 0 <= bins < num_mel_bins:
        raise refused("bins", bins, f"0 to {num_mel_bins - 1}")
    moved = explanation.input_values.copy()
    sound = slice(0, explanation.num_frames)
    moved[sound, bins:] = explanation.input_values[sound, : num_mel_bins - bins]
    moved[sound, :bins] = filling_value(explanation, "silence")
    return compare_inputs(explanation, [moved])[0]


def change_gain(explanation: Explanation, decibels: Sequence[float] = GAINS) -> list[Outcome]:
    """Make the sound louder or softer by some decibels, one outcome each."""
    gains = [10 ** (gain / 20) for gain in decibels]
    return compare_waveforms(
        explanation, [(explanation.waveform * gain).astype(np.float32) for gain in gains]
    )


def change_statistics(
    explanation: Explanation, statistics: Sequence[tuple[float, float]]
) -> list[Outcome]:
    """Normalize the sound by other means and standard deviations, one outcome each.

    Padding is normalized along, as a wrongly set up extractor would do it.

    Raises:
        ValueError: for a standard deviation that is not above 0.
    """
    if wrong := [std for _, std in statistics if not std > 0]:
        raise refused("std", wrong[0], "a number above 0")
    extractor = explanation.classifier.extractor
    values = torch.from_numpy(explanation.input_values)
    log_mel = extractor.denormalize(values).numpy()
    return compare_inputs(
        explanation, [((log_mel - mean) / (2 * std)).astype(np.float32) for mean, std in statistics]
    )


def shuffle_with_addresses(explanation: Explanation, seed: int = 0) -> Outcome:
    """Shuffle the patches, each with its address: a theorem says that nothing changes."""
    model, patches, positions = _patch_tokens(explanation)
    order = shuffled_order(explanation.grid, seed)
    shuffled = _token_logits(model, patches[:, order], positions[:, order])
    return _compared_with_sound(explanation, model, shuffled)


def shuffle_patches(explanation: Explanation, seed: int = 0) -> Outcome:
    """Shuffle the patches while the addresses stay: each patch gets another's address."""
    model, patches, positions = _patch_tokens(explanation)
    order = shuffled_order(explanation.grid, seed)
    misplaced = _token_logits(model, patches[:, order], positions)
    return _compared_with_sound(explanation, model, misplaced)


def drop_addresses(explanation: Explanation) -> Outcome:
    """Leave the addresses of all patches out: the model gets a bag of patches."""
    model, patches, positions = _patch_tokens(explanation)
    bag = _token_logits(model, patches, torch.zeros_like(positions))
    return _compared_with_sound(explanation, model, bag)


def shuffle_without_addresses(explanation: Explanation, seed: int = 0) -> Outcome:
    """Shuffle a bag of patches: before and after lack all addresses, and nothing changes."""
    model, patches, positions = _patch_tokens(explanation)
    order = shuffled_order(explanation.grid, seed)
    both = torch.cat([patches, patches[:, order]])
    bags = _token_logits(model, both, torch.zeros_like(positions))
    return _outcomes(explanation.classifier, bags, model.dtype)[0]


def change_stride(explanation: Explanation, frequency_stride: int, time_stride: int) -> Outcome:
    """Cut the picture at another stride than the model was trained with.

    The projection stays; addresses are interpolated bilinearly at the places of the new patches.

    Raises:
        ValueError: for a stride outside `STRIDES`.

    Source: Gong et al. 2021, section 2.2, who interpolate so when they take over a model's
    addresses; here nothing is trained again.
    """
    for name, stride in (("frequency_stride", frequency_stride), ("time_stride", time_stride)):
        if not is_whole(stride) or stride not in STRIDES:
            raise refused(name, stride, f"a whole number from {STRIDES[0]} to {STRIDES[-1]}")
    model, patches, positions = _patch_tokens(explanation)
    old = explanation.grid
    new = PatchGrid(
        old.num_mel_bins,
        old.max_length,
        old.patch_size,
        frequency_stride,
        time_stride,
        old.sampling_rate,
    )
    projection = model.audio_spectrogram_transformer.embeddings.patch_embeddings.projection
    plane = torch.from_numpy(explanation.input_values).to(patches).T[None, None]
    with torch.inference_mode():
        cut = F.conv2d(
            plane, projection.weight, projection.bias, stride=(frequency_stride, time_stride)
        )
    moved = interpolate_addresses(positions, old, new)
    recut = _token_logits(model, cut.flatten(2).transpose(1, 2), moved)
    return _compared_with_sound(explanation, model, recut)


PLAIN = {  # experiments that need nothing but the sound, by name
    "shuffle_with_addresses": shuffle_with_addresses,
    "shuffle_patches": shuffle_patches,
    "drop_addresses": drop_addresses,
    "shuffle_without_addresses": shuffle_without_addresses,
    "reverse_time": reverse_time,
    "flip_frequency": flip_frequency,
    "shift_up": shift_up,
}


def interpolate_addresses(positions: torch.Tensor, old: PatchGrid, new: PatchGrid) -> torch.Tensor:
    """Take the addresses of a grid at the places of another one's patches, bilinearly.

    Args:
        positions: addresses of the old grid's patches, (1, patches, hidden).
        old: where they were learned.
        new: of the same picture and patch size; patches beyond the old ones take the nearest.

    Returns:
        addresses of the new grid's patches, (1, patches, hidden); the same for the same grid.
    """
    shape = (old.freq_patches, old.time_patches)
    rows = _blend(shape[0], new.freq_patches, new.frequency_stride / old.frequency_stride)
    columns = _blend(shape[1], new.time_patches, new.time_stride / old.time_stride)
    plane = positions[0].float().cpu().unflatten(0, shape)
    moved = torch.einsum("af,fth,bt->abh", rows, plane, columns)
    return moved.flatten(0, 1).unsqueeze(0).to(positions)


def shuffled_order(grid: PatchGrid, seed: int = 0) -> np.ndarray:
    """Return an order of the patches: at place i stands patch order[i] = f * time_patches + t."""
    return np.random.default_rng(seed).permutation(grid.num_patches)


def patch_cells(grid: PatchGrid, patches: Sequence[tuple[int, int]], num_frames: int) -> np.ndarray:
    """List the cells of some patches as indices into input_values flattened, sound alone.

    Raises:
        ValueError: for a patch outside the grid.
    """
    taken = np.zeros((grid.max_length, grid.num_mel_bins), dtype=bool)
    for f, t in patches:
        grid.token(f, t)  # refuses what lies outside
        bins, frames = grid.mel_bins(f), grid.frames(t)
        taken[frames.start : frames.stop, bins.start : bins.stop] = True
    taken[num_frames:] = False
    return np.flatnonzero(taken)


def compare_inputs(explanation: Explanation, altered: Sequence[np.ndarray]) -> list[Outcome]:
    """Score the sound and altered copies of its input_values (max_length, num_mel_bins).

    Raises:
        ValueError: for more than `VARIANTS_AT_ONCE` copies.
    """
    if not 0 < len(altered) <= VARIANTS_AT_ONCE:
        raise ValueError(f"there are {len(altered)} variants, expected 1 to {VARIANTS_AT_ONCE}.")
    classifier = explanation.classifier
    logits = classifier.logits(torch.from_numpy(np.stack(altered)))
    return _outcomes(classifier, torch.cat([explanation.logits(), logits]), classifier.dtype)


def compare_waveforms(explanation: Explanation, waveforms: Sequence[np.ndarray]) -> list[Outcome]:
    """Score the sound and altered waveforms at the model's rate, float32 (samples,)."""
    extractor = explanation.classifier.extractor
    longest = samples_for(extractor.max_length, extractor.sampling_rate)
    sounds = [torch.from_numpy(waveform[:longest]) for waveform in waveforms]
    values = extractor(sounds, sampling_rate=extractor.sampling_rate, return_tensors="np")
    return compare_inputs(explanation, list(values.input_values))


def _outcomes(classifier, logits: torch.Tensor, dtype: torch.dtype) -> list[Outcome]:
    """Compare the first row of logits (batch, labels) with each of the others."""
    logits = logits.float()
    scores = classifier.scores_of(logits)
    before = _ranked(classifier.labels, scores[0])
    name = str(dtype).removeprefix("torch.")
    return [
        Outcome(
            before,
            _ranked(classifier.labels, row),
            float((changed - logits[0]).abs().max()),
            name,
        )
        for changed, row in zip(logits[1:], scores[1:])
    ]


def _ranked(labels: Sequence[str], scores: np.ndarray) -> dict[str, float]:
    order = np.argsort(-scores, kind="stable")
    return {labels[index]: float(scores[index]) for index in order}


def _patch_tokens(
    explanation: Explanation,
) -> tuple[ASTForAudioClassification, torch.Tensor, torch.Tensor]:
    """Return a model, the sound's patches before addresses are added, and the addresses.

    The model is a float32 copy where it is small, so that rounding does not hide what is equal.
    """
    model = explanation.classifier.model
    if model.dtype != torch.float32 and model.num_parameters() <= SMALL_MODEL:
        model = copy.deepcopy(model).float()
    embeddings = model.audio_spectrogram_transformer.embeddings
    batch = torch.from_numpy(explanation.input_values).unsqueeze(0)
    with torch.inference_mode():
        patches = embeddings.patch_embeddings(batch.to(model.device, model.dtype))
    return model, patches, embeddings.position_embeddings[:, SPECIAL_TOKENS:]


def _token_logits(
    model: ASTForAudioClassification, patches: torch.Tensor, positions: torch.Tensor
) -> torch.Tensor:
    """Run patches (batch, patches, hidden) with their addresses through the layers to logits."""
    encoder = model.audio_spectrogram_transformer
    with torch.inference_mode():
        tokens = encoder.embeddings.with_special_tokens(patches + positions)
        return model.classifier(encoder.encode_tokens(tokens, pooled_only=True).pooled)


def _compared_with_sound(
    explanation: Explanation, model: ASTForAudioClassification, logits: torch.Tensor
) -> Outcome:
    """Compare logits (1, labels) of altered patches with those of the sound as it is."""
    own = model is explanation.classifier.model
    before = explanation.logits(None if own else model)
    return _outcomes(explanation.classifier, torch.cat([before, logits]), model.dtype)[0]


def _blend(old: int, new: int, step: float) -> torch.Tensor:
    """Return weights (new, old) that read a line of values at the places 0, step, 2 step ..."""
    places = (torch.arange(new) * step).clamp(max=old - 1)
    distance = (places.unsqueeze(1) - torch.arange(old)).abs()
    return (1.0 - distance).clamp(min=0.0)
