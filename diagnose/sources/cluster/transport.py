"""One request at a time: GET, retried and within its limits, with what went wrong in words.

A server that is busy (429) or ill (5xx), an answer that breaks off, and a connection that fails are tried again; the
server's `Retry-After` is honoured. The clock comes from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Event
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

import msgspec
from urllib3 import Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as TookTooLong

from diagnose.decode import MALFORMED
from diagnose.errors import InputError
from diagnose.sources.base import printable
from diagnose.version import VERSION
from diagnose.web import back_off, in_words, retry_after

JSON = "application/json"
_CHUNK = 1 << 20
_LARGEST = 1 << 32
_CONNECT = 10.0
_SLOW_TRIES = 2
"""How often a request is sent that gets no answer in time: more would use up the time of all others."""
_BUSY = frozenset({429, 500, 502, 503, 504})


class Server(Protocol):
    """What is asked: see `connection.Connection`."""

    @property
    def host(self) -> str: ...

    @property
    def verified(self) -> bool: ...

    def pool(self) -> Any: ...

    def headers(self) -> dict[str, str]: ...

    def renew(self) -> bool: ...


@dataclass(frozen=True)
class Clock:
    """Seconds that only grow, and a way to wait; None waits until the transport is stopped."""

    now: Callable[[], float]
    sleep: Callable[[float], None] | None = None


@dataclass(frozen=True)
class Limits:
    """Times in seconds: `request` for one request, `whole` for everything. `page` is how many objects a page
    holds, `tries` how often a request is sent, `parallel` how many lists are fetched at a time."""

    request: float = 60.0
    whole: float = 300.0
    page: int = 500
    tries: int = 5
    parallel: int = 4


class RequestError(Exception):
    """A request without a usable answer. `status` is that of HTTP, 0 when there was none; `reason` is for people."""

    def __init__(self, status: int, reason: str, message: str = "") -> None:
        self.status, self.reason, self.message = status, reason, message
        super().__init__(reason)


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Status(msgspec.Struct):
    """What the API server says of a failure (kind Status)."""

    message: str = ""
    reason: str = ""


@dataclass
class Transport:
    """All requests of one run. `date` is the server's time at its first answer, in UNIX seconds."""

    server: Server
    clock: Clock
    limits: Limits = field(default_factory=Limits)
    date: float | None = None
    answered: bool = False

    def __post_init__(self) -> None:
        self._end = self.clock.now() + self.limits.whole
        self._stopped = Event()

    def stop(self) -> None:
        """Ask nothing more: what waits goes on at once, and fails."""
        self._end = self.clock.now()
        self._stopped.set()

    def json(
        self, path: str, kind: type[Any], query: Mapping[str, Any] | None = None, accept: str = JSON
    ) -> tuple[Any, bytes]:
        """The answer decoded to `kind`, and its bytes. Raises RequestError, InputError."""

        def decoded(answer: Answer) -> tuple[Any, bytes]:
            try:
                return msgspec.json.decode(answer.body, type=kind), answer.body
            except MALFORMED as error:
                begins = printable(answer.body[:60].decode("utf-8", "replace")).strip()
                why = "no JSON" if answer.body.lstrip()[:1] not in (b"{", b"[") else "broken JSON"
                raise _AgainError(0, f"{path}: the answer is {why} ({error}), it begins with {begins!r}") from None

        return self._retried(path, query, accept, decoded, self.limits.tries)  # type: ignore[no-any-return]

    def text(self, path: str, query: Mapping[str, Any], tries: int, most: int) -> bytes:
        """The bytes of an answer that is no JSON, such as a log; at most `most`. Raises RequestError, InputError."""
        found: bytes = self._retried(path, query, "*/*", lambda answer: answer.body, tries, most)
        return found

    def _retried(
        self,
        path: str,
        query: Mapping[str, Any] | None,
        accept: str,
        read: Callable[[Answer], Any],
        tries: int,
        most: int = _LARGEST,
    ) -> Any:
        url = f"{self.server.host}{path}{'?' + urlencode(query) if query else ''}"
        for attempt in range(1, tries + 1):
            try:
                return read(self._checked(path, url, accept, most))
            except _AgainError as failed:
                delay = failed.after if failed.after is not None else back_off(attempt)
                if attempt == (min(tries, _SLOW_TRIES) if failed.slow else tries):
                    raise RequestError(failed.status, failed.reason, failed.message) from None
                if self.clock.now() + delay >= self._end:
                    raise self._too_late(failed.reason) from None
            (self.clock.sleep or self._stopped.wait)(delay)
        raise AssertionError("a request is tried at least once")

    def _checked(self, path: str, url: str, accept: str, most: int) -> Answer:
        answer = self._get(url, accept, most)
        if answer.status == 401 and self.server.renew():
            answer = self._get(url, accept, most)
        if answer.status == 200:
            return answer
        said = _said(answer)
        reason = f"{path}: HTTP {answer.status}{': ' + said if said else ''}"
        if answer.status == 401:
            raise InputError(
                f"{self.server.host} does not accept the credentials (401 Unauthorized): the token or certificate has "
                "expired, or is of another cluster; log in again"
            )
        if answer.status in _BUSY:
            raise _AgainError(answer.status, reason, said, retry_after(answer.headers))
        raise RequestError(answer.status, reason, said)

    def _get(self, url: str, accept: str, most: int) -> Answer:
        now = self.clock.now()
        left = self._end - now
        if left <= 0:
            raise self._too_late("")
        limit = min(self.limits.request, left)
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": f"kube-diagnose/{VERSION}"}
        try:
            response = self.server.pool().request(
                "GET",
                url,
                headers=headers | self.server.headers(),
                timeout=Timeout(connect=min(limit, _CONNECT), read=limit),
                preload_content=False,
                retries=False,
            )
            try:
                body = self._body(response, now + limit, most)
            except BaseException:
                response.close()
                raise
        except SSLError as error:
            raise InputError(f"{self.server.host} cannot be trusted: {in_words(error)}") from None
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise self._unreachable(error) from None
        except TookTooLong:
            raise _AgainError(0, f"no answer within {limit:.3g} s", slow=True) from None
        except (HTTPError, OSError) as error:
            raise _AgainError(0, f"the connection broke off: {in_words(error)}") from None
        answer = Answer(response.status, response.headers, body)
        if not self.answered:
            self.answered, self.date = True, _date(answer.headers.get("Date"))
        return answer

    def _unreachable(self, error: Exception) -> Exception:
        """A server that never answered is not asked again."""
        timed_out = isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError)
        why = f"no connection within {_CONNECT:g} s" if timed_out else in_words(error)
        reason = f"{self.server.host} cannot be reached: {why}"
        return _AgainError(0, reason) if self.answered else InputError(reason)

    def _body(self, response: Any, until: float, most: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := response.read1(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > most:
                response.close()
                break
            if self.clock.now() > until:
                raise TookTooLong
        return b"".join(parts)[:most]

    def _too_late(self, reason: str) -> RequestError:
        whole = f"not done within the {self.limits.whole:g} s of --timeout"
        return RequestError(0, f"{whole}; {reason}" if reason else whole)


class _AgainError(Exception):
    """A failure that may pass. `slow`: it took all the time that a request has."""

    def __init__(
        self, status: int, reason: str, message: str = "", after: float | None = None, *, slow: bool = False
    ) -> None:
        self.status, self.reason, self.message, self.after, self.slow = status, reason, message, after, slow
        super().__init__(reason)


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except ValueError:
        return None


def _said(answer: Answer) -> str:
    try:
        message = msgspec.json.decode(answer.body, type=_Status).message
    except MALFORMED:
        message = answer.body[:200].decode("utf-8", "replace") if b"<" not in answer.body[:20] else ""
    return printable(" ".join(message.split()))[:500]
