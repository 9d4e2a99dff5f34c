# `make demo` and `make test` are all a newcomer needs: Python 3.11+, make, git and a network to the package index.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test check docs bench clean

$(BIN)/hoshin: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hoshin needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

demo: $(BIN)/hoshin
	$(BIN)/hoshin demo

$(BIN)/.dev: pyproject.toml $(BIN)/hoshin
	$(PIP) -e '.[dev]'
	@touch $@

test: check
	$(BIN)/python -m pytest -n 2

check: $(BIN)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.docs --check

docs: $(BIN)/.dev
	$(BIN)/python -m tools.docs

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
