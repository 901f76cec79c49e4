"""What the schemas of a version say of an object, and that this is what a validator for all of JSON Schema says."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.errors import UsageError
from diagnose.sources.manifests import schemas
from diagnose.sources.manifests.documents import read_text
from diagnose.sources.manifests.objects import objects_of
from diagnose.sources.manifests.words import ONE_OF

pytest.importorskip("kubernetes_validate")

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}, "annotations": {"a.b/c": "d"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "restartPolicy": "Always",
                "containers": [
                    {
                        "name": "web",
                        "image": "nginx:1.25",
                        "ports": [{"containerPort": 80, "protocol": "TCP"}],
                        "resources": {"limits": {"cpu": 1.5, "memory": "1Gi"}},
                        "env": [{"name": "A", "value": "1"}],
                        "securityContext": {"runAsUser": 1000},
                    }
                ],
            },
        },
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(DEPLOYMENT)
    *above, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    inside: Any = made
    for step in above:
        inside = inside[step]
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return made


def told(value: dict[str, Any], version: str = schemas.NEWEST) -> list[tuple[str, str, str]]:
    """Type, place and message of every problem, through a file and back."""
    loaded = schemas.load(version)
    assert loaded is not None
    sheet = read_text(json.dumps(value), "f.json", asked=True)
    (manifest,) = objects_of(sheet.documents[0], sheet, "", asked=True)
    return [(p.type, p.path, p.message) for p in loaded(manifest)]


def test_a_good_object_has_no_problem() -> None:
    for version in schemas.available():
        assert told(DEPLOYMENT, version) == []


IN_CONTAINER = "$.spec.template.spec.containers[0]"


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (
            "spec.replcas",
            3,
            ("unknown-field", "$.spec.replcas", "there is no field 'replcas' in spec, did you mean 'replicas'?"),
        ),
        (
            "spec.template.spec.containers.0.runAsUser",
            5,
            (
                "unknown-field",
                f"{IN_CONTAINER}.runAsUser",
                "there is no field 'runAsUser' in spec.containers[0]; it belongs in 'securityContext'",
            ),
        ),
        ("colour", "red", ("unknown-field", "$.colour", "there is no field 'colour'")),
        ("spec.replicas", "2", ("invalid", "$.spec.replicas", "spec.replicas takes a whole number, not text")),
        (
            "spec.replicas",
            True,
            ("invalid", "$.spec.replicas", "spec.replicas takes a whole number, not the boolean true"),
        ),
        (
            "spec.template.spec.containers.0.env.0.value",
            1,
            ("invalid", f"{IN_CONTAINER}.env[0].value", "env[0].value takes text, not a number"),
        ),
        (
            "spec.template.spec.containers.0.resources.limits.cpu",
            [],
            (
                "invalid",
                f"{IN_CONTAINER}.resources.limits.cpu",
                "resources.limits.cpu takes text or a number, not a list",
            ),
        ),
        ("spec.selector", None, ("invalid", "$.spec", "spec has no 'selector', which must be there")),
        ("spec", None, ("invalid", "$", "the object has no 'spec', which must be there")),
        (
            "spec.template.spec.restartPolicy",
            "always",
            (
                "invalid",
                "$.spec.template.spec.restartPolicy",
                "template.spec.restartPolicy is never 'always', did you mean 'Always'?",
            ),
        ),
        (
            "spec.template.spec.dnsPolicy",
            "x",
            (
                "invalid",
                "$.spec.template.spec.dnsPolicy",
                "template.spec.dnsPolicy is never 'x'; it takes: ClusterFirst, ClusterFirstWithHostNet, Default, None",
            ),
        ),
        (
            "kind",
            "Deploiment",
            (
                "invalid",
                "$.kind",
                "there is no kind Deploiment in apps/v1 of Kubernetes 1.37, did you mean Deployment?",
            ),
        ),
    ],
)
def test_problems(path: str, value: Any, problem: tuple[str, str, str]) -> None:
    assert told(changed(path, value)) == [problem]


def test_null_is_a_field_that_is_not_there() -> None:
    made = copy.deepcopy(DEPLOYMENT)
    made["spec"]["replicas"] = None
    made["status"] = None
    assert told(made) == []


def test_a_value_is_never_shown() -> None:
    value = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": 1234567}}
    assert told(value) == [("invalid", "$.data.password", "data.password takes text, not a number")]


@pytest.mark.parametrize(("api", "kind"), [("example.com/v1", "Thing"), ("policy/v1beta1", "PodSecurityPolicy")])
def test_kinds_without_a_schema_are_not_judged_by_one(api: str, kind: str) -> None:
    assert told({"apiVersion": api, "kind": kind, "metadata": {"name": "x"}, "spec": {"any": "thing"}}) == []


def test_what_the_server_sets_itself_need_not_be_there() -> None:
    value = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "db"}]}}},
    }
    assert told(value, "1.28") == []
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p"}, "spec": {}}
    assert told(policy, "1.28") == []


def test_the_newest_version_is_the_newest_that_ships() -> None:
    assert max(schemas.available(), key=lambda text: int(text.partition(".")[2])) == schemas.NEWEST


def test_an_unknown_version() -> None:
    with pytest.raises(
        UsageError, match=r"^there are no schemas of Kubernetes 1\.99; there are those of 1\.25 to 1\.37$"
    ):
        schemas.load("1.99")


def test_the_words_are_those_of_real_fields() -> None:
    loaded = schemas.load(schemas.NEWEST)
    assert loaded is not None
    fields: dict[str, set[str]] = {}
    for name, schema in loaded.definitions.items():
        fields.setdefault(name.rpartition(".")[2], set()).update(schema.get("properties", ()))
    assert [key for key in ONE_OF if key[1] not in fields.get(key[0], ())] == []


# --- beside a validator for all of JSON Schema ------------------------------------------------------------------------


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in entries:
        yield from leaves(inside, (*path, key))


PLACES = [path for path in leaves(DEPLOYMENT) if path and path[0] not in ("apiVersion", "kind")]
VALUES = st.one_of(
    st.integers(0, 9), st.booleans(), st.text("ab1", max_size=3), st.just({}), st.just([]), st.just({"x": 1})
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), VALUES)
def test_a_validator_of_json_schema_says_the_same(path: tuple[Any, ...], value: Any) -> None:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    loaded = schemas.load(schemas.NEWEST)
    assert loaded is not None
    made = copy.deepcopy(DEPLOYMENT)
    inside: Any = made
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    contents = json.loads((loaded.folder / "_definitions.json").read_text())
    registry = Registry().with_resource("urn:k8s", Resource.from_contents(contents))
    name = loaded.schema("apps/v1", "Deployment")
    assert name is not None
    validator = Draft202012Validator({"$ref": "urn:k8s" + name["$ref"]}, registry=registry)
    own = [message for _, _, message, _ in loaded.wrong(name, made)]
    words = own and all(" is never " in message for message in own)
    assert words or bool(own) == (not validator.is_valid(made)), own
