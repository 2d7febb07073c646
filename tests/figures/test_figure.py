"""The publication figure: everything stands where the numbers say, and nothing is interpreted."""

import io
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from ast_demo.classifier import AudioClassifier
from ast_demo.features.spectrogram import mel_band
from ast_demo.figures.axes import borders
from ast_demo.figures.figure import View, explanation_figure, figure_bytes, made_by
from ast_demo.figures.heat import MOST_ALPHA, heat_alpha
from tests.helpers.models import hearing_classifier

LABELS = ["Siren", "Rain of $x^2$ and \\frac{", "Speech"]
SOUND_FRAMES = 100
MAX_LENGTH = 160


@pytest.fixture(scope="module")
def classifier():
    shape = {"intermediate_size": 48, "max_length": MAX_LENGTH}
    return hearing_classifier(LABELS, **shape, initializer_range=0.02, problem_type=None)


@pytest.fixture(scope="module")
def explanation(classifier):
    """A tone of 1 kHz; one second and 100 frames."""
    time = np.arange(400 + 160 * (SOUND_FRAMES - 1)) / 16000
    return classifier.explain(0.3 * np.sin(2 * np.pi * 1000 * time))


def texts(figure):
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [text.get_text() for text in axes.texts]
        found += [axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()]
    return found


def heat_image(figure):
    return figure.axes[0].images[1]


def test_the_spectrogram_shows_the_normalized_input_lowest_band_below(explanation):
    image = explanation_figure(explanation).axes[0].images[0]
    assert image.origin == "lower"
    assert tuple(image.get_extent()) == (0, SOUND_FRAMES, 0, 128)
    np.testing.assert_array_equal(image.get_array(), explanation.input_values[:SOUND_FRAMES].T)


def test_each_hertz_tick_stands_in_the_mel_bin_of_its_frequency(explanation):
    axes = explanation_figure(explanation).axes[0]
    hertz = {"125": 125, "250": 250, "500": 500, "1k": 1000, "2k": 2000, "4k": 4000}
    ticks = dict(zip([text.get_text() for text in axes.get_yticklabels()], axes.get_yticks()))
    for name, value in hertz.items():
        low, centre, high = mel_band(int(ticks[name]), 128)
        assert low < value < high, f"{name} stands in the bin around {centre:.0f} Hz"
    assert "8k" in ticks


def test_a_tone_of_one_kilohertz_is_brightest_at_its_tick(explanation):
    axes = explanation_figure(explanation).axes[0]
    ticks = dict(zip([text.get_text() for text in axes.get_yticklabels()], axes.get_yticks()))
    brightest = int(np.argmax(explanation.input_values[50])) + 0.5
    assert brightest == pytest.approx(ticks["1k"], abs=1.0)


def test_second_ticks_stand_at_the_frames_whose_window_is_centred_there(explanation):
    axes = explanation_figure(explanation).axes[0]
    ticks = dict(zip([text.get_text() for text in axes.get_xticklabels()], axes.get_xticks()))
    frame = ticks["1"] - 0.5  # from the left edge of a cell to its middle
    assert frame * 0.010 + 0.0125 == pytest.approx(1.0)


def test_padding_is_hatched_from_the_last_frame_of_sound_on(explanation):
    axes = explanation_figure(explanation).axes[0]
    hatched = [patch for patch in axes.patches if patch.get_hatch()]
    assert [patch.get_bbox().extents.tolist() for patch in hatched] == [
        [SOUND_FRAMES, 0, MAX_LENGTH, 128]
    ]
    assert "padding" in texts(axes.figure)


def test_a_full_window_has_no_padding(classifier):
    full = classifier.explain(np.random.default_rng(0).normal(0, 0.1, 32000))
    axes = explanation_figure(full).axes[0]
    assert not [patch for patch in axes.patches if patch.get_hatch()]


