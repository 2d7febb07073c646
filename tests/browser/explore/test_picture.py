"""The picture in a real browser: pointed at, pulled apart, painted, pinned, presented."""

import numpy as np
import pytest
from playwright.sync_api import expect

from ast_demo.features.extractor import mel_band
from tests.helpers.explore import APP, change, field, place_of

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("mel_bin", "frame"), [(60, 100), (3, 7), (127, 256), (90, 400)])
def test_the_readout_under_the_mouse_equals_the_models_input(page, explanation, mel_bin, frame):
    page.mouse.move(*place_of(page, mel_bin, frame))
    value = explanation.input_values[frame, mel_bin]
    shown = field(page, "value")
    expect(field(page, "bin")).to_have_text(str(mel_bin))
    span = float(np.ptp(explanation.input_values))
    read = float(shown.text_content().replace("\u2212", "-"))
    assert read == pytest.approx(float(value), abs=span / 255 / 2 + 0.005)
    _, centre, _ = mel_band(mel_bin)
    number, unit = field(page, "hertz").text_content().split()
    assert float(number) * (1000 if unit == "kHz" else 1) == pytest.approx(centre, rel=0.02, abs=1)
    time = field(page, "time").text_content()
    assert float(time.split()[0]) == pytest.approx(0.0125 + 0.01 * frame, abs=0.0051)
    assert ("padding" in time) == (frame >= explanation.num_frames)
    tokens = [
        explanation.grid.token(*patch) for patch in explanation.grid.patches_at(mel_bin, frame)
    ]
    patches = field(page, "patches").text_content()
    if tokens:
        assert patches.endswith(f"({' '.join(map(str, tokens))})")
    else:
        assert patches.startswith("none")


def test_keys_alone_reach_cells_and_patches_and_speak(page, explanation):
    page.locator(".ex-stage").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowUp"):
        page.keyboard.press(key)
    expect(field(page, "bin")).to_have_text("19")
    assert page.evaluate(f"{APP}.state.cursor.frame") == 18
    spoken = page.locator(".ex-spoken")
    expect(spoken).to_contain_text("0.19 s")
    expect(spoken).to_have_attribute("aria-live", "polite")
    page.keyboard.press("Enter")
    patch = page.evaluate(f"{APP}.state.patch")
    assert (patch["f"], patch["t"]) in explanation.grid.patches_at(19, 18)
    page.keyboard.press("Escape")
    assert page.evaluate(f"{APP}.state.patch") is None
    page.keyboard.press("End")
    assert page.evaluate(f"{APP}.state.cursor.frame") == explanation.num_frames - 1


def test_patches_pulled_apart_are_picked_where_they_lie(page, explanation):
    change(page, grid="exploded")
    last = explanation.grid.token(0, explanation.grid.time_patches - 1)
    expect(page.locator(".ex-map-facts")).to_contain_text(f"(tokens 2 to {last})")
    box = page.locator(".ex-stage").bounding_box()
    place = page.evaluate(
        f"""() => {{
          const {{ view }} = {APP};
          const corner = view.layout.patchCorner({{ f: 5, t: 11 }});
          const x = view.plot.left + (corner.x + 8 - view.left) * view.cellWidth;
          const up = (corner.y + 8 - view.bottom) * view.cellHeight;
          return [x, view.plot.top + view.plot.height - up];
        }}"""
    )
    page.mouse.click(box["x"] + place[0], box["y"] + place[1])
    assert page.evaluate(f"{APP}.state.patch") == {"f": 5, "t": 11}


def test_the_overlap_view_counts_patches_as_the_grid_does(page, explanation):
    change(page, grid="overlap", zoom=3, left=100)
    expect(page.locator(".ex-legends")).to_contain_text("patches over a cell")
    coverage = explanation.grid.coverage()
    shown = set()
    for mel_bin, frame in [(2, 118), (12, 118), (12, 112), (64, 125)]:
        x, y = place_of(page, mel_bin, frame)
        box = page.locator(".ex-stage").bounding_box()
        colour = page.evaluate(
            "([x, y]) => document.querySelector('.ex-picture').getContext('2d')"
            ".getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data.join()",
            [x - box["x"], y - box["y"]],
        )
        shown.add((int(coverage[mel_bin, frame]), colour))
    assert {count for count, _ in shown} == {1, 2, 4}
    assert len(shown) == 3, "one colour a count"


