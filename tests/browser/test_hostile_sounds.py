"""Hostile sounds through the page: the picture or one sentence, and the page goes on."""

import re

import pytest
from playwright.sync_api import expect

from tests.hostile.sound_cases import all_cases

pytestmark = pytest.mark.browser

ANSWER = 60_000  # milliseconds on a busy machine
CHOSEN = (
    "one-byte-named-wav", "svg-named-wav", "playlist-named-wav", "m4a-named-wav", "random-mp3",
    "wav-cut-at-28", "wav-rate-2147483647", "wav-channels-0", "wav-data-size-0", "flac-rate-0",
    "wav-promises-more", "flac-claims-13-days", "flac-6-hours", "mp3-6-hours", "channels-1024",
    "rate-44101", "nan", "1e30", "all-zero", "399-samples", "au-size-max",
)  # fmt: skip


def test_hostile_sounds_give_a_picture_or_a_sentence(visit, tmp_path):
    cases = {case.name: case for case in all_cases()}
    page = visit(may_complain=True)  # the player does: browsers play less than the server reads
    for name in CHOSEN:
        case = cases[name]
        file = tmp_path / f"{name}.wav"
        file.write_bytes(case.make())
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Upload a sound").click()
        chooser.value.set_files(file)
        if case.refused is None:
            expect(page.locator(".ex-title")).to_have_text(file.name, timeout=ANSWER)
            continue
        error = page.locator(".ex-error")
        expect(error).to_contain_text(file.name, timeout=ANSWER)
        words = re.compile("sound|audio") if case.refused == "sound" else case.refused
        expect(error).to_contain_text(words)
        said = error.text_content()
        assert said.endswith("."), said
        assert not re.search(r"Traceback|Error|/tmp|HTTP", said), said
        expect(page.locator(".ex-title")).not_to_have_text(file.name)  # the picture before stays
