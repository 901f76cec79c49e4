"""Lists over a real connection: pages, versions that are forgotten, servers that are busy, ill or slow."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from diagnose.errors import InputError
from diagnose.sources.cluster.transport import Clock, RequestError, Transport
from tests.live.support import Waits, client, missing, names, pods, pulled, told
from tests.server import ApiServer, Fault, Store

PODS = "/api/v1/pods"


def lists(server: ApiServer, path: str = PODS) -> list[dict[str, str]]:
    """The queries of the requests for one list."""
    return [r.query for r in server.requests if r.path == path]


def test_a_list_comes_in_pages_of_one_version(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(7))) as server:
        snapshot = pulled(server, tmp_path, page=3)
    assert names(snapshot) == [f"shop/p-{i:03}" for i in range(7)]
    assert [(q["limit"], "continue" in q) for q in lists(server)] == [("3", False), ("3", True), ("3", True)]
    assert missing(snapshot) is None
    assert not snapshot.incomplete and not told(snapshot)


def test_pages_are_of_500_and_no_object_is_asked_for_alone(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(501))) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "Node", "Secret", "Deployment"])
    assert len(names(snapshot)) == 501
    assert {r.method for r in server.requests} == {"GET"}
    assert sorted(server.asked()) == sorted(
        ["/version", "/api", "/apis", PODS, PODS, "/api/v1/nodes", "/api/v1/secrets", "/apis/apps/v1/deployments"]
    )
    assert {q["limit"] for q in lists(server)} == {"500"}


def test_items_have_the_version_and_kind_of_their_list(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1))) as server:
        snapshot = pulled(server, tmp_path)
    (record,) = snapshot.tables[next(iter(snapshot.tables))]
    assert (record.api_version, record.key.kind) == ("v1", "Pod")


def test_what_the_server_says_of_itself(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1)), version="v1.31.4") as server:
        snapshot = pulled(server, tmp_path)
        assert snapshot.server == server.url
        assert snapshot.sources == ((server.url, "live cluster"),)
    assert snapshot.server_version == "v1.31.4"
    assert (snapshot.captured_at, snapshot.captured_at_from) == (1795404525.0, "Date of the server's first answer")


def test_a_server_that_tells_no_time(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1)), date=None) as server:
        assert pulled(server, tmp_path).captured_at_from != "Date of the server's first answer"


def test_a_version_that_is_forgotten_begins_the_list_anew(tmp_path: Path) -> None:
    gone = Fault("pods.*continue", 410)
    with ApiServer(Store.of(pods(7)), faults=[gone]) as server:
        snapshot = pulled(server, tmp_path, page=3)
    assert len(names(snapshot)) == 7
    assert [("continue" in q) for q in lists(server)] == [False, True, False, True, True]
    assert missing(snapshot) is None and not told(snapshot)


def test_one_that_is_forgotten_again_is_asked_for_in_one_piece(tmp_path: Path) -> None:
    gone = Fault("pods.*continue", 410, times=None)
    with ApiServer(Store.of(pods(7)), faults=[gone]) as server:
        snapshot = pulled(server, tmp_path, page=3)
    assert len(names(snapshot)) == 7
    assert [(q.get("limit"), "continue" in q) for q in lists(server)] == [
        ("3", False), ("3", True), ("3", False), ("3", True), (None, False),
    ]  # fmt: skip
    assert missing(snapshot) is None


def test_what_was_deleted_before_a_new_beginning_is_not_kept(tmp_path: Path) -> None:
    store = Store.of(pods(6))
    with ApiServer(store, faults=[Fault("pods.*continue", 410)]) as server:
        table = store.tables["", "pods"]
        taken = server.faults[0].hits

        def delete(url: str) -> bool:
            gone = taken(url)
            if gone:
                table.rows.pop(("shop", "p-000"))
            return gone

        server.faults[0].hits = delete  # type: ignore[method-assign]
        snapshot = pulled(server, tmp_path, page=3)
    assert names(snapshot) == [f"shop/p-{i:03}" for i in range(1, 6)]


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (Fault("pods", 429, after="7"), [7.0]),
        (Fault("pods", 429), [0.5]),
        (Fault("pods", 429, after="Wed, 21 Oct 2026 07:28:00 GMT"), [0.5]),
        (Fault("pods", 503, times=3), [0.5, 1.0, 2.0]),
        (Fault("pods", 500), [0.5]),
        (Fault("pods", "cut"), [0.5]),
        (Fault("pods", "broken"), [0.5]),
        (Fault("pods", "html"), [0.5]),
        (Fault("pods", "reset"), [0.5]),
    ],
    ids=lambda v: f"{v.what}-{v.after}" if isinstance(v, Fault) else "",
)
def test_what_passes_is_tried_again(tmp_path: Path, fault: Fault, waited: list[float]) -> None:
    fault.done, waits = 0, Waits()
    with ApiServer(Store.of(pods(3)), faults=[fault]) as server:
        snapshot = pulled(server, tmp_path, waits=waits)
    assert len(names(snapshot)) == 3
    assert waits.waited == waited
    assert missing(snapshot) is None and not snapshot.incomplete


def test_an_answer_that_never_comes_is_given_up(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(3)), faults=[Fault("pods", "hang")]) as server:
        snapshot = pulled(server, tmp_path, request=2.0)
    assert len(names(snapshot)) == 3
    assert len(lists(server)) >= 2


def test_a_list_that_hangs_for_good_leaves_time_for_the_rest(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(3)), faults=[Fault("/nodes", "hang", times=None)]) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "Node"], request=0.1234, parallel=1)
        assert server.asked().count("/api/v1/nodes") == 2
    assert told(snapshot) == ["nodes could not be listed to the end: no answer within 0.123 s"]
    assert len(names(snapshot)) == 3


def test_what_does_not_pass_is_told_and_the_rest_is_there(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(3)), faults=[Fault("/nodes", 503, times=None)]) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "Node"])
    why = "/api/v1/nodes: HTTP 503: the server is currently unable to handle the request"
    assert missing(snapshot, "Node") == f"Node could not be collected: {why}"
    assert snapshot.coverage.describe()["Node"] == f"failed: {why}"
    assert told(snapshot) == [f"nodes could not be listed to the end: {why}"]
    assert snapshot.incomplete
    assert missing(snapshot) is None


def test_a_list_that_breaks_off_for_good_is_kept_as_a_part(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(7)), faults=[Fault("pods.*continue", 500, times=None)]) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "Node"], page=3)
    assert len(names(snapshot)) == 3
    assert snapshot.coverage.describe()["Pod"] == "partial"
    why = "an error on the server has prevented the request from succeeding"
    assert missing(snapshot, "Pod", "shop") == f"Pod could not be collected: {PODS}: HTTP 500: {why}"
    assert snapshot.incomplete


def test_the_whole_has_an_end(tmp_path: Path) -> None:
    waits = Waits()
    with ApiServer(Store.of(pods(3)), faults=[Fault("/nodes", 429, times=None, after="100")]) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "Node"], waits=waits, whole=250.0, parallel=1)
    assert waits.waited == [100.0, 100.0]
    assert told(snapshot) == [
        "nodes could not be listed to the end: not done within the 250 s of --timeout; "
        "/api/v1/nodes: HTTP 429: too many requests, please try again later"
    ]
    assert len(names(snapshot)) == 3


def test_nothing_that_could_be_listed_is_an_error(tmp_path: Path) -> None:
    with (
        ApiServer(Store.of(pods(3)), faults=[Fault("/api/v1/", 503, times=None)]) as server,
        pytest.raises(InputError) as error,
    ):
        pulled(server, tmp_path, ["Pod", "Node"])
    assert str(error.value).startswith("nothing could be listed: /api/v1/")


def test_a_proxy_that_answers_instead(tmp_path: Path) -> None:
    with (
        ApiServer(Store.of(pods(3)), faults=[Fault(".", "html", times=None)]) as server,
        pytest.raises(InputError) as error,
    ):
        pulled(server, tmp_path)
    assert "/version: the answer is no JSON" in str(error.value)
    assert str(error.value).endswith("it begins with '<html><body>Please log in</body></html>'")


def test_large_answers_are_compressed_if_the_server_likes(tmp_path: Path) -> None:
    many = pods(2000)
    with ApiServer(Store.of(many)) as server:
        assert len(names(pulled(server, tmp_path, page=2000))) == 2000


def test_namespaces_are_listed_one_by_one(tmp_path: Path) -> None:
    store = Store.of([*pods(2, "a"), *pods(2, "b"), *pods(2, "c")])
    with ApiServer(store) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "Node"], ["a", "c", "a"])
    assert names(snapshot) == ["a/p-000", "a/p-001", "c/p-000", "c/p-001"]
    assert snapshot.coverage.describe() == {"Node": "all", "Pod": ["a", "c"]}
    assert PODS not in server.asked()
    assert missing(snapshot, "Pod", "b") == "Pod was not collected in namespace b"


def test_an_object_of_odd_bytes_is_read_leniently(tmp_path: Path) -> None:
    store = Store.of(pods(1))
    store.tables["", "pods"].rows["shop", "odd"] = b'{"metadata":{"name":"odd","namespace":"shop","labels":{"a":1}}}'
    with ApiServer(store) as server:
        assert names(pulled(server, tmp_path)) == ["shop/odd", "shop/p-000"]


def test_waiting_ends_when_all_is_stopped(tmp_path: Path) -> None:
    with ApiServer(Store.of([]), faults=[Fault("/version", 503, times=None, after="200")]) as server:
        with client(server, tmp_path) as ready:
            transport = Transport(ready.server, Clock(time.monotonic))
        threading.Timer(0.1, transport.stop).start()
        with pytest.raises(RequestError, match="not done within"):
            transport.text("/version", {}, tries=3, most=1000)


def test_a_list_that_goes_in_a_circle_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer(Store.of(pods(7))) as server:
        monkeypatch.setattr(server.tokens, "give", lambda version, after: "MTAwMDoz")
        snapshot = pulled(server, tmp_path, page=3)
    why = f"{PODS}: the server says again and again that the same page follows"
    assert told(snapshot) == [f"pods could not be listed to the end: {why}"]
    assert snapshot.coverage.describe()["Pod"] == "partial"
    assert len(names(snapshot)) == 6