def test_a_hot_patch_glows_at_its_mel_bins_and_frames(explanation):
    grid = explanation.grid
    patch_map = np.zeros((grid.freq_patches, grid.time_patches))
    patch_map[3, 5] = 1.0
    plane = heat_image(explanation_figure(explanation, heat=patch_map)).get_array()
    middle = (grid.mel_bins(3)[8], grid.frames(5)[8])
    assert plane[middle] == plane.max()
    hot = np.argwhere(plane.filled(0) > 0)
    assert hot.min(0).tolist() == [grid.mel_bins(3)[0], grid.frames(5)[0]]
    assert hot.max(0).tolist() == [grid.mel_bins(3)[-1], grid.frames(5)[-1]]


def test_cells_that_no_patch_covers_get_no_heat(explanation):
    plane = heat_image(explanation_figure(explanation)).get_array()
    assert plane.mask[explanation.grid.covered_mel_bins :].all()
    assert not plane.mask[: explanation.grid.covered_mel_bins, : SOUND_FRAMES // 2].any()


def test_heat_lies_above_the_padding_which_is_attended_to_as_well(explanation):
    axes = explanation_figure(explanation).axes[0]
    hatched = next(patch for patch in axes.patches if patch.get_hatch())
    assert axes.images[1].get_zorder() > hatched.get_zorder()


def test_a_flat_map_is_drawn_flat(explanation):
    grid = explanation.grid
    flat = np.full((grid.freq_patches, grid.time_patches), 0.001)
    flat[0, 0] = 0.00101
    image = heat_image(explanation_figure(explanation, heat=flat))
    strengths = image.cmap(image.norm(image.get_array()))[..., 3]
    covered = ~image.get_array().mask
    assert np.ptp(strengths[covered]) < 0.02


def test_each_quantity_has_a_colour_bar_that_names_it(explanation):
    found = texts(explanation_figure(explanation))
    assert "log-mel energy, normalized" in found
    assert "attention rollout, times an even share" in found


def test_without_heat_the_spectrogram_is_in_colour(explanation):
    figure = explanation_figure(explanation, heat=None)
    assert len(figure.axes[0].images) == 1
    assert figure.axes[0].images[0].get_cmap().name == "magma"


def test_the_grid_draws_a_line_where_each_patch_starts(explanation):
    grid = explanation.grid
    without = explanation_figure(explanation).axes[0]
    axes = explanation_figure(explanation, view=View(grid="outline")).axes[0]
    assert not without.collections
    lines = axes.collections[0]
    starts = {segment[0][0] for segment in lines.get_segments() if segment[0][0] == segment[1][0]}
    assert starts == {10 * t for t in range(grid.time_patches)} | {grid.covered_frames}


def test_a_view_chooses_colours_range_axis_and_what_is_in_sight(explanation):
    view = View(
        colours="viridis", value_range=(-1, 0.5), axis="bin", columns=(20, 60), rows=(10, 90)
    )
    axes = explanation_figure(explanation, heat=None, view=view).axes[0]
    image = axes.images[0]
    assert (image.get_cmap().name, image.get_clim()) == ("viridis", (-1, 0.5))
    assert (axes.get_xlim(), axes.get_ylim()) == ((20, 60), (10, 90))
    assert [text.get_text() for text in axes.get_yticklabels()] == ["16", "32", "48", "64", "80"]
    times = [float(text.get_text()) for text in axes.get_xticklabels()]
    assert min(times) >= 0.2
    assert max(times) <= 0.62


def test_patches_pulled_apart_hold_their_own_cells_in_token_order(explanation):
    grid = explanation.grid
    axes = explanation_figure(explanation, heat=None, view=View(grid="exploded")).axes[0]
    cells = axes.images[0].get_array()
    pitch = grid.patch_size + 3
    for f, t in [(0, 0), (0, 1), (4, 7)]:
        shown = cells[f * pitch : f * pitch + 16, t * pitch : t * pitch + 16]
        true = explanation.input_values[np.ix_(grid.frames(t), grid.mel_bins(f))].T
        np.testing.assert_array_equal(shown, true)
    assert cells.mask[:, 16:19].all()


def test_contour_lines_run_around_the_hot_cells(explanation):
    hot = np.zeros((6, 8), dtype=bool)
    hot[2:4, 1:5] = True
    sides = {((1, 2), (1, 4)), ((5, 2), (5, 4)), ((1, 2), (5, 2)), ((1, 4), (5, 4))}
    assert {tuple(line) for line in borders(hot)} == sides
    figure = explanation_figure(explanation, view=View(style="contour", opacity=0.5))
    assert not heat_image(figure).get_visible()
    assert len(figure.axes[0].collections) == 4  # a dark and a warm line at each of two levels


def test_the_overlap_view_counts_the_patches_over_each_cell(explanation):
    axes = explanation_figure(explanation, heat=None, view=View(grid="overlap")).axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), explanation.grid.coverage())


