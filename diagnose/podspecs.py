"""Pod templates as something that relations lead to: what a Service will select when its Deployment is applied.

A template stands for the pods that will be made of it. An object whose controller is in the snapshot is passed over:
the controller's template stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from diagnose.decode import Record
from diagnose.index import World, fixed_labels
from diagnose.kinds import KindKey, is_custom, parse_key
from diagnose.values import as_map, selects
from diagnose.views import TABLE, TEMPLATED, template_of

POD_SPEC = KindKey("", "PodSpec")
KEYS = tuple(parse_key(kind) for kind in TEMPLATED)
_OPERATORS = (
    "Prometheus.monitoring.coreos.com PrometheusAgent.monitoring.coreos.com Alertmanager.monitoring.coreos.com"
    " ThanosRuler.monitoring.coreos.com Elasticsearch.elasticsearch.k8s.elastic.co Kibana.kibana.k8s.elastic.co"
    " Kafka.kafka.strimzi.io KafkaNodePool.kafka.strimzi.io KafkaConnect.kafka.strimzi.io Cluster.postgresql.cnpg.io"
    " PostgresCluster.postgres-operator.crunchydata.com postgresql.acid.zalan.do RabbitmqCluster.rabbitmq.com"
    " RedisFailover.databases.spotahome.com PerconaServerMongoDB.psmdb.percona.com"
    " MongoDBCommunity.mongodbcommunity.mongodb.com"
    " CephCluster.ceph.rook.io Grafana.grafana.integreatly.org Keycloak.k8s.keycloak.org Jaeger.jaegertracing.io"
    " OpenTelemetryCollector.opentelemetry.io CassandraDatacenter.cassandra.datastax.com InnoDBCluster.mysql.oracle.com"
    " Gateway.gateway.networking.k8s.io Service.serving.knative.dev RayCluster.ray.io FlinkDeployment.flink.apache.org"
    " HelmRelease.helm.toolkit.fluxcd.io Kustomization.kustomize.toolkit.fluxcd.io HelmChart.helm.cattle.io"
    " Application.argoproj.io"
)
OPERATED = tuple(parse_key(kind) for kind in _OPERATORS.split())
"""Kinds of which an operator makes pods, with labels of its own."""
_ANYWHERE = frozenset({"helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io", "helm.cattle.io", "argoproj.io"})
"""Of these, whose pods may be in any namespace."""
_INDEX, _LABELS, _OPERATED = "templates by namespace", "templates by label", "pods of operators"
_View = dict[str, Any]


def value(world: World, record: Record) -> _View:
    """The template of an object, as the view `podspec` shows it; without a spec when it has none."""
    data = world.joined(record)
    found, _ = TABLE["podspec"].make(world, record, data)
    if found:
        return found[0]
    at, template = template_of(record.key.kind, data)
    return {"metadata": as_map(template.get("metadata")), "path": at, "object": data}


def rows(world: World, namespace: str | None = None) -> list[Record]:
    """The objects with a template, in one namespace or (None) in all."""
    index: dict[str, list[Record]] | None = world.memo.get(_INDEX)
    if index is None:
        index = world.memo[_INDEX] = {}
        for record in _all(world):
            index.setdefault(record.meta.namespace, []).append(record)
    return index.get(namespace, []) if namespace is not None else [r for some in index.values() for r in some]


def select(world: World, namespace: str | None, selector: Any) -> list[Record]:
    """The objects whose template bears labels that a selector selects."""
    wanted, _ = fixed_labels(selector)
    found = (
        _bearing(world).get((namespace, *wanted[0]), []) if wanted and namespace is not None else rows(world, namespace)
    )
    return [r for r in found if selects(selector, labels(world, r))]


def _bearing(world: World) -> dict[tuple[str, str, str], list[Record]]:
    """The objects whose template bears a label, by namespace, key and value."""
    index: dict[tuple[str, str, str], list[Record]] | None = world.memo.get(_LABELS)
    if index is None:
        index = world.memo[_LABELS] = {}
        for record in rows(world):
            for key, text in labels(world, record).items():
                index.setdefault((record.meta.namespace, key, str(text)), []).append(record)
    return index


def labels(world: World, record: Record) -> Mapping[str, Any]:
    """The labels that the pods of an object will bear."""
    known: dict[int, Mapping[str, Any]] = world.memo.setdefault("labels of templates", {})
    found = known.get(id(record))
    if found is None:
        found = known[id(record)] = as_map(as_map(value(world, record).get("metadata")).get("labels"))
    return found


def missing(world: World, namespace: str | None = None) -> str | None:
    """Why there may be other templates, and so pods, than those that are known; None when there are none.

    Kinds that a cluster need not have do not count, but where there is an object of which an operator makes pods, it
    does.
    """
    made = _operated(world)
    name = next(iter(made.values()), None) if namespace is None else made.get(namespace) or made.get("")
    if name:
        return f"{name} makes pods that are not among the manifests"
    why = (world.coverage.missing(key, namespace) for key in KEYS if not is_custom(key))
    return next((reason for reason in why if reason), None)


def _operated(world: World) -> dict[str, str]:
    """By namespace ("" for any) an object of which an operator makes pods there."""
    found: dict[str, str] | None = world.memo.get(_OPERATED)
    if found is None:
        found = world.memo[_OPERATED] = {}
        for record in (record for key in OPERATED for record in world.rows(key)):
            namespace = "" if record.key.group in _ANYWHERE else record.meta.namespace
            name = "/".join(filter(None, (record.key.kind, record.meta.namespace, record.meta.name)))
            found.setdefault(namespace, name)
    return found


def _all(world: World) -> Iterator[Record]:
    for key in KEYS:
        for record in world.rows(key):
            if not (record.meta.ownerReferences and world.owner(record)[0] is not None):
                yield record
