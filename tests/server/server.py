"""The server itself: TLS, who may ask, what goes wrong, and which answer a path has."""

from __future__ import annotations

import base64
import gzip
import re
import socket
import ssl
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

import yaml

from tests.server import answers, certificates
from tests.server.faults import Fault
from tests.server.store import Store

USER = "system:serviceaccount:ops:diagnose"
TOKEN = "the-token-of-the-tests"
DATE = "Mon, 23 Nov 2026 03:28:45 GMT"
_COMPRESSED_FROM = 128 << 10
_LOG = re.compile(r"/api/v1/namespaces/(?P<ns>[^/]+)/pods/(?P<pod>[^/]+)/log")
_PATH = re.compile(
    r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))"
    r"(?:/namespaces/(?P<ns>[^/]+)(?=/[^/]))?/(?P<resource>[^/]+)(?:/(?P<name>[^/]+))?"
)


@dataclass(frozen=True)
class Request:
    """What was asked: path and query."""

    method: str
    path: str
    query: dict[str, str]


class ApiServer:
    """Serves a store on 127.0.0.1. `refused` are `verb resource` or `verb resource namespace`, as `list secrets`."""

    def __init__(
        self,
        store: Store,
        *,
        refused: Sequence[str] = (),
        faults: Sequence[Fault] = (),
        token: str = TOKEN,
        date: str | None = DATE,
        aggregated: bool = True,
        compressed: bool = True,
        version: str = "v1.36.2",
    ) -> None:
        self.store = store
        self.refused = set(refused)
        self.faults = list(faults)
        self.token = token
        self.date = date
        self.aggregated = aggregated
        self.compressed = compressed
        self.version = version
        self.requests: list[Request] = []
        self.tokens = answers.Tokens()
        self.stopping = threading.Event()
        self._certificates = certificates.made()
        handler = type("Handler", (_Handler,), {"api": self})
        self._http = _Server(("127.0.0.1", 0), handler)
        self._http.tls = _context(self._certificates)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def asked(self, method: str = "GET") -> list[str]:
        """The paths that were asked for, in order."""
        return [r.path for r in self.requests if r.method == method]

    def config(self, user: dict[str, Any] | None = None, **cluster: Any) -> dict[str, Any]:
        """A kubeconfig for this server; `user` and `cluster` replace what it says by default."""
        authority = base64.b64encode(self._certificates.authority).decode()
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "tests",
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
            "clusters": [
                {"name": "tests", "cluster": {"server": self.url, "certificate-authority-data": authority} | cluster}
            ],
            "users": [{"name": "tests", "user": {"token": self.token} if user is None else user}],
        }

    def kubeconfig(self, path: Path, user: dict[str, Any] | None = None, **cluster: Any) -> Path:
        """The same in a file."""
        path.write_text(yaml.safe_dump(self.config(user, **cluster)), encoding="utf-8")
        return path


def _context(made: certificates.Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(made.certificate + made.key)
        file.flush()
        context.load_cert_chain(file.name)
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    tls: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            with self.tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except OSError:
            return

    def handle_error(self, request: Any, client_address: Any) -> None:
        return


class _Handler(BaseHTTPRequestHandler):
    api: ClassVar[ApiServer]
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        return

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.api.date or ""

    def send_header(self, keyword: str, value: str) -> None:
        if keyword != "Date" or self.api.date:
            super().send_header(keyword, value)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        self.api.requests.append(Request("GET", parts.path, query))
        for fault in self.api.faults:
            if fault.hits(self.path) and self._fail(fault):
                return
        self._send(self._answer(parts.path, query))

    def do_write(self) -> None:
        self.api.requests.append(Request(self.command, self.path, {}))
        self._send(answers.status(405, "MethodNotAllowed", "this server is only read"))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_write  # noqa: N815

    def _fail(self, fault: Fault) -> bool:
        """Misbehave. Whether that was all there is to answer."""
        if fault.what == "hang":
            self.api.stopping.wait(30)
            self.close_connection = True
            return True
        if fault.what == "reset":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return True
        if fault.what == "html":
            self._send(answers.Answer(200, b"<html><body>Please log in</body></html>", "text/html"))
            return True
        if fault.what in ("cut", "broken"):
            parts = urlsplit(self.path)
            whole = self._answer(parts.path, dict(parse_qsl(parts.query)))
            half = whole.body[: len(whole.body) // 2]
            length = len(whole.body) if fault.what == "cut" else len(half)
            self.close_connection = fault.what == "cut"
            self._send(answers.Answer(200, half), length)
            return True
        assert isinstance(fault.what, int)
        made = answers.status(fault.what, *answers.REASONS[fault.what])
        headers = {"Retry-After": fault.after} if fault.after is not None else {}
        self._send(made._replace(headers=headers))
        return True

    def _answer(self, path: str, query: dict[str, str]) -> answers.Answer:
        if self.headers.get("Authorization", "").lower() != f"bearer {self.api.token}".lower():
            return answers.status(401, *answers.REASONS[401])
        accept = self.headers.get("Accept", "")
        store, aggregated = self.api.store, self.api.aggregated and "APIGroupDiscoveryList" in accept
        if path == "/version":
            return answers.version(self.api.version)
        if (found := answers.discovery(store, path, aggregated)) is not None:
            return found
        if log := _LOG.fullmatch(path):
            refused = self._refused("get", "pods/log", "pods/log", "", log["ns"])
            return refused or answers.log(store, log["ns"], log["pod"], query)
        asked = _PATH.fullmatch(path)
        table = store.tables.get((asked["group"] or "", asked["resource"])) if asked else None
        if asked is None or table is None or (asked["version"] or asked["core"]) != table.version:
            return answers.status(404, "NotFound", "the server could not find the requested resource")
        verb = "get" if asked["name"] else "list"
        refused = self._refused(verb, table.full_name, table.name, table.group, asked["ns"] or "")
        if refused:
            return refused
        if asked["name"]:
            return answers.single(table, asked["ns"] or "", asked["name"], accept)
        return answers.listed(table, asked["ns"], query, accept, self.api.tokens)

    def _refused(self, verb: str, full_name: str, name: str, group: str, namespace: str) -> answers.Answer | None:
        if not {f"{verb} {full_name}", f"{verb} {full_name} {namespace}"} & self.api.refused:
            return None
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        resource, _, sub = name.partition("/")
        return answers.status(
            403,
            "Forbidden",
            f'{resource} is forbidden: User "{USER}" cannot {verb} resource "{resource}{"/" + sub if sub else ""}" '
            f'in API group "{group}" {where}',
        )

    def _send(self, answer: answers.Answer, length: int | None = None) -> None:
        body = answer.body
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        large = len(body) > _COMPRESSED_FROM and length is None and self.api.compressed
        if large and "gzip" in self.headers.get("Accept-Encoding", ""):
            self.send_header("Content-Encoding", "gzip")
            body = gzip.compress(body, 1)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
