# Everything that people run. `make` alone lists it. ARGS is passed on: make run ARGS="--as-of 2026-03-31"
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# where it is set, every process compiles everything that it imports again: half of a small run's time
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
ARGS ?=
# among how many processes the files of tests are divided; 0 runs them in this one, for a debugger
PROCESSES ?= auto
# the first Python on the path that is new enough and not too new; PYTHON=... names another
PYTHON ?= $(or $(shell for each in python3 python3.11 python3.12 python3.13; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo $$each && break; done),python3)

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

.venv/.stamp: requirements.lock pyproject.toml
	@$(PYTHON) .ci/setup.py

setup: .venv/.stamp ## make .venv with everything that is needed (the commands below do it when they must)

spark: .venv/.stamp ## add Spark to .venv, for engine.kind spark and its tests (470 MB; it needs Java 17)
	@$(PYTHON) .ci/setup.py spark

run: .venv/.stamp ## the nightly job: land, check, compute features, score, publish the list; trains first if it must
	@$(BIN)/churn run $(ARGS)

ui: .venv/.stamp ## the web interfaces of Dagster (with its daemon) and MLflow, on this machine only, until Ctrl-C
	@$(BIN)/churn ui $(ARGS)

test: lint ## all checks and all tests; ARGS="tests/models" for some of them
	$(BIN)/pytest -q --numprocesses $(PROCESSES) --dist loadfile --durations=25 $(ARGS)

lint: .venv/.stamp ## style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.stamp ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/.stamp ## write the pages that come out of the code: configuration, contract, features
	$(BIN)/python docs/generate.py

bench: .venv/.stamp ## CPU and memory of every step for a generated company; ARGS="--accounts 100000"
	$(BIN)/python -m benchmarks $(ARGS)

lock: ## pin the dependencies of pyproject.toml with their hashes (needs uv); ARGS=--upgrade takes newer ones
	uv pip compile pyproject.toml --extra build --extra spark --extra test --universal --python-version 3.11 --quiet \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-strip-extras \
	  --output-file requirements.lock $(ARGS)

clean: ## remove .venv and caches; var/, where your data are, stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

.PHONY: help setup spark run ui test lint format docs bench lock clean
