"""Opening what users name: every kind of archive, and everything that archives do to those who trust them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnose.errors import DiagnoseError, InputError, UsageError
from diagnose.snapshot import Snapshot
from diagnose.sources import read
from diagnose.sources.archive import Limits, open_inputs

PODS = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{n}", "namespace": f"ns{n % 2}", "uid": str(n)}}
            for n in range(5)
        ],
    }
).encode()
LOG = b"".join(b"line %d\n" % n for n in range(1000))
FILES = {
    "dump/captured-at": b"2026-01-02T03:04:05Z\n",
    "dump/get/pods.json": PODS,
    "dump/logs/ns0/p0/c.previous.log": LOG,
    "dump/nodes/n/kubelet.log.gz": gzip.compress(LOG),
    "dump/expected.yaml": b"not: data\n",
}


def tar_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), 1_700_000_000
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def tar_with(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def zip_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


PACKERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "tar": tar_of,
    "tar.gz": lambda files: gzip.compress(tar_of(files)),
    "tar.xz": lambda files: lzma.compress(tar_of(files)),
    "tar.bz2": lambda files: bz2.compress(tar_of(files)),
    "tar.zst": lambda files: zstandard.compress(tar_of(files)),
    "zip": zip_of,
}


def seen(snapshot: Snapshot) -> object:
    """What must be the same however a dump is packed."""
    return (
        {str(key): [(r.namespace, r.name, bytes(r.raw)) for r in rows] for key, rows in snapshot.tables.items()},
        snapshot.coverage.describe(),
        {key: log.text for key, log in (*snapshot.logs.items(), *snapshot.node_logs.items())},
        (snapshot.captured_at, snapshot.captured_at_from),
        [name for _, name in snapshot.sources],
    )


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def load(path: Path, limits: Limits | None = None) -> Snapshot:
    with read([str(path)], limits=limits) as snapshot:
        for log in (*snapshot.logs.values(), *snapshot.node_logs.values()):
            assert log.text is not None
        return snapshot


def warnings(snapshot: Snapshot, folder: Path) -> list[str]:
    return [str(w).replace(f"{folder}/", "") for w in snapshot.warnings]


# --- the same dump, however it comes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", PACKERS)
def test_packed_is_the_same(packing: str, tmp_path: Path) -> None:
    plain = load(write(tmp_path / "plain", FILES))
    packed = tmp_path / "name-without-meaning"
    packed.write_bytes(PACKERS[packing](FILES))
    assert seen(load(packed)) == seen(plain)
    with read(["-"], io.BytesIO(packed.read_bytes())) as piped:
        assert seen(piped) == seen(plain)
        assert not piped.warnings
    assert plain.captured_at_from == "captured-at"
    assert len(plain.logs) == len(plain.node_logs) == 1


def test_wrapped_deeply(tmp_path: Path) -> None:
    plain = load(write(tmp_path / "plain", FILES))
    deep = {"a/b/c/d/e/" + name: data for name, data in FILES.items()}
    assert seen(load(write(tmp_path / "deep", deep))) == seen(plain)


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst"])
def test_one_compressed_file(suffix: str, tmp_path: Path) -> None:
    pack = {".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress, ".zst": zstandard.compress}[suffix]
    path = tmp_path / f"pods.json{suffix}"
    path.write_bytes(pack(PODS))
    snapshot = load(path)
    assert snapshot.objects() == {"Pod": 5}
    assert snapshot.tables[next(iter(snapshot.tables))][0].file == str(tmp_path / "pods.json")


def test_links_inside_an_archive_are_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(
        tar_with(
            (member("logs/ns/p/soft.log", tarfile.SYMTYPE, "../../../data/x.log"), b""),
            (member("logs/ns/p/hard.log", tarfile.LNKTYPE, "data/x.log"), b""),
            (member("logs/ns/p/chain.log", tarfile.SYMTYPE, "soft.log"), b""),
            (member("logs/ns/p/nowhere.log", tarfile.SYMTYPE, "gone.log"), b""),
            (member("data/x.log"), LOG),
            (member("get/pods.json"), PODS),
        )
    )
    snapshot = load(path)
    assert {key.container: log.text for key, log in snapshot.logs.items()} == dict.fromkeys(
        ("soft", "hard", "chain"), LOG.decode()
    )
    assert warnings(snapshot, tmp_path) == []


def test_links_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_bytes(PODS)
    dump = write(tmp_path / "dump", {"pods.json": PODS, "nodes/x": b""})
    (dump / "services.json").symlink_to("../outside.json")
    (dump / "again.json").symlink_to("pods.json")
    (dump / "loop").symlink_to("..")
    with open_inputs([str(dump)]) as (folder,):
        assert list(folder.files) == ["again.json", "nodes/x", "pods.json"]
        assert [str(w).replace(f"{tmp_path}/", "") for w in folder.warnings] == [
            "dump/loop: not read: a link that leaves the folder (and 1 more)"
        ]


def test_nothing_of_the_desktop_is_read(tmp_path: Path) -> None:
    dump = write(tmp_path, {"pods.json": PODS, "._pods.json": b"\0\5", ".DS_Store": b"x", ".git/config.json": b"{}"})
    with open_inputs([str(dump)]) as (folder,):
        assert list(folder.files) == ["pods.json"]


def test_a_pipe_is_read(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, PODS)
    os.close(write_end)
    with read([f"/dev/fd/{read_end}"]) as snapshot:
        assert snapshot.objects() == {"Pod": 5}
    os.close(read_end)


# --- what is refused --------------------------------------------------------------------------------------------------

HOSTILE = {
    "parent": (member("../get/pods.json"), "a.tar/../get/pods.json: not read: its path leaves the archive"),
    "deep parent": (member("get/../../x.json"), "a.tar/get/../../x.json: not read: its path leaves the archive"),
    "absolute": (member("/etc/x.json"), "a.tar//etc/x.json: not read: its path is absolute"),
    "drive": (member("C:\\x.json"), "a.tar/C:\\x.json: not read: its path is absolute"),
    "link out": (
        member("get/x.json", tarfile.SYMTYPE, "../../x"),
        "a.tar/get/x.json: not read: a link that leaves the archive",
    ),
    "absolute link": (
        member("get/x.json", tarfile.SYMTYPE, "/etc/passwd"),
        "a.tar/get/x.json: not read: a link that leaves the archive",
    ),
    "hard link out": (
        member("get/x.json", tarfile.LNKTYPE, "../x"),
        "a.tar/get/x.json: not read: a link that leaves the archive",
    ),
    "device": (member("get/x.json", tarfile.CHRTYPE), "a.tar/get/x.json: not read: not a plain file"),
    "fifo": (member("get/x.json", tarfile.FIFOTYPE), "a.tar/get/x.json: not read: not a plain file"),
    "twice": (member("get/pods.json"), "a.tar/get/pods.json: not read: a second file of this name; the last is used"),
    "endless name": (
        member("a/" * 3000 + "x.json"),
        f"a.tar/{('a/' * 100)}: not read: its path is too long",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_members(case: str, tmp_path: Path) -> None:
    bad, told = HOSTILE[case]
    data = PODS if bad.type == tarfile.REGTYPE else b""
    path = tmp_path / "a.tar"
    path.write_bytes(
        tar_with((member("captured-at"), b"2026-01-02T03:04:05Z"), (member("get/pods.json"), PODS), (bad, data))
    )
    snapshot = load(path)
    assert snapshot.objects() == {"Pod": 5}
    assert warnings(snapshot, tmp_path) == [told]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tar"]


def test_control_characters_in_names(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar_with((member("get\n\x1b[31m/pods.json"), b"{"), (member("x/pods.json"), PODS)))
    assert warnings(load(path), tmp_path) == [
        "a.tar/get\ufffd\ufffd[31m/pods.json: not read to its end: Input data was truncated"
    ]


def test_hostile_zip(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("get/pods.json", PODS)
        archive.writestr("../x.json", PODS)
        archive.writestr("windows\\x.json", b"{}")
        link = zipfile.ZipInfo("get/link.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "../../etc/passwd")
        device = zipfile.ZipInfo("get/device.json")
        device.external_attr = 0o020666 << 16
        archive.writestr(device, b"")
    path = tmp_path / "a.zip"
    path.write_bytes(out.getvalue())
    with open_inputs([str(path)]) as (folder,):
        assert list(folder.files) == ["get/pods.json", "windows/x.json"]
        assert [str(w).replace(f"{tmp_path}/", "") for w in folder.warnings] == [
            "a.zip/../x.json: not read: its path leaves the archive",
            "a.zip/get/link.json: not read: a link that leaves the archive",
            "a.zip/get/device.json: not read: not a plain file",
        ]


def test_encrypted_zip(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a/pods.json": PODS, "b/pods.json": PODS}))
    start = data.find(b"PK\x01\x02")
    data[start + 8] |= 1
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    snapshot = load(path)
    assert warnings(snapshot, tmp_path) == ["a.zip/a/pods.json: not read: it is encrypted"]
    assert snapshot.incomplete
    data[data.find(b"PK\x01\x02", start + 4) + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.zip could not be unpacked: .*it is encrypted"):
        load(path)


# --- bombs and limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["tar.gz", "tar.xz", "tar.zst", "zip"])
def test_bomb(packing: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(PACKERS[packing]({"get/pods.json": PODS, "zeros": bytes(40 << 20)}))
    snapshot = load(path, Limits(ratio_from=1 << 20))
    assert snapshot.objects() == {"Pod": 5}
    assert warnings(snapshot, tmp_path) == ["bomb: unpacked only in part: it unpacks to more than 200 times its size"]
    assert snapshot.incomplete


def test_single_file_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(bytes(40 << 20)))
    with pytest.raises(InputError, match=r"nothing could be read: .* it unpacks to more than 200 times its size"):
        load(path, Limits(ratio_from=1 << 20))


def test_too_many_bytes_and_members(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of({"get/pods.json": PODS, "get/x.json": bytes(4000), "get/y.json": b"{}"}))
    assert warnings(load(path, Limits(total=2000)), tmp_path)[0] == (
        "a.tar: unpacked only in part: it unpacks to more than 2,000 bytes"
    )
    assert warnings(load(path, Limits(members=1)), tmp_path) == [
        "a.tar: unpacked only in part: it holds more than 1 files"
    ]
    folder = write(tmp_path / "many", {f"{n}/pods.json": PODS for n in range(3)})
    assert warnings(load(folder, Limits(members=2)), tmp_path) == [
        "many: read only in part: it holds more than 2 files"
    ]


def test_endless_tar_header(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 3 << 20
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of({"pods.json": PODS})[: 512 + -(-len(PODS) // 512) * 512] + header.tobuf() + bytes(3 << 20))
    assert warnings(load(path), tmp_path) == [
        "a.tar: the archive is damaged or cut off, what could be unpacked is used: a header of it is too large"
    ]


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["tar.gz", "tar.xz", "tar.bz2", "tar.zst", "tar"])
def test_cut_off(packing: str, tmp_path: Path) -> None:
    noise = os.urandom(2_000_000)
    whole = PACKERS[packing]({"get/pods.json": PODS, "logs/ns0/p0/c.log": noise, "get/services.json": PODS})
    path = tmp_path / "a"
    path.write_bytes(whole[: len(whole) // 2])
    snapshot = load(path)
    assert snapshot.objects() == {"Pod": 5}
    assert snapshot.incomplete
    (told,) = warnings(snapshot, tmp_path)
    assert told.startswith("a: the archive is damaged or cut off, what could be unpacked is used: ")


def test_cut_off_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(PACKERS["tar.gz"]({"get/pods.json": PODS})[:30])
    with pytest.raises(InputError, match=r"a\.tar\.gz could not be unpacked: it is damaged or cut off: "):
        load(path)


def test_damaged_member_of_a_zip(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a/pods.json": PODS, "b/pods.json": PODS}))
    data[60] ^= 0xFF
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    snapshot = load(path)
    assert snapshot.objects() == {"Pod": 5}
    assert snapshot.incomplete
    assert warnings(snapshot, tmp_path)[0].startswith("a.zip/a/pods.json: not read: damaged in the archive: ")


def test_damaged_log_in_gzip(tmp_path: Path) -> None:
    files = FILES | {"dump/nodes/n/kubelet.log.gz": gzip.compress(os.urandom(100_000).hex("\n").encode())[:50_000]}
    snapshot = load(write(tmp_path, files))
    (log,) = snapshot.node_logs.values()
    assert 60_000 < len(log.text) < 300_000


# --- errors -----------------------------------------------------------------------------------------------------------


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^no such file or folder: /no/where$"):
        load(Path("/no/where"))
    with pytest.raises(UsageError, match=r"^no such file or folder: "), read(["a\0b"]):
        pass
    with pytest.raises(UsageError, match=r"^there is no standard input to read$"), read(["-"]):
        pass
    with pytest.raises(InputError, match=r"^stdin is empty: pipe a dump into it"), read(["-"], io.BytesIO(b"")):
        pass
    with pytest.raises(InputError, match=r" holds no files$"):
        load(tmp_path)
    (tmp_path / "empty.json").write_bytes(b"")
    with pytest.raises(InputError, match=r"empty\.json is empty$"):
        load(tmp_path / "empty.json")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with pytest.raises(InputError) as raised:
        load(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path} holds no Kubernetes objects (seen: empty.json, photo.png). Expected the output of kubectl get "
        "-o json or yaml, kubectl cluster-info dump, a must-gather, a support bundle, or text of kubectl get and "
        "describe."
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_bytes_are_a_traceback(data: st.DataObject) -> None:
    """A valid archive with some bytes changed, cut or put in either is read or is a DiagnoseError."""
    packed = bytearray(PACKERS[data.draw(st.sampled_from(sorted(PACKERS)))](FILES))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(packed)))
        packed[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=20))
    try:
        with read(["-"], io.BytesIO(bytes(packed))) as snapshot:
            for log in (*snapshot.logs.values(), *snapshot.node_logs.values()):
                assert isinstance(log.text, str)
    except DiagnoseError:
        pass


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"{", b"[", b"---\n", b"PK\x03\x04", b"\x1f\x8b", b"BZh9", b"\xff\xfe"]),
)
def test_any_bytes(noise: bytes, start: bytes) -> None:
    try:
        with read(["-"], io.BytesIO(start + noise)) as snapshot:
            assert snapshot is not None
    except DiagnoseError:
        pass
