"""The explorer touched in a real browser, its numbers compared with Python's."""

import base64
import io
import json

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread
from playwright.sync_api import expect

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.explain import resynthesis
from ast_demo.explain.faithfulness import deletion_test
from ast_demo.features.extractor import mel_band
from tests.helpers.page import LABELS, SAMPLING_RATE, Complaints

pytestmark = pytest.mark.browser

ANSWER = 60_000  # milliseconds on a busy machine
APP = "document.querySelector('.explorer').explorer"
HOSTILE = "<img src=x onerror=alert(1)>${alert(1)}{{value}}"
AT_REST = {
    "grid": "off",
    "heat": "none",
    "layer": 0,
    "head": -1,
    "from": "answer",
    "scale": "own",
    "style": "tint",
    "colours": "magma",
    "range": "auto",
    "axis": "hertz",
    "zoom": "fit",
    "opacity": 1,
    "left": 0,
    "bottom": 0,
    "cursor": None,
    "patch": None,
    "playing": None,
    "before": None,
    "labels": [],
    "comparing": False,
    "compared": "first",
}


def chirp(seconds=2.6):
    time = np.arange(int(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    noise = 0.01 * np.random.default_rng(0).standard_normal(len(time))
    return (0.3 * np.sin(2 * np.pi * (300 + 500 * time) * time) + noise).astype(np.float32)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("sounds") / "chirp.wav"
    soundfile.write(path, chirp(), SAMPLING_RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def explanation(checkpoint, recording):
    classifier = AudioClassifier.load(checkpoint, device="cpu", dtype="float32")
    return classifier.explain(load_audio(recording))


def open_sound(context, server, recording):
    page = context.new_page()
    complaints = Complaints(server.url)
    complaints.watch(page)
    page.goto(server.url)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a sound").click()
    chooser.value.set_files(recording)
    expect(page.locator(".ex-title")).to_have_text(recording.name, timeout=ANSWER)
    expect(page.locator(".explorer")).to_have_attribute("data-state", "ready", timeout=ANSWER)
    return page, complaints


@pytest.fixture(scope="module")
def opened(chromium, server, recording):
    """One page with the sound in it, for all tests here: opening it takes seconds."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield open_sound(context, server, recording)
    context.close()


@pytest.fixture
def page(opened):
    """The open page with everything let go; it must stay local and free of errors."""
    page, complaints = opened
    change(page, **AT_REST)
    page.evaluate("scrollTo(0, 0)")
    yield page
    assert complaints.external == []
    assert complaints.errors == []


def change(page, **choices):
    """Set choices of the explorer and wait until they are drawn."""
    page.evaluate(
        f"async (choices) => {{ {APP}.set(choices);"
        "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); }",
        choices,
    )


def drawn_map(page):
    """Return the map that lies over the spectrogram, once it is there, with its largest value."""
    page.wait_for_function(f"() => {{ const heat = {APP}.heat(); return heat && !heat.missing; }}")
    found = page.evaluate(
        f"() => {{ const {{ bytes, max }} = {APP}.heat(); return [Array.from(bytes), max]; }}"
    )
    return np.array(found[0]) / 255 * found[1], found[1]


def place_of(page, mel_bin, frame):
    """Return the middle of a cell on the screen."""
    view = page.evaluate(f"(() => {{ const {{ layout, ...view }} = {APP}.view; return view; }})()")
    box = page.locator(".ex-stage").bounding_box()
    plot = view["plot"]
    across = plot["left"] + (frame - view["left"] + 0.5) * view["cellWidth"]
    down = plot["top"] + plot["height"] - (mel_bin - view["bottom"] + 0.5) * view["cellHeight"]
    return box["x"] + across, box["y"] + down


def field(page, name):
    return page.locator(f"[data-field={name}]")


def facts(page):
    names = page.locator(".ex-facts dt").all_text_contents()
    return dict(zip(names, page.locator(".ex-facts dd").all_text_contents()))


# --- the patch microscope ---


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


def test_patches_pulled_apart_lie_in_token_order(page, explanation):
    change(page, grid="exploded")
    grid = explanation.grid
    last = grid.token(0, grid.time_patches - 1)
    expect(page.locator(".ex-map-facts")).to_contain_text(f"(tokens 2 to {last})")
    corners = page.evaluate(
        f"""() => {{
          const {{ layout }} = {APP}.view;
          const {{ freqPatches, timePatches }} = {APP}.sound.grid;
          const corners = [];
          for (let place = 0; place < freqPatches * timePatches; place++) {{
            const [f, t] = [Math.floor(place / timePatches), place % timePatches];
            const {{ x, y }} = layout.patchCorner({{ f, t }});
            corners.push([y, x]);
          }}
          return corners;
        }}"""
    )
    assert corners == sorted(corners), "upward row by row, each from left to right"


def test_patches_pulled_apart_are_picked_where_they_lie(page):
    change(page, grid="exploded")
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


# --- maps ---


def test_every_pooled_map_equals_the_explanation(page, explanation):
    layers, heads = 3, 2
    change(page, heat="rollout")
    drawn, highest = drawn_map(page)
    assert np.abs(drawn - explanation.rollout.ravel()).max() <= highest / 255
    for layer in range(layers):
        for head in range(-1, heads):
            change(page, heat="layer", layer=layer, head=head)
            drawn, highest = drawn_map(page)
            true = explanation.attention(layer, None if head < 0 else head).ravel()
            assert np.abs(drawn - true).max() <= 1.5 * highest / 255, (layer, head)


def test_maps_seen_from_a_patch_and_for_a_label_equal_the_explanation(page, explanation):
    token = explanation.grid.token(6, 10)
    change(page, heat="layer", layer=1, head=1, patch={"f": 6, "t": 10}, **{"from": "patch"})
    drawn, highest = drawn_map(page)
    true = explanation.attention(1, 1, token).ravel()
    assert np.abs(drawn - true).max() <= highest / 255
    change(page, heat="label", labels=["Siren"])
    drawn, highest = drawn_map(page)
    true = explanation.relevance("Siren").ravel()
    assert np.abs(drawn - true).max() <= highest / 255 + 1e-6


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


def test_the_sheet_opens_a_head_and_shares_a_scale(page, explanation):
    page.get_by_role("button", name="Layer 2, head 1", exact=True).click()
    state = page.evaluate(f"{APP}.state")
    assert (state["heat"], state["layer"], state["head"]) == ("layer", 2, 1)
    page.get_by_label("One for all", exact=True).check()
    ceiling, highest = page.evaluate(
        f"[{APP}.heat().ceiling, Math.max(...{APP}.sound.attention.max)]"
    )
    assert ceiling == highest
    facts_line = page.locator(".ex-map-facts")
    expect(facts_line).to_contain_text("scaled to the highest value of all layers and heads")
    expect(facts_line).to_contain_text("effectively spread over")
    expect(facts_line).to_contain_text("on the special tokens")
    page.get_by_label("Own maximum", exact=True).check()
    expect(facts_line).to_contain_text("scaled to its own maximum")
    page.get_by_text("The maps in numbers").click()
    cells = page.get_by_role("region", name="The maps in numbers").locator("td")
    expect(cells).to_have_count(3 * 2)
    highest = explanation.attention(2, 1).max()
    assert float(cells.last.text_content().split(",")[0]) == pytest.approx(highest, rel=0.01)


def test_the_layers_play_one_after_the_other(page):
    change(page, heat="layer", layer=0)
    page.get_by_role("button", name="Play layers").click()
    page.wait_for_function(f"{APP}.state.layer === 2", timeout=ANSWER)
    expect(page.get_by_role("button", name="Play layers")).to_be_visible()


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


# --- why, and whether it matters ---


def test_a_click_on_a_label_asks_why_and_two_are_compared(page, explanation):
    first, second = (name for name, _ in explanation.top(2))
    page.locator(".ex-label", has_text=first).click()
    expect(page.locator(".ex-map-facts")).to_contain_text(f"Evidence for {first}", timeout=ANSWER)
    page.get_by_label("Compare two labels").check()
    page.locator(".ex-label", has_text=second).click()
    page.locator(".ex-labels select").select_option("more")
    drawn, _ = drawn_map(page)
    one, other = (explanation.relevance(name).ravel() for name in (first, second))
    true = np.maximum(0, one / one.sum() - other / other.sum())
    assert np.abs(drawn - true).max() <= 0.05 * true.max()


def test_random_weights_are_asked_for_the_same_map(page, explanation):
    label = explanation.top(1)[0][0]
    page.locator(".ex-label", has_text=label).click()
    page.get_by_role("button", name="Check against random weights").click()
    expect(page.locator(".ex-labels")).to_contain_text("alike (rank correlation)", timeout=ANSWER)


def test_the_deletion_test_draws_the_curves_that_python_finds(page, explanation):
    change(page, heat="rollout", labels=["Rain"], filling="mean")
    page.get_by_role("button", name="Run the test").click()
    expect(page.locator(".ex-plot")).to_be_visible(timeout=ANSWER)
    true = deletion_test(explanation, explanation.rollout, "Rain")
    page.get_by_text("The numbers", exact=True).click()
    expect(page.locator(".ex-deletion tr")).to_have_count(1 + len(true.shares))
    rows = page.locator(".ex-deletion tr").all_inner_texts()[1:]
    expect(page.locator(".ex-deletion")).to_contain_text(f"{abs(true.gain):.3f} of the starting")
    shown = np.array([[float(cell) for cell in row.split("\t")[1:]] for row in rows])
    expected = np.stack([true.hottest, true.random, true.coldest], axis=1)
    assert np.abs(shown - expected).max() < 0.002
    expect(page.locator(".ex-deletion [role=status]")).to_have_text(true.verdict)
    expect(page.locator(".ex-about")).to_contain_text("For attention rollout; score of Rain")
    change(page, labels=["Dog"])
    expect(page.locator(".ex-deletion")).to_have_attribute("data-stale", "true")
    expect(page.locator(".ex-about")).to_contain_text("Run the test again")


def test_a_running_deletion_test_is_cancelled_here_and_on_the_server(page):
    asked, held = [], []

    def hold(route):
        name = route.request.post_data_json["fn_name"]
        asked.append(name)
        held.append(route) if name == "deletion" else route.continue_()

    page.route("**/component_server**", hold)
    change(page, heat="rollout")
    page.get_by_role("button", name="Run the test").click()
    expect(page.get_by_role("button", name="Run the test")).to_be_disabled()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator(".ex-deletion [role=status]")).to_have_text("Cancelled.")
    expect(page.get_by_role("button", name="Run the test")).to_be_enabled()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()
    assert asked == ["deletion", "cancel"]
    for route in held:
        route.continue_()
    page.unroute("**/component_server**")


# --- listening ---


def test_one_player_of_the_page_sounds_at_a_time(page):
    page.get_by_role("button", name="Play sound").click()
    page.wait_for_function(f"{APP}.state.playing > 5", timeout=ANSWER)
    page.evaluate(
        """() => {
          const other = document.body.appendChild(document.createElement('audio'));
          other.dispatchEvent(new Event('play'));
          other.remove();
        }"""
    )
    expect(page.get_by_role("button", name="Play sound")).to_be_visible()


def test_the_sound_plays_with_a_running_cursor_and_a_click_seeks(page):
    page.get_by_role("button", name="Play sound").click()
    page.wait_for_function(f"{APP}.state.playing > 20", timeout=ANSWER)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.mouse.click(*place_of(page, 60, 200))
    assert page.evaluate(f"{APP}.state.playing") == pytest.approx(200, abs=1)


def test_a_patch_sounds_as_python_cuts_it(page, explanation):
    change(page, patch={"f": 2, "t": 8})
    answer = page.evaluate(
        f"{APP}.answers.ask('audio', {{ id: {APP}.sound.id, what: 'patch', f: 2, t: 8 }})"
    )
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(answer["wav"])), dtype="float32")
    start, end = explanation.grid.seconds(8)
    mask = resynthesis.patch_mask(explanation.grid, 2, 8)
    kept = resynthesis.apply_mask(explanation.waveform, mask)[
        round(start * rate) : round(end * rate)
    ]
    assert rate == SAMPLING_RATE
    assert answer["start"] == pytest.approx(start)
    assert np.abs(heard - kept).max() < 2 / 2**15
    page.get_by_role("button", name="Play this patch").click()
    expect(page.locator(".ex-listen [role=status]")).to_contain_text("peak", timeout=ANSWER)


# --- taking it away ---


def download(page, kind, folder):
    with page.expect_download(timeout=ANSWER) as event:
        page.get_by_role("button", name=kind, exact=True).click()
    path = folder / event.value.suggested_filename
    event.value.save_as(path)
    return path


def pixels(path):
    return imread(path)


def test_downloads_hold_the_view_and_its_provenance(page, explanation, tmp_path):
    change(page, heat="layer", layer=1, head=0)
    digest = explanation.classifier.checkpoint.sha256()
    assert download(page, "PNG", tmp_path).read_bytes().startswith(b"\x89PNG")
    assert "<svg" in download(page, "SVG", tmp_path).read_text(encoding="utf-8")
    table = download(page, "CSV", tmp_path).read_text(encoding="utf-8")
    assert digest in table
    assert f"{explanation.top(1)[0][0]}," in table
    arrays = np.load(download(page, "NPZ", tmp_path), allow_pickle=False)
    assert np.allclose(arrays["input_values"], explanation.input_values, atol=1e-5)
    assert np.allclose(arrays["heat"], explanation.attention(1, 0), atol=1e-6)
    report = json.loads(download(page, "JSON", tmp_path).read_text(encoding="utf-8"))
    assert report["provenance"]["weights_sha256"] == digest
    assert report["heat"]["hottest_value"] == pytest.approx(explanation.attention(1, 0).max())


@pytest.mark.parametrize(
    "choices",
    [
        {"heat": "rollout"},
        {"heat": "layer", "layer": 2, "head": -1},
        {"heat": "layer", "layer": 1, "head": 1, "from": "patch", "patch": {"f": 1, "t": 2}},
        {"heat": "label", "labels": ["Dog"]},
        {"heat": "label", "labels": ["Dog", "Rain"], "comparing": True, "compared": "less"},
    ],
)
def test_the_copied_python_makes_the_same_map(page, checkpoint, recording, choices, monkeypatch):
    change(page, **choices)
    drawn, highest = drawn_map(page)
    page.wait_for_function("document.querySelector('.ex-code').textContent.includes('heatmap = ')")
    code = page.locator(".ex-code").text_content()
    code = code.replace(json.dumps(checkpoint.name), json.dumps(str(checkpoint)))
    monkeypatch.chdir(recording.parent)
    names = {}
    exec(code, names)
    allowed = 0.05 * highest if "compared" in choices else 1.5 * highest / 255
    assert np.abs(drawn - names["heat"].ravel()).max() <= allowed
    assert names["heatmap"].shape == (128, 512)


@pytest.mark.parametrize(
    "choices",
    [
        {"heat": "none", "colours": "viridis", "range": "fixed", "low": -1.0, "high": 0.5},
        {"heat": "rollout", "style": "contour", "zoom": 4, "left": 60, "axis": "mel"},
        {"heat": "layer", "layer": 1, "head": 1, "scale": "shared", "grid": "exploded", "zoom": 2},
        {"heat": "rollout", "style": "alone", "grid": "outline", "patch": {"f": 2, "t": 3}},
        {"grid": "overlap", "axis": "bin"},
    ],
)
def test_the_picture_and_the_copied_python_draw_the_very_view(
    page, checkpoint, recording, choices, tmp_path, monkeypatch
):
    change(page, **choices)
    picture = pixels(download(page, "PNG", tmp_path))
    code = page.locator(".ex-code").text_content()
    code = code.replace(json.dumps(checkpoint.name), json.dumps(str(checkpoint)))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chirp.wav").write_bytes(recording.read_bytes())
    exec(code, {})
    again = pixels(tmp_path / "explained.png")
    rows = round(len(picture) * 0.75)  # below stands small print, which tells the milliseconds
    assert np.abs(picture[:rows] - again[:rows]).max() <= 1 / 255
    change(page, **{**AT_REST, "opacity": 0.3})
    assert not np.array_equal(pixels(download(page, "PNG", tmp_path))[:rows], picture[:rows])


# --- text stays text, and everyone can use it ---


def test_hostile_titles_and_labels_show_as_text(page):
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.evaluate(
        f"""(hostile) => {{
          const app = {APP};
          window.before = app.sound.payload;
          const labels = structuredClone(app.sound.payload.labels);
          labels[0].name = hostile;
          app.receive({{ ...app.sound.payload, title: hostile, notes: [hostile], labels }});
        }}""",
        HOSTILE,
    )
    expect(page.locator(".ex-title")).to_have_text(HOSTILE)
    expect(page.locator(".ex-notes")).to_have_text(HOSTILE)
    expect(page.locator(".ex-label .ex-name").first).to_have_text(HOSTILE)
    assert page.locator(".explorer img").count() == 0
    change(page, heat="rollout")
    assert HOSTILE in page.evaluate("document.querySelector('.ex-code').textContent")
    page.evaluate(f"{APP}.receive(window.before)")
    assert dialogs == []


def test_a_sound_that_is_no_longer_kept_is_explained_anew(page, explanation):
    page.evaluate(
        f"""() => {{
          window.before = {APP}.sound.payload;
          {APP}.receive({{ ...window.before, id: 'e'.repeat(32) }});
        }}"""
    )
    change(page, heat="label", labels=["Dog"])
    drawn, highest = drawn_map(page)
    assert np.abs(drawn - explanation.relevance("Dog").ravel()).max() <= highest / 255 + 1e-6
    page.evaluate(f"{APP}.receive(window.before)")


def test_a_sound_that_can_be_had_nowhere_any_more_says_so(page):
    page.evaluate(
        f"""() => {{
          window.before = {APP}.sound.payload;
          {APP}.receive({{ ...window.before, id: 'f'.repeat(32), source: null }});
        }}"""
    )
    change(page, heat="label", labels=["Dog"])
    expect(page.locator(".ex-map-facts")).to_contain_text("no longer kept", timeout=ANSWER)
    page.evaluate(f"{APP}.receive(window.before)")


def test_busy_and_failed_keep_the_picture_and_an_empty_one_invites(page):
    page.evaluate(f"window.before = {APP}.sound.payload")
    page.evaluate(f"{APP}.receive({{ status: 'busy', stage: 'Listening' }})")
    expect(page.locator(".ex-busy")).to_have_text("Listening")
    page.evaluate(f"{APP}.receive({{ status: 'error', message: 'Too short: record again.' }})")
    expect(page.get_by_role("alert").filter(has_text="Too short")).to_be_visible()
    expect(page.locator(".ex-title")).to_have_text("chirp.wav")
    page.evaluate(f"{APP}.receive(null)")
    expect(page.locator(".ex-invite")).to_be_visible()
    expect(page.locator(".ex-panels")).to_be_hidden()
    page.evaluate(f"{APP}.receive(window.before)")


def test_the_picture_is_described_and_has_a_table(page, explanation):
    best = explanation.top(1)[0][0]
    label = page.locator(".ex-stage").get_attribute("aria-label")
    assert "Spectrogram of chirp.wav" in label
    assert f"Most likely {best}" in label
    assert "Loudest at" in label
    change(page, heat="rollout")
    table = page.get_by_role("region", name="The picture as a table").locator("table")
    if not table.is_visible():
        page.get_by_text("The picture as a table", exact=True).click()
    expect(table.locator("tr")).to_have_count(explanation.grid.freq_patches + 1)
    first = table.locator("tr").last.locator("td").first.text_content()
    mean = explanation.input_values[:50, :16].mean()
    assert float(first.split(",")[0].replace("\u2212", "-")) == pytest.approx(mean, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_violation(chromium, server, recording, theme):
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme=theme)
    page, complaints = open_sound(context, server, recording)
    change(page, heat="layer", grid="outline", patch={"f": 3, "t": 4}, labels=["Dog"])
    found = Axe().run(page, context=".explorer").response["violations"]
    context.close()
    serious = [
        (rule["id"], node["html"][:200], node.get("failureSummary"))
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
    assert serious == []
    assert complaints.errors == []


def test_a_finger_picks_pans_and_nothing_overflows_on_a_phone(chromium, server, recording):
    context = chromium.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        color_scheme="dark",
    )
    page, complaints = open_sound(context, server, recording)
    page.locator(".ex-stage").scroll_into_view_if_needed()
    page.touchscreen.tap(*place_of(page, 60, 40))
    assert page.evaluate(f"{APP}.state.patch") is not None
    expect(page.get_by_role("button", name="Close", exact=True)).to_be_visible()
    card = page.locator(".ex-patch").bounding_box()
    assert card["y"] + card["height"] == pytest.approx(844, abs=2)
    _, middle = place_of(page, 60, 40)
    assert middle < card["y"], "the patch lies above the card"
    page.get_by_role("button", name="Close", exact=True).tap()
    change(page, zoom=2)
    before = page.evaluate(f"{APP}.view.left")
    x, y = place_of(page, 90, 70)
    touch = context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x - 60, "y": y}]),
        ("touchMove", [{"x": x - 100, "y": y}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function(f"{APP}.view.left > {before} + 20")
    for width in (390, 360):
        page.set_viewport_size({"width": width, "height": 844})
        change(page, heat="layer", grid="outline")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    assert complaints.external == []
    assert complaints.errors == []


def test_clearing_the_sound_empties_the_explorer(chromium, server, recording):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page, complaints = open_sound(context, server, recording)
    page.get_by_role("button", name="Clear the sound").click()
    expect(page.locator(".ex-invite")).to_be_visible(timeout=ANSWER)
    expect(page.locator(".ex-panels")).to_be_hidden()
    context.close()
    assert complaints.errors == []


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


def test_the_window_is_dragged_over_a_longer_sound(chromium, server, tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(chirp(), 5), SAMPLING_RATE, subtype="PCM_16")
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page, complaints = open_sound(context, server, path)
    expect(page.get_by_role("button", name="Timeline hears all of it")).to_be_visible()
    part = page.get_by_role("slider", name="Part of the sound in the picture")
    box = part.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=5)
    page.mouse.up()
    expect(page.locator(".ex-notes")).to_contain_text("13.00 s long, 5.2", timeout=ANSWER)
    assert page.evaluate(f"{APP}.sound.payload.waveform.start") == pytest.approx(5.23, abs=0.2)
    page.get_by_role("button", name="Timeline hears all of it").click()
    expect(page.get_by_role("tab", name="Timeline")).to_have_attribute("aria-selected", "true")
    context.close()
    assert complaints.errors == []


def test_a_model_that_knows_nothing_of_a_sound_says_so(page):
    page.evaluate(
        f"""() => {{
          window.before = {APP}.sound.payload;
          {APP}.receive({{ ...window.before, abstains: true, threshold: 0.4 }});
        }}"""
    )
    expect(page.locator(".ex-unknown")).to_contain_text("Nothing it knows: no score reaches 0.40")
    expect(page.locator(".ex-label").first).to_be_visible()
    assert "Nothing the model knows" in page.locator(".ex-stage").get_attribute("aria-label")
    page.evaluate(f"{APP}.receive(window.before)")


def test_many_labels_can_be_searched(page):
    page.evaluate(
        f"""() => {{
          window.before = {APP}.sound.payload;
          const label = (_, i) => ({{ name: `label ${{i}}`, score: 0 }});
          const labels = Array.from({{ length: 527 }}, label);
          {APP}.receive({{ ...window.before, labels }});
        }}"""
    )
    page.get_by_role("searchbox", name="Search labels").fill("LABEL 52")
    expect(page.locator(".ex-label")).to_have_count(8)
    page.evaluate(f"{APP}.receive(window.before)")


def test_labels_of_the_model_are_all_there(page):
    page.get_by_role("button", name=f"Show all {len(LABELS)}").click()
    expect(page.locator(".ex-label")).to_have_count(len(LABELS))
    page.get_by_role("button", name="Show fewer").click()