def test_a_ceiling_is_drawn_at_full_strength(explanation):
    highest = float(explanation.rollout.max())
    view = View(ceiling=2 * highest, opacity=0.6)
    image = heat_image(explanation_figure(explanation, view=view))
    hottest = float(image.get_array().max())
    patches = explanation.rollout.size
    assert hottest <= heat_alpha(highest, patches, 2 * highest) < MOST_ALPHA
    assert image.cmap(1.0)[3] == pytest.approx(0.6 * MOST_ALPHA, abs=0.01)


def test_labels_titles_and_notes_are_text_and_no_formula(explanation):
    figure = explanation_figure(explanation, title="$\\alpha.wav")
    found = texts(figure)
    assert "$\\alpha.wav" in found
    assert "Rain of $x^2$ and \\frac{" in found
    assert figure_bytes(figure, dpi=50)  # a formula with a fault would raise here


def test_scores_stand_beside_their_labels_best_first(explanation):
    axes = explanation_figure(explanation, top=2).axes[-1]
    best = explanation.top(2)
    assert [text.get_text() for text in axes.texts] == [
        part for label, score in best for part in (label, f"{score:.3f}")
    ]


def test_notes_rule_and_maker_are_on_the_sheet(explanation):
    found = " ".join(texts(explanation_figure(explanation)))
    assert explanation.notes[-1] in found
    assert "softmax: labels exclude each other" in found
    assert "float32 on cpu" in found


def test_the_place_of_a_folder_is_not_told(classifier, explanation, tmp_path):
    folder = tmp_path / "my-model"
    classifier.model.save_pretrained(folder)
    classifier.extractor.save_pretrained(folder)
    loaded = AudioClassifier.load(folder, device="cpu", dtype="float32")
    line = made_by(loaded.explain(explanation.waveform))
    assert "my-model," in line
    assert str(tmp_path) not in line


def test_a_figure_becomes_png_svg_or_pdf(explanation):
    figure = explanation_figure(explanation, title="a sound")
    picture = imread(io.BytesIO(figure_bytes(figure, "png", dpi=50)), format="png")
    height, width = picture.shape[:2]
    assert (width, height) == pytest.approx(50 * figure.get_size_inches(), abs=1)
    assert ElementTree.fromstring(figure_bytes(figure, "svg")).tag.endswith("svg")
    assert figure_bytes(figure, "pdf").startswith(b"%PDF")


@pytest.mark.parametrize(
    ("heat", "words"),
    [
        ("layer 3", "'layer 3'"),
        (np.zeros((2, 2)), "(2, 2), expected (12, 15)"),
        (np.full((12, 15), np.nan), "not finite"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused(explanation, heat, words):
    with pytest.raises(ValueError, match=r"map|heat") as caught:
        explanation_figure(explanation, heat=heat)
    assert words in str(caught.value)


def test_an_unknown_format_is_refused(explanation):
    with pytest.raises(ValueError, match="'gif', expected one of png, svg, pdf"):
        figure_bytes(explanation_figure(explanation), "gif")


def test_pyplot_is_never_loaded():
    code = "import sys, ast_demo.figures.figure; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