def test_heat_is_painted_where_the_map_is_hot(page, explanation):
    change(page, heat="rollout", opacity=1, grid="exploded", zoom=2, left=0)
    hottest = int(explanation.rollout[:, :20].argmax())
    f, t = divmod(hottest, 20)
    coldest = int(explanation.rollout[:, :20].argmin())
    colours = page.evaluate(
        f"""(patches) => {{
          const {{ view }} = {APP};
          const pen = document.querySelector('.ex-picture').getContext('2d');
          return patches.map(([f, t]) => {{
            const corner = view.layout.patchCorner({{ f, t }});
            const x = view.plot.left + (corner.x + 8 - view.left) * view.cellWidth;
            const up = (corner.y + 8 - view.bottom) * view.cellHeight;
            const y = view.plot.top + view.plot.height - up;
            const [red, , blue] = pen.getImageData(x, y, 1, 1).data;
            return red - blue;
          }});
        }}""",
        [[f, t], list(divmod(coldest, 20))],
    )
    assert colours[0] > colours[1] + 40, colours


def test_the_picture_stays_in_sight_below_it_and_nothing_jumps(page):
    height = page.evaluate("document.documentElement.scrollHeight")
    page.locator(".ex-deletion").scroll_into_view_if_needed()
    expect(page.locator(".explorer")).to_have_attribute("data-pinned", "true")
    change(page)
    box = page.locator(".ex-stage").bounding_box()
    assert 0 <= box["y"] < 60
    assert page.evaluate("document.documentElement.scrollHeight") == pytest.approx(height, abs=2)
    assert page.locator(".ex-side").bounding_box()["y"] == pytest.approx(0, abs=2)


def test_legends_and_zoom_move_nothing_below_them(page):
    tops = []
    for choices in ({"heat": "none"}, {"heat": "layer"}, {"grid": "exploded"}, {"zoom": 2}):
        change(page, **choices)
        tops.append([page.locator(part).bounding_box()["y"] for part in (".ex-stage", ".ex-under")])
    change(page, grid="off", zoom=6)
    tops.append([page.locator(part).bounding_box()["y"] for part in (".ex-stage", ".ex-under")])
    assert tops == [tops[0]] * len(tops)


def test_what_the_keyboard_reaches_is_not_hidden_behind_the_picture(page):
    change(page, heat="rollout")
    page.get_by_role("button", name="Copy as Python").focus()
    for _ in range(14):  # up to the zoom under the picture
        page.keyboard.press("Shift+Tab")
        change(page)
        name, top, picture = page.evaluate(
            """() => {
              const top = document.activeElement.getBoundingClientRect().top;
              const pin = document.querySelector('.ex-pin').getBoundingClientRect();
              return [document.activeElement.outerHTML.slice(0, 80), top, pin.bottom];
            }"""
        )
        assert top >= picture, name


def test_presenting_shows_picture_and_labels_alone(page):
    change(page, heat="rollout")
    page.keyboard.press("p")
    expect(page.locator(".explorer")).to_have_attribute("data-present", "true")
    for hidden in (".ex-controls", ".ex-panels", ".ex-strip", ".ex-patch"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".ex-label").first).to_be_visible()
    assert page.locator(".ex-legend-heat .ex-legend-name").bounding_box()["width"] > 100
    change(page)
    assert page.locator(".ex-stage").bounding_box()["height"] > 0.6 * 900
    page.keyboard.press("Escape")
    expect(page.locator(".ex-controls")).to_be_visible()


def test_looking_around_asks_the_server_nothing(page):
    asked = []

    def listen_to(request):
        asked.append(request.url)

    page.on("request", listen_to)
    page.mouse.move(*place_of(page, 40, 90))
    for choices in (
        {"grid": "outline"},
        {"grid": "exploded"},
        {"grid": "overlap"},
        {"heat": "rollout", "grid": "off"},
        {"heat": "layer", "layer": 1, "head": 1},
        {"opacity": 0.3},
        {"colours": "viridis"},
        {"style": "contour"},
        {"style": "alone"},
        {"axis": "mel"},
        {"range": "fixed"},
        {"zoom": 4, "left": 60},
        {"patch": {"f": 2, "t": 3}},
    ):
        change(page, **choices)
    page.remove_listener("request", listen_to)
    assert [url for url in asked if not url.startswith("blob:")] == []
