"""What rules may ask of a certificate, and what is none."""

from __future__ import annotations

import base64
import sys
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from diagnose.certificates import describe
from diagnose.values import UNKNOWN


def certificate(*names: str) -> str:
    """A self-signed certificate as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "webhook.shop.svc")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 1, tzinfo=UTC))
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(
    "encode", [lambda pem: pem, lambda pem: base64.b64encode(pem.encode()).decode()], ids=["pem", "base64"]
)
@pytest.mark.parametrize("names", [(), ("a.svc", "b.svc")])
def test_a_certificate(encode: object, names: tuple[str, ...]) -> None:
    assert callable(encode)
    assert describe(encode(certificate(*names))) == {
        "not_after": "2026-01-01T00:00:00Z",
        "not_before": "2025-01-01T00:00:00Z",
        "subject": "CN=webhook.shop.svc",
        "issuer": "CN=webhook.shop.svc",
        "names": list(names),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "Cg==",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----",
        "\ud800",
    ],
)
def test_what_is_no_certificate(text: str) -> None:
    assert describe(text) is None


def test_without_the_library_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert describe("x") is UNKNOWN
