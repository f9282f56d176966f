# The two commands of the README are `make run` and `make test`. Everything else here serves them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# One worker per core and one more, for many tests wait: the embedded servers are shared by all of them.
TEST_WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 2) + 1)')

# Compiled files are kept, whatever the shell says: dozens of processes would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install run test lint format docs lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## Install Gavelpay into .venv (first use only)

run: install ## Run the whole system on this machine until Ctrl-C; pass options with ARGS="--auctions 40"
	@exec $(BIN)/gavelpay run $(ARGS)

test: $(VENV)/.installed-dev ## Run the whole test suite: linters, types, import contracts, tests with coverage
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/lint-imports
	@# Types take one core. On the other the tests are loaded once, so that not each worker has to compile them.
	$(BIN)/pytest --collect-only --quiet >/dev/null 2>&1 & $(BIN)/mypy --no-error-summary; types=$$?; wait; exit $$types
	$(BIN)/pytest -n $(TEST_WORKERS) --dist worksteal --cov --cov-report=term $(ARGS)

lint: $(VENV)/.installed-dev ## Run the linters alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev ## Build the site of the documents into site/
	$(BIN)/mkdocs build --strict

lock: ## Write the lock files anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --group build -o requirements/run.txt --upgrade
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --group build -c requirements/run.txt -o requirements/dev.txt --upgrade

clean: ## Remove the installation and the data of `make run`
	rm -rf $(VENV) .gavelpay .coverage* .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Gavelpay needs Python 3.11 or newer; this is %s. Try: make PYTHON=python3.12 run" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/dev.txt
	@touch $@
