"""The block of a card that the report of a check fills."""

import numpy as np
import soundfile

from tests.measurements.check_reports import held_out, with_block

REPORT = {
    "model": {"weights_sha256": "ab" * 32},
    "verdicts": [{"passed": True}, {"passed": False}, {"passed": None}],
    "missed": 1,
    "summary": ["It names 9 of 10.", "It stays."],
    "command": "python -m tests.measurements.check_reports x",
}
CARD = "# x\n\ntext\n\n## How it came about\n\nend\n"


def test_a_card_gets_the_sentences_the_link_and_the_command_before_how_it_came_about():
    card = with_block(CARD, REPORT)
    assert card.index("1 of 2 bars met") < card.index("- It stays.") < card.index("## How it came")
    assert "[check.html](check.html)" in card
    assert "`abababababababab`" in card


def test_a_newer_report_takes_the_place_of_the_older_one():
    card = with_block(with_block(CARD, REPORT), {**REPORT, "summary": ["It names 10 of 10."]})
    assert card.count("## Check") == 1
    assert "It names 9 of 10." not in card
    assert card == with_block(CARD, {**REPORT, "summary": ["It names 10 of 10."]})


def test_clips_are_spread_over_the_labels_that_the_model_knows(tmp_path):
    rows = ["file,label,split"]
    for label in ("yes", "bed", "Siren"):
        for number in range(4):
            name = f"{label}{number}.wav"
            soundfile.write(tmp_path / name, np.zeros(1600), 16000)
            rows.append(f"{name},{label},{'validation' if number else 'train'}")
    (tmp_path / "clips.csv").write_text("\n".join(rows))
    found = held_out("speech-commands", [str(tmp_path / "clips.csv")], [""], 4, ["yes", "unknown"])
    assert [clip.labels for clip in found.clips] == [("unknown",)] * 2 + [("yes",)] * 2
