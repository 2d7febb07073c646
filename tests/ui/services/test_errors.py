"""What a visitor reads of an error."""

import errno

import pytest

from ast_demo.audio.limits import AudioError
from ast_demo.ui.services.errors import as_gradio_error, user_message
from ast_demo.values import refused


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (AudioError("the sound is too short."), "The sound is too short."),
        (AudioError("siren.wav is empty (0 bytes)."), "siren.wav is empty (0 bytes)."),
        (ValueError("everyday-sounds has no label."), "everyday-sounds has no label."),
        (ValueError(" there is no model. "), "There is no model."),
        (refused("top", -1, "at least 0"), "top is -1, expected at least 0."),
        (ValueError("silence is golden, expected or not."), "Silence is golden, expected or not."),
    ],
)
def test_a_message_begins_with_a_capital_unless_it_begins_with_a_name(error, message):
    assert user_message(error) == message


def test_a_full_disk_is_told_and_any_other_fault_of_ours_not():
    assert "no room for sounds" in user_message(OSError(errno.ENOSPC, "/home/us"))
    assert user_message(OSError(errno.EIO, "/home/us")).startswith("The server failed here")


def test_markup_in_a_message_stays_text():
    assert as_gradio_error(ValueError("<b> is no label.")).message == "&lt;b&gt; is no label."
