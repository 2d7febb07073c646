"""Gradio's default theme with one quiet accent, no shadows and no gradients."""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils import colors, fonts, sizes

# The 600 weights that Gradio ships lack most letters; the bold files are whole and stand in.
_WEIGHTS = (400, 700)


def make_theme() -> gr.themes.Base:
    """Return the theme; colours that differ in the dark are set for both on purpose."""
    return gr.themes.Default(
        primary_hue=colors.teal,  # apart from the spectrogram's purples and the heat's orange
        secondary_hue=colors.teal,
        neutral_hue=colors.zinc,
        radius_size=sizes.radius_sm,
        spacing_size=sizes.spacing_md,
        text_size=sizes.text_md,
        font=(fonts.LocalFont("Source Sans Pro", weights=_WEIGHTS), "system-ui", "sans-serif"),
        font_mono=(fonts.LocalFont("IBM Plex Mono", weights=_WEIGHTS), "monospace"),
    ).set(
        body_background_fill="white",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        color_accent="*primary_700",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_border_width_dark="0px",
        button_secondary_background_fill="*neutral_100",
        button_secondary_background_fill_hover="*neutral_200",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_text_color="*neutral_800",
        button_secondary_text_color_dark="*neutral_200",
        stat_background_fill="*primary_300",
        stat_background_fill_dark="*primary_600",
    )
