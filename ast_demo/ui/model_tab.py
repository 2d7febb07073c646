"""The Model tab: what the model that listens is, in numbers and in the words of its card."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import gradio as gr

from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.ui.services.errors import as_gradio_error
from ast_demo.ui.services.services import Services
from ast_demo.ui.shared.context import QUIET, PageContext

CARD_FILE = "README.md"
DIGEST_LETTERS = 16  # of the SHA-256 that are shown
NO_CARD = "This model brings no card of its own; its page on the Hub or its maker may tell more."
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([\w.-]+\.png)\)")
# Pictures side by side in a table, and what is said of each in the row below.
_PICTURE_TABLE = re.compile(r"^(\|(?: *!\[[^\]]*\]\([\w.-]+\.png\) *\|)+)\n\|[-:| ]+\n(.*)\n", re.M)
_FILE_LINK = re.compile(r"\[([^\]]*)\]\([\w.-]+\)")

# Static templates: what a checkpoint calls itself and its labels enters through textContent.
_FACTS_HTML = '<dl class="about-facts"></dl>'
_FACTS_JS = """
const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
const show = () => element.querySelector('dl').replaceChildren(
  ...(props.value || []).flatMap(([term, text]) => [make('dt', term), make('dd', text)]));
watch('value', show);
show();
"""
_FIGURES_HTML = '<div class="about-figures"></div>'
_FIGURES_JS = """
const picture = ({ alt, src, text }) => {
  const caption = document.createElement('figcaption');
  caption.textContent = text;
  const figure = document.createElement('figure');
  figure.append(Object.assign(new Image(), { alt, src }), caption);
  return figure;
};
const show = () =>
  element.querySelector('div').replaceChildren(...(props.value || []).map(picture));
watch('value', show);
show();
"""


def build_model_tab(shared: PageContext) -> None:
    """Add the tab to the page being built; it fills when it is opened or the model changes."""
    with gr.Tab("Model", id="model-card", elem_id="model-card-tab") as tab:
        facts = gr.HTML(
            [],
            html_template=_FACTS_HTML,
            js_on_load=_FACTS_JS,
            elem_id="about-facts",
            elem_classes="flush",
        )
        card = gr.Markdown(elem_id="about-card")
        figures = gr.HTML(
            [],
            html_template=_FIGURES_HTML,
            js_on_load=_FIGURES_JS,
            elem_id="about-figures",
            elem_classes="flush",
        )

    def about(name: str) -> tuple[list, str, list]:
        try:
            return about_model(shared.services, name)
        except ValueError as error:
            raise as_gradio_error(error) from error

    for event in (tab.select, shared.switched.success):
        event(
            about,
            [shared.model],
            [facts, card, figures],
            concurrency_id="loading",
            **QUIET,
        )


def about_model(services: Services, name: str) -> tuple[list, str, list]:
    """Return what the tab shows of a model: its facts, its card as Markdown, and its figures."""
    classifier = services.models.get(name)
    folder = BUNDLED_FOLDER / name
    checkpoint = classifier.checkpoint
    from_here = checkpoint is not None and checkpoint.source == "bundled"
    bundled = from_here and (folder / CARD_FILE).is_file()
    text = (folder / CARD_FILE).read_text(encoding="utf-8") if bundled else NO_CARD
    said = captions(text)
    figures = [
        {"alt": alt, "src": _data_url(folder / file), "text": said.get(file, alt)}
        for alt, file in _IMAGE.findall(text)
        if (folder / file).is_file()
    ]
    return model_facts(classifier), without_files(text), figures


def model_facts(classifier) -> list[tuple[str, str]]:
    """Return what a loaded checkpoint is, as terms and texts."""
    config, grid, checkpoint = classifier.config, classifier.grid, classifier.checkpoint
    labels = classifier.labels
    some = ", ".join(labels[:3])
    size = sum(file.stat().st_size for file in checkpoint.weights_files)
    revision = f", revision {checkpoint.revision[:12]}" if checkpoint.revision else ""
    return [
        ("Name", f"{checkpoint.name} ({checkpoint.source}{revision})"),
        ("Size", f"{classifier.model.num_parameters() / 1e6:.2f} M weights, {size / 1e6:.1f} MB"),
        ("Labels", f"{len(labels)}: {some}{' …' if len(labels) > 3 else ''}"),
        ("Scores", classifier.rule),
        ("Window", f"{classifier.window_seconds:.2f} s, {config.max_length} frames"),
        (
            "Patches",
            f"{grid.freq_patches} × {grid.time_patches} of {config.patch_size} × "
            f"{config.patch_size} cells, every {config.frequency_stride} mel bins and "
            f"{config.time_stride} frames",
        ),
        (
            "Transformer",
            f"{config.num_hidden_layers} layers of {config.num_attention_heads} heads, "
            f"{config.hidden_size} wide",
        ),
        (
            "Normalization",
            f"mean {classifier.extractor.mean:.4f}, std {classifier.extractor.std:.4f} "
            "(natural-log energy)",
        ),
        ("Runs on", place(classifier)),
        ("Weights", f"SHA-256 {checkpoint.sha256()[:DIGEST_LETTERS]}…"),
    ]


def place(classifier) -> str:
    """Say where a model runs, and why there."""
    dtype = str(classifier.dtype).removeprefix("torch.")
    return f"{classifier.device} in {dtype}: {classifier.placement}"


def captions(text: str) -> dict[str, str]:
    """Return file -> caption of a card's figures that stand in a table."""
    found = {}
    for pictures, row in _PICTURE_TABLE.findall(text):
        cells = [cell.strip() for cell in row.strip("| ").split("|")]
        found.update(
            (file, f"{alt}: {cell}")
            for (alt, file), cell in zip(_IMAGE.findall(pictures), cells)
            if cell
        )
    return found


def without_files(text: str) -> str:
    """Take the figures out of a card, which are shown below it, and links to files beside it."""
    return _FILE_LINK.sub(r"\1", _IMAGE.sub("", _PICTURE_TABLE.sub("", text)))


def _data_url(file: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"
