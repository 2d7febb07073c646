"""The lesson in a real Chromium: every step, by mouse, by touch and by keyboard alone."""

import re

import numpy as np
import pytest

from ast_demo.explain.lesson import read_lesson
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.patches import PatchGrid
from ast_demo.ui.learn.tab import SOURCES
from ast_demo.ui.shared.bundle import bundle, module_name
from tests.helpers.page import LABELS, SAMPLING_RATE, tone

pytestmark = pytest.mark.browser

ENGLISH = read_lesson("en")
STEPS = list(ENGLISH["steps"])
SECONDS = 60_000  # milliseconds that a loaded machine may take
RIGHT = {  # the small model has 64 numbers a card and sigmoid scores
    "air": "They get taller",
    "frames": "498",
    "spectrum": "One peak with splashes all around",
    "mel": "No, the upper one gets more",
    "log": "They all grow by 1.39",
    "normalize": "No, it is much brighter than silence",
    "patches": "Only the overlap",
    "numbers": "No, some of it is gone",
    "address": "No, not in the least",
    "listening": "Heat alone does not show that",
    "answer": "No, each label is judged alone",
}


def open_lesson(visit, server, query="sound=siren", **settings):
    page = visit(url=f"{server.url}?view=learn&lang=en&{query}", **settings)
    page.locator(".learn[data-state=ready]").wait_for(timeout=SECONDS)
    return page


def go_to(page, step):
    page.locator(".ln-goto").nth(STEPS.index(step)).click()
    page.locator(
        f".ln-goto[aria-current=step]:has-text('{ENGLISH['steps'][step]['name']}')"
    ).wait_for()


def choose(page, text):
    page.get_by_role("radio", name=text, exact=True).check()


def reveal(page):
    page.locator(".ln-question .in-main").click()


def told(page):
    answer = page.locator(".ln-answer strong")
    answer.wait_for(timeout=SECONDS)
    return answer.inner_text()


def test_every_choice_is_judged_by_mouse_with_a_sentence_of_its_own(visit, server):
    page = open_lesson(visit, server)
    for step, answer in RIGHT.items():
        go_to(page, step)
        assert page.locator(".ln-question .in-main").is_disabled(), step
        sentences = set()
        texts = page.locator(".ln-choice").all_inner_texts()
        for text in texts:
            choose(page, text)
            reveal(page)
            assert told(page) == ("Right." if text == answer else "Not quite."), (step, text)
            sentences.add(page.locator(".ln-answer p").first.inner_text())
        assert len(sentences) == len(texts) == 3, step


def test_all_twelve_steps_by_keyboard_alone(visit, server):
    page = open_lesson(visit, server)
    page.locator(".ln-goto").first.focus()
    for number, step in enumerate(STEPS):
        page.keyboard.press("Enter")  # on the step's button, later on Next
        assert page.evaluate("document.activeElement.className") == "ln-title", step
        press_until(page, ".ln-stage")
        before = page.evaluate("JSON.stringify(document.querySelector('.learn').lesson.state)")
        page.keyboard.press("ArrowLeft")
        after = page.evaluate("JSON.stringify(document.querySelector('.learn').lesson.state)")
        assert before != after, step
        press_until(page, ".ln-choice input")
        page.keyboard.press("Space")
        press_until(page, ".ln-question .in-main")
        if step != "break":
            page.keyboard.press("Enter")
            told(page)
        if number + 1 < len(STEPS):
            press_until(page, ".ln-next", "Shift+Tab")


def press_until(page, selector, key="Tab"):
    """Walk with the Tab key until an element has the focus."""
    for _ in range(40):
        page.keyboard.press(key)
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with {key}")


def test_opening_the_tab_costs_under_60_kilobytes_of_script(visit):
    page = visit()

    def is_script(response):
        return '"learn_code"' in (response.request.post_data or "")

    with page.expect_response(is_script, timeout=SECONDS) as script:
        page.get_by_role("tab", name="Learn").click()
    assert script.value.request.sizes()["responseBodySize"] < 60_000


def test_a_link_opens_its_step(visit, server):
    page = open_lesson(visit, server, "step=listening&sound=rain")
    assert ENGLISH["steps"]["listening"]["title"] in page.locator(".ln-title").inner_text()
    assert page.locator(".ln-settings select").first.input_value() == "rain"


