"""A cache for libraries that fetch no key sets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import requests

Keys = TypeVar("Keys")


class RemoteKeySet(Generic[Keys]):
    """Fetches a key set once in ``max_age`` seconds, and parses it with ``parse``."""

    def __init__(self, url: str, max_age: float, parse: Callable[[dict], Keys]) -> None:
        self._url = url
        self._max_age = max_age
        self._parse = parse
        self._lock = threading.Lock()
        self._keys: Keys | None = None
        self._fetched = 0.0

    def get(self) -> Keys:
        with self._lock:
            now = time.monotonic()
            if self._keys is None or now - self._fetched >= self._max_age:
                response = requests.get(self._url, timeout=5)
                response.raise_for_status()
                self._keys, self._fetched = self._parse(response.json()), now
            return self._keys
