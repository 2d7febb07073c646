"""Rates of requests, for each client by itself."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

CLIENTS_REMEMBERED = 10_000  # addresses with a bucket; the one seen longest ago is forgotten


class TokenBucket:
    """Count requests per client: each has a bucket that refills at a rate.

    Args:
        rate: requests a second.
        burst: requests at once, when the bucket is full.
    """

    def __init__(self, rate: float, burst: int):
        self._rate = rate
        self._burst = burst
        self._buckets = OrderedDict()  # client -> (tokens left, time of the last request)
        self._lock = threading.Lock()

    def spend(self, name: str) -> bool:
        """Take one request from a client's bucket; False if it is empty."""
        now = time.monotonic()
        with self._lock:
            tokens, last = self._buckets.pop(name, (self._burst, now))
            tokens = min(self._burst, tokens + (now - last) * self._rate)
            allowed = tokens >= 1
            self._buckets[name] = (tokens - allowed, now)
            if len(self._buckets) > CLIENTS_REMEMBERED:
                self._buckets.popitem(last=False)
        return allowed

    def refund(self, name: str) -> None:
        """Put a request back into a client's bucket."""
        with self._lock:
            if name in self._buckets:
                tokens, last = self._buckets[name]
                self._buckets[name] = (min(self._burst, tokens + 1), last)
