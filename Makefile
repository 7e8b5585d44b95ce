# Needs make and Python 3.11 or newer with its venv module; `make test PYTHON=python3.12` takes another one.
PYTHON ?= python3
# Lines and branches the tests must reach, in per cent.
COVERAGE ?= 90
PYTEST_OPTIONS ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --require-virtualenv --quiet
LOCK := $(BIN)/uv --no-config pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --override scripts/lock-overrides.txt --custom-compile-command "make lock" --quiet
BINARY := --only-binary :all:
ifeq ($(shell uname -sm),Linux aarch64)
BINARY += --no-binary pycld2 # its wheels leave this machine out; a C++ compiler builds it
endif
ifeq ($(CI),true)
NO_SKIPS := -p tests.no_skips
endif

.DEFAULT_GOAL := help
.PHONY: help demo test lint types model servers lock clean

# What can be made.
help:
	@awk '/^# /{text = substr($$0, 3)} /^[a-z]+:/{sub(/:.*/, ""); printf "  make %-8s %s\n", $$0, text} !/^#/{text = ""}' $(firstword $(MAKEFILE_LIST))

# The whole product on a bundled sample mailbox and calendar; no account, no server.
demo: .venv/.runtime
	@$(BIN)/accountline demo

# Everything a change must pass: style, types, architecture, tests with coverage.
test: .venv/.dev servers lint types
	$(BIN)/python -m pytest -n 3 --dist loadfile $(NO_SKIPS) --cov --cov-report= $(PYTEST_OPTIONS)
	@$(BIN)/coverage report --fail-under=$(COVERAGE)

# Style and the rules of who may import whom.
lint: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

# Types, strictly.
types: .venv/.dev
	$(BIN)/mypy

# The model that comes with the package, from the corpus; a few minutes. Needed after every change to the corpus.
model: .venv/.runtime
	$(BIN)/python scripts/lint-corpus
	$(BIN)/python scripts/train-shipped

# The real servers the tests talk to, from Debian's packages where root may install them.
servers:
	@scripts/install-servers
	@scripts/install-google-emulator

# New versions of everything, within what pyproject.toml allows.
lock: .venv/.dev
	$(LOCK) --upgrade --group build --output-file requirements.lock
	$(LOCK) --upgrade --group dev --constraint requirements.lock --output-file requirements-dev.lock

# Removes what make made.
clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Accountline needs Python 3.11 or newer; name one like this: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Making a virtual environment in .venv ..."
	@$(PYTHON) -m venv .venv || { \
		echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; rm -rf .venv; exit 1; }
	@touch $@

.venv/.runtime: requirements.lock pyproject.toml | .venv/.python
	@echo "Installing what Accountline needs (once; a few minutes) ..."
	@$(PIP) install --no-deps --require-hashes $(BINARY) -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@echo "Installing what the tests need (once; a minute) ..."
	@$(PIP) install --no-deps --require-hashes $(BINARY) -r requirements-dev.lock
	@touch $@
