"""The lesson's worksheet: two A4 pages to work on and a key, made from one sound."""

from __future__ import annotations

import io
import textwrap

import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager

from ast_demo.explain.explanation import Explanation
from ast_demo.explain.lesson import measured_effects, worksheet_answers, worksheet_facts
from ast_demo.features.spectrogram import HOP_SECONDS, hertz_to_mel, mel_axis

A4_INCHES = (8.27, 11.69)
LINE_CHARACTERS = 88  # of body text on a page's width, of wide letters half as many
HERTZ_TICKS = (125, 250, 500, 1000, 2000, 4000, 8000)
WIDE_LETTERS = "\u2e80"  # from here on Chinese, Japanese and Korean begin
WIDE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
)


def worksheet_pdf(explanation: Explanation, title: str, lesson: dict) -> bytes:
    """Return the worksheet of a sound as a PDF of three pages.

    Args:
        explanation: the explained sound.
        title: what to call it.
        lesson: the words of one language, from `read_lesson`.

    Raises:
        ValueError: if no font here has the language's letters.
    """
    font = _font_for(lesson)
    pages = (_drawing_page, _numbers_page, _key_page)
    file = io.BytesIO()
    with PdfPages(file, metadata={"Title": lesson["worksheet"]["title"]}) as pdf:
        for page in pages:
            pdf.savefig(page(explanation, title, lesson, font))
    return file.getvalue()


def _font_for(lesson: dict) -> FontProperties:
    words = lesson["worksheet"]["title"] + lesson["worksheet"]["blanks"]
    if max(words) < WIDE_LETTERS:
        return FontProperties()
    known = {font.name for font in fontManager.ttflist}
    for name in WIDE_FONTS:
        if name in known:
            return FontProperties(family=name)
    raise ValueError(
        f"there is no font here with the letters of {lesson['language']}, expected one such as "
        f"{WIDE_FONTS[0]}: install it, or choose another language."
    )


class _Page:
    """An A4 page that text runs down on."""

    def __init__(self, font: FontProperties):
        self.figure = Figure(figsize=A4_INCHES)
        self._font = font
        self.top = 0.95  # of the page, where the next line goes

    def write(self, text: str, size: float = 11, bold: bool = False, indent: float = 0.0) -> None:
        """Write a paragraph, in lines that fit."""
        wide = max(text, default=" ") >= WIDE_LETTERS
        width = LINE_CHARACTERS * 11 / size / (2 if wide else 1)
        for line in textwrap.wrap(text, int(width)) or [""]:
            font = self._font.copy()
            font.set_size(size)
            font.set_weight("bold" if bold else "normal")
            self.figure.text(0.09 + indent, self.top, line, fontproperties=font, va="top")
            self.top -= 0.0021 * size
        self.top -= 0.006

    def rule(self, gap: float = 0.028) -> None:
        """Draw a line to write on."""
        self.top -= gap
        self.figure.add_artist(_line(0.09, 0.91, self.top))

    def axes(self, height: float):
        """Add a plot over the page's width and move on below it."""
        plot = self.figure.add_axes((0.13, self.top - height, 0.78, height))
        self.top -= height + 0.055
        return plot


def _line(left: float, right: float, height: float):
    from matplotlib.lines import Line2D

    return Line2D([left, right], [height, height], color="0.4", linewidth=0.6)


def _drawing_page(explanation, title: str, lesson: dict, font: FontProperties) -> Figure:
    words, page = lesson["worksheet"], _Page(font)
    page.write(words["title"], 18, bold=True)
    page.write(f"{words['name']}: ____________________________")
    page.write(_fill(words["sound"], _sound_facts(explanation, title)))
    page.write(words["draw"])
    _time_and_pitch(page.axes(0.24), explanation)
    page.write(words["experiment"], 13, bold=True)
    for line in words["experiment_lines"]:
        page.write(line)
        page.rule(0.012)
        page.rule()
        page.top -= 0.014
    page.write(words["exit"])
    page.rule(0.012)
    page.rule()
    return page.figure


def _numbers_page(explanation, title: str, lesson: dict, font: FontProperties) -> Figure:
    words, page = lesson["worksheet"], _Page(font)
    page.write(words["picture"], 13, bold=True)
    _draw_cards(page.axes(0.24), explanation)
    page.write(words["blanks"], 13, bold=True)
    facts = _facts(explanation)
    for number, (_, question) in enumerate(words["questions"], 1):
        page.write(f"{number}.  {_fill(question, facts).replace('____', '____________')}")
        page.top -= 0.018
    return page.figure


