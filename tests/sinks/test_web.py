"""HTTP to services: what is tried again, what is told when it fails, and what never is."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from diagnose.web import Client, Endpoint, WebError, checked_header, checked_url
from tests.server import certificates

from .server import Answer, receiver
from .support import Waits

SECRET = "/services/T000/B000/s3cr3t"


def failure(url: str, waits: Waits | None = None, **settings: object) -> str:
    """What is told when a request fails."""
    repeatable = bool(settings.pop("repeatable", True))
    client = Client(Endpoint(url, **settings), (waits or Waits()).clock)  # type: ignore[arg-type]
    try:
        with pytest.raises(WebError) as failed:
            client.request("POST", "", b"{}", "application/json", repeatable=repeatable)
    finally:
        client.close()
    return str(failed.value)


def test_what_is_sent() -> None:
    with receiver() as there:
        endpoint = Endpoint(there.url.replace("//", "//me:p%40ss@") + "/base/?a=1", {"X-Scope": "team"})
        client = Client(endpoint, Waits().clock)
        assert client.request("PUT", "/metrics/job/x?b=2", b"body", "text/plain") == b"ok"
        client.close()
    (got,) = there.got
    assert (got.method, got.path, got.body) == ("PUT", "/base/metrics/job/x?a=1&b=2", b"body")
    assert got.headers["Authorization"] == "Basic bWU6cEBzcw=="
    assert got.headers["X-Scope"] == "team" and got.headers["Content-Type"] == "text/plain"
    assert got.headers["User-Agent"].startswith("kube-diagnose/")
    assert str(endpoint) == there.url and "p%40ss" not in repr(endpoint)


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    waits = Waits()
    busy = Answer(429, headers={"Retry-After": "7"}), Answer(503), Answer(502, headers={"Retry-After": "99999"})
    with receiver(*busy) as there:
        client = waits.client(Endpoint(there.url))
        assert client.request("POST", "", b"x") == b"ok"
        client.close()
    assert len(there.got) == 4 and waits.waited == [7.0, 1.0, 60.0]


def test_it_gives_up_and_says_how_often_it_tried() -> None:
    waits = Waits()
    with receiver(*[Answer(500, b"out of\n\x1b[31mdisk")] * 9) as there:
        assert failure(there.url + SECRET, waits) == "HTTP 500: out of \ufffd[31mdisk (tried 4 times)"
    assert len(there.got) == 4 and waits.waited == [0.5, 1.0, 2.0]


def test_a_refusal_is_not_tried_again() -> None:
    with receiver(Answer(404, b"no_team")) as there:
        assert failure(there.url + SECRET) == "HTTP 404: no_team"
    assert len(there.got) == 1


def test_a_page_for_people_is_not_repeated() -> None:
    with receiver(Answer(403, b"<html>go away</html>")) as there:
        assert failure(there.url) == "HTTP 403"


def test_a_redirect_is_not_followed() -> None:
    with receiver(Answer(301, headers={"Location": f"https://elsewhere.example{SECRET}"})) as there:
        assert failure(there.url) == "HTTP 301: it sends on to elsewhere.example; name that one instead"


def test_nobody_there() -> None:
    with receiver() as there:
        url = there.url
    waits = Waits()
    told = failure(url + SECRET, waits, tries=2)
    assert told == "it cannot be reached: Failed to establish a new connection: Connection refused (tried 2 times)"


def test_a_name_that_is_no_host() -> None:
    told = failure(f"http://no-such-host.invalid{SECRET}", tries=1)
    assert told.startswith("it cannot be reached: ") and "s3cr3t" not in told and "invalid" in told


def test_a_connection_that_breaks_off_is_tried_again() -> None:
    with receiver(Answer(cut=True)) as there:
        client = Waits().client(Endpoint(there.url))
        assert client.request("PUT", "", b"x") == b"ok"
        client.close()
    assert len(there.got) == 2


def test_what_may_have_arrived_is_not_sent_twice() -> None:
    with receiver(Answer(cut=True)) as there:
        told = failure(there.url + SECRET, repeatable=False)
    assert told.startswith("the connection broke off: ") and "s3cr3t" not in told
    assert told.endswith("; it may have got the message all the same") and len(there.got) == 1


def test_an_answer_without_end_is_cut() -> None:
    with receiver(Answer(body=b"x" * (2 << 20))) as there:
        assert failure(there.url) == "its answer is larger than 1,048,576 bytes"


def test_a_slow_answer() -> None:
    class Hurried(Waits):
        """A clock on which each look takes six seconds."""

        @property
        def clock(self):  # type: ignore[no-untyped-def]
            from diagnose.web import Clock

            def now() -> float:
                self.now += 6
                return self.now

            return Clock(now, self.sleep)

    with receiver(*[Answer(body=b"x" * 300_000)] * 9) as there:
        assert failure(there.url, Hurried(), tries=2) == "no answer within 10 s (tried 2 times)"


@pytest.mark.parametrize(
    "text",
    ["", "hooks.slack.com/x", "ftp://h/", "http://", "http://h:0/", "http://h:x/", "http://[::1", "http://h/a b"],
)
def test_no_url(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is (no|a) URL") as told:
        checked_url(text)
    assert "hooks" not in str(told.value) and "a b" not in str(told.value)


def test_headers_cannot_hold_other_headers() -> None:
    assert checked_header("Authorization", " Bearer abc\n") == "Bearer abc"
    for name, value in (("A", "x\r\nB: y"), ("A", "x\x00"), ("A:", "x"), ("", "x"), ("A b", "x"), ("A", "ü")):
        with pytest.raises(ValueError) as told:
            checked_header(name, value)
        assert value.strip() == "x" or value not in str(told.value)


def test_certificates_are_checked(tmp_path: Path) -> None:
    authority, own = certificates.made(), certificates.made("others")
    chain, ca, other = tmp_path / "server.pem", tmp_path / "ca.pem", tmp_path / "other.pem"
    chain.write_bytes(authority.certificate + authority.key)
    ca.write_bytes(authority.authority)
    other.write_bytes(own.authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with receiver(tls=context) as there:
        for settings in ({}, {"ca": str(other)}):
            assert failure(there.url, **settings).startswith("it cannot be trusted: ")
        client = Client(Endpoint(there.url, ca=str(ca)), Waits().clock)
        assert client.request("POST", "", b"x") == b"ok"
        client.close()
    assert len(there.got) == 1


def test_a_file_without_certificates(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")
    with pytest.raises(WebError) as told:
        Client(Endpoint("https://127.0.0.1:9", ca=str(empty)), Waits().clock)
    assert str(told.value) == f"the certificates of {empty} cannot be used: no certificate or crl found"