def test_a_links_model_is_there_from_the_first_picture_on(visit, server):
    page = visit()
    sounds = []

    def keep(request):
        if '"learn_sound"' in (request.post_data or ""):
            sounds.append(request.post_data)

    page.on("request", keep)
    page.goto(f"{server.url}?view=learn&lang=en&step=patches&model=speech-commands")
    page.locator(".ln-read", has_text="12 × 12 = 144 cards").wait_for(timeout=SECONDS)
    page.locator("#model input").wait_for()
    page.wait_for_function(
        "document.querySelector('#learn-tab .learn').lesson.props.value.model === "
        "'speech-commands'",
        timeout=SECONDS,
    )
    assert "model=speech-commands" in page.url
    assert len(sounds) == 1
    assert '"speech-commands"' in sounds[0]


def test_every_word_in_the_pictures_is_the_lessons_own(visit, server):
    """Drawn words stand in the file of the language; labels and file names are the model's."""
    page = visit()
    page.add_init_script(KEEP_DRAWN_WORDS)
    for language in ("de", "zh"):
        lesson = read_lesson(language)
        page.goto(f"{server.url}?view=learn&lang={language}&sound=siren")
        page.locator(".learn[data-state=ready]").wait_for(timeout=SECONDS)
        page.locator(".ln-table summary").click()
        templates = [text for text in every_text(lesson) if re.search(r"[^\W\d_]", bare(text))]
        known = re.compile("|".join(map(pattern_of, templates)))
        for step in STEPS:
            page.locator(".ln-goto").nth(STEPS.index(step)).click()
            page.wait_for_function("document.querySelector('.ln-busy').textContent === ''")
            page.locator(".ln-choice input").first.check()
            reveal(page)
            words = {
                *page.evaluate("[...window.drawnWords]"),
                *page.locator(".ln-table th, .ln-table td").all_inner_texts(),
            }
            foreign = [
                word
                for word in sorted(words - set(LABELS))
                if re.search(r"[^\W\d_]{2}", word) and not known.fullmatch(word)
            ]
            assert foreign == [], (language, step)


KEEP_DRAWN_WORDS = """
window.drawnWords = new Set();
for (const pen of [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]) {
  const { fillText } = pen.prototype;
  pen.prototype.fillText = function (text, ...place) {
    if (this.canvas.closest?.(".learn")) window.drawnWords.add(text);
    return fillText.call(this, text, ...place);
  };
}
"""


