# lab: set up and open the first notebook · test: set up and run every check · test-all: with every case of the
# widest matrices · bench: print speeds · vsix: pack for VS Code
.DEFAULT_GOAL := lab
.PHONY: lab test test-all bench lint setup test-python test-frontend test-browser test-workbench vsix clean

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Jupyter refuses root unless told; in a container there is no one else.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

lab: setup
	$(BIN)/jupyter lab $(ROOT) $(ARGS) examples/first_look.ipynb

test: lint test-python test-frontend test-browser test-workbench

test-all: WHOLE := --whole
test-all: test

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
	$(BIN)/python -m pytest $(WHOLE)

test-frontend: setup
	npm test --silent

test-browser: setup
	CHROMIUM="$$(setup/browser.sh)" && export CHROMIUM && npm run --silent test:browser

test-workbench: vsix
	CHROMIUM="$$(setup/browser.sh)" && GLASSPANE_WORKBENCH="$$(setup/workbench.sh)" && export CHROMIUM GLASSPANE_WORKBENCH && npm run --silent test:workbench

vsix: setup
	npm run --silent vsix

bench: setup
	@for script in tests/bench/*.py; do [ -e "$$script" ] && $(BIN)/python "$$script"; done; true
	CHROMIUM="$$(setup/browser.sh)" && export CHROMIUM && node tests/bench/browser.mjs
	npm run --silent vsix
	CHROMIUM="$$(setup/browser.sh)" && GLASSPANE_WORKBENCH="$$(setup/workbench.sh)" && export CHROMIUM GLASSPANE_WORKBENCH && node tests/bench/workbench.mjs

clean:
	rm -rf .cache dist python_backend/glasspane/labextension extension_frontend/*/lib extension_frontend/*/dist
	find extension_frontend -name '*.tsbuildinfo' -not -path '*/node_modules/*' -delete
