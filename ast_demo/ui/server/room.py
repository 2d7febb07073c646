"""Room for sounds: what lies in the folder, what is on its way, and what is each visitor's."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from pathlib import Path

from ast_demo.ui.services.limits import MEGABYTE, Limits, spell_time
from ast_demo.ui.services.uploads import delete_fragments

FOLDER_SIZE_SECONDS = 2.0  # how long a measured size of the folder is believed
SENDERS_KEPT = 10_000  # addresses whose uploads are counted; the one seen longest ago is forgotten


class UploadRoom:
    """Say whether there is room for a sound before it comes, and hold that room while it does.

    Args:
        folder: where uploads are kept.
        limits: of the host.
    """

    def __init__(self, folder: Path, limits: Limits):
        self._folder = folder
        self._limits = limits
        self._measured = (-FOLDER_SIZE_SECONDS, 0, 0)  # when, bytes, files
        self._coming = Counter()  # address -> bytes on their way
        self._senders = OrderedDict()  # address -> deque of (when, bytes) that are kept

    def refusal(self, address: str, length: int) -> str | None:
        """Say why a sound cannot be taken; None if it can.

        Args:
            address: who sends it.
            length: bytes that it may have.
        """
        limits = self._limits
        delete_fragments(self._folder, limits.keep_seconds)
        held, files = self._size()
        full = limits.temporary_megabytes * MEGABYTE
        if held + self._coming.total() + length > full or files >= limits.temporary_files:
            return (
                "The server's room for sounds is used up: try again in "
                f"{spell_time(limits.keep_seconds)}."
            )
        if self._kept(address) + self._coming[address] + length > self._share(full):
            return (
                f"At most {limits.visitor_megabytes} MB of sounds are kept for one visitor: try "
                f"again in {spell_time(limits.keep_seconds)}."
            )
        return None

    @contextlib.contextmanager
    def reserved(self, address: str, length: int, kept: bool) -> Iterator[None]:
        """Hold room for a sound until it has arrived.

        Args:
            address: who sends it.
            length: bytes that it may have.
            kept: whether it stays afterwards.
        """
        self._coming[address] += length
        try:
            yield
        finally:
            self._coming[address] -= length
            self._coming += Counter()
            if kept:
                when, held, files = self._measured
                self._measured = (when, held + length, files + 1)
                self._keep(address, length)

    def _share(self, full: int) -> int:
        """Return the bytes of one visitor, all there is where that is less."""
        return min(full, self._limits.visitor_megabytes * MEGABYTE)

    def _keep(self, address: str, length: int) -> None:
        self._senders.setdefault(address, deque()).append((time.monotonic(), length))
        self._senders.move_to_end(address)
        if len(self._senders) > SENDERS_KEPT:
            self._senders.popitem(last=False)

    def _kept(self, address: str) -> int:
        """Return the bytes that an address sent and that are not yet deleted."""
        sent = self._senders.get(address, deque())
        while sent and sent[0][0] < time.monotonic() - self._limits.keep_seconds:
            sent.popleft()
        return sum(length for _, length in sent)

    def _size(self) -> tuple[int, int]:
        """Return bytes and number of the files in the folder."""
        when, held, files = self._measured
        if time.monotonic() - when > FOLDER_SIZE_SECONDS:
            sizes = list(_file_sizes(self._folder))
            held, files = sum(sizes), len(sizes)
            self._measured = (time.monotonic(), held, files)
        return held, files


def _file_sizes(folder: Path) -> Iterator[int]:
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.path.getsize(os.path.join(parent, name))
            except OSError:  # deleted meanwhile
                continue
