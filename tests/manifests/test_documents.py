"""Texts to documents that know their lines; what of them cannot be read."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from diagnose.model import InputWarning
from diagnose.sources.manifests.documents import Problem, Sheet, json_path, read_text
from diagnose.sources.manifests.objects import Manifest, objects_of

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"


def objects(text: str, *, asked: bool = True, namespace: str = "") -> tuple[list[Manifest], Sheet]:
    sheet = read_text(text, "f.yaml", asked=asked)
    return [m for d in sheet.documents for m in objects_of(d, sheet, namespace, asked=asked)], sheet


def told(problem: Problem) -> tuple[str, int, int, str]:
    return problem.type, problem.line, problem.column, problem.message


def test_lines_count_from_the_top_of_the_file() -> None:
    found, sheet = objects(f"# head\n---\n{POD}---\n# only a comment\n---\n\n{POD.replace('a}', 'b}')}")
    assert [(str(m), m.place) for m in found] == [("Pod/a", "f.yaml:3:1"), ("Pod/b", "f.yaml:10:1")]
    assert sheet.problems == []
    document = found[1].document
    assert document.at("metadata", "name") == (12, 12)
    assert document.line(12) == "metadata: {name: b}"


def test_a_directive_and_an_end_belong_to_their_document() -> None:
    found, sheet = objects(f"%YAML 1.1\n---\n{POD}...\n---\n{POD}")
    assert [m.place for m in found] == ["f.yaml:3:1", "f.yaml:8:1"]
    assert sheet.problems == []


def test_windows_line_ends() -> None:
    found, _ = objects(f"---\n{POD}---\n{POD}".replace("\n", "\r\n"))
    assert [m.place for m in found] == ["f.yaml:2:1", "f.yaml:6:1"]
    assert found[1].document.line(8) == "metadata: {name: a}"


def test_items_of_lists_stand_where_they_are_written() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n- &b\n"
    text += "  apiVersion: v1\n"
    text += "  kind: List\n  items:\n  - {apiVersion: v1, kind: Pod, metadata: {name: b}}\n"
    found, _ = objects(text)
    assert [(str(m), m.place, m.steps) for m in found] == [
        ("Pod/a", "f.yaml:4:3", ("items", 0)),
        ("Pod/b", "f.yaml:11:5", ("items", 1, "items", 0)),
    ]


def test_items_of_a_typed_list_need_not_say_their_kind() -> None:
    found, _ = objects('{"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"metadata": {"name": "a"}}]}')
    assert [(str(m), m.place) for m in found] == [("Deployment/a", "f.yaml:1:63")]


def test_what_came_through_an_anchor_or_a_merge_key_stands_at_the_anchor() -> None:
    text = f"{POD}x: &x\n  image: i\nspec:\n  containers:\n  - <<: *x\n    name: c\n"
    found, _ = objects(text)
    document = found[0].document
    assert document.at("spec", "containers", 0, "image") == (5, 3)
    assert document.at("spec", "containers", 0, "name") == (9, 5)


def test_the_source_that_helm_names() -> None:
    found, _ = objects(f"---\n# Source: web/templates/pod.yaml\n{POD}---\n{POD}")
    assert [m.origin for m in found] == ["web/templates/pod.yaml", ""]


@pytest.mark.parametrize(
    ("annotation", "origin"),
    [
        ('config.kubernetes.io/origin: "path: base/pod.yaml\\n"', "base/pod.yaml"),
        (
            'config.kubernetes.io/origin: "path: x/pod.yaml\\nrepo: https://example.com/r\\n"',
            "https://example.com/r//x/pod.yaml",
        ),
        ("config.kubernetes.io/path: pods/pod.yaml", "pods/pod.yaml"),
        ('config.kubernetes.io/origin: "{{"', ""),
        ("config.kubernetes.io/origin: [a]", ""),
    ],
)
def test_the_origin_that_kustomize_names(annotation: str, origin: str) -> None:
    found, _ = objects(f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    {annotation}\n")
    assert [m.origin for m in found] == [origin]


def test_a_broken_document_leaves_the_others() -> None:
    found, sheet = objects(f"{POD}---\napiVersion: v1\nkind: Pod\nmetadata:\n\tname: b\n---\n{POD.replace('a}', 'c}')}")
    assert [str(m) for m in found] == ["Pod/a", "Pod/c"]
    assert [told(p) for p in sheet.problems] == [
        ("unreadable", 8, 1, "a tab cannot indent or separate here; use spaces")
    ]
    assert sheet.problems[0].excerpt == "\tname: b"
    assert sheet.incomplete


def test_a_duplicate_key_is_told_and_the_last_one_counts() -> None:
    found, sheet = objects(f"{POD}---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: b\n  name: c\n")
    assert [str(m) for m in found] == ["Pod/a", "Pod/c"]
    message = "duplicate key 'name'; it is first given in line 8"
    assert [told(p) for p in sheet.problems] == [("duplicate-key", 9, 3, message)]
    assert not sheet.incomplete


def test_keys_that_yaml_reads_as_numbers_are_text_as_kubectl_has_it() -> None:
    found, sheet = objects("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {8080: a, true: b, 010: c}\n")
    assert found[0].data["data"] == {"8080": "a", "true": "b", "8": "c"}
    assert sheet.problems == []


def test_a_template_is_skipped_by_name() -> None:
    text = f"{POD}---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{{{ .Values.name }}}}\n"
    found, sheet = objects(text)
    assert [str(m) for m in found] == ["Pod/a"]
    why = "not checked: a template; check what `helm template` makes of it"
    assert sheet.skipped == [InputWarning(why, "f.yaml:8")]
    assert sheet.problems == []
    assert not sheet.incomplete


def test_a_template_that_happens_to_be_yaml_is_skipped_when_it_says_who_it_is() -> None:
    found, sheet = objects(POD.replace("a}", '"{{ .Release.Name }}-a"}'))
    assert found == []
    assert [w.file for w in sheet.skipped] == ["f.yaml:1"]


def test_braces_inside_a_rendered_object_are_no_template() -> None:
    text = POD + 'spec:\n  summary: "{{ $labels.pod }} is down"\n'
    assert [str(m) for m in objects(text)[0]] == ["Pod/a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: Pod\nmetadata: {name: a}\n", "no object: apiVersion is missing, or is no text"),
        ("apiVersion: v1\nmetadata: {name: a}\nspec: {}\n", "no object: kind is missing, or is no text"),
        ("apiVersion: 1\nkind: Pod\nmetadata: {name: a}\n", "no object: apiVersion is missing, or is no text"),
        ("apiVersion: v1\nkind: Pod\nspec: {}\n", "the Pod has no metadata.name"),
        ("apiVersion: v1\nkind: List\nitems: {a: b}\n", "the List has no list of items"),
        ("apiVersion: v1\nkind: List\nitems: [3]\n", "an item of the list is no object: it needs apiVersion and kind"),
    ],
)
def test_half_an_object_is_told(text: str, message: str) -> None:
    found, sheet = objects(text)
    assert found == []
    assert [(p.type, p.message) for p in sheet.problems] == [("invalid", message)]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
        "apiVersion: v1\nkind: Config\nclusters: []\n",
        "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {config.kubernetes.io/local-config: 'true'}}\n",
        "apiVersion: v1\nkind: PodList\nitems: null\n",
        "apiVersion: controller-runtime.sigs.k8s.io/v1alpha1\nkind: ControllerManagerConfig\n",
        "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        "image: nginx\n",
        "- a\n- b\n",
        "only text\n",
        "",
        "---\n---\n",
    ],
)
def test_what_is_no_object_of_a_cluster_is_left_aside(text: str) -> None:
    found, sheet = objects(text)
    assert found == []
    assert (sheet.problems, sheet.skipped, sheet.incomplete) == ([], [], False)


def test_a_custom_kind_without_metadata_is_skipped_by_name() -> None:
    found, sheet = objects("# comment\napiVersion: kuttl.dev/v1beta1\nkind: TestStep\ncommands: []\n")
    assert (found, sheet.problems) == ([], [])
    why = "not checked: this TestStep has no metadata, so it is taken for a file that configures a program"
    assert sheet.skipped == [InputWarning(why, "f.yaml:2")]


def test_a_duplicate_key_has_a_path() -> None:
    sheet = read_text(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {image: a, image: b}\n", "f.yaml", asked=True
    )
    assert [(p.line, p.column, p.path) for p in sheet.problems] == [(5, 16, "$.spec.containers[0].image")]


def test_a_file_of_a_folder_that_is_something_else_is_left_aside() -> None:
    assert read_text("a: [", "values.yaml", asked=False) == Sheet()
    assert read_text("a: [", "values.yaml", asked=True).incomplete


def test_a_name_that_the_server_makes() -> None:
    found, _ = objects("apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: load-}\n")
    assert [str(m) for m in found] == ["Job/load-"]


def test_the_default_namespace_is_for_objects_in_namespaces() -> None:
    other = POD.replace("a}", "b, namespace: x}")
    text = f"{POD}---\n{other}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: n}}\n"
    assert [str(m) for m in objects(text, namespace="shop")[0]] == ["Pod/shop/a", "Pod/x/b", "Namespace/n"]


def test_json_paths() -> None:
    assert json_path(()) == "$"
    assert json_path(("spec", "containers", 0, "image")) == "$.spec.containers[0].image"
    assert json_path(("metadata", "labels", "app.io/it's")) == "$.metadata.labels['app.io/it\\'s']"


# --- whatever a file holds --------------------------------------------------------------------------------------------


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    objects(text)
    objects(f"{POD}\n---\n{text}")


@given(st.lists(st.dictionaries(st.text("abc: -#'\"\n", max_size=5), st.text("ab:-#\n '\"", max_size=8), max_size=3)))
def test_every_document_is_found_whatever_the_scalars_hold(datas: list[dict[str, str]]) -> None:
    texts = [yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "data": d}) for d in datas]
    found, sheet = objects("---\n".join(texts))
    assert [m.data["data"] for m in found] == datas
    assert sheet.problems == []
    lines = "---\n".join(texts).split("\n")
    for manifest in found:
        line, column = manifest.document.at("kind")
        assert (lines[line - 1], column) == ("kind: Pod", 1)
