"""Value semantics: the cases Kubernetes itself documents or tests, properties, and input of any type."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose import values
from diagnose.values import UNKNOWN

SHA = "sha256:" + "0123456789abcdef" * 4

anything: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.binary(max_size=3),
        st.just(UNKNOWN),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


def test_unknown_is_one_falsy_value_that_survives_copies() -> None:
    assert not UNKNOWN
    assert repr(UNKNOWN) == str(UNKNOWN) == "unknown"
    assert isinstance(UNKNOWN, values.Unknown)
    assert copy.deepcopy(UNKNOWN) is UNKNOWN
    assert pickle.loads(pickle.dumps({"a": UNKNOWN}))["a"] is UNKNOWN


# --- quantities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500m", 0.5), ("700m", 0.7), ("100n", 1e-7), ("250u", 0.00025), ("1", 1), ("0", 0), ("0.5", 0.5), (".5", 0.5),
        ("5.", 5), ("+2", 2), ("-1", -1), ("2k", 2000), ("3M", 3e6), ("1G", 1e9), ("1T", 1e12), ("1P", 1e15),
        ("12E", 12e18), ("1Ki", 1024), ("1.5Mi", 1.5 * 2**20), ("1Gi", 2**30), ("1Ti", 2**40), ("1Pi", 2**50),
        ("1Ei", 2**60), ("1e3", 1000), ("1E3", 1000), ("1.5e-3", 0.0015), ("2e+2", 200), (3, 3), (1.25, 1.25),
        ("128974848", 128974848), ("123Mi", 128974848), ("129e6", 129e6), ("128974848000m", 128974848),
    ],
)  # fmt: skip
def test_quantity(text: object, expected: float) -> None:
    assert values.quantity(text) == expected


@pytest.mark.parametrize(
    "value",
    ["", " ", "1 Gi", " 1", "1\n", "1K", "1ki", "1gi", "1GI", "1mi", "m", ".", "1e", "1e1.5", "1Gi1", "1,5", "0x10",
    "1_0",
     "\u0661",
     "nan", "inf", "1e9999", "9" * 100, 10**400, float("nan"), float("inf"), True, None, [], {}, b"1", UNKNOWN],
)  # fmt: skip
def test_not_a_quantity(value: object) -> None:
    assert values.quantity(value) is None


@given(st.integers(0, 10**6), st.sampled_from(["", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]))
def test_quantity_of_whole_numbers_is_exact(number: int, suffix: str) -> None:
    base = 1024 if suffix.endswith("i") else 1000
    power = " kMGTPE".index(suffix[0].replace("K", "k")) if suffix else 0
    assert values.quantity(f"{number}{suffix}") == float(number * base**power)


@given(st.integers(0, 2**62))
def test_format_bytes_reads_back_within_its_one_decimal(number: int) -> None:
    text = values.format_bytes(number)
    back = values.quantity(text)
    assert back is not None
    assert back == pytest.approx(number, rel=0.051)
    assert not text.startswith("1024") or text.endswith("Ei")


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (-0.01, "0"), (512, "512"), (1023, "1023"), (1023.99, "1Ki"), (1024, "1Ki"), (1.5 * 2**30, "1.5Gi"),
     (24 * 2**20, "24Mi"), (2**20 - 1, "1Mi"), (-2048, "-2Ki"), (2**70, "1024Ei"), (0.5, "0.5"),
     (float("nan"), "unknown"), (float("inf"), "unknown")],
)  # fmt: skip
def test_format_bytes(number: float, text: str) -> None:
    assert values.format_bytes(number) == text


# --- durations and times ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1h", 3600), ("2d", 172800), ("1h30m", 5400), ("1w", 604800), ("500ms", 0.5), ("1.5h", 5400),
     ("1y", 31536000), ("0", 0), ("0s", 0), ("10us", 1e-5), ("10µs", 1e-5), ("5ns", 5e-9), (".5m", 30),
     ("1d12h", 129600)],
)  # fmt: skip
def test_duration(text: str, seconds: float) -> None:
    assert values.duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "h", "-1h", "1 h", "1h ", "1H", "1hour", "1.2.3s", "1s\n", "1h" * 100, None, 5, [], UNKNOWN]
)
def test_not_a_duration(text: Any) -> None:
    assert values.duration(text) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (0.9, "0s"), (45, "45s"), (119.9, "119s"), (120, "2m"), (330, "5m30s"), (599, "9m59s"),
     (600, "10m"), (659, "10m"), (10799, "179m"), (10800, "3h"), (11400, "3h10m"), (28799, "7h59m"), (28800, "8h"),
     (172799, "47h"), (172800, "2d"), (187200, "2d4h"), (691199, "7d23h"), (691200, "8d"), (730 * 86400 - 1, "729d"),
     (730 * 86400, "2y"), (765 * 86400, "2y35d"), (8 * 365 * 86400 - 1, "7y364d"), (8 * 365 * 86400, "8y"),
     (float("nan"), "unknown"), (float("inf"), "unknown")],
)  # fmt: skip
def test_format_age(seconds: float, text: str) -> None:
    assert values.format_age(seconds) == text


@given(st.floats(0, 1e10))
def test_an_age_reads_back_a_little_younger(seconds: float) -> None:
    back = values.duration(values.format_age(seconds))
    assert back is not None
    assert back <= seconds
    assert seconds - back < max(1, seconds / 8)


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-23 * 60, 23 * 60))
def test_timestamp_agrees_with_datetime(moment: datetime, offset: int) -> None:
    utc = moment.replace(tzinfo=UTC)
    there = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert values.timestamp(utc.isoformat().replace("+00:00", "Z")) == pytest.approx(utc.timestamp(), abs=1e-4)
    assert values.timestamp(there.isoformat()) == pytest.approx(there.timestamp(), abs=1e-4)
    whole = utc.replace(microsecond=0)
    assert values.timestamp(whole.isoformat().replace("+00:00", "Z")) == whole.timestamp()
    assert values.timestamp(values.format_timestamp(whole.timestamp())) == whole.timestamp()


def test_timestamp_reads_fractions_to_the_nanosecond() -> None:
    assert values.timestamp("1970-01-01T00:00:01.000000001Z") == 1.000000001
    assert values.timestamp("1970-01-01t01:00:01.5+01:00") == 1.5
    assert values.timestamp("1969-12-31T23:59:59Z") == -1


@pytest.mark.parametrize(
    "value",
    [None, "", "0001-01-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
     "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "2026-W01-1T00:00:00Z", "2026-01-01 00:00:00Z",
     "2026-01-01T00:00:0xZ",
     "20260101T000000.0000Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Z\n", "x" * 20, 5, True, [], UNKNOWN],
)  # fmt: skip
def test_not_a_timestamp(value: object) -> None:
    assert values.timestamp(value) is None


def test_format_timestamp() -> None:
    assert values.format_timestamp(0) == "1970-01-01T00:00:00Z"
    assert values.format_timestamp(-0.5) == "1969-12-31T23:59:59Z"
    assert values.format_timestamp(1767268800.9) == "2026-01-01T12:00:00Z"
    assert {values.format_timestamp(bad) for bad in (float("nan"), float("inf"), 1e300, -1e18)} == {"unknown"}


# --- versions and images ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "text", "expected"),
    [
        ("1.36.2", ">=1.25", True), ("v1.31.2+k3s1", ">=1.25,<1.30", False), ("v1.29.9", ">=1.25, <1.30", True),
        ("1.24.17", ">=1.25", False), ("1.9.0", "<1.10", True), ("1.30.7", "<=1.30", True), ("1.30.7", ">1.30", False),
        ("1.30.7", "1.30", True), ("1.30.7", "=1.30.6", False), ("1.30.7", "==v1.30.7", True),
        ("1.30.7", "!=1.30", False),
        ("1.30.7", ">1.30.6,!=1.30.8", True), ("1.30.7", "<1.30.7", False), ("1.27+", ">=1.27", True),
        ("1.27+", ">=1.27.1", False),
        ("v1.27.4-eks-8ccc7ba", ">=1.27.4", True), ("v1.31.2+k3s1", "v1.31.2+k3s1", True), ("2.0.0", ">1.99", True),
        ("", ">=1.0", False), ("unknown", ">=1.0", False), (None, ">=1.0", False),
    ],
)  # fmt: skip
def test_version_in_range(version: Any, text: str, expected: bool) -> None:
    assert values.version_in_range(version, text) is expected


@pytest.mark.parametrize("text", ["", ">=", "1", ">=1.25 <1.30", "1.25,", "~1.25", ">=1.x", "1.25 - 1.30", "newest"])
def test_a_bad_range_says_what_is_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a comparison such as '>=1\.25'"):
        values.version_in_range("1.30.0", text)


def test_a_range_that_yaml_made_a_number_says_quote_it() -> None:
    with pytest.raises(ValueError, match=r"not 1\.3; quote it"):
        values.version_in_range("1.30.0", 1.30)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reference", "registry", "repository", "tag", "digest"),
    [
        ("nginx", "docker.io", "library/nginx", "latest", ""), ("nginx:1.27", "docker.io", "library/nginx", "1.27", ""),
        ("bitnami/redis", "docker.io", "bitnami/redis", "latest", ""),
        ("docker.io/nginx", "docker.io", "library/nginx", "latest", ""),
        ("index.docker.io/a/b:c", "docker.io", "a/b", "c", ""),
        ("registry:5000/app", "registry:5000", "app", "latest", ""),
        ("registry:5000/app:v1", "registry:5000", "app", "v1", ""), ("localhost/app", "localhost", "app", "latest", ""),
        ("quay.io/org/team/app:V1.0_x", "quay.io", "org/team/app", "V1.0_x", ""),
        (f"nginx@{SHA}", "docker.io", "library/nginx", "", SHA),
        (f"ghcr.io/a/b:1@{SHA}", "ghcr.io", "a/b", "1", SHA),
        ("[2001:db8::1]:5000/app", "[2001:db8::1]:5000", "app", "latest", ""),
        ("a/b__c-d.e---f", "docker.io", "a/b__c-d.e---f", "latest", ""), ("UPPER/app", "UPPER", "app", "latest", ""),
    ],
)  # fmt: skip
def test_image(reference: str, registry: str, repository: str, tag: str, digest: str) -> None:
    assert values.image(reference) == {"registry": registry, "repository": repository, "tag": tag, "digest": digest}


@pytest.mark.parametrize(
    "reference",
    ["", " ", "Nginx", "quay.io/Org/app", "nginx:", "nginx:a b", "nginx:-x", "nginx@", "nginx@sha256:1", "a//b", "/a",
    "a/", "a:b:c",
     "https://quay.io/a", "docker-pullable://a/b", "a..b", "a_-b", "-a.io/b", "nginx\n", SHA, SHA[7:], "a" * 256,
     "a/" * 5000,
     "nginx:" + "t" * 129, "{{ .Values.image }}", None, 5, UNKNOWN],
)  # fmt: skip
def test_not_an_image(reference: Any) -> None:
    assert values.image(reference) is None


# --- requests ---------------------------------------------------------------------------------------------------------


def container(cpu: str | None = None, memory: str | None = None, **more: Any) -> dict[str, Any]:
    pairs = {"cpu": cpu, "memory": memory}
    return {"resources": {"requests": {k: v for k, v in pairs.items() if v is not None}}, **more}


ALWAYS = {"restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, {}),
        ({"containers": [container("100m", "64Mi"), container("200m")]}, {"cpu": 0.3, "memory": 64 * 2**20}),
        ({"containers": [container("100m")] * 10}, {"cpu": 1.0}),
        ({"containers": [container("1")], "initContainers": [container("3"), container("2")]}, {"cpu": 3}),
        ({"containers": [container("1")], "initContainers": [container("2", **ALWAYS), container("3")]}, {"cpu": 5}),
        ({"containers": [container("1")], "initContainers": [container("3"), container("2", **ALWAYS)]}, {"cpu": 3}),
        ({"containers": [container("2")], "initContainers": [container("3"), container("2", **ALWAYS)]}, {"cpu": 4}),
        ({"containers": [container("1")], "overhead": {"cpu": "250m", "memory": "1Ki"}}, {"cpu": 1.25, "memory": 1024}),
        ({"containers": [{"resources": {"limits": {"cpu": "2", "memory": "1Ki"}, "requests": {"cpu": "1"}}}]},
        {"cpu": 1, "memory": 1024}),
        ({"containers": [{"resources": {"limits": {"cpu": "2"}, "requests": {"cpu": UNKNOWN}}}]}, {}),
        ({"containers": [container("1", "1Ki")], "resources": {"requests": {"cpu": "3"}}, "overhead": {"cpu": "1"}},
         {"cpu": 4, "memory": 1024}),
        ({"containers": [container("1")], "resources": {"limits": {"cpu": "3", "memory": "2Ki"}}}, {"cpu": 1,
        "memory": 2048}),
        ({"containers": [{"resources": {"requests": {"nvidia.com/gpu": 1}}}],
        "resources": {"requests": {"nvidia.com/gpu": 9}}},
         {"nvidia.com/gpu": 1}),
        ({"containers": [{"resources": {"requests": {"hugepages-2Mi": "2Mi"}}}],
        "resources": {"requests": {"hugepages-2Mi": "4Mi"}}},
         {"hugepages-2Mi": 2**22}),
        ({"containers": ["junk", {}, {"resources": "junk"}, {"resources": {"requests": {"cpu": "junk", 5: "1"}}}]}, {}),
    ],
)  # fmt: skip
def test_effective_requests(spec: dict[str, Any], expected: dict[str, float]) -> None:
    before = json.dumps(spec, default=str, skipkeys=True)
    assert values.effective_requests(spec) == expected
    assert json.dumps(spec, default=str, skipkeys=True) == before


@given(st.lists(st.integers(0, 5000), max_size=5), st.lists(st.tuples(st.booleans(), st.integers(0, 5000)), max_size=5))
def test_requests_are_the_most_that_runs_at_one_time(apps: list[int], inits: list[tuple[bool, int]]) -> None:
    spec = {
        "containers": [container(f"{milli}m") for milli in apps],
        "initContainers": [container(f"{milli}m", **(ALWAYS if sidecar else {})) for sidecar, milli in inits],
    }
    moments = [
        milli + sum(other for sidecar, other in inits[:index] if sidecar) for index, (_, milli) in enumerate(inits)
    ]
    moments.append(sum(apps) + sum(milli for sidecar, milli in inits if sidecar))
    assert values.effective_requests(spec).get("cpu", 0) == pytest.approx(max(moments) / 1000)


# --- anything at all --------------------------------------------------------------------------------------------------


@given(anything)
def test_no_value_makes_a_function_raise(value: Any) -> None:
    for function in (values.quantity, values.duration, values.timestamp, values.image, values.effective_requests):
        function(value)
    assert values.version_in_range(value, ">=1.0") is False
