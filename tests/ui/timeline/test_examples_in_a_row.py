"""The examples in a row, as the page begins to show them: each event right, none for test tones."""

from pathlib import Path

import numpy as np

from ast_demo import AudioClassifier, load_audio
from ast_demo.timeline.events import ON_SCORE
from ast_demo.timeline.sliding_window import compute_timeline
from ast_demo.ui.timeline.views import timeline_facts

EXAMPLES = Path(__file__).resolve().parents[3] / "assets" / "examples"
HEARD = (
    "Acoustic guitar", "Church bells", "Clock tick", "Crackling fire", "Crickets", "Rain", "Siren",
    "Speech", "Thunderstorm", "Violin or fiddle", "Water drops",
)  # fmt: skip


def test_what_the_model_abstains_from_is_no_event_to_begin_with():
    classifier = AudioClassifier.load("everyday-sounds", dtype="float32")
    abstention = classifier.config.abstention_threshold
    clips = [load_audio(clip).waveform for clip in sorted(EXAMPLES.glob("*.flac"))]
    window = classifier.extractor.max_length / 100  # seconds
    timeline = compute_timeline(classifier, np.concatenate(clips), hop_seconds=window / 2)
    facts = timeline_facts(timeline, None, "examples", None, abstention)
    assert facts["threshold"] == abstention > ON_SCORE
    assert [event.label for event in timeline.events(facts["threshold"])] == list(HEARD)
    assert timeline_facts(timeline, None, "examples", None)["threshold"] == ON_SCORE
