"""The lesson's worksheet: two A4 pages to work on and a key, made from one sound."""

from __future__ import annotations

import io
import json
import re
from typing import NamedTuple

import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findSystemFonts
from matplotlib.ft2font import FT2Font

from ast_demo.explain.explanation import Explanation
from ast_demo.explain.lesson import (
    QUESTION_STEPS,
    measured_effects,
    worksheet_answers,
    worksheet_facts,
)
from ast_demo.features.spectrogram import HOP_SECONDS, hertz_to_mel, mel_axis

A4_INCHES = (8.27, 11.69)
LINE_LETTERS = 88  # of body text on a page's width; wide letters count two
HERTZ_TICKS = (125, 250, 500, 1000, 2000, 4000, 8000)
WIDE_LETTERS = "\u2e80"  # from here on Chinese, Japanese and Korean begin
WIDE, CLOSING = r"\u2e80-\uffff", r"\u3001\u3002\uff09\uff0c\uff1a\uff1b\u201d"
# Lines part at spaces and beside wide letters; not before a closing mark, nor in a short bracket.
PIECE = re.compile(rf"(?:\uff08[^\uff09]{{1,8}}|[^{WIDE} ]{{1,40}}|[{WIDE}]| +)[{CLOSING}]* *")
NO_BREAK = "\u00a0"  # a space at which no line parts
WIDE_FONT = "Noto Sans CJK"  # has them, and is free


def worksheet_pdf(explanation: Explanation, title: str, lesson: dict) -> bytes:
    """Return the worksheet of a sound as a PDF of three pages.

    Args:
        explanation: the explained sound.
        title: what to call it.
        lesson: the words of one language, from `read_lesson`.

    Raises:
        ValueError: if no font here has the language's letters.
    """
    fonts = _fonts_for(lesson)
    pages = (_drawing_page, _numbers_page, _key_page)
    file = io.BytesIO()
    with PdfPages(file, metadata={"Title": lesson["worksheet"]["title"]}) as pdf:
        for page in pages:
            pdf.savefig(page(explanation, title, lesson, fonts))
    return file.getvalue()


class _Fonts(NamedTuple):
    """Of body text and of headings."""

    regular: FontProperties
    bold: FontProperties


def _fonts_for(lesson: dict) -> _Fonts:
    """Find fonts with every letter of the worksheet; matplotlib's own lacks the wide ones.

    Raises:
        ValueError: if no font here has them.
    """
    printed = json.dumps([lesson["worksheet"], lesson["steps"]["break"]], ensure_ascii=False)
    wide = {ord(letter) for letter in printed if letter >= WIDE_LETTERS}
    if not wide:
        return _Fonts(FontProperties(), FontProperties(weight="bold"))
    regular, bold = {}, {}  # path -> whether serifs are rather not in it
    for path in sorted(findSystemFonts()):
        font = _opened(path)
        if font is None or not wide <= font.get_charmap().keys():
            continue
        heavy = "bold" in font.style_name.lower()
        (bold if heavy else regular)[path] = "serif" in font.family_name.lower()
    if not regular:
        raise ValueError(
            f"there is no font here with the letters of {lesson['language']}, expected one such as "
            f"{WIDE_FONT}: install it, or choose another language."
        )
    chosen = min(regular, key=lambda path: regular[path])
    heading = min(bold, key=lambda path: bold[path], default=chosen)
    return _Fonts(FontProperties(fname=chosen), FontProperties(fname=heading))


def _opened(path: str) -> FT2Font | None:
    """Open a font file; None if FreeType cannot read it."""
    try:
        return FT2Font(path)
    except RuntimeError:
        return None


class _Page:
    """An A4 page that text runs down on."""

    def __init__(self, fonts: _Fonts):
        self.figure = Figure(figsize=A4_INCHES)
        self._fonts = fonts
        self.top = 0.95  # of the page, where the next line goes

    def write(self, text: str, size: float = 11, bold: bool = False, indent: float = 0.0) -> None:
        """Write a paragraph, in lines that fit."""
        font = (self._fonts.bold if bold else self._fonts.regular).copy()
        font.set_size(size)
        for line in _lines(text, LINE_LETTERS * 11 / size):
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


def _lines(text: str, letters: float) -> list[str]:
    """Cut a paragraph into lines of so many letters."""
    lines, free = [""], letters
    for piece in PIECE.findall(text):
        width = sum(2 if letter >= WIDE_LETTERS else 1 for letter in piece.rstrip(" "))
        if width > free and lines[-1]:
            lines.append("")
            free = letters
        lines[-1] += piece
        free -= width + len(piece) - len(piece.rstrip(" "))
    return [line.rstrip(" ") for line in lines]


def _line(left: float, right: float, height: float):
    from matplotlib.lines import Line2D

    return Line2D([left, right], [height, height], color="0.4", linewidth=0.6)


def _drawing_page(explanation, title: str, lesson: dict, fonts: _Fonts) -> Figure:
    words, page = lesson["worksheet"], _Page(fonts)
    page.write(words["title"], 18, bold=True)
    page.write(f"{words['name']}: ____________________________")
    page.write(_fill(words["sound"], _sound_facts(explanation, title, lesson["decimal"])))
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


def _numbers_page(explanation, title: str, lesson: dict, fonts: _Fonts) -> Figure:
    words, page = lesson["worksheet"], _Page(fonts)
    page.write(words["picture"], 13, bold=True)
    _draw_cards(page.axes(0.24), explanation)
    page.write(words["blanks"], 13, bold=True)
    for number, (_, question) in enumerate(_questions(explanation, lesson), 1):
        page.write(f"{number}.  {question.replace('____', '____________')}")
        page.top -= 0.013
    return page.figure


def _key_page(explanation, title: str, lesson: dict, fonts: _Fonts) -> Figure:
    words, page = lesson["worksheet"], _Page(fonts)
    page.write(f"{words['key']}: {words['title']}", 18, bold=True)
    page.write(_fill(words["sound"], _sound_facts(explanation, title, lesson["decimal"])))
    answers = worksheet_answers(explanation.grid)
    for number, (name, question) in enumerate(_questions(explanation, lesson), 1):
        answer = answers[name].replace(".", lesson["decimal"])
        page.write(f"{number}.  {question.replace('____', f'[ {answer} ]')}")
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


def _questions(explanation: Explanation, lesson: dict) -> list[tuple[str, str]]:
    """List names and questions, with the numbers put in and the step that helps behind."""
    words, order = lesson["worksheet"], list(lesson["steps"])
    facts = worksheet_facts(explanation.grid, explanation.classifier.config.hidden_size)
    listed = []
    for name, question in words["questions"]:
        step = _fill(words["step"], {"number": order.index(QUESTION_STEPS[name]) + 1})
        step = step.replace(" ", NO_BREAK)
        listed.append((name, f"{_fill(question, facts)} {step}"))
    return listed


def _sound_facts(explanation: Explanation, title: str, decimal: str) -> dict:
    seconds = f"{explanation.seconds:.2f}".replace(".", decimal)
    return {"title": title, "seconds": seconds, "model": _model_name(explanation)}


def _model_name(explanation: Explanation) -> str:
    checkpoint = explanation.classifier.checkpoint
    return "" if checkpoint is None else checkpoint.name


def _fill(template: str, facts: dict) -> str:
    """Put facts into a sentence's {names}."""
    for name, value in facts.items():
        template = template.replace(f"{{{name}}}", str(value))
    return template
