"""A form with a file in it (`curl -F file=@siren.flac`), read as it comes and within bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

MOST_PARTS = 20  # of one form; ours has four fields
MOST_FIELD_BYTES = 10_000  # of a field that is no file
SOUND_FIELDS = ("file", "sound", "audio")  # hold the sound even where they bring no file name


class FormError(ValueError):
    """A form that cannot be read; the message says what was expected."""


def is_form(content_type: str | None) -> bool:
    """Tell from a request's header whether its body is a form with parts."""
    return (content_type or "").lower().lstrip().startswith("multipart/form-data")


class SoundForm:
    """Find the one sound in a form, and the fields beside it.

    Args:
        content_type: the request's header, which names the boundary between the parts.

    Raises:
        FormError: if it names none.
    """

    def __init__(self, content_type: str):
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise FormError("the form names no boundary: let curl -F or your library make it.")
        self.fields: dict[str, str] = {}  # complete once the sound has been read
        self._sounds = self._parts = 0
        self._name, self._header, self._value = "", b"", b""
        self._is_sound = False
        self._field = bytearray()
        self._pending: list[bytes] = []
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header,
                "on_header_value": self._add_value,
                "on_header_end": self._end_header,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    async def sound(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the bytes of the sound as they come.

        Raises:
            FormError: if the form is broken, has no sound, several, or too many fields.
        """
        async for chunk in stream:
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise FormError(f"the form cannot be read ({str(error)[:100]}).") from None
            for block in self._pending:
                yield block
            self._pending.clear()
        if not self._ended:
            raise FormError("the form ends too early: send all of it.")
        if not self._sounds:
            raise FormError("the form holds no file: send the sound as -F file=@siren.flac.")

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise FormError(f"the form has more than {MOST_PARTS} parts.")
        self._name, self._is_sound = "", False
        self._header, self._value = b"", b""
        self._field.clear()

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options or self._name in SOUND_FIELDS:
                self._is_sound = True
                self._sounds += 1
                if self._sounds > 1:
                    raise FormError("the form holds several files: send one sound a request.")
        self._header, self._value = b"", b""

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_sound:
            self._pending.append(data[start:end])
            return
        self._field += data[start:end]
        if len(self._field) > MOST_FIELD_BYTES:
            raise FormError(f"the field {self._name[:40]!r} has over {MOST_FIELD_BYTES} bytes.")

    def _end_part(self) -> None:
        if not self._is_sound:
            self.fields[self._name] = self._field.decode("utf-8", "replace").strip()

    def _end(self) -> None:
        self._ended = True
