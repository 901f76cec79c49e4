"""Each function of `let`."""

from __future__ import annotations

from typing import Any

import pytest

from diagnose.language.functions import TABLE
from diagnose.language.types import fields_of
from diagnose.values import UNKNOWN


@pytest.mark.parametrize(
    ("function", "lists", "expected"),
    [
        ("sum", [["500m", 1, "0.5"]], 2.0),
        ("sum", [["1Gi"], ["1Gi"]], 2.0 * 2**30),
        ("sum", [["x", None]], None),
        ("sum", [[]], None),
        ("max", [["1", "2k", "x"]], 2000.0),
        ("max", [[]], None),
        ("min", [[3, "500m"]], 0.5),
        ("min", [[]], None),
        ("length", [[]], 0),
        ("length", [["a", "b"]], 2),
        ("length", [[["a", "b", "c"]]], 3),
        ("length", [[{"a": 1}]], 1),
        ("length", [["abc"]], 3),
        ("length", [["a"], ["b"]], 2),
        ("values", [["a"], [], ["b", "c"]], ["a", "b", "c"]),
        ("values", [[], []], None),
        ("first", [[], ["b"], ["c"]], "b"),
        ("first", [[]], None),
        ("ratio", [["1"], ["4"]], 0.25),
        ("ratio", [["1"], ["0"]], None),
        ("ratio", [[], ["4"]], None),
        ("difference", [["3"], ["1"]], 2.0),
        ("difference", [["3"], []], None),
        ("seconds", [["2026-01-01T00:00:10Z"], ["2026-01-01T00:01:00Z"]], 50.0),
        ("seconds", [["2026-01-01T00:01:00Z"], ["2026-01-01T00:00:10Z"]], -50.0),
        ("seconds", [["90s ago"], ["40s ago"]], 50.0),
        ("seconds", [["90s ago"], ["2026-01-01T00:00:10Z"]], None),
        ("seconds", [["2026-01-01T00:00:10Z"], []], None),
        ("patience", [[{}]], 30.0),
        ("patience", [[{"initialDelaySeconds": 1, "periodSeconds": 1, "failureThreshold": 1}]], 2.0),
        ("patience", [[{"initialDelaySeconds": UNKNOWN}]], None),
        ("patience", [["no probe"]], None),
        ("duplicates", [["a", "b", "a", {}, {}]], ["a"]),
        ("duplicates", [["a"], ["a", 1, 1]], ["a", 1]),
        ("duplicates", [["a", "b"]], None),
        ("keys", [[{"a": 1, "b": None}]], ["a"]),
        ("keys", [[{}]], None),
        ("keys", [["a"]], None),
        ("entry", [[{"a": 1}], ["a"]], 1),
        ("entry", [[{"a": 1}], ["b"]], None),
        ("entry", [[], ["b"]], None),
        ("scaled", [["51%"], [2]], 2),
        ("scaled", [["50%"], [2]], 1),
        ("scaled", [[3], []], 3),
        ("scaled", [["50%"], []], None),
        ("scaled", [["half"], [2]], None),
        ("scaled", [[True], [2]], None),
        ("api", [["apps/v1"], ["Deployment"]], None),
        ("api", [["v1"], ["ComponentStatus"]], {"deprecated_in": "1.19", "deprecated": ">=1.19"}),
        (
            "api",
            [["batch/v1beta1"], ["CronJob"]],
            {
                "deprecated_in": "1.21",
                "deprecated": ">=1.21",
                "replacement": "batch/v1",
                "removed_in": "1.25",
                "removed": ">=1.25",
            },
        ),
        ("yaml", [["a: [1, x]"]], {"a": [1, "x"]}),
        ("yaml", [["a: ["]], None),
        ("yaml", [[5]], None),
        ("yaml", [["a: &x [1]\nb: *x"]], None),
        ("yaml", [["!!python/object/apply:os.system [ls]"]], None),
        ("yaml", [["x: " + "a" * (1 << 21)]], None),
        ("image", [["nginx"]], {"registry": "docker.io", "repository": "library/nginx", "tag": "latest", "digest": ""}),
        ("image", [["quay.io/a/b:1"]], {"registry": "quay.io", "repository": "a/b", "tag": "1", "digest": ""}),
        ("image", [["A B"]], None),
        ("image", [[None]], None),
        ("url", [["https://x.y:8443/z"]], {"host": "x.y", "port": 8443, "scheme": "https"}),
        ("url", [["10.0.0.1:6443"]], {"host": "10.0.0.1", "port": 6443, "scheme": ""}),
        ("url", [["https://x:port"]], None),
        ("url", [[7]], None),
        ("x509", [["no certificate"]], None),
        ("x509", [[5]], None),
        ("requests", [["no spec"]], None),
    ],
)
def test_results(function: str, lists: list[list[Any]], expected: Any) -> None:
    assert TABLE[function].call(lists) == expected


def test_requests_counts_as_the_scheduler_does() -> None:
    spec = {
        "initContainers": [{"name": "i", "resources": {"requests": {"cpu": "2"}}}],
        "containers": [{"name": "c", "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}],
    }
    assert TABLE["requests"].call([[spec]]) == {"cpu": 2.0, "memory": 2.0**30}


def test_x509_reads_a_certificate() -> None:
    import datetime

    pytest.importorskip("cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook.shop.svc")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.shop.svc")]), False)
        .sign(key, hashes.SHA256())
    )
    found = TABLE["x509"].call([[certificate.public_bytes(serialization.Encoding.PEM).decode()]])
    assert found == {
        "not_after": "2026-01-31T00:00:00Z",
        "not_before": "2026-01-01T00:00:00Z",
        "subject": "CN=hook.shop.svc",
        "issuer": "CN=hook.shop.svc",
        "names": ["hook.shop.svc"],
    }
    assert set(found) == set(TABLE["x509"].fields)


def test_the_table_is_documented_and_typed() -> None:
    for name, function in TABLE.items():
        assert name == function.name
        assert function.doc.endswith(".")
        assert function.paths[0] >= 1
        for field in function.fields:
            assert field in function.doc
        assert function.takes in ("object", "quantity", "str", "datetime") or fields_of(function.takes)