def _key_page(explanation, title: str, lesson: dict, font: FontProperties) -> Figure:
    words, page = lesson["worksheet"], _Page(font)
    page.write(f"{words['key']}: {words['title']}", 18, bold=True)
    page.write(_fill(words["sound"], _sound_facts(explanation, title)))
    answers, facts = worksheet_answers(explanation.grid), _facts(explanation)
    for number, (name, question) in enumerate(words["questions"], 1):
        page.write(f"{number}.  {_fill(question, facts).replace('____', f'[ {answers[name]} ]')}")
    page.write(words["experiment"], 13, bold=True)
    experiments, step = lesson["steps"]["break"]["kinds"], lesson["steps"]["break"]
    effects = measured_effects(explanation.classifier.checkpoint)
    for kind, (name, _) in experiments.items():
        page.write(f"{name}. {_usual_effect(step, effects, kind)}", 9.5)
    return page.figure


def _usual_effect(step: dict, effects: dict | None, kind: str) -> str:
    """Say what an experiment usually does; painting is measured with the hottest tenth."""
    effects = effects or {}
    measured = effects.get("experiments", {}).get("hottest" if kind == "paint" else kind)
    if measured is None:
        return step["unmeasured"]
    low, high = measured["kept_interval"]
    shares = {
        "kept": measured["kept"],
        "kept_low": low,
        "kept_high": high,
        "right": measured["right"],
        "right_before": effects["right"],
    }
    facts = {name: f"{100 * share:.0f} %" for name, share in shares.items()}
    return _fill(step["measured"], {"clips": effects["clips"], **facts})


def _time_and_pitch(plot, explanation: Explanation) -> None:
    """Draw empty axes of the picture's size."""
    grid = explanation.grid
    plot.set_xlim(0, grid.max_length * HOP_SECONDS)
    plot.set_ylim(0, grid.num_mel_bins)
    places = _bins_of(grid)
    shown = [(places(hertz), hertz) for hertz in HERTZ_TICKS if hertz <= grid.sampling_rate / 2]
    plot.set_yticks([place for place, _ in shown], [str(hertz) for _, hertz in shown], fontsize=8)
    plot.tick_params(labelsize=8)
    plot.set_xlabel("s", fontsize=9)
    plot.set_ylabel("Hz", fontsize=9)


def _draw_cards(plot, explanation: Explanation) -> None:
    """Draw the model's picture in greys, which any printer has, with where its cards begin."""
    grid = explanation.grid
    _time_and_pitch(plot, explanation)
    end = grid.max_length * HOP_SECONDS
    picture = np.ma.array(explanation.input_values.T.copy())
    picture[:, explanation.num_frames :] = np.ma.masked
    plot.imshow(
        picture,
        origin="lower",
        aspect="auto",
        cmap="gray_r",
        extent=(0, end, 0, grid.num_mel_bins),
        interpolation="nearest",
    )
    for t in range(grid.time_patches):
        plot.axvline(grid.frames(t).start * HOP_SECONDS, color="0.55", linewidth=0.3)
    for f in range(grid.freq_patches):
        plot.axhline(grid.mel_bins(f).start, color="0.55", linewidth=0.3)


def _bins_of(grid):
    """Return what places a frequency on the axis of mel bins."""
    lowest, step = mel_axis(grid.num_mel_bins, grid.sampling_rate)
    return lambda hertz: (hertz_to_mel(hertz) - lowest) / step - 0.5


def _facts(explanation: Explanation) -> dict:
    hidden = explanation.classifier.config.hidden_size
    return worksheet_facts(explanation.grid, hidden)


def _sound_facts(explanation: Explanation, title: str) -> dict:
    seconds = f"{explanation.seconds:.2f}"
    return {"title": title, "seconds": seconds, "model": _model_name(explanation)}


def _model_name(explanation: Explanation) -> str:
    checkpoint = explanation.classifier.checkpoint
    return "" if checkpoint is None else checkpoint.name


def _fill(template: str, facts: dict) -> str:
    """Put facts into a sentence's {names}."""
    for name, value in facts.items():
        template = template.replace(f"{{{name}}}", str(value))
    return template