def every_text(node):
    """Yield every string of a lesson."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from every_text(child)


def bare(template):
    """Return a sentence without the places where numbers are put in."""
    return re.sub(r"\{\w+\}", "", template)


def pattern_of(template):
    """Return what matches a sentence with anything put in."""
    return ".+".join(map(re.escape, re.split(r"\{\w+\}", template)))


def test_a_link_with_nonsense_opens_the_lesson_with_its_defaults(visit, server):
    page = open_lesson(visit, server, "step=../x&sound=%3Cb%3E&stride=99&patch=-1&layer=x")
    assert page.locator(".ln-title").inner_text().startswith("1 ·")
    state = page.evaluate("document.querySelector('.learn').lesson.state")
    assert (state["fstride"], state["tstride"]) == (10, 10)


def test_the_address_follows_and_holds_no_sound(visit, server):
    page = open_lesson(visit, server, "step=patches&stride=12&patch=100&sound=siren")
    page.wait_for_function("location.search.includes('stride=12')")
    for part in ("view=learn", "step=patches", "sound=siren", "patch=100"):
        assert part in page.url
    go_to(page, "mel")
    page.wait_for_function("location.search.includes('step=mel')")
    assert "stride" not in page.url


def test_steps_up_to_the_models_input_ask_the_server_nothing(visit, server):
    page = open_lesson(visit, server)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for step in STEPS[:7]:
        go_to(page, step)
        for slider in page.locator(".ln-controls input[type=range]").all():
            slider.focus()
            for _ in range(3):
                slider.press("ArrowRight")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert asked == []


def test_the_stride_slider_counts_cards_as_the_grid_does(visit, server):
    page = open_lesson(visit, server, "step=patches&sound=siren")
    for stride in (6, 8, 12, 16):
        for slider in page.locator(".ln-controls input[type=range]").all():
            slider.fill(str(stride))
        grid = PatchGrid(max_length=512, frequency_stride=stride, time_stride=stride)
        expected = f"{grid.freq_patches} × {grid.time_patches} = {grid.num_patches:,} cards"
        page.locator(".ln-read", has_text=expected).wait_for()


def test_a_run_at_another_stride_warns(visit, server):
    page = open_lesson(visit, server, "step=patches&stride=16&sound=siren")
    page.get_by_role("button", name="Run the model at this stride").click()
    page.locator(".ln-outcomes").wait_for(timeout=SECONDS)
    assert "trained at stride 10 only" in page.locator(".ln-warning").inner_text()


def test_glued_addresses_change_nothing_on_the_page_too(visit, server):
    page = open_lesson(visit, server, "step=address&sound=siren")
    page.get_by_role("button", name="Shuffle, addresses glued on").click()
    page.locator(".ln-outcomes").wait_for(timeout=SECONDS)
    for row in page.locator(".ln-outcomes tr").all()[1:]:
        before, after = row.locator("td").all_inner_texts()
        assert before == after


def test_an_experiment_is_judged_by_what_happens(visit, server):
    page = open_lesson(visit, server, "step=break&sound=siren")
    page.locator(".ln-controls select").select_option("shuffle_with_addresses")
    choose(page, "It keeps its score")
    page.get_by_role("button", name="Try it").click()
    assert told(page) == "Right."
    outcome = page.locator(".ln-outcome", has_text="theorem")
    outcome.wait_for(timeout=SECONDS)
    assert "not measured for this model" in outcome.inner_text()


def test_cards_are_painted_by_hand_and_taken_away(visit, server):
    page = open_lesson(visit, server, "step=break&sound=siren")
    stage = page.locator(".ln-stage")
    stage.click(position={"x": 200, "y": 150})
    page.locator(".ln-read", has_text="1 cards painted away").wait_for()
    stage.press("ArrowRight")
    stage.press("Space")
    page.locator(".ln-read", has_text="2 cards painted away").wait_for()
    choose(page, "It keeps its score")
    page.get_by_role("button", name="Try it").click()
    page.locator(".ln-outcomes").wait_for(timeout=SECONDS)


def test_a_question_stays_answerable_while_the_server_is_busy(visit, server):
    page = open_lesson(visit, server, "step=listening&sound=siren")
    page.route("**/component_server/**", lambda route: None)  # never answered
    choose(page, RIGHT["listening"])
    reveal(page)
    assert told(page) == "Right."
    for step in ("address", "answer"):  # numbers that are not there are not made up
        go_to(page, step)
        page.locator(".ln-read", has_text="…").wait_for(timeout=SECONDS)
        assert "0.00" not in page.locator(".ln-read").inner_text()
    go_to(page, "air")
    choose(page, RIGHT["air"])
    reveal(page)
    assert told(page) == "Right."


@pytest.mark.parametrize(
    ("waveform", "note"),
    [
        (np.zeros(32000, np.float32), "digital silence"),
        (tone(440.0, 0.03), "a single frame"),
        (tone(440.0, 8.0), "longer than the window of 5.13 s"),
    ],
    ids=["silent", "one frame", "long"],
)
def test_a_strange_sound_of_explore_carries_over_and_says_so(
    visit, server, sound_file, waveform, note
):
    page = visit(url=f"{server.url}?lang=en")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a sound").click()
    chooser.value.set_files(sound_file("strange.wav", waveform))
    page.locator(".ex-title", has_text="strange.wav").wait_for(timeout=SECONDS)
    page.get_by_role("tab", name="Learn").click()
    page.locator(".ln-note", has_text=note).wait_for(timeout=SECONDS)
    for step in STEPS:
        go_to(page, step)
        page.wait_for_function("document.querySelector('.ln-busy').textContent === ''")
    assert "strange.wav" in page.locator(".ln-settings select option").first.inner_text()


def test_a_model_switched_in_the_middle_keeps_step_and_sound(visit, server):
    page = open_lesson(visit, server, "step=patches&sound=rain")
    page.locator("#model input").click()
    page.get_by_role("option", name="speech-commands").click()
    page.locator(".ln-read", has_text="12 × 12 = 144 cards").wait_for(timeout=SECONDS)
    for step in STEPS:
        go_to(page, step)
        page.wait_for_function("document.querySelector('.ln-busy').textContent === ''")
    go_to(page, "answer")
    choose(page, "Yes, they share one whole")
    reveal(page)
    assert told(page) == "Right."  # softmax over words


def test_another_language_is_chosen_on_the_page(visit, server):
    page = open_lesson(visit, server)
    page.locator(".ln-settings select").nth(1).select_option("de")
    page.locator(".ln-title", has_text="Klang ist Luft").wait_for(timeout=SECONDS)
    assert page.locator(".learn").get_attribute("lang") == "de"


def test_answers_are_shown_to_teachers(visit, server):
    page = open_lesson(visit, server, "answers=1&sound=siren")
    assert told(page) == "Right."
    go_to(page, "mel")
    assert told(page) == "Right."


def test_a_phone_has_room_for_every_step(visit, server):
    page = open_lesson(visit, server, width=360, height=740)
    for step in STEPS:
        go_to(page, step)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, step
        height = page.locator(".ln-next").bounding_box()["height"]
        assert height >= 44, step


def test_a_step_prints_whole_and_alone(visit, server):
    page = open_lesson(visit, server, "step=patches&sound=siren", width=390, theme="dark")
    around = page.locator("#header, .tab-wrapper, .ln-nav, .ln-move, .ln-teacher, .ln-controls")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not [part for part in around.all() if part.is_visible()]
    assert page.locator(".ln-sentence").is_visible()
    width = "document.querySelector('.ln-stage canvas').width"
    assert page.evaluate(width) > 1024  # all columns
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".ln-nav").is_visible()
    assert page.evaluate(width) < 390


def test_large_type_enlarges_the_picture_and_still_picks_where_one_points(visit, server):
    page = open_lesson(visit, server, "step=patches&sound=siren&patch=0", width=1920)
    page.locator(".ln-settings input[type=checkbox]").check()
    lesson = "document.querySelector('.learn').lesson"
    page.wait_for_function(f"{lesson}.scale === 1.5")
    page.locator(".ln-stage").click(position={"x": 1.5 * (48 + 2 * 256), "y": 1.5 * (8 + 64)})
    page.wait_for_function(f"Math.abs({lesson}.state.patch.t - 25) <= 1")


def test_touch_picks_a_card_and_pans_the_picture(chromium, server):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{server.url}?view=learn&lang=en&step=patches&sound=siren&patch=0")
    page.locator(".learn[data-state=ready]").wait_for(timeout=SECONDS)
    picked = "document.querySelector('.learn').lesson.state.patch"
    page.wait_for_function(f"{picked} && {picked}.t === 0")
    page.locator(".ln-stage").scroll_into_view_if_needed()
    box = page.locator(".ln-stage").bounding_box()
    page.touchscreen.tap(box["x"] + 200, box["y"] + 100)
    page.wait_for_function(f"{picked}.t > 3")
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_violation(visit, server, theme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_lesson(visit, server, theme=theme)
    serious = []
    for step in STEPS:
        go_to(page, step)
        page.wait_for_function("document.querySelector('.ln-busy').textContent === ''")
        for rule in Axe().run(page, context=".learn").response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                serious += [(step, rule["id"], node["html"][:120]) for node in rule["nodes"]]
    assert serious == []


def test_the_worksheet_is_downloaded(visit, server):
    page = open_lesson(visit, server)
    page.locator(".ln-teacher summary").click()
    with page.expect_download(timeout=SECONDS) as download:
        page.get_by_role("button", name="Worksheet with key").click()
    assert download.value.suggested_filename == "worksheet.pdf"


def test_the_stages_of_the_browser_are_those_of_python(chromium):
    page = chromium.new_page()
    entry = SOURCES / "js" / "stages.js"
    seconds = np.arange(3 * SAMPLING_RATE) / SAMPLING_RATE
    noise = np.random.default_rng(0).standard_normal(len(seconds))
    sound = 0.3 * np.sin(2 * np.pi * (200 + 900 * seconds) * seconds) + 0.003 * noise
    samples = np.rint(32768 * sound) / 32768
    code = bundle(entry, f"return {module_name(entry)}.makeStages(16000, 128);")
    found = page.evaluate(
        "([code, samples]) => [...new Function(code)().logMel(Float32Array.from(samples))]",
        [code, samples.tolist()],
    )
    page.close()
    expected = ASTFeatureExtractor(max_length=512).stages(samples.astype(np.float32)).log_mel
    audible = expected.numpy() > np.log(1e-4)  # above the rounding of 16 bits
    difference = np.abs(np.reshape(found, expected.shape) - expected.numpy())
    assert difference[audible].max() < 0.01
    assert audible.mean() > 0.5
