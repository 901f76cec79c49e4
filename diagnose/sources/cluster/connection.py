"""From kubeconfig, or the pod that this runs in, to a connection. The only importer of the kubernetes client.

What the client only logs (an exec plugin that fails) is an error here: without credentials every answer would be a
refusal, and the reason lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from diagnose.errors import UsageError

NO_CONFIGURATION = (
    "no kubeconfig: {default} is not there, and this is no pod of a cluster; name one with --kubeconfig or KUBECONFIG"
)


@dataclass
class Connection:
    """An API server and the right to ask it. `name` is what the user calls it: the context, or `in-cluster`."""

    name: str
    _load: Callable[[], Any]

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._renewed = False
        self._open()

    def _open(self) -> None:
        from kubernetes.client import ApiClient

        self._configuration = self._load()
        self._configuration.retries = False
        self._configuration.connection_pool_maxsize = 16
        self._client = ApiClient(self._configuration)

    @property
    def host(self) -> str:
        """The URL of the API server, without a slash at its end."""
        return str(self._configuration.host).rstrip("/")

    @property
    def verified(self) -> bool:
        """Whether the server's certificate is checked, as the kubeconfig says."""
        return bool(self._configuration.verify_ssl) or not self.host.startswith("https")

    def pool(self) -> Any:
        """The urllib3 pool of connections, with the certificates of the configuration."""
        return self._client.rest_client.pool_manager

    def headers(self) -> dict[str, str]:
        """What authenticates a request; a token that has expired is renewed by the client."""
        with self._lock:
            settings = self._configuration.auth_settings()
        return {s["key"]: s["value"] for s in settings.values() if s.get("in") == "header" and s.get("value")}

    def renew(self) -> bool:
        """Get credentials anew, once: what an exec plugin gave may have been taken back. Whether that was done."""
        with self._lock:
            if self._renewed:
                return False
            self._renewed = True
            self._open()
            return True

    def close(self) -> None:
        """Close what is open."""
        self._client.rest_client.pool_manager.clear()


def connect(kubeconfig: str | None = None, context: str | None = None) -> Connection:
    """The cluster of a kubeconfig (by default as kubectl finds it), or the one that this runs in.

    Raises UsageError: no configuration, one that is wrong, a context that is not there, an exec plugin that fails.
    """
    from kubernetes.config import kube_config
    from kubernetes.config.config_exception import ConfigException

    default = kube_config.KUBE_CONFIG_DEFAULT_LOCATION
    file = kubeconfig or default
    merged = _merged(file)
    if merged is None:
        if kubeconfig is not None:
            raise UsageError(f"no such kubeconfig: {kubeconfig}")
        if context is None:
            return _in_cluster(default)
        raise UsageError(NO_CONFIGURATION.format(default=default))
    name = context or _current(merged, file)
    _check_context(merged, name, file)
    _check_user(merged, name, file)

    def load() -> Any:
        configuration = _configuration()
        with _logged() as told:
            try:
                kube_config.load_kube_config(file, name, configuration)
            except (ConfigException, ValueError, TypeError, KeyError, AttributeError, OSError) as error:
                raise UsageError(f"{file}: context '{name}' cannot be used: {_one_line(error)}") from None
        if told and not (configuration.api_key or configuration.cert_file):
            raise UsageError(f"{file}: context '{name}' gives no credentials: {_one_line(told[0])}")
        return configuration

    return Connection(name, load)


def _in_cluster(default: str) -> Connection:
    from kubernetes.config import load_incluster_config
    from kubernetes.config.config_exception import ConfigException

    def load() -> Any:
        configuration = _configuration()
        try:
            load_incluster_config(configuration)
        except ConfigException:
            raise UsageError(NO_CONFIGURATION.format(default=default)) from None
        return configuration

    return Connection("in-cluster", load)


def _configuration() -> Any:
    from kubernetes.client import Configuration

    return Configuration()


def _merged(file: str) -> dict[str, Any] | None:
    """What one or several kubeconfigs say; None when none of them is there."""
    from kubernetes.config import kube_config
    from kubernetes.config.config_exception import ConfigException
    from yaml import YAMLError

    try:
        node = kube_config.KubeConfigMerger(file).config
    except (ConfigException, YAMLError, AttributeError, TypeError, KeyError, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is no kubeconfig: {_one_line(error)}") from None
    if node is None:
        return None
    merged: dict[str, Any] = node.value
    return merged


def _current(merged: dict[str, Any], file: str) -> str:
    name = merged.get("current-context")
    if not name:
        raise UsageError(f"{file} has no current-context; choose one with --context: {_names(merged)}")
    return str(name)


def _check_context(merged: dict[str, Any], name: str, file: str) -> None:
    if name not in _contexts(merged):
        raise UsageError(f"{file} has no context '{name}'; it has: {_names(merged)}")


def _check_user(merged: dict[str, Any], name: str, file: str) -> None:
    """Refuse what the client passes over: without impersonation one would see what somebody else sees."""
    contexts = {str(c["name"]): c["context"] for c in merged.get("contexts") or () if "name" in c and "context" in c}
    wanted = contexts[name]["user"] if name in contexts and "user" in contexts[name] else None
    for user in merged.get("users") or ():
        if "name" in user and user["name"] == wanted and "user" in user and user["user"] and "as" in user["user"]:
            raise UsageError(f"{file}: context '{name}' impersonates somebody (`as`), which is not supported")


def _contexts(merged: dict[str, Any]) -> list[str]:
    return [str(entry["name"]) for entry in merged.get("contexts") or () if "name" in entry]


def _names(merged: dict[str, Any]) -> str:
    return ", ".join(sorted(_contexts(merged))) or "none"


@contextmanager
def _logged() -> Iterator[list[str]]:
    """What the client logs meanwhile, instead of its being printed."""
    told: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    root = logging.getLogger()
    handlers, root.handlers = root.handlers, [Keep()]
    try:
        yield told
    finally:
        root.handlers = handlers


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
