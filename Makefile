# Two commands are all you need. Both set up whatever is missing.

PYTHON ?= python3
TOOLS  := .tools
UV     := $(TOOLS)/bin/uv
READY  := .venv/.ready
RUN    := .venv/bin/

export UV_PYTHON_DOWNLOADS = never
export UV_NO_PROGRESS = 1

# uv does not read pip's settings; a mirror set for pip shall serve uv too.
INDEX := $(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null)
ifneq ($(INDEX),)
export UV_DEFAULT_INDEX ?= $(INDEX)
endif

# First of all recipes: an old Python is one sentence instead of a failing build.
OLD    := "Archivolt needs Python 3.11 or newer. Name one: make run PYTHON=python3.12"
PYTHON_IS_NEW = @$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and $(OLD))'

MEMBERS := hookspecs host plugin_template $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))

.DEFAULT_GOAL := help

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## Start everything in the foreground (Ctrl-C stops it)
	@exec $(RUN)archivolt run

test: $(READY) ## Check everything: style, layers, types, docs, tests
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)lint-imports --no-cache --no-logo
	$(RUN)mypy
	$(RUN)cog --check -I docs docs/*.md
	$(RUN)pytest -q -n 3 --dist loadfile -m "not slow"

test-slow: $(READY) ## Run the tests that take longer than a developer waits
	$(RUN)pytest -q -n 2 --dist loadfile -m slow

test-kill: $(READY) ## Kill processes at work 1,000 times, and check what is left
	KILLS=500 $(RUN)pytest -q -m slow host/tests/orchestration/test_kill_load.py

search: $(READY) ## Look for new inputs that break a property
	$(RUN)pytest -q -n 2 --dist load -m hypothesis --hypothesis-profile search

bench: $(READY) ## Measure Archivolt beside a hand-written service
	$(RUN)python -m benchmarks

bench-upload: $(READY) ## Measure the memory that an upload of 2 GiB takes
	$(RUN)python -m benchmarks upload

fix: $(READY) ## Format the code and refresh the generated docs
	$(RUN)ruff check --fix .
	$(RUN)ruff format .
	$(RUN)cog -r -I docs docs/*.md

news: $(READY) ## Gather docs/changes/ into CHANGELOG.md: make news VERSION=0.2.0
	$(RUN)towncrier build --yes --version $(VERSION)

pins: $(UV) ## Refresh constraints.txt
	$(UV) lock --upgrade
	$(UV) export --quiet --no-hashes --no-annotate --no-header --no-emit-workspace --all-packages --all-groups --output-file constraints.txt

$(UV):
	$(PYTHON_IS_NEW)
	@PIP_ROOT_USER_ACTION=ignore $(PYTHON) -m pip install --quiet --target $(TOOLS) uv

# Compiled at once: many containers set PYTHONDONTWRITEBYTECODE, and then each
# process would compile everything anew, which trebles the time of a start.
$(READY): $(UV) constraints.txt pyproject.toml $(MEMBERS:=/pyproject.toml)
	$(PYTHON_IS_NEW)
	@echo "Setting up .venv, which takes a moment ..." >&2
	@$(UV) venv --quiet --seed --allow-existing --python $(PYTHON) .venv
	@$(UV) pip install --quiet --compile-bytecode --constraint constraints.txt $(addprefix --editable ,$(MEMBERS)) --group dev
	@$(RUN)python -m compileall -q $(MEMBERS)
	@touch $@

.PHONY: help run test test-slow test-kill search bench bench-upload fix news pins
