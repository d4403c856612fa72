# Every way in. `make demo` and `make test` set up all that they need; see README.md.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_EVENT_BATCH_SIZE := 1000
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

.PHONY: help setup demo test test-fast lint lint-sql lint-js dev page bench bench-empty bench-year bench-page bench-simulate live oracle dst fuzz docs impact graph lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Makegood needs Python 3.11 or newer; set PYTHON=…") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/pip install --quiet uv
	@UV=$$(command -v uv || echo $(BIN)/uv); \
	  $$UV pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock && \
	  $$UV pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

setup: $(READY)  ## build .venv from requirements.lock

demo: $(READY)  ## sample logs, one run, and the numbers (data/ under the project)
	@$(BIN)/makegood demo

test: $(READY)  ## every test, lint and types
	@$(MAKE) --no-print-directory lint
	@$(BIN)/pytest -n 2 --dist worksteal

test-fast: $(READY)  ## the short tests that need no derived home, in a minute
	@$(BIN)/pytest -n 2 --dist worksteal -q -m "not derived and not long"

lint: $(READY)  ## ruff, mypy --strict, sqlfluff, ESLint, which way imports point, and the dictionary against the models
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said"; exit 1; }
	@$(BIN)/python docs/build_dictionary.py --check
	@$(MAKE) --no-print-directory lint-sql lint-js

# The models are read as dbt compiles them, for which it needs a home.
lint-sql: $(READY)  ## the house style of SQL, by sqlfluff
	@home=$$(mktemp -d); trap 'rm -rf "$$home"' EXIT; export MAKEGOOD_HOME=$$home; mkdir -p $$home/warehouse; \
	  $(BIN)/python -c 'import duckdb, sys; duckdb.connect(sys.argv[1])' $$home/warehouse/run.duckdb; \
	  said=$$($(BIN)/sqlfluff lint --processes 2 dashboard expectations makegood orchestration 2>&1 && \
	    $(BIN)/sqlfluff lint --processes 2 --templater dbt models 2>&1) || { echo "$$said"; exit 1; }

lint-js:  ## the page's JavaScript, by ESLint; where there is no Node or no registry, this says so
	@cd dashboard; if command -v npm >/dev/null && { test -d node_modules || npm ci --no-audit --no-fund --silent; }; \
	  then npm run --silent lint; \
	  else echo 'make lint: there is no Node with ESLint, so the JavaScript of the page is not checked'; fi

dev: $(READY)  ## Dagster's UI on http://localhost:3000, over data/
	@mkdir -p data/dagster
	DAGSTER_HOME=$(CURDIR) MAKEGOOD_DAGSTER=$(CURDIR)/data/dagster $(BIN)/dagster dev

page: $(READY)  ## the page on http://localhost:8000, over data/
	@$(BIN)/makegood page

impact: $(READY)  ## BASE=HEAD what a change touches: models, columns and readers downstream of it
	@$(BIN)/python docs/impact.py $(or $(BASE),HEAD)

graph: $(READY)  ## write tests/orchestration/graph.json, the snapshot of Dagster's graph that a test compares with
	@PYTHONPATH=tests $(BIN)/python tests/orchestration/test_graph.py

docs: $(READY)  ## write docs/data-dictionary.md from the models' yml
	@$(BIN)/python docs/build_dictionary.py

bench: $(READY)  ## one table of speed and memory beside a bare script and pandas, written to benchmarks/results.md
	@$(BIN)/python -m benchmarks

bench-empty: $(READY)  ## where the time of a run without data goes
	@$(BIN)/python -m benchmarks.empty_hour

bench-year: $(READY)  ## DAYS=365 HOME_OF_YEAR=data/year a simulated year of hourly runs with daily upkeep; goes on where it was stopped
	@$(BIN)/python -m benchmarks.year --home $(or $(HOME_OF_YEAR),data/year) --days $(or $(DAYS),365)

oracle: $(READY)  ## N=1000000 adversarial requests judged by the models and by an independent reference: how many differ
	@PYTHONPATH=tests $(BIN)/python -m oracle $(or $(N),1000000) --seed $(or $(SEED),1)

dst: $(READY)  ## SEED=7 DAYS=30: a gateway's simulated life against the real code, beside a model of the rules
	@PYTHONPATH=tests $(BIN)/python -m simulation --seed $(or $(SEED),1) --days $(or $(DAYS),7)

fuzz: $(READY)  ## SEED=7 MINUTES=10: any bytes, texts, parameters and flipped bits against the real code, so many minutes each
	@FUZZ_SEED=$(or $(SEED),1) FUZZ_MINUTES=$(or $(MINUTES),10) $(BIN)/pytest -n 2 -q tests/fuzz

bench-page: $(READY)  ## the page in a browser over 10 million compensated requests, beside Streamlit
	@$(BIN)/python -m benchmarks.page

bench-simulate: $(READY)  ## another policy over 10 million published requests
	@$(BIN)/python -m benchmarks.simulate

live: $(READY)  ## ten users of the page for SECONDS=60, with a publication every 5 seconds
	@MAKEGOOD_LIVE_SECONDS=$(or $(SECONDS),60) $(BIN)/pytest -n 0 -q -s -k ten_users tests/dashboard/test_page_live.py

lock:  ## resolve pyproject.toml into requirements.lock again, and what the page's benchmark compares with
	UV=$$(command -v uv || echo $(BIN)/uv); \
	  $$UV pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra dev \
	    --custom-compile-command 'make lock' pyproject.toml build-requirements.in -o requirements.lock && \
	  $$UV pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	    --custom-compile-command 'make lock' benchmarks/streamlit.in -o benchmarks/streamlit.lock

clean:  ## remove the environment and the demo's data
	rm -rf $(VENV) data dbt_project/target dbt_project/logs
