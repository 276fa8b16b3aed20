# make help lists the targets. Everything lives in .venv; a target that ran once does its work again only when
# what it depends on has changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
# The development tools bring the extras along.
INSTALLED_EXTRAS := $(firstword $(wildcard $(INSTALLED_DEV)) $(VENV)/.installed-extras)

.DEFAULT_GOAL := help
.PHONY: help run test test-all test-fast soak check mutants audit-packages bench controls format pictures viz lab dashboard mlflow docs clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(INSTALLED)  ## all five stages on the embedded data set
	@echo "All five stages on 20 US stocks: about two minutes on two cores. Ctrl-C keeps what is finished"
	@$(BIN)/kedro run

# Two files at a time, those that take long first (tests/conftest.py).
test: $(INSTALLED_DEV)  ## the test suite, without its long rest
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-all: test  ## the test suite, then its long rest in parts
	@$(BIN)/python tests/in_parts.py

test-fast: $(INSTALLED_DEV)  ## without the tests marked slow
	@$(BIN)/pytest -m "not slow and not long and not soak"

soak: $(INSTALLED_DEV)  ## searches killed and servers restarted for up to an hour
	@$(BIN)/pytest -m soak

check: $(INSTALLED_DEV)  ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

mutants: $(INSTALLED_DEV)  ## changes to the code that tests must notice; FILES="splits/purging.py" for some
	@$(BIN)/python tests/mutants.py $(FILES)

audit-packages: $(INSTALLED_DEV)  ## known vulnerabilities of the installed packages, from PyPI
	@$(BIN)/python tests/audit_packages.py

bench: $(INSTALLED_DEV)  ## measured ratios with their limits: a table, and data/benchmarks.json
	@$(BIN)/python -m benchmarks

format: $(INSTALLED_DEV)  ## let ruff write what it can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

controls: $(INSTALLED_DEV)  ## questions whose answers are known, on real prices: a table, and data/controls.json
	@$(BIN)/python -m controls

docs: $(INSTALLED_DEV)  ## the documentation, into build/docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The documentation is in build/docs/index.html"

pictures: REPORT ?= data/base/sp500_20/08_reporting/report.html
pictures: $(INSTALLED_DEV)  ## the pictures of README and docs, from a run's report; REPORT=FILE for another
	@$(BIN)/python docs/build_site/pictures.py "$(REPORT)"

# Pages for a browser on this machine; another port by PORT=...
viz: PORT ?= 4141
viz: $(INSTALLED_EXTRAS)  ## the pipelines and previews of their data in Kedro-Viz
	@exec $(BIN)/python -m trading_hpo.commands.pages --port $(PORT)

lab: PORT ?= 8888
lab: $(INSTALLED_EXTRAS)  ## the notebooks in Jupyter Lab
	@PATH="$(abspath $(BIN)):$$PATH" KEDRO_LOGGING_CONFIG="$(abspath conf/logging.yml)" \
	    exec $(BIN)/kedro jupyter lab --ip 127.0.0.1 --port $(PORT) \
	    --ServerApp.allow_remote_access=False --LabApp.default_url=/lab/tree/notebooks/01_results.ipynb

# The URL goes through the environment: its password is neither printed, not even by make -n, nor shown by ps.
export STUDIES
dashboard: PORT ?= 8080
dashboard: $(INSTALLED_EXTRAS)  ## the studies in the Optuna dashboard; STUDIES=URL for others
	@TRADING_HPO_STORAGE="$${STUDIES:-$${TRADING_HPO_STORAGE:-sqlite:///data/base/sp500_20/06_models/studies.db}}" \
	    exec $(BIN)/kedro study dashboard --port $(PORT)

mlflow: PORT ?= 5000
mlflow: $(INSTALLED)  ## the runs in MLflow's pages; links to them are printed
	@test -f data/mlflow.db || { echo "No run has been tracked yet. Run make run first."; exit 1; }
	@export MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
	    MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE=false \
	    MLFLOW_SERVER_CORS_ALLOWED_ORIGINS= MLFLOW_SERVER_ALLOWED_HOSTS=127.0.0.1:$(PORT),localhost:$(PORT); \
	    $(BIN)/python -m trading_hpo.tracking.links data/mlflow.db --port $(PORT) && \
	    exec $(BIN)/mlflow ui --backend-store-uri sqlite:///data/mlflow.db --host 127.0.0.1 --port $(PORT) --workers 1

clean:  ## remove what runs have written; the ledgers stay
	@PYTHONPATH="$(dir $(abspath $(lastword $(MAKEFILE_LIST))))src" \
	    $(firstword $(wildcard $(BIN)/python) $(PYTHON)) -m trading_hpo.commands.clean

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

$(VENV)/.installed-extras: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Kedro-Viz, Jupyter Lab and the Optuna dashboard into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[viz,notebooks,dashboard]"
	@touch $@ $(INSTALLED)
