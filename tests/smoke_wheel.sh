#!/bin/sh
# Build the wheel, install it into an environment of its own, and diagnose with it from another folder:
# the wheel must carry the rules and the report's schema.
set -eu
python=$1
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m build --wheel --outdir "$work/dist" . >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$work"/dist/*.whl
cd "$work"
"$work/venv/bin/diagnose" rules list >"$work/rules"
"$work/venv/bin/diagnose" dump "$here/fixtures/broken-shop" >"$work/report"
"$work/venv/bin/diagnose" dump -q "$here/fixtures/broken-shop" -o html="$work/report.html"
grep -q '</html>' "$work/report.html"
"$work/venv/bin/kubectl-diagnose" --version
"$work/venv/bin/python" -c 'from diagnose.render.json import json_schema; assert json_schema()["title"]'
test -s "$work/rules" && grep -q cause "$work/report"
echo "wheel: $(wc -l <"$work/rules") lines of rules, the report begins: $(head -n 1 "$work/report")"
