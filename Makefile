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

MEMBERS := hookspecs host $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))

.DEFAULT_GOAL := help

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## Start everything in the foreground (Ctrl-C stops it)
	@exec $(RUN)archivolt run

test: $(READY) ## Check everything: style, layers, types, docs, tests
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)lint-imports --no-cache
	$(RUN)mypy
	$(RUN)pytest -q -n 2

bench: $(READY) ## Measure Archivolt beside a hand-written service
	$(RUN)python -m benchmarks

fix: $(READY) ## Format the code and refresh the generated docs
	$(RUN)ruff check --fix .
	$(RUN)ruff format .

pins: $(UV) ## Refresh constraints.txt
	$(UV) lock --upgrade
	$(UV) export --quiet --no-hashes --no-annotate --no-header --no-emit-workspace --all-packages --all-groups --output-file constraints.txt

$(UV):
	$(PYTHON) -m pip install --quiet --target $(TOOLS) uv

$(READY): $(UV) constraints.txt pyproject.toml $(MEMBERS:=/pyproject.toml)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(UV) pip install --quiet --constraint constraints.txt $(addprefix --editable ,$(MEMBERS)) --group dev
	@touch $@

.PHONY: help run test bench fix pins
