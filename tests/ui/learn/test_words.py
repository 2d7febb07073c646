"""The lesson's words: every language says all that the page asks for, with the same blanks."""

import re
from pathlib import Path

import pytest

from ast_demo.explain.lesson import lesson_languages, read_lesson

ENGLISH = read_lesson("en")
CODES = [code for code, _ in lesson_languages()]
SCRIPTS = Path(__file__).resolve().parents[3] / "ast_demo" / "ui" / "learn" / "js"
COMMENT = re.compile(r"(^\s*(\*|/\*\*)|(^|\s)// ).*$", re.MULTILINE)
STEPS = "air frames spectrum mel log normalize patches numbers address listening answer break"


def leaves(words, path=()):
    """Yield every sentence with the way to it."""
    if isinstance(words, str):
        yield path, words
        return
    pairs = words.items() if isinstance(words, dict) else enumerate(words)
    for key, value in pairs:
        yield from leaves(value, (*path, key))


def blanks(text):
    return sorted(set(re.findall(r"\{(\w+)\}", text)))


def test_english_has_the_twelve_steps_in_order():
    assert list(ENGLISH["steps"]) == STEPS.split()
    links = SCRIPTS.parents[1] / "shared" / "links.js"  # reads steps of a link
    assert f'"{STEPS}"' in links.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_a_language_has_all_sentences_with_the_same_blanks(code):
    expected = {path: blanks(text) for path, text in leaves(ENGLISH)}
    found = {path: blanks(text) for path, text in leaves(read_lesson(code))}
    assert found == expected


@pytest.mark.parametrize("code", CODES)
def test_every_wrong_choice_has_a_sentence_of_its_own(code):
    for name, step in read_lesson(code)["steps"].items():
        replaced = [key for key in step if key.startswith("why_")]
        sentences = [why for _, why in step["choices"]]
        if name == "break":  # the answer is what happens
            continue
        if replaced:
            sentences[:2] = ["first", "second"]
            assert all(all(step[key]) for key in replaced)
        assert len(set(sentences)) == len(step["choices"])
        assert all(sentences)


def test_every_word_that_a_script_asks_for_is_there():
    steps = ENGLISH["steps"]
    scripts = {path.stem: path.read_text(encoding="utf-8") for path in SCRIPTS.glob("steps/*.js")}
    assert steps.keys() <= scripts.keys()
    for name, source in scripts.items():
        asked = set(re.findall(r"\bwords\.(\w+)", source))
        asking = [steps[name]] if name in steps else steps.values()  # what steps have in common
        assert all(asked <= words.keys() for words in asking), name
    for path in SCRIPTS.glob("**/*.js"):
        asked = re.findall(r"\bui\(\"(\w+)\"", path.read_text(encoding="utf-8"))
        assert not set(asked) - set(ENGLISH["ui"]), path.name


def test_no_sentence_stands_in_a_script():
    allowed = {  # before the words are there
        "The server did not answer: try again.",
        "python -m ast_demo lesson SOUND -o worksheet.pdf",
    }
    for path in SCRIPTS.glob("**/*.js"):
        code = re.sub(
            r"(^\s*(\*|/\*\*)|(^|\s)// ).*$", "", path.read_text(encoding="utf-8"), flags=re.M
        )
        texts = re.findall(r"\"([^\"\n]*)\"(?!\.split)", code)
        sentences = [t for t in texts if re.search(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", t)]
        assert set(sentences) - allowed == set(), path.name
