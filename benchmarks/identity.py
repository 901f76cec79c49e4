"""Identifiers and times that look random and are the same in every run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

Json = dict[str, Any]

CAPTURED = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
DAY = 86_400
SERVER_VERSION = "v1.36.2"

# What Kubernetes draws generated names from: no vowels, nothing that reads as another character.
_NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


@lru_cache(maxsize=100_000)
def ago(seconds: int) -> str:
    """The moment `seconds` before the capture, as the API server writes it."""
    return (CAPTURED - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago_micro(seconds: int) -> str:
    """The same with microseconds, as `eventTime` has it."""
    return ago(seconds)[:-1] + ".351532Z"


class Ids:
    """A seeded source of uids, digests, name suffixes and choices."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._version = 1000

    def uid(self) -> str:
        """A version 4 UUID."""
        text = f"{self._random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def digest(self) -> str:
        """Sixty-four hexadecimal digits, as in image and container ids."""
        return f"{self._random.getrandbits(256):064x}"

    def hex(self, digits: int) -> str:
        """`digits` hexadecimal digits."""
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def suffix(self, length: int) -> str:
        """A suffix as Kubernetes generates it."""
        return "".join(self._random.choices(_NAME_ALPHABET, k=length))

    def version(self) -> str:
        """The next resourceVersion."""
        self._version += self._random.randrange(1, 9)
        return str(self._version)

    def pick(self, options: tuple[Any, ...]) -> Any:
        """One of the options."""
        return options[self._random.randrange(len(options))]

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        return self._random.randint(low, high)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._random.random() < probability


def metadata(ids: Ids, name: str, namespace: str = "", age: int = 90 * DAY, **more: Any) -> Json:
    """An object's metadata; `more` holds labels, annotations, ownerReferences and the like."""
    made: Json = {
        "creationTimestamp": ago(age),
        "name": name,
        "resourceVersion": ids.version(),
        "uid": ids.uid(),
        **more,
    }
    if namespace:
        made["namespace"] = namespace
    return made


def owned_by(owner: Mapping[str, Any]) -> list[Json]:
    """The ownerReferences of what `owner` controls."""
    return [
        {
            "apiVersion": owner["apiVersion"],
            "blockOwnerDeletion": True,
            "controller": True,
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
        }
    ]
