"""One client of a load run: its own sounds, the answers that are right for them, its requests."""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import json
import random
from collections.abc import Callable
from urllib.parse import urlsplit

import numpy as np

ANSWER_SECONDS = 120.0  # a request without an answer by then is lost
RATE = 16000  # Hz
SOUND_SECONDS = 2.0
SOUNDS = 2  # of each client
LIVE_CHUNKS = 4  # that a second of microphone is sent in
SCORE_TOLERANCE = 0.05  # half precision and other batches round differently
MORE = {"classify": (0,), "explain": (0, ""), "timeline": (0.0, 0.5)}  # what the API asks for
BYTE_TOLERANCE = 1  # of a cell of the live picture, for the same reason


class BusyError(Exception):
    """The server said that it has too much to do."""


class Client:
    """One visitor's requests; standard library only, so that any machine can be the client.

    Args:
        url: of the server, without a slash at the end.
        seed: what makes its sounds its own.
        address: of this machine (127.0.0.2, ...) that it seems to come from; None for any.
    """

    def __init__(self, url: str, seed: int, address: str | None = None):
        self._place = urlsplit(url)
        self._source = None if address is None else (address, 0)
        self._random = random.Random(seed)
        self._waveforms = [make_sound(1000 * seed + n) for n in range(SOUNDS)]
        self._sounds = [wav_bytes(waveform) for waveform in self._waveforms]
        self.expected: list[dict[str, float]] = []  # label -> score, of our sounds
        self.others: list[dict[str, float]] = []  # the same of everybody else's
        self._pictures: list[np.ndarray] = []  # of the live view
        self._components: list[dict] = []  # of the page, read once, as a browser does

    def learn(self) -> None:
        """Ask for the right answers while the server is quiet."""
        self.expected = [self._plain("classify", sound) for sound in self._sounds]
        self._pictures = [self._live(waveform) for waveform in self._waveforms]

    def ask(self, kind: str) -> bool:
        """Send one request; return whether the answer is for our own sound."""
        n = self._random.randrange(SOUNDS)
        if kind == "live":
            return self._is_our_picture(self._live(self._waveforms[n]), n)
        way, work = kind.split()
        scores = (self._plain if way == "plain" else self._queued)(work, self._sounds[n])
        return self._is_ours(scores, n)

    def _is_ours(self, scores: dict[str, float], n: int) -> bool:
        """Tell whether scores are those of our sound: near them, and nearer than to any other's."""
        if scores.keys() != self.expected[n].keys():
            return False
        off = _distance(scores, self.expected[n])
        rest = [*self.expected[:n], *self.expected[n + 1 :], *self.others]
        return off <= SCORE_TOLERANCE and all(off < _distance(scores, other) for other in rest)

    def _is_our_picture(self, picture: np.ndarray, n: int) -> bool:
        expected = self._pictures[n]
        return picture.shape == expected.shape and bool(
            (np.abs(picture - expected) <= BYTE_TOLERANCE).all()
        )

    def _plain(self, work: str, sound: bytes) -> dict[str, float]:
        return _scores(json.loads(self._send(f"/v1/{work}?top=0", sound)))

    def _queued(self, work: str, sound: bytes) -> dict[str, float]:
        path = self._upload(sound)
        data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, None, *MORE[work]]
        event = self._json(f"/gradio_api/call/{work}", {"data": data})["event_id"]
        lines = self._send(f"/gradio_api/call/{work}/{event}").decode().splitlines()
        told = [line for line in lines if line]
        answer = json.loads(told[-1].removeprefix("data: "))
        if told[-2] != "event: complete":
            raise _failure(str(answer))
        return _scores(answer[0])

    def _live(self, waveform: np.ndarray) -> np.ndarray:
        """Follow a second of microphone; return the picture that the page would draw."""
        serve = self.component("live_begin")
        begun = serve("live_begin", {"model": None})
        request = {"key": begun["key"], "rate": RATE, "floor": -60, "look": False}
        try:
            picture = b""
            for chunk in np.array_split(waveform[:RATE], LIVE_CHUNKS):
                pcm = base64.b64encode((chunk * 32767).astype("<i2").tobytes()).decode()
                picture += base64.b64decode(serve("live_hear", request | {"pcm": pcm})["frames"])
            return np.frombuffer(picture, np.uint8).astype(int)
        finally:
            serve("live_end", {"key": begun["key"]})

    def component(self, name: str) -> Callable[[str, dict], dict]:
        """Return what calls the functions of the component of the page that has this one."""
        ours = {
            "component_id": self._component_id(name),
            "session_hash": f"load{self._random.random()}".replace(".", ""),
        }

        def serve(name: str, request: dict) -> dict:
            body = {**ours, "fn_name": name, "data": request}
            answer = self._json("/gradio_api/component_server", body)
            if "error" in answer:
                raise _failure(answer["error"])
            return answer

        return serve

    def _component_id(self, name: str) -> int:
        self._components = self._components or json.loads(self._send("/config"))["components"]
        for component in self._components:
            if name in (component.get("props", {}).get("server_fns") or ()):
                return component["id"]
        raise ValueError(f"the server has no component with {name}.")

    def _upload(self, sound: bytes) -> str:
        mark = b"----load"
        body = b"--" + mark + b'\r\nContent-Disposition: form-data; name="files"; filename="a.wav"'
        body += b"\r\nContent-Type: audio/wav\r\n\r\n" + sound + b"\r\n--" + mark + b"--\r\n"
        kind = f"multipart/form-data; boundary={mark.decode()}"
        return json.loads(self._send("/gradio_api/upload", body, kind))[0]

    def _json(self, path: str, content: dict) -> dict:
        return json.loads(self._send(path, json.dumps(content).encode(), "application/json"))

    def _send(self, path: str, body: bytes | None = None, kind: str = "audio/wav") -> bytes:
        place = self._place
        connection = http.client.HTTPConnection(
            place.hostname or "", place.port, timeout=ANSWER_SECONDS, source_address=self._source
        )
        with contextlib.closing(connection):
            method = "GET" if body is None else "POST"
            connection.request(method, place.path + path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            content = answer.read()
        if answer.status >= 400:
            text = content.decode("utf-8", "replace")
            raise BusyError(text) if answer.status in (429, 503) else _failure(text)
        return content


def _failure(text: str) -> Exception:
    """Return what a refusal means: busy, or a failure of the server."""
    busy = ("busy", "queue", "live places", "too many")
    return BusyError(text) if any(word in text.lower() for word in busy) else ValueError(text[:300])


def _distance(scores: dict[str, float], others: dict[str, float]) -> float:
    return max(abs(score - others[label]) for label, score in scores.items())


def _scores(answer: dict) -> dict[str, float]:
    """Return the score of each label; a timeline's sound is shorter than its only window."""
    if "windows" in answer:
        return dict(zip(answer["labels"], answer["scores"][0]))
    return {row["label"]: row["score"] for row in answer["labels"]}


def make_sound(seed: int) -> np.ndarray:
    """Return a sound like no other: three tones and noise, float32 (samples,)."""
    generator = np.random.default_rng(seed)
    seconds = np.arange(round(SOUND_SECONDS * RATE)) / RATE
    hertz = generator.uniform(80, 7000, 3)
    levels = generator.uniform(0.02, 0.2, 3)
    tones = (levels[:, None] * np.sin(2 * np.pi * hertz[:, None] * seconds)).sum(0)
    noise = generator.normal(0, 10 ** generator.uniform(-4, -1.5), len(seconds))
    return (tones + noise).astype(np.float32)


def wav_bytes(waveform: np.ndarray) -> bytes:
    """Return a 16-bit WAV file."""
    import soundfile

    stream = io.BytesIO()
    soundfile.write(stream, waveform, RATE, format="WAV", subtype="PCM_16")
    return stream.getvalue()
