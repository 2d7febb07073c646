"""The Model tab: facts of whatever is loaded, cards of what is bundled."""

import pytest

from ast_demo.checkpoint.locate import DEFAULT_MODEL
from ast_demo.ui.model_tab import NO_CARD, about_model, captions, without_files
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from tests.helpers.models import hearing_classifier, save_checkpoint


@pytest.fixture
def folder(tmp_path):
    labels = ["<b>Dog</b>", "Cat"]
    shape = {"num_attention_heads": 4, "problem_type": "single_label_classification"}
    classifier = hearing_classifier(labels, **shape)
    save_checkpoint(classifier, tmp_path / "mine")
    (tmp_path / "mine" / "README.md").write_text("# A stranger's words")
    return tmp_path / "mine"


@pytest.fixture(scope="module")
def bundled():
    return Services.create(Limits(), device="cpu", dtype="float32")


def test_the_bundled_model_shows_its_facts(bundled):
    facts = dict(about_model(bundled, DEFAULT_MODEL)[0])
    classifier = bundled.models.get()
    assert facts["Name"] == f"{DEFAULT_MODEL} (bundled)"
    assert facts["Size"].startswith(f"{classifier.model.num_parameters() / 1e6:.2f} M weights, ")
    assert facts["Weights"].startswith(f"SHA-256 {classifier.checkpoint.sha256()[:8]}")


def test_the_bundled_model_shows_its_card_and_below_it_the_figures(bundled):
    _, card, figures = about_model(bundled, DEFAULT_MODEL)
    assert card.startswith(f"# {DEFAULT_MODEL}")
    assert ".png)" not in card
    assert len(figures) >= 2
    assert all(figure["src"].startswith("data:image/png;base64,") for figure in figures)


def test_a_folders_own_words_are_not_shown(folder):
    services = Services.create(Limits(), str(folder), "cpu", "float32")
    _, card, figures = about_model(services, "mine")
    assert card == NO_CARD
    assert figures == []


def test_a_folders_facts_are_shown(folder):
    services = Services.create(Limits(), str(folder), "cpu", "float32")
    facts = dict(about_model(services, "mine")[0])
    assert facts["Name"] == "mine (folder)"
    assert facts["Labels"] == "2: <b>Dog</b>, Cat"
    assert facts["Scores"] == "softmax"
    assert facts["Patches"].startswith("12 × 12 of 16 × 16 cells")
    assert facts["Transformer"] == "2 layers of 4 heads, 32 wide"


def test_links_to_files_beside_the_card_become_text_and_others_stay():
    text = "[report](check.html), [data](https://example.org/a), [above](#data)"
    assert without_files(text) == "report, [data](https://example.org/a), [above](#data)"


def test_figures_in_a_table_leave_it_with_what_is_said_of_them():
    text = "so:\n\n| ![a](a.png) | ![b](b.png) |\n|---|---|\n| one | two, three |\n\nend"
    assert captions(text) == {"a.png": "a: one", "b.png": "b: two, three"}
    assert without_files(text) == "so:\n\n\nend"


def test_figures_leave_the_card():
    assert without_files("text\n\n![c](c.png)\nend ![d](d.png)") == "text\n\n\nend "
