# lab: set up and open the first notebook · test: set up and run every check · bench: print speeds
.DEFAULT_GOAL := lab
.PHONY: lab test bench lint setup test-python test-frontend test-browser clean

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Jupyter refuses root unless told; in a container there is no one else.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

lab: setup
	$(BIN)/jupyter lab $(ROOT) $(ARGS) examples/first_look.ipynb

test: lint test-python test-frontend test-browser

setup:
	@setup/toolchain.sh "$(PYTHON)"
	@"$(PYTHON)" setup/environment.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	npm run --silent lint
	npm run --silent build:ts

test-python: setup
	$(BIN)/python -m pytest

test-frontend: setup
	npm test --silent

test-browser: setup
	CHROMIUM="$$(setup/browser.sh)" && export CHROMIUM && npm run --silent test:browser

bench: setup
	@for script in tests/bench/*.py; do [ -e "$$script" ] && $(BIN)/python "$$script"; done; true
	CHROMIUM="$$(setup/browser.sh)" && export CHROMIUM && node tests/bench/browser.mjs

clean:
	rm -rf .cache python_backend/glasspane/labextension extension_frontend/*/lib
	find extension_frontend -name '*.tsbuildinfo' -not -path '*/node_modules/*' -delete
