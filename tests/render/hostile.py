"""Reports whose every text is somebody else's: what names, messages and logs of a dump may hold."""

from __future__ import annotations

from hypothesis import strategies as st

from diagnose.model import Evidence, Finding, InputWarning, Location, NotEvaluated, ObjectRef, Report, Severity

from .builders import cause, report

TEXTS = (
    "<script>window.pwned = 1</script>",
    "</script><img src=x onerror='window.pwned = 1'>",
    '"><svg onload="window.pwned = 1">',
    "<!-- <style>*{display:none}</style>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:window.pwned=1",
    "a | b `c` ``d`` **e** _f_ [g](http://h) ![i](j) ~k~ $l$ # m",
    "@everyone see owner/repo#12 and !34, or www.example.com, https://example.com/x",
    "- item\n1. item\n# heading\n> quote\n```\nfence",
    "]]> <![CDATA[ &amp; &lt;b&gt; \\n \\",
    "a\x00b\x1b[2J\x07\r\n\u202ecod\u2066\ud800\u2028\ufffe\x9b",
    'quote " and \\ backslash, {label="x"}',
    "",
    "x" * 3000,
)

KINDS = ("field", "event", "log")

texts = st.sampled_from(TEXTS) | st.text(max_size=60)
names = st.sampled_from([text for text in TEXTS if "\ud800" not in text]) | st.text(
    st.characters(exclude_categories=("Cs",)), max_size=60
)
times = st.none() | st.floats()


@st.composite
def objects(draw: st.DrawFn) -> ObjectRef:
    kind, namespace, name, group, version = (draw(names) for _ in range(5))
    return ObjectRef(kind, namespace, name, group, version)


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    kind = draw(st.sampled_from(KINDS))
    count = draw(st.integers(1, 9))
    return Evidence(kind, draw(objects()), draw(texts), draw(texts), count, draw(times), draw(times))


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    return Finding(
        rule=draw(names),
        category=draw(texts),
        severity=draw(st.sampled_from(Severity)),
        title=draw(texts),
        message=draw(texts),
        object=draw(objects()),
        key=(draw(names),),
        objects=tuple(draw(st.lists(objects(), max_size=2))),
        container=draw(texts),
        evidence=tuple(draw(st.lists(evidence(), max_size=2))),
        fix=draw(texts),
        commands=tuple(draw(st.lists(texts, max_size=2))),
        docs=tuple(draw(st.lists(texts, max_size=2))),
        refs=(draw(texts),),
        since=draw(times),
        location=draw(st.none() | st.builds(Location, texts, st.just(1), st.just(1), texts)),
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report of a few findings, on their own or as a cause and its effects."""
    found = draw(st.lists(findings(), max_size=3, unique_by=lambda each: each.id))
    causes = [cause(1, *found)] if found and draw(st.booleans()) else None
    return report(
        found,
        causes,
        tuple(draw(st.lists(st.builds(NotEvaluated, texts, texts, st.tuples(texts), st.just(1)), max_size=2))),
        sources=((draw(texts), draw(texts)),),
        server_version=draw(texts),
        captured_at=draw(st.none() | st.floats()),
        objects={draw(texts): 1},
        coverage={draw(texts): draw(st.sampled_from(["all", "none"]) | st.lists(texts, max_size=2))},
        warnings=(InputWarning(draw(texts), draw(texts)),),
        incomplete=draw(st.booleans()),
    )


def worst() -> Report:
    """One fixed report with every hostile text at every place."""
    made = []
    for number, text in enumerate(TEXTS):
        name = text.replace("\ud800", "") or "none"
        about = ObjectRef(name, name, name, name, name)
        made.append(
            Finding(
                rule=name, category=text, severity=Severity(number % 4 + 1), title=text, message=text, object=about,
                key=(str(number),), objects=(about,), container=text, fix=text, commands=(text, text), docs=(text,),
                refs=(text,), since=1795404000.0, location=Location(text, 1, 2, text),
                evidence=tuple(Evidence(kind, about, text, text, 2, 1795404400.0) for kind in KINDS),
                caused_by=(made[0].id,) if number % 2 and made else (),
            )
        )  # fmt: skip
    odd = [each for each in made if each.caused_by]
    causes = [cause(1, made[0], *odd)]
    causes += [cause(rank, each) for rank, each in enumerate((m for m in made[1:] if m not in odd), start=2)]
    return report(
        made,
        causes,
        tuple(NotEvaluated(text, text, (text,), 1) for text in TEXTS),
        sources=tuple((text, text) for text in TEXTS),
        server_version=TEXTS[0],
        objects=dict.fromkeys(TEXTS, 1),
        coverage={text: list(TEXTS) for text in TEXTS},
        warnings=tuple(InputWarning(text, text) for text in TEXTS),
        incomplete=True,
    )
