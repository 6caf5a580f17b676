# What can be done here? `make help` lists it. Everything needs Python 3.11 or 3.12, make and a package index, nothing else.

PORT ?= 8000
SAMPLE ?= 1
VENV := .venv
PY := $(VENV)/bin/python
LOCK := uv.lock pyproject.toml deploy/uv-requirements.txt
UV := UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$(VENV) UV_NO_PROGRESS=1 $(VENV)/bin/uv
PYTEST := $(PY) -m pytest

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run demo test test-full lint bench translations clean keys

help: ## list what can be done
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

run: ## set up, load the sample, serve web and worker (PORT=8000; SAMPLE=0 for an empty register)
	@deploy/setup/find-python -I tpskhusus/first_start.py port $(PORT)
	@$(MAKE) --no-print-directory demo SAMPLE=$(SAMPLE)
	@exec $(PY) manage.py serve --port $(PORT)

demo: $(VENV)/.installed keys ## the same as run, without serving
	@$(PY) manage.py prepare $(if $(filter 0 no false,$(SAMPLE)),--empty)

test: $(VENV)/.installed-dev ## every test: SQLite, and with TPS_TEST_ALL=1 PostgreSQL, Redis and Chromium too
	@$(PY) -m tests.run

test-full: $(VENV)/.installed-dev ## the same with the long forms
	@TPS_TEST_LONG=1 $(PY) -m tests.run

lint: $(VENV)/.installed-dev ## style, types, layers
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-cache

bench: $(VENV)/.installed keys ## the benchmarks, with their floors
	@$(PY) manage.py bench

translations: $(VENV)/.installed keys ## bring locale/ up to date with the texts, and compile it
	@$(PY) manage.py messages

clean: ## remove what can be made again; keeps data and keys
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results .coverage
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
	@find locale -name '*.mo' -delete

keys: $(VENV)/.installed
	@$(PY) -I tpskhusus/first_start.py keys .env

# The environment: Python's own venv, uv from one line locked by hash, then everything in uv.lock.
$(VENV)/bin/uv: deploy/uv-requirements.txt
	@deploy/setup/make-venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/bin/uv $(LOCK)
	@echo "== Libraries: as locked in uv.lock"
	@deploy/setup/with-network $(UV) sync --frozen --no-dev --inexact --no-build --quiet --python $(PY)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/uv $(LOCK)
	@echo "== Libraries: as locked in uv.lock, with those for the tests"
	@deploy/setup/with-network $(UV) sync --frozen --no-build --quiet --python $(PY)
	@touch $@ $(VENV)/.installed
