# make help lists the targets. Everything lives in .venv; a target that ran once does its work again only when
# what it depends on has changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help run test test-fast check format clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(INSTALLED)  ## all five stages on the embedded data set
	@$(BIN)/kedro run

test: $(INSTALLED_DEV)  ## the whole test suite
	@$(BIN)/pytest

test-fast: $(INSTALLED_DEV)  ## without the tests marked slow
	@$(BIN)/pytest -m "not slow"

check: $(INSTALLED_DEV)  ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED_DEV)  ## let ruff write what it can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:  ## remove what runs have written; the holdout ledgers stay
	@find data -type f ! -name holdout_ledger.jsonl ! -name .gitkeep -delete
	@find data -mindepth 1 -type d -empty -delete

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV) (about a minute, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing the development tools into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@ $(INSTALLED)
