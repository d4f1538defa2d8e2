# make demo   a homepage from real data, in one command
# make test   everything that must hold
# Only Python 3.11+ and make are assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench clean

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "playbill needs Python 3.11 or later; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/base: pyproject.toml | $(BIN)/python
	@echo "Installing playbill into $(VENV) (a minute or so) …"
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile --editable .
	@touch $@

$(VENV)/dev: pyproject.toml | $(BIN)/python
	@echo "Installing playbill and what its tests need into $(VENV) (a minute or two) …"
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --editable '.[dev]'
	@touch $@ $(VENV)/base

demo: $(VENV)/base
	$(BIN)/playbill demo

test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/base
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) demo
