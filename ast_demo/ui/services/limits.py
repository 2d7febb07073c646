"""Every bound of the page and the API; each may be overridden by an environment variable."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

MEGABYTE = 1 << 20  # bytes
QUICK_THREADS = 24  # for what takes no time, so that it never waits behind what does


def _bound(default: int, variable: str, reason: str) -> int:
    return field(default=default, metadata={"variable": variable, "reason": reason})


@dataclass(frozen=True)
class Limits:
    """Bounds that keep a public page alive; metadata holds each one's variable and reason."""

    file_megabytes: int = _bound(
        50, "AST_FILE_MEGABYTES", "an hour of MP3 at 96 kbit/s, or five minutes of stereo WAV"
    )
    sound_seconds: int = _bound(
        600, "AST_SOUND_SECONDS", "of one sound, 38 MB in memory; the rest is left out with a note"
    )
    channels: int = _bound(
        8, "AST_CHANNELS", "of one sound: 7.1 surround; more than 8 are refused in any case"
    )
    lowest_rate: int = _bound(
        8000, "AST_LOWEST_RATE", "in Hz: telephone speech; less is refused in any case"
    )
    highest_rate: int = _bound(
        192000, "AST_HIGHEST_RATE", "in Hz: studio equipment; more is refused in any case"
    )
    temporary_megabytes: int = _bound(
        2048, "AST_TEMPORARY_MEGABYTES", "all uploads together; more are refused until some expire"
    )
    temporary_files: int = _bound(
        4000, "AST_TEMPORARY_FILES", "all uploads together; counting more would slow each upload"
    )
    visitor_megabytes: int = _bound(
        512, "AST_VISITOR_MEGABYTES", "uploads kept of one address: a quarter of the room"
    )
    files_per_upload: int = _bound(
        16, "AST_FILES_PER_UPLOAD", "in one request; the page sends one, clients a few"
    )
    keep_seconds: int = _bound(
        600,
        "AST_KEEP_SECONDS",
        "uploads and recordings are deleted after this time",
    )
    sweep_seconds: int = _bound(60, "AST_SWEEP_SECONDS", "how often expired files are looked for")
    queue_size: int = _bound(
        32, "AST_QUEUE_SIZE", "waiting requests; one more is told that the server is busy"
    )
    model_runs: int = _bound(
        1, "AST_MODEL_RUNS", "requests inside a model at once; one already uses every core"
    )
    batch: int = _bound(
        8, "AST_BATCH", "sounds classified in one run of a model, if so many wait for it"
    )
    threads: int = _bound(
        12, "AST_THREADS", "requests decoded or waiting for the model at once; the rest queue"
    )
    visitor_turns: int = _bound(
        8, "AST_VISITOR_TURNS", "of these, what one address may have; the others find a place"
    )
    visitor_waiting: int = _bound(
        24, "AST_VISITOR_WAITING", "waiting requests of one address; a class may share it"
    )
    timelines: int = _bound(
        8, "AST_TIMELINES", "recordings followed at once, a batch of windows each in turn"
    )
    visitor_timelines: int = _bound(
        4, "AST_VISITOR_TIMELINES", "of these, those of one address; a long one takes minutes"
    )
    models_loaded: int = _bound(
        3, "AST_MODELS_LOADED", "the default and two others; 87 M weights take 350 MB each"
    )
    hub_megabytes: int = _bound(
        512, "AST_HUB_MEGABYTES", "of weights that a visitor has downloaded; 87 M take 350"
    )
    hub_parameters: int = _bound(
        128, "AST_HUB_PARAMETERS", "millions in a model that a visitor names; the usual has 87"
    )
    hub_work: int = _bound(
        1500, "AST_HUB_WORK", "billions of multiplications in one pass of it; the usual takes 130"
    )
    hub_attention: int = _bound(
        6000, "AST_HUB_ATTENTION", "millions of attention weights in a pass; the usual has 212"
    )
    hub_pass_megabytes: int = _bound(
        6144, "AST_HUB_PASS_MEGABYTES", "that explaining a label holds; the usual takes 920"
    )
    hub_models: int = _bound(
        8, "AST_HUB_MODELS", "models of the Hub on the disk; a visitor's choice adds no more"
    )
    explanations_kept: int = _bound(
        64, "AST_EXPLANATIONS_KEPT", "sounds whose maps can be asked for without a new run"
    )
    explanation_megabytes: int = _bound(
        768, "AST_EXPLANATION_MEGABYTES", "their queries and keys; 90 MB a sound at 87 M weights"
    )
    requests_per_minute: int = _bound(
        1200, "AST_REQUESTS_PER_MINUTE", "per client address; a live view makes 240, with words 370"
    )
    request_burst: int = _bound(
        120, "AST_REQUEST_BURST", "requests a client may make at once before the rate counts"
    )
    pages_per_minute: int = _bound(
        240, "AST_PAGES_PER_MINUTE", "opened per client address, 30 ms each; a class of 30 reloads"
    )
    streams: int = _bound(
        256, "AST_STREAMS", "results and pages that one address follows; each page has two"
    )
    guesses: int = _bound(
        10, "AST_GUESSES", "wrong passwords of one address at once; ten times as many of all"
    )
    guesses_per_minute: int = _bound(
        10, "AST_GUESSES_PER_MINUTE", "then: a word of a small dictionary would take weeks"
    )
    live_streams: int = _bound(
        8, "AST_LIVE_STREAMS", "microphones followed at a time; each holds about 2 MB"
    )
    live_seconds: int = _bound(
        600, "AST_LIVE_SECONDS", "a live stream ends then, so that a forgotten page frees its place"
    )
    timeline_seconds: int = _bound(
        14400, "AST_TIMELINE_SECONDS", "of one recording; compressed silence makes days of 50 MB"
    )
    zip_megabytes: int = _bound(
        50, "AST_ZIP_MEGABYTES", "of a ZIP with labelled clips; more is checked at home"
    )
    zip_members: int = _bound(
        200, "AST_ZIP_MEMBERS", "clips in a ZIP: with 30 ms each they take a few seconds"
    )
    zip_unpacked_megabytes: int = _bound(
        400, "AST_ZIP_UNPACKED_MEGABYTES", "of a ZIP: 200 clips of 10 s, stereo at 48 kHz"
    )
    zip_ratio: int = _bound(
        100,
        "AST_ZIP_RATIO",
        "unpacked bytes to each packed one; sounds pack two to one, zeros 1000",
    )
    check_sounds: int = _bound(
        16, "AST_CHECK_SOUNDS", "that one check bends: the examples; 134 bends of each"
    )
    check_sound_seconds: int = _bound(
        1200, "AST_CHECK_SOUND_SECONDS", "that one check hears: 200 clips of 6 s; more is for home"
    )
    checks: int = _bound(4, "AST_CHECKS", "under way at once, a pass of the model each in turn")
    visitor_checks: int = _bound(
        1, "AST_VISITOR_CHECKS", "of these, those of one address; a second one waits"
    )
    check_seconds: int = _bound(
        300, "AST_CHECK_SECONDS", "of one check; then what is done is shown"
    )
    json_megabytes: int = _bound(
        4, "AST_JSON_MEGABYTES", "one request that is not an upload; a sound sent along takes 3.9"
    )
    drain_seconds: int = _bound(
        6, "AST_DRAIN_SECONDS", "to finish what runs when told to end; containers kill after ten"
    )
    sessions: int = _bound(
        1000, "AST_SESSIONS", "open pages whose settings are remembered; older ones start afresh"
    )

    @property
    def page_threads(self) -> int:
        """Threads of the page: all that work or wait for a place, and some that are quick."""
        long = self.timelines + self.checks
        return self.threads + self.queue_size + long + QUICK_THREADS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Limits:
        """Read the bounds that the environment overrides.

        Raises:
            ValueError: naming a variable that holds no whole number of at least 1.
        """
        environment = os.environ if environment is None else environment
        chosen = {}
        for bound in fields(cls):
            text = environment.get(bound.metadata["variable"])
            if text is not None:
                chosen[bound.name] = _positive(bound.metadata["variable"], text)
        return cls(**chosen)


def _positive(variable: str, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise ValueError(f"{variable} is {text!r}, expected a whole number of at least 1.")
    return value


def spell_time(seconds: int) -> str:
    """Write a time for people: 45 seconds, 10 minutes."""
    if seconds < 120:
        return f"{seconds} second{'s' * (seconds != 1)}"
    return f"{-(-seconds // 60)} minutes"
