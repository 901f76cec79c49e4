"""Files of text as blocks: prompts, marks, terminal escapes, encodings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.sources.text import commands
from diagnose.sources.text.blocks import plain, split

PROMPTS = [
    "$ kubectl get pods",
    "root@m1:~# kubectl get pods",
    "[root@m1 ~]# kubectl get pods",
    "user@host ~ % kubectl get pods",
    "~/src/app $ kubectl get pods",
    "(prod) user@host:~$ kubectl get pods",
    "PS C:\\Users\\ops> kubectl get pods",
    "C:\\Users\\ops>kubectl get pods",
    "+ kubectl get pods",
    "++ kubectl get pods",
    "# kubectl get pods",
    "> kubectl get pods",
    "==== kubectl get pods ====",
    "=== Output of kubectl get pods ===",
    "--- kubectl get pods ---",
    "### kubectl get pods",
    "#==[ Command ]======================================#\n# kubectl get pods",
    "==> kubectl get pods <==",
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_prompts_begin_a_block_with_their_command(prompt: str) -> None:
    first, second = split(f"$ kubectl get nodes\none\n{prompt}\ntwo\n", "f", "p")
    assert (first.command, first.lines) == ("kubectl get nodes", ("one",))
    assert (second.command, second.lines[0]) == ("kubectl get pods", "two")


def test_lines_know_where_they_stood() -> None:
    blocks = split("$ kubectl get nodes\n\na\n$ kubectl get pods\nb\n$ \n", "f", "p")
    assert [(block.first, block.lines) for block in blocks] == [(2, ("", "a")), (5, ("b",))]


def test_without_a_prompt_a_file_is_one_block() -> None:
    text = "=== a title ===\nroot@m1 said: # nothing\n\n\nb\n"
    (block,) = split(text, "f", "p")
    assert block.lines == ("=== a title ===", "root@m1 said: # nothing", "", "", "b", "")


def test_marks_of_files_tell_their_paths() -> None:
    blocks = split("==> logs/web.log <==\na\n\n==> logs/db.log <==\nb\n", "f", "p")
    assert [(block.path, block.lines[0]) for block in blocks] == [("logs/web.log", "a"), ("logs/db.log", "b")]


CLEANED = {
    "byte order mark": (b"\xef\xbb\xbfNAME\n", "NAME\n"),
    "windows lines": (b"a\r\nb\r\n", "a\nb\n"),
    "old mac lines": (b"a\rb", "a\nb"),
    "colours": (b"\x1b[31mError\x1b[0m\x1b[K\n", "Error\n"),
    "titles": (b"\x1b]0;root@m1\x07NAME\n", "NAME\n"),
    "overprinted": (b"N\x08NA\x08AME", "NAME"),
    "control characters": (b"a\x00b\x07c\x7f", "abc"),
    "utf-16 of PowerShell": ("\ufeffNAME\r\n".encode("utf-16-le"), "NAME\n"),
    "broken characters": (b"a\xff\n", "a\ufffd\n"),
}


@pytest.mark.parametrize("name", CLEANED)
def test_plain(name: str) -> None:
    data, text = CLEANED[name]
    assert plain(data) == text


@given(st.binary(max_size=500))
def test_any_bytes_are_some_blocks(data: bytes) -> None:
    for prefix in (b"", b"$ kubectl get pods\n"):
        for block in split(plain(prefix + data), "f", "p"):
            assert not any("\n" in line or "\x1b" in line for line in block.lines)


@pytest.mark.parametrize("line", ["=" * 100_000, "a@" * 50_000 + "#", "== kubectl " + "=x" * 50_000, "[" * 900 + " #"])
def test_long_lines_take_no_time(line: str) -> None:
    assert split(f"{line}\n$ kubectl get pods\n{line}\n", "f", "p")


COMMANDS = {
    "kubectl get pods -n shop -o wide": ("get", ("pods",), "shop", False),
    "kubectl -n shop get po": ("get", ("po",), "shop", False),
    "kubectl get --namespace=shop svc,ep": ("get", ("svc,ep",), "shop", False),
    "sudo /usr/local/bin/kubectl get nodes": ("get", ("nodes",), None, False),
    "KUBECONFIG=/x kubectl get pods -A": ("get", ("pods",), "*", False),
    "oc get pod api-0": ("get", ("pod", "api-0"), None, True),
    "kubectl get pod/api-0": ("get", ("pod/api-0",), None, True),
    "kubectl get pods | grep -v Running": ("get", ("pods",), None, True),
    "kubectl get pods --field-selector spec.nodeName=a": ("get", ("pods",), None, True),
    "kubectl logs -n shop api-0 -c app --previous": ("logs", ("api-0",), "shop", False),
    "journalctl -u kubelet --no-pager": ("journalctl", (), None, False),
    "k3s kubectl get nodes": ("get", ("nodes",), None, False),
    'kubectl get pods "': ("get", ("pods", '"'), None, True),
    "": ("", (), None, False),
}


@pytest.mark.parametrize("line", COMMANDS)
def test_commands(line: str) -> None:
    command = commands.parse(line)
    assert (command.verb, command.words, command.namespace, command.chosen) == COMMANDS[line]


PATHS = {
    "get/pods.txt": "Pod",
    "get/services-show-labels.txt": "Service",
    "kubectl-get-po.txt": "Pod",
    "pods/shop.txt": "Pod",
    "cluster/resourcequota.txt": "ResourceQuota",
    "get_nodes_wide.out": "Node",
    "notes.txt": "",
    "all.txt": "",
}


@pytest.mark.parametrize("path", PATHS)
def test_kinds_in_paths(path: str) -> None:
    found = commands.key_in_path(path)
    assert (found.kind if found else "") == PATHS[path]
