# Everything that a newcomer types. Needs Python 3.11 or newer, make and git; the rest lands in .venv and var/.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help demo up test test-fast proof fuzz bench foreign check format lock generate clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# The stamp is newer than the requirements exactly when the environment holds them.
.venv/.ready: requirements/dev.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "naru needs Python 3.11 or newer; '$(PYTHON)' is `$(PYTHON) --version 2>&1`."; \
		echo "Install a newer one, or name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Could not make .venv. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/.ready ## set up, run the main job once, end
	@$(BIN)/naru demo --once

up: .venv/.ready ## the same, and keep it running
	@$(BIN)/naru demo

test: .venv/.ready ## set up, run all tests
	@$(BIN)/pytest -n auto

test-fast: .venv/.ready ## only the tests that take no processes and no time
	@$(BIN)/pytest -n auto -m 'not slow'

# 10,000 referrals and 200 kills in all, half of them on each store. Both run, whatever the first one finds.
PROOF := $(BIN)/naru proof --referrals 5000 --lost-replies 0.2 --kills 100 --seed 2026 --json

proof: .venv/.ready ## nothing lost, nothing twice, under lost replies and kill -9: an hour and more, figures in docs/proof.md
	@$(PROOF); one=$$?; $(PROOF) --store postgresql --processes 4 && exit $$one

# Examples of each kind; a kind is one agency's verb, one operation of the API, … `make fuzz EXAMPLES=100000` runs for hours.
EXAMPLES ?= 2000

fuzz: .venv/.ready ## spoilt bytes for every parser of what comes from outside, for as long as EXAMPLES says
	@mkdir -p var/fuzz && rm -f var/fuzz/counts.jsonl
	@NARU_TEST_FUZZ_EXAMPLES=$(EXAMPLES) NARU_TEST_FUZZ_COUNTS=$(CURDIR)/var/fuzz/counts.jsonl \
		$(BIN)/pytest -n auto --timeout 0 tests/fuzz tests/conformance -k 'fuzz or reads_anything'; \
		ended=$$?; $(BIN)/python tests/fuzz/counts.py var/fuzz/counts.jsonl; exit $$ended

bench: .venv/.ready ## CPU of a signed SOAP call, of sealing the audit, and of a referral with both, as ratios in one run
	@$(BIN)/python tests/benchmarks/soap_call.py
	@$(BIN)/python tests/benchmarks/audit_sealing.py
	@$(BIN)/python tests/benchmarks/referral_cost.py 2>/dev/null

# No lock file: it would name the registry. The versions in package.json are exact, and no install script is run.
FOREIGN := tests/foreign/clients

foreign: $(FOREIGN)/node_modules/.ready ## install the foreign SOAP clients that some tests need (node, npm)
$(FOREIGN)/node_modules/.ready: $(FOREIGN)/package.json
	@npm install --prefix $(FOREIGN) --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

check: .venv/.ready ## style, types, who may import whom, generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m schemas --check
	@$(BIN)/python tests/conformance/classification.py --check
	@$(BIN)/python tests/conformance/conformance.py --check
	@$(BIN)/python tests/conformance/authorisation.py --check

format: .venv/.ready ## put the code in its form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

generate: .venv/.ready ## write the generated files again
	@$(BIN)/python -m schemas
	@$(BIN)/python tests/conformance/classification.py
	@$(BIN)/python tests/conformance/conformance.py
	@$(BIN)/python tests/conformance/authorisation.py

lock: .venv/.ready ## resolve the requirements anew
	$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	echo uv | $(COMPILE) - -o requirements/uv.txt
	$(COMPILE) pyproject.toml -o requirements/runtime.txt

clean: ## remove what make made
	rm -rf .venv var $(FOREIGN)/node_modules
