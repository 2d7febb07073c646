"""Files of every kind in a real browser: whoever can read them does, server or browser."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from tests.helpers.page import SAMPLING_RATE, choose_file, record_webm, tone

pytestmark = pytest.mark.browser

PATIENCE = 60_000  # milliseconds; other work may share the machine


def expect_title(page, title):
    expect(page.locator(".ex-title")).to_have_text(title, timeout=PATIENCE)


def test_a_webm_that_is_called_flac_is_decoded_by_the_browser(visit, tmp_path):
    page = visit()
    path = tmp_path / "memo.flac"
    path.write_bytes(record_webm(page, 300.0))
    choose_file(page, "Upload a sound", path)
    expect_title(page, "memo.flac")
    expect(page.locator(".ex-notes")).to_contain_text("by the browser")


def test_what_the_server_refuses_is_tried_by_the_browser(visit, tmp_path):
    page = visit()
    path = tmp_path / "many.wav"  # more channels than the host's bound of 8
    sound = np.tile(tone(440.0, 1.0)[:, None], (1, 12))
    soundfile.write(path, sound, SAMPLING_RATE, subtype="PCM_16")
    choose_file(page, "Upload a sound", path)
    expect_title(page, "many.wav")
    expect(page.locator(".ex-notes")).to_contain_text("12 channels averaged")


def test_a_wave_that_is_called_a_phone_memo_goes_to_the_server_as_it_is(visit, tmp_path):
    page = visit()
    path = tmp_path / "memo.m4a"
    soundfile.write(path, tone(440.0, 1.0), SAMPLING_RATE, format="WAV", subtype="PCM_16")
    choose_file(page, "Upload a sound", path)
    expect_title(page, "memo.m4a")
    expect(page.locator(".ex-notes")).not_to_contain_text("by the browser")


def test_a_file_beyond_the_limit_is_heard_if_it_is_small_once_decoded(visit, tmp_path):
    page = visit()
    path = tmp_path / "studio.wav"
    seconds = 190  # 55 MB of 96 kHz, 24 bit
    soundfile.write(path, np.resize(tone(440.0, 1.0), seconds * 96000), 96000, subtype="PCM_24")
    choose_file(page, "Upload a sound", path)
    expect_title(page, "studio.wav")
    expect(page.locator(".ex-notes")).to_contain_text("by the browser")
