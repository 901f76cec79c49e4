# `make demo` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test lint types build accuracy bench rules golden picture reference check clean

# A marker file beside the environment says which pyproject.toml it was made from.
$(VENV)/.user: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.user

demo: $(VENV)/.user ## diagnose a small broken cluster
	@$(BIN)/diagnose dump fixtures/broken-shop

test: $(VENV)/.dev ## all tests
	@$(BIN)/python -m pytest -n auto
	@$(BIN)/diagnose rules test
	@$(BIN)/diagnose rules lint

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev
	@$(BIN)/mypy

build: $(VENV)/.dev ## a wheel, installed into a fresh environment and run
	@sh tests/smoke_wheel.sh $(BIN)/python

accuracy: $(VENV)/.dev ## how often the first cause is the true one, on labelled cases
	@$(BIN)/python benchmarks/accuracy/run.py

bench: $(VENV)/.dev ## speed and memory beside other ways to read the same bytes
	@$(BIN)/python benchmarks/run.py

rules: $(VENV)/.dev ## the rules' own tests and lint
	@$(BIN)/diagnose rules test
	@$(BIN)/diagnose rules lint

golden: $(VENV)/.dev ## write the expected reports of fixtures/, and the numbers in README.md, anew; read the difference before committing
	@$(BIN)/python -m tests.golden
	@$(BIN)/python -m tests.shown

picture: $(VENV)/.dev ## take the picture of the HTML report in docs/ anew, with Chromium
	@$(BIN)/python -m tests.picture

reference: $(VENV)/.dev ## write the generated pages of docs/ and files of deploy/ anew
	@$(BIN)/python -m tests.deploy.generated
	@$(BIN)/diagnose rules reference > docs/rule-reference.md
	@$(BIN)/diagnose rules docs docs/rules --coverage docs/coverage.tsv

check: test lint types build

clean:
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
