"""The table of retired API versions."""

from __future__ import annotations

from diagnose.apis import TABLE, retired
from diagnose.values import version_in_range


def test_what_is_removed_was_deprecated_before() -> None:
    for line in TABLE:
        assert not line.removed or version_in_range(f"v{line.removed}.0", f">={line.deprecated}"), line


def test_each_version_and_kind_stands_once() -> None:
    entries = [(line.api_version, kind) for line in TABLE for kind in line.kinds.split()]
    assert len(entries) == len(set(entries)) > 80


def test_what_takes_the_place_is_not_retired_itself_in_the_same_version() -> None:
    for line in TABLE:
        for kind in line.kinds.split():
            after = retired(line.instead, kind)
            assert after is None or after["removed_in"] != line.removed, (line.api_version, kind)


def test_what_is_not_retired_is_not_there() -> None:
    assert retired("apps/v1", "Deployment") is None
    assert retired("example.com/v1beta1", "Ingress") is None
