"""Which files a folder stands for, and what of them can be read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from diagnose.errors import UsageError
from diagnose.model import InputWarning
from diagnose.sources.manifests import Layer, ManifestSet, files, read

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
MADE = "check what `helm template` makes of it"


def lay(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("_json", ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(folder: Path, *paths: str) -> list[str]:
    return [found.name for found in files.find(paths or (".",), folder)]


def the(found: ManifestSet) -> Layer:
    assert len(found.layers) == 1
    return found.layers[0]


def test_a_folder_stands_for_its_yaml_and_json_in_a_fixed_order(tmp_path: Path) -> None:
    lay(tmp_path, b_yaml="", a__z_json="", a__b__c_yaml="")
    (tmp_path / "README.md").write_text("")
    (tmp_path / "x.yml").write_text("")
    assert names(tmp_path) == ["b.yaml", "x.yml", "a/z.json", "a/b/c.yaml"]
    assert names(tmp_path, "a/", "./b.yaml", "a") == ["a/z.json", "a/b/c.yaml", "b.yaml"]
    assert names(tmp_path, str(tmp_path / "a")) == ["a/z.json", "a/b/c.yaml"]


def test_what_git_ignores_is_passed_over(tmp_path: Path) -> None:
    lay(
        tmp_path,
        a_yaml="",
        out__b_yaml="",
        deep__out__c_yaml="",
        deep__keep_yaml="",
        deep__d_yaml="",
        node_modules__e_yaml="",
    )
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("out/\n*.yaml\n!a.yaml\n")
    (tmp_path / "deep/.gitignore").write_text("!keep.yaml\n")
    assert names(tmp_path) == ["a.yaml", "deep/keep.yaml"]
    assert names(tmp_path, "deep") == ["deep/keep.yaml"], "the .gitignore above counts as well"
    assert names(tmp_path, "deep/d.yaml") == ["deep/d.yaml"], "a file that is named is asked for"


def test_a_gitignore_above_the_repository_has_no_say(tmp_path: Path) -> None:
    lay(tmp_path, repo__a_yaml="")
    (tmp_path / ".gitignore").write_text("*.yaml\n")
    (tmp_path / "repo/.git").mkdir()
    assert names(tmp_path, "repo") == ["repo/a.yaml"]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^no such file or folder: nope\.yaml$"):
        list(files.find(["nope.yaml"], tmp_path))


def test_a_file_that_two_paths_name_is_read_once(tmp_path: Path) -> None:
    lay(tmp_path, a__p_yaml=POD)
    (tmp_path / "b").symlink_to("a")
    assert names(tmp_path, "a", "a/p.yaml", "b") == ["a/p.yaml"]


def test_templates_of_a_chart_are_skipped_by_name(tmp_path: Path) -> None:
    lay(
        tmp_path,
        web__Chart_yaml="apiVersion: v2\nname: web\n",
        web__values_yaml="image: nginx\n",
        web__crds__c_yaml=POD,
    )
    lay(tmp_path, web__templates__plain_yaml=POD.replace("a}", "b}"), web__templates__tests__t_yaml=POD + "{{ end }}")
    found = the(read(["web"], tmp_path))
    assert found.snapshot.objects() == {"Pod": 2}
    why = f"not checked: a template of the chart web; {MADE}"
    assert found.snapshot.warnings == (InputWarning(why, "web/templates/tests/t.yaml"),)
    assert not found.snapshot.incomplete


def test_patches_of_a_kustomization_are_skipped_by_name(tmp_path: Path) -> None:
    kustomization = "resources: [pod.yaml]\npatches: [{path: ./p/patch.yaml}]\npatchesStrategicMerge: [old.yaml]\n"
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 1, replicas: 2}\n"
    lay(tmp_path, o__kustomization_yaml=kustomization, o__pod_yaml=POD, o__p__patch_yaml=patch, o__old_yaml=patch)
    found = the(read(["o"], tmp_path))
    assert found.snapshot.objects() == {"Pod": 1}
    why = "not checked: a patch, part of an object; check what `kustomize build` makes of it"
    assert found.snapshot.warnings == (InputWarning(why, "o/old.yaml:1"), InputWarning(why, "o/p/patch.yaml:1"))


def test_a_patch_that_is_named_by_itself_is_found_out(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: patches/pod.yaml}]\n",
            "prod/patches/pod.yaml": POD,
            "prod/other.yaml": POD,
        },
    )
    found = read(["prod/patches/pod.yaml"], tmp_path)
    why = "not checked: a patch, part of an object; check what `kustomize build` makes of it"
    assert (list(found.manifests), the(found).snapshot.warnings) == (
        [],
        (InputWarning(why, "prod/patches/pod.yaml:1"),),
    )
    assert names(tmp_path, "prod/other.yaml") == ["prod/other.yaml"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-be"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = ("\ufeff" if encoding == "utf-32-be" else "") + POD.replace("a}", "ä}")
    (tmp_path / "p.yaml").write_bytes(text.encode(encoding))
    assert [str(m) for m in read(["p.yaml"], tmp_path).manifests.values()] == ["Pod/ä"]
    assert [str(m) for m in read(["."], tmp_path).manifests.values()] == ["Pod/ä"]


def problems(found: ManifestSet) -> list[tuple[str, int, int, str]]:
    from diagnose.decode import decode_whole
    from diagnose.kinds import FILE

    records = the(found).snapshot.tables[FILE]
    return [
        (record.name, p["line"], p["column"], p["message"])
        for record in records
        for p in decode_whole(record.raw)["problems"]
    ]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"apiVersion: v1\nkind: Pod\nname: \xff\xfe\n")
    found = read(["."], tmp_path)
    assert problems(found) == [("p.yaml", 3, 7, "not read: byte 0xff is not UTF-8")]
    assert the(found).snapshot.incomplete


def test_a_file_over_the_limit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 1 << 20)
    lay(tmp_path, big_yaml=POD + "# x\n" * 300_000, other_yaml="x: y\n" * 300_000, small_yaml=POD)
    found = read(["."], tmp_path)
    assert problems(found) == [("big.yaml", 1, 1, "not read: it has more than 1 MB (1 MB); split it")]
    assert the(found).snapshot.incomplete
    assert the(found).snapshot.objects()["Pod"] == 1


def test_a_folder_and_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, a_yaml=POD, b_yaml=POD)
    real = Path.open

    def refused(self: Path, *args: object) -> object:
        if self.name == "a.yaml":
            raise PermissionError(13, "Permission denied")
        return real(self, *args)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    found = read(["."], tmp_path)
    assert problems(found) == [("a.yaml", 1, 1, "cannot be read: Permission denied")]
    assert the(found).snapshot.objects()["Pod"] == 1


def test_stdin() -> None:
    found = read(["-"], Path("/"), io.BytesIO(f"---\n# Source: web/templates/p.yaml\n{POD}".encode()))
    (manifest,) = found.manifests.values()
    assert (manifest.place, manifest.origin) == ("stdin:3:1", "web/templates/p.yaml")


# --- sets -------------------------------------------------------------------------------------------------------------


def test_objects_of_one_name_in_other_folders_are_judged_in_turn(tmp_path: Path) -> None:
    lay(tmp_path, dev__p_yaml=POD, prod__p_yaml=POD, prod__q_yaml=POD.replace("a}", "b}"))
    found = read(["."], tmp_path)
    shown = [
        [(r.name, r.file) for r in layer.snapshot.tables[next(iter(found.manifests.values())).key]]
        for layer in found.layers
    ]
    assert shown == [
        [("a", "dev/p.yaml:1:1"), ("b", "prod/q.yaml:1:1")],
        [("a", "prod/p.yaml:1:1"), ("b", "prod/q.yaml:1:1")],
    ]
    assert found.layers[0].subjects is None
    assert found.layers[1].subjects is not None
    assert len(found.layers[1].subjects) == 1


def test_an_object_that_stands_twice_in_a_folder(tmp_path: Path) -> None:
    lay(tmp_path, a_yaml=POD, b_yaml=POD)
    found = read(["."], tmp_path)
    from diagnose.decode import decode_whole
    from diagnose.kinds import FILE

    (record,) = found.layers[0].snapshot.tables[FILE]
    data = decode_whole(record.raw)
    assert data["object"] == {"apiVersion": "v1", "kind": "Pod", "namespace": "", "name": "a"}
    assert [(p["type"], p["line"], p["message"]) for p in data["problems"]] == [
        ("duplicate-object", 3, "it stands in a.yaml:1 as well; only the one that is applied last stays")
    ]


def test_the_values_of_a_secret_are_not_kept(tmp_path: Path) -> None:
    lay(tmp_path, s_yaml="apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: hunter2hunter2}\n")
    found = the(read(["."], tmp_path))
    assert b"hunter2" not in b"".join(bytes(r.raw) for rows in found.snapshot.tables.values() for r in rows)
    assert "hunter2hunter2" in found.snapshot.secrets
