"""HTTP to the services beside a cluster: where reports are sent to, and the Prometheus that is asked.

One request at a time, within its limits, tried again where that may help. What an address or a header says may be a
secret (a webhook's URL is its password), so errors name the server only. The clock comes from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from diagnose.version import VERSION

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 8.0
_LONGEST_WAIT = 60.0
_CHUNK = 1 << 16
_LARGEST = 1 << 20
_SAID = 200
_BUSY = frozenset({429, 500, 502, 503, 504})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_NOISE = re.compile(r"\[(?:Errno -?\d+|X509|SSL)[^]]*\] |\s*\(_ssl\.c:\d+\)|<[^>]*>|^.*?(?:Connection|Pool)\([^)]*\): ")


class WebError(Exception):
    """A request that came to nothing; the text is for people, one line, without secrets."""


@dataclass(frozen=True)
class Clock:
    """Seconds that only grow, and a way to wait."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class Endpoint:
    """A server and how it is talked to. `timeout` is in seconds, for one try; `ca` is a PEM file that is trusted
    instead of the system's certificates. Neither the URL nor the headers are shown."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0
    tries: int = 4
    ca: str = ""

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def checked_url(text: str) -> str:
    """An http(s) URL as it is used. Raises ValueError, without repeating the text."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise ValueError("is no URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("is no URL of the form http://HOST or https://HOST")
    if any(c.isspace() or not c.isprintable() for c in parts.geturl()):
        raise ValueError("is a URL with spaces or control characters in it")
    return urlunsplit(parts._replace(fragment=""))


def checked_header(name: str, value: str) -> str:
    """The value of a header as it is sent, without a line end behind it. Raises ValueError, without the value."""
    value = value.strip()
    if not _TOKEN.match(name):
        raise ValueError(f"'{name}' is no name of a header")
    if not value.isascii() or not value.isprintable():
        raise ValueError(f"the value of the header {name} has characters that cannot be sent")
    return value


class Client:
    """Requests to one endpoint. Close it when done. Raises WebError when the file of authorities cannot be used."""

    def __init__(self, endpoint: Endpoint, clock: Clock) -> None:
        from urllib3 import PoolManager
        from urllib3.util import create_urllib3_context

        self.endpoint, self._clock = endpoint, clock
        self._url, self._credentials = _without_credentials(endpoint.url)
        trust = create_urllib3_context()
        try:
            if endpoint.ca:
                trust.load_verify_locations(endpoint.ca)
            else:
                trust.load_default_certs()
        except OSError as error:
            raise WebError(f"the certificates of {endpoint.ca} cannot be used: {in_words(error)}") from None
        self._pool: Any = PoolManager(num_pools=1, ssl_context=trust)

    def close(self) -> None:
        self._pool.clear()

    def request(
        self,
        method: str,
        path: str = "",
        body: bytes = b"",
        content_type: str = "",
        *,
        repeatable: bool = True,
        largest: int = _LARGEST,
    ) -> bytes:
        """The body of a 2xx answer, at most `largest` bytes of it.

        `path` goes behind that of the endpoint. What is not `repeatable` is not sent again once the server may have
        got it. Raises WebError.
        """
        headers = {"User-Agent": f"kube-diagnose/{VERSION}", **self._credentials, **self.endpoint.headers}
        if content_type:
            headers["Content-Type"] = content_type
        for attempt in range(1, self.endpoint.tries + 1):
            try:
                return self._once(method, self._at(path), body, headers, repeatable, largest)
            except _AgainError as failed:
                if attempt == self.endpoint.tries:
                    tries = f" (tried {attempt} times)" if attempt > 1 else ""
                    raise WebError(f"{failed}{tries}") from None
                delay = failed.after if failed.after is not None else back_off(attempt)
            self._clock.sleep(min(delay, _LONGEST_WAIT))
        raise AssertionError("a request is tried at least once")

    def _at(self, path: str) -> str:
        if not path:
            return self._url
        parts = urlsplit(self._url)
        path, _, query = path.partition("?")
        queries = "&".join(filter(None, (parts.query, query)))
        return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path, query=queries))

    def _once(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], repeatable: bool, largest: int
    ) -> bytes:
        from urllib3 import Timeout
        from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

        limit = self.endpoint.timeout
        until = self._clock.now() + limit
        try:
            answer = self._pool.request(
                method,
                url,
                body=body or None,
                headers=headers,
                timeout=Timeout(total=limit),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                content = self._read(answer, until, largest)
            finally:
                answer.close()
        except SSLError as error:
            raise WebError(f"it cannot be trusted: {in_words(error)}") from None
        except (NewConnectionError, ConnectTimeoutError) as error:
            why = f"no connection within {limit:g} s" if type(error) is ConnectTimeoutError else in_words(error)
            raise _AgainError(f"it cannot be reached: {why}") from None
        except (HTTPError, OSError, TimeoutError) as error:
            slow = isinstance(error, TimeoutError) or "timed out" in str(error)
            why = f"no answer within {limit:g} s" if slow else f"the connection broke off: {in_words(error)}"
            if not repeatable:
                raise WebError(f"{why}; it may have got the message all the same") from None
            raise _AgainError(why) from None
        return _checked(answer, content)

    def _read(self, answer: Any, until: float, largest: int) -> bytes:
        parts, size = [], 0
        while part := answer.read1(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > largest:
                raise WebError(f"its answer is larger than {largest:,} bytes")
            if self._clock.now() > until:
                raise TimeoutError
        return b"".join(parts)


class _AgainError(Exception):
    """A failure that may pass; `after` is how many seconds the server asks to wait."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        self.after = after
        super().__init__(reason)


def _checked(answer: Any, content: bytes) -> bytes:
    status = answer.status
    if 200 <= status < 300:
        return content
    if status in (301, 302, 303, 307, 308):
        host = urlsplit(answer.headers.get("Location") or "").netloc.rpartition("@")[2]
        raise WebError(f"HTTP {status}: it sends on to {_printable(host) or 'another address'}; name that one instead")
    said = _printable(" ".join(content[: 4 * _SAID].decode("utf-8", "replace").split()))[:_SAID]
    reason = f"HTTP {status}{': ' + said if said and not said.startswith('<') else ''}"
    if status in _BUSY:
        raise _AgainError(reason, retry_after(answer.headers))
    raise WebError(reason)


def _without_credentials(url: str) -> tuple[str, dict[str, str]]:
    """A URL without user and password, and these as a header."""
    from urllib3.util import make_headers

    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, {}
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return plain, {k.title(): v for k, v in make_headers(basic_auth=pair).items()}


def back_off(attempt: int) -> float:
    """How many seconds to wait after the first, second... try."""
    return float(min(_FIRST_DELAY * 2.0 ** (attempt - 1), _LONGEST_DELAY))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that the server asks to wait (RFC 9110, 10.2.3); a date there is not read."""
    text = (headers.get("Retry-After") or "").strip()
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def in_words(error: BaseException) -> str:
    """An error of the network without Python's own names and numbers."""
    text = " ".join(str(error).split())
    for _ in range(2):
        text = _NOISE.sub("", text).strip(" :")
    return _printable(text)[:_SAID] or type(error).__name__


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
