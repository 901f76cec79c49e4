"""X.509 certificates in objects: what a rule may ask of them."""

from __future__ import annotations

import base64
import binascii
import warnings
from typing import Any

from diagnose.values import UNKNOWN, Unknown


def describe(text: str) -> dict[str, Any] | Unknown | None:
    """`not_after`, `not_before` (RFC 3339), `subject`, `issuer` and `names` of the first certificate.

    `text` is PEM, or base64 of PEM as in `caBundle`; None when it holds no certificate that parses, UNKNOWN
    when the library for it is not installed (the extra `certificates`).
    """
    try:
        from cryptography import x509
        from cryptography.x509.oid import ExtensionOID
    except ImportError:
        return UNKNOWN
    pem = text.encode("utf-8", "replace")
    if b"-----BEGIN" not in pem:
        try:
            pem = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names longer than X.509 allows; the dates are what rules ask for
        return _parsed(x509, ExtensionOID.SUBJECT_ALTERNATIVE_NAME, pem)


def _parsed(x509: Any, names_oid: Any, pem: bytes) -> dict[str, Any] | None:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        found: dict[str, Any] = {
            "not_after": certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "not_before": certificate.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "subject": certificate.subject.rfc4514_string(),
            "issuer": certificate.issuer.rfc4514_string(),
            "names": [],
        }
    except ValueError:
        return None
    try:
        names = certificate.extensions.get_extension_for_oid(names_oid).value
        found["names"] = [str(n.value) for n in names]
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        pass
    return found
