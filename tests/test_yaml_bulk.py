"""YAML in bulk means what PyYAML says it means, minus timestamps, and with the numbers of JSON."""

from __future__ import annotations

import json
import lzma
import re
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose import library
from diagnose.sources import yaml_bulk
from diagnose.sources.yaml_bulk import Converter, YamlError, slow

MUST_GATHER = Path(__file__).resolve().parents[2] / "shared" / "dumps" / "public" / "must-gather-aws.tar.xz"
convert = Converter()


class Reference(yaml.CSafeLoader):
    """PyYAML without timestamps and sexagesimal numbers, `=` a string, exponents as JSON has them, text as keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}

    def construct_number(self, node: yaml.ScalarNode) -> object:
        number = self.construct_yaml_float(node)
        return node.value if abs(number) == float("inf") else number


Reference.add_constructor("tag:yaml.org,2002:float", Reference.construct_number)
_INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?\Z")
Reference.yaml_implicit_resolvers = {}
for _first, _rules in yaml.CSafeLoader.yaml_implicit_resolvers.items():
    _kept = [rule for rule in _rules if rule[0].rpartition(":")[2] in ("null", "bool", "merge")]
    if _first in list("-+.0123456789"):
        _kept += [("tag:yaml.org,2002:int", _INT), ("tag:yaml.org,2002:float", _FLOAT)]
    Reference.yaml_implicit_resolvers[_first] = _kept


def reference(text: bytes | str) -> list[Any]:
    return [value for value in yaml.load_all(text, Reference) if isinstance(value, (dict, list))]


def documents(data: bytes) -> list[Any]:
    decoder, text, found, at = json.JSONDecoder(), data.decode(), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


odd = (
    *("yes", "No", "on", "~", "null", "True", "0644", "1_000", "1e3", "12:30", "2020-01-01", ".inf", "nan", "NaN", "="),
    *("<<", "*a", "&a", "!t", "- x", "a: b", "# c", "'", '"', "|", ">", "%", "@", "`", "{", "[", "0x1F", "+1"),
    *(".5", "", "two\nlines\n", "\n lead", "trail \n\n", "\ttab", "a\n\n\nb", "end:", "? q", "---", "...", "\x1b[31m"),
    "\x00",
)
words = st.sampled_from(odd) | st.text(
    st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029\ufeff"), max_size=30
)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | words
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4), max_leaves=20
)
styles = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "default_style": st.sampled_from([None, '"', "'"]),
        "width": st.sampled_from([20, 80, 10_000]),
        "indent": st.sampled_from([2, 4]),
        "explicit_start": st.booleans(),
        "allow_unicode": st.booleans(),
    }
)


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.dictionaries(words, values, max_size=4) | st.lists(values, max_size=4), min_size=1, max_size=3), styles
)
def test_any_document_in_any_style(made: list[Any], style: dict[str, Any]) -> None:
    text = yaml.safe_dump_all(made, **style).encode()
    try:
        want = reference(text)
    except yaml.YAMLError:
        return
    assert documents(convert(text)) == json.loads(json.dumps(want))
    assert documents(slow(text)) == json.loads(json.dumps(want))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"ab:-?,[]{}&*!|>'\"#%@~=.\n \t", "\n  ", "- ", ": ", "<<: ", "---\n", "yes", "012"]),
        max_size=40,
    )
)
def test_any_text_is_read_or_refused(parts: list[str]) -> None:
    text = "".join(parts).encode()
    try:
        got = documents(convert(text))
    except YamlError:
        return
    assert all(isinstance(value, (dict, list)) for value in got)


PLAIN = [
    ("yes", True),
    ("No", False),
    ("on", True),
    ("OFF", False),
    ("True", True),
    ("true", True),
    ("y", "y"),
    ("~", None),
    ("Null", None),
    ("0644", 420),
    ("-017", -15),
    ("08", 8.0),
    ("0x1F", 31),
    ("0o17", 15),
    ("0b11", 3),
    ("1_000", 1000),
    ("+1", 1),
    ("1e3", 1000.0),
    ("1e+09", 1e9),
    ("0e1", 0.0),
    (".5", 0.5),
    ("1.", 1.0),
    ("9e999", "9e999"),
    (".inf", ".inf"),
    ("-.Inf", "-.Inf"),
    (".nan", ".nan"),
    ("nan", "nan"),
    ("inf", "inf"),
    ("NaN", "NaN"),
    ("12:30", "12:30"),
    ("190:20:30", "190:20:30"),
    ("2020-01-01", "2020-01-01"),
    ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    ("=", "="),
    ("1.2.3", "1.2.3"),
    ("1e", "1e"),
    ("0x", "0x"),
    ("-", None),
    ("'yes'", "yes"),
    ('"0644"', "0644"),
    ("!!str 5", "5"),
    ("!!int '5'", 5),
    ("!custom x", "x"),
    ("&a 5", 5),
    ("123456789012345678901234567890", 123456789012345678901234567890),
]


@pytest.mark.parametrize(("text", "value"), PLAIN)
def test_scalars(text: str, value: object) -> None:
    if text == "-":
        assert documents(convert(b"a:\n-\n")) == [{"a": [None]}]
        return
    assert documents(convert(f"a: {text}\n".encode())) == [{"a": value}]
    assert documents(convert(f"- {text} # comment\n".encode())) == [[value]]
    assert documents(convert(f"{{a: {text}, b: [{text}]}}\n".encode())) == [{"a": value, "b": [value]}]


def test_nothing_is_null() -> None:
    assert documents(convert(b"a:\nb: # comment\nc: [1, ]\n")) == [{"a": None, "b": None, "c": [1]}]


def test_keys_are_strings() -> None:
    text = b"yes: 1\n5: 2\n~: 3\nnan: 4\n2020-01-01: 5\n0644: 6\n"
    want = {"yes": 1, "5": 2, "~": 3, "nan": 4, "2020-01-01": 5, "0644": 6}
    assert documents(convert(text)) == documents(slow(text)) == [want]


@pytest.mark.parametrize("key", ["nan", "inf", "-inf", "infinity", ".inf", ".nan", "NaN", "<<"])
@pytest.mark.parametrize("written", ['"%s": 1\n', "'%s' : 1\n", '{"%s": 1}\n', "? |-\n  %s\n: 1\n", "a: {'%s': 1}\n"])
def test_names_of_numbers_as_keys(written: str, key: str) -> None:
    (got,) = documents(convert((written % key).encode()))
    assert got.get("a", got) == {key: 1}


def test_the_last_of_two_keys_counts() -> None:
    assert documents(convert(b"a: 1\na: 2\n")) == documents(slow(b"a: 1\na: 2\n")) == [{"a": 2}]


def test_aliases_and_merge_keys() -> None:
    text = b"x: &a {b: 1, c: 2}\ny: *a\nz:\n  <<: *a\n  c: 3\nw:\n  <<: [*a, {d: 4}]\n"
    assert documents(convert(text)) == [
        {"x": {"b": 1, "c": 2}, "y": {"b": 1, "c": 2}, "z": {"b": 1, "c": 3}, "w": {"b": 1, "c": 2, "d": 4}}
    ]
    assert documents(convert(b'a: "<<"\n"<<": 1\n')) == [{"a": "<<", "<<": 1}]


def test_redaction_is_quoted() -> None:
    text = (
        b"a: ***HIDDEN***\nb:\n- ***HIDDEN***/x\nc: http://***HIDDEN***:80\nd:\n  f:tcp://***HIDDEN***:1:\n    .: {}\n"
    )
    assert documents(convert(text)) == [
        {
            "a": "***HIDDEN***",
            "b": ["***HIDDEN***/x"],
            "c": "http://***HIDDEN***:80",
            "d": {"f:tcp://***HIDDEN***:1": {".": {}}},
        }
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"a: *b\n", "line 1: unknown alias 'b'"),
        (b"a: &b [*b]\n", "line 1: unknown alias 'b'"),
        (b"a: {b\n", "line 2, column 1: did not find expected ',' or '}'"),
        (b"\tkey: 1\n", "line 1, column 1: found character that cannot start any token"),
        (b"a: 'b\n", "line 2, column 1: found unexpected end of stream"),
        (b"{[a]: b}\n", "a key is not a scalar"),
        (b"[" * 10_000 + b"\n", f"line 1: nested deeper than {yaml_bulk.MAX_DEPTH}"),
        (b"- " * 10_000 + b"\n", f"line 1: nested deeper than {yaml_bulk.MAX_DEPTH}"),
        (b'a: "\\q"\n', "line 1, column 5: found unknown escape character"),
    ],
)
def test_what_is_no_yaml(text: bytes, told: str) -> None:
    with pytest.raises(YamlError) as raised:
        convert(text)
    assert str(raised.value) == told


def test_bombs_of_aliases(capfd: pytest.CaptureFixture[str]) -> None:
    bomb = b"a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for n in range(1, 12):
        bomb += f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n".encode()
    begun = time.monotonic()
    with pytest.raises(YamlError) as raised:
        convert(bomb)
    assert str(raised.value) == "its aliases stand for more than 5,000,000 values"
    assert time.monotonic() - begun < 2
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("depth", [50, 100, 199])
def test_deep_but_honest(depth: int) -> None:
    assert documents(convert(b"a: " + b"[" * (depth - 1) + b"]" * (depth - 1) + b"\n"))


@pytest.mark.skipif(not MUST_GATHER.is_file(), reason="the dumps are not here")
def test_a_real_must_gather() -> None:
    """Every fourth YAML file of the dump, and all that are suspected of odd scalars, against PyYAML."""
    checked = 0
    with lzma.open(MUST_GATHER) as plain, tarfile.open(fileobj=plain, mode="r|") as archive:
        for number, member in enumerate(archive):
            content = archive.extractfile(member) if member.name.endswith(".yaml") else None
            if content is None or (number % 4 and member.size > 3_000) or member.size > 500_000:
                continue
            text = content.read()
            assert documents(convert(text)) == json.loads(json.dumps(reference(text))), member.name
            checked += 1
    assert checked > 1000


def test_anchors_of_files_that_are_trusted_are_resolved_as_libyaml_does() -> None:
    trusted = Converter(trusted=True)
    files = [path.read_bytes() for path in sorted(library.builtin_folder().glob("*/*.yaml"))]
    assert sum(b"<<: *" in data for data in files) > 10
    for data in files:
        assert documents(trusted(data)) == documents(slow(data))


def test_only_what_is_trusted_has_its_anchors_resolved_fast() -> None:
    bomb = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert Converter()._fast(bomb) is None
    assert Converter(trusted=True)._fast(bomb) is not None
