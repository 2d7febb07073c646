"""The patch microscope in a real browser."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.helpers.explore import APP, change, facts, field, place_of

pytestmark = pytest.mark.browser


def test_a_click_keeps_the_patch_and_the_card_says_what_the_grid_says(page, explanation):
    page.mouse.click(*place_of(page, 57, 107))
    grid = explanation.grid
    patch = page.evaluate(f"{APP}.state.patch")
    f, t = patch["f"], patch["t"]
    assert (f, t) in grid.patches_at(57, 107)
    page.mouse.move(0, 0)
    token = grid.token(f, t)
    expect(page.locator(".ex-patch h3")).to_have_text(f"Patch {token - 2} (token {token})")
    card = facts(page)
    low, high = grid.hertz(f)
    assert card["place"] == f"row {f}, column {t}"
    assert card["frequency"].startswith(f"{low / 1000:.2f} kHz to {high / 1000:.2f} kHz")
    assert card["frequency"].endswith(f"(mel bins {grid.mel_bins(f)[0]} to {grid.mel_bins(f)[-1]})")
    start, end = grid.seconds(t)
    assert card["time"].startswith(f"{start:.2f} to {end:.3f} s")
    expect(page.locator(".ex-patch")).to_contain_text("Outside every patch: mel bins 126 to 127")


def test_the_enlarged_patch_paints_its_256_values(page, explanation):
    change(page, patch={"f": 4, "t": 9}, colours="grey")
    shades = page.evaluate(
        """() => {
          const canvas = document.querySelector('.ex-enlarged');
          const cell = canvas.width / 16;
          const pen = canvas.getContext('2d');
          const middle = (place) => (place + 0.5) * cell;
          const shade = (x, y) => pen.getImageData(middle(x), middle(y), 1, 1).data[0];
          return Array.from({ length: 256 }, (_, i) => shade(i % 16, 15 - Math.floor(i / 16)));
        }"""
    )
    values = explanation.input_values
    expected = values[90:106, 40:56].T  # bins upward, frames along
    low, high = values.min(), values.max()
    painted = low + np.reshape(shades, (16, 16)) / 255 * (high - low)
    assert np.abs(painted - expected).max() <= 1.5 * (high - low) / 255


def marked(page, mel_bin, frame):
    """Return red, green, blue and alpha of the marks over the middle of a cell."""
    x, y = place_of(page, mel_bin, frame)
    box = page.locator(".ex-stage").bounding_box()
    return page.evaluate(
        "([x, y]) => [...document.querySelector('.ex-marks').getContext('2d')"
        ".getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data]",
        [x - box["x"], y - box["y"]],
    )


def test_a_shift_by_one_stride_shows_the_six_cells_that_both_patches_hold(page):
    change(page, zoom=8, left=20, bottom=20, patch={"f": 3, "t": 5}, before=None)
    page.get_by_role("button", name="Patch after").click()
    assert page.evaluate(f"{APP}.state.patch") == {"f": 3, "t": 6}
    expect(page.locator(".ex-shifted")).to_contain_text("10 frames: 6 of 16 frames")
    expect(page.locator(".ex-spoken")).to_contain_text("6 of 16 frames")
    change(page)
    shaded = [frame for frame in range(48, 79) if marked(page, 38, frame)[3] > 60]
    assert [frame for frame in shaded if frame not in (50, 75)] == list(range(60, 66))
    page.get_by_role("button", name="Patch above").click()
    assert page.evaluate(f"{APP}.state.patch") == {"f": 4, "t": 6}
    expect(page.locator(".ex-shifted")).to_contain_text("10 mel bins: 6 of 16 mel bins")
    assert "6 frames with each of 2 beside" in facts(page)["shared"]


def test_the_card_tells_padding_and_how_many_patches_read_a_cell(page, explanation):
    first_padded = -(-explanation.num_frames // 10)
    change(page, patch={"f": 3, "t": first_padded})
    assert facts(page)["padding"].startswith("all of it")
    change(page, patch={"f": 3, "t": 4})
    assert facts(page)["padding"].startswith("none")
    assert facts(page)["covered"] == "1 to 4 patches a cell"
    page.mouse.move(*place_of(page, 42, 42))
    expect(field(page, "cover")).to_have_text("4 patches")
    assert facts(page)["covered"] == "4 patches over bin 42, frame 42"
