# Every target sets up what it needs: a virtual environment in .venv and installed packages.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help replay test test-slow check bench golden docs clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.venv/.ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

replay: .venv/.ready  ## set up, then replay the night of 10-11 October 2025
	$(BIN)/crashsim replay oct11

test: .venv/.ready  ## set up, then run all tests but the slow ones
	$(BIN)/python -m pytest -n auto -m "not slow"

test-slow: .venv/.docs  ## set up, then run the slow tests: whole nights, browsers, the site
	$(BIN)/python -m pytest -n auto -m slow

check: .venv/.ready  ## lint, format and type checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

OLD ?= 33436bf

bench: .venv/.ready  ## benchmarks, as ratios within one run; OLD=COMMIT, NIGHTS=all for large books
	$(BIN)/python -m benchmarks.against --old $(OLD) $(NIGHTS)
	$(BIN)/python -m pytest benchmarks --benchmark-only -p no:xdist -q \
		--benchmark-columns=min,median,rounds --benchmark-sort=fullname

golden: .venv/.ready  ## rewrite golden files and the output in README and docs (say why)
	CRASHSIM_REGOLD=1 $(BIN)/python -m pytest tests -k "golden or pages" -n 0

.venv/.docs: .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

docs: .venv/.docs  ## rebuild the reference pages of docs/, then the site in site/
	$(BIN)/python -m docs.generate
	$(BIN)/zensical build --strict

clean:  ## remove the virtual environment, builds and caches
	rm -rf .venv build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
