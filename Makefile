# Needs a Python of 3.11 or newer and make; everything else goes into .venv and web/node_modules. `make` lists the targets.
# Every path is relative, so that a clone may lie in any folder. PYTHON=… chooses another interpreter.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo up down status test test-slow check docs bench chaos constraints clean FORCE

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# The pages: built into the API's folder when their sources are newer.
WEB := api/static/.built
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -name '*.test.ts*')
PACKAGES := schema domain runtime api workers cli plumbline_client bench
ARGS ?=
PROCESSES ?= 2
NAME ?=

# uv reads none of pip's settings: hand on the two that name a place to install from.
empty :=
comma := ,
space := $(empty) $(empty)
UV_FIND_LINKS ?= $(subst $(space),$(comma),$(strip $(PIP_FIND_LINKS)))
UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
ifneq ($(UV_FIND_LINKS),)
export UV_FIND_LINKS
endif
ifneq ($(UV_DEFAULT_INDEX),)
export UV_DEFAULT_INDEX
endif
# A clone that was copied with its .venv would run the code of the original: then the environment is made anew.
ifneq ($(shell [ "`cat $(STAMP) 2>/dev/null`" = "`pwd -P`" ] && echo same),same)
MOVED := FORCE
endif

# Without compiled files every process of the stack would compile its libraries anew, at each start.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) $(WEB) ## Make .venv and install Plumbline with all it needs (other targets do it by themselves)

demo: $(STAMP) $(WEB) ## Photographs to accepted labels on this machine; ARGS=--once ends after the run
	@$(VENV)/bin/plumbline demo $(ARGS)

up: $(STAMP) $(WEB) ## Start the whole stack in this terminal; ARGS=--detach in the background
	@$(VENV)/bin/plumbline up $(ARGS)

down: $(STAMP) ## Stop the stack
	@$(VENV)/bin/plumbline down

status: $(STAMP) ## Show the processes of the stack
	@$(VENV)/bin/plumbline status

# Each process has servers of its own, so whole files go to one: their fixtures are made once.
test: $(STAMP) $(WEB) ## Run the tests but the slow ones, PROCESSES=2 at a time; ARGS goes to pytest
	@$(PY) web/build.py test
	@$(PY) -m pytest tests -m "not slow" --numprocesses=$(PROCESSES) --dist=loadfile --durations=15 $(ARGS)

test-slow: $(STAMP) $(WEB) ## Run the slow tests: whole-stack stories, chaos in small, a crash at every line
	@$(PY) -m pytest tests -m slow --numprocesses=$(PROCESSES) --dist=loadfile --durations=15 $(ARGS)

check: $(STAMP) ## Format, lint, types, arrows between packages, architecture tests, drift; the pages likewise
	@echo "== ruff format" && $(PY) -m ruff format --check .
	@echo "== ruff check" && $(PY) -m ruff check .
	@echo "== mypy" && $(PY) -m mypy $(wildcard $(PACKAGES)) tests/arch
	@echo "== lint-imports" && $(VENV)/bin/lint-imports --no-logo
	@echo "== tests/arch" && $(PY) -m pytest tests/arch -q
	@echo "== openapi.json" && $(PY) -m api.openapi_file --check
	@echo "== web: lint, types, drift of the API's types" && $(PY) web/build.py check

docs: $(STAMP) ## Write openapi.json, its types for the pages, and docs/settings.md anew
	@$(PY) -m api.openapi_file
	@$(PY) web/build.py gen
	@$(PY) -m runtime.settings_page

# A benchmark shows its progress on stderr, ends with one JSON line on stdout and keeps that in bench/results.
bench: $(STAMP) ## Run a benchmark: make bench NAME=pipeline; the figures stay in bench/results
	@test -n "$(NAME)" || { echo "give NAME=…, one of:" `grep -l __main__ bench/*.py | sed 's|.*/||;s|\.py$$||'`; exit 2; }
	@$(PY) -m bench.$(NAME) $(ARGS)

# Ends with a table and one JSON line; ARGS: --images=200, --seed=7, --keep (leaves PostgreSQL up), --help.
chaos: $(STAMP) ## Break the whole stack for ten minutes and look whether anything was lost; ARGS="--images=200 --keep"
	@$(PY) -m bench.chaos $(ARGS)

constraints: $(STAMP) ## Write constraints.txt anew with the newest versions that fit; run the tests before you commit it
	@echo '# Exact versions that the tests last passed with. `make constraints` writes this file anew from pyproject.toml.' > $(VENV)/constraints.txt
	@$(PY) -m uv pip compile pyproject.toml --all-extras --group dev --upgrade --python-version 3.11 --quiet \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-build-options >> $(VENV)/constraints.txt
	@mv $(VENV)/constraints.txt constraints.txt

clean: ## Remove caches and built files; .venv and the state in .plumbline stay
	@rm -rf dist api/static .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
	@find $(wildcard $(PACKAGES) tests migrations) -name __pycache__ -type d -prune -exec rm -rf {} +

$(WEB): $(WEB_SOURCES) | $(STAMP)
	@$(PY) web/build.py

$(STAMP): pyproject.toml constraints.txt $(MOVED)
	@if [ -e $(STAMP) ] && [ "`cat $(STAMP)`" != "`pwd -P`" ] || ! $(PY) -m pip --version >/dev/null 2>&1; then \
	  found=; for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	    if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "Plumbline needs Python 3.11 or newer with the module venv (on Debian: apt install python3 python3-venv)." >&2; \
	    echo "If yours has another name: make PYTHON=/path/to/python3" >&2; exit 1; \
	  fi; \
	  echo "making $(VENV) with $$found" >&2; rm -rf $(VENV); "$$found" -m venv $(VENV) || exit 1; \
	fi
	@rm -f $(STAMP)
	@echo "installing (a few minutes the first time)" >&2
	@$(PY) -m uv --version >/dev/null 2>&1 || $(PY) -m pip install -qq --disable-pip-version-check uv \
	  || echo "uv cannot be had; pip takes its place" >&2
	@{ $(PY) -m uv --version >/dev/null 2>&1 \
	  && $(PY) -m uv pip install --python $(PY) --quiet -e '.[embedded,demo,models]' --group dev -c constraints.txt; } \
	  || { $(PY) -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1' \
	  && $(PY) -m pip install -qq --disable-pip-version-check -e '.[embedded,demo,models]' --group dev -c constraints.txt; }
	@pwd -P > $(STAMP)

FORCE:
