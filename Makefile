# The two commands a newcomer needs are `make demo` and `make test`; the rest serve them.
PORT ?= 8000
export QIAOMEN_INSTANCE ?= $(CURDIR)/instance
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
BROWSER_SOURCES = $(shell find webapp/static webapp/templates webapp/forms webapp/care webapp/translations \
	-type f -not -path '*/dist/*' -not -name '*.py' -not -name '*.mo' -not -name '*.pyc' 2>/dev/null)

.PHONY: demo demo-reset setup test test-tools check test-js test-py journey bench torture serve lock messages documents clean

demo: setup
	PORT=$(PORT) $(BIN)/qiaomen demo --serve

demo-reset: setup
	$(BIN)/qiaomen demo --reset --yes
	PORT=$(PORT) $(BIN)/qiaomen demo --serve

setup: .venv/.runtime webapp/static/dist/build.json

serve: setup
	PORT=$(PORT) $(BIN)/qiaomen serve

test: test-tools setup .venv/.dev check test-js test-py journey
	@echo "make test: all checks passed"

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test-js: setup
	npm test --silent

test-py: setup .venv/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

journey: test-tools setup .venv/.dev
	$(BIN)/python -m tests.browser.journey

bench: test-tools setup .venv/.dev
	$(BIN)/python -m bench

# Every layer at full size; LAYER=kill (or another) for one, SIZE=small, SEED=1234 to repeat a run.
torture: test-tools setup .venv/.dev
	$(BIN)/python -m tests.torture --layer "$(LAYER)" --size "$(or $(SIZE),full)" --seed "$(SEED)"

test-tools:
	@bash .ci/test-tools

# Lock files: written by uv (`pip install uv`), without recorded addresses.
lock:
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --extra build pyproject.toml -o requirements.lock
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --all-extras pyproject.toml -o requirements-dev.lock
	npm install --package-lock-only

# Message catalogues: collect every _() and t(), then merge into the translations.
messages: .venv/.dev
	$(BIN)/python -m webapp.translations.collect

# docs/forms.md and docs/care.md, out of the definitions.
documents: .venv/.dev
	$(BIN)/python -m webapp.forms.document

clean:
	rm -rf build dist .venv node_modules webapp/static/dist

.venv/.python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "缺少 Python 3.11 或更新的版本，请先安装。 / Python 3.11 or newer is missing: install it first."; exit 1; fi
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "Python 缺少 venv 模块（Debian：apt install python3-venv）。 / Python's venv module is missing (Debian: apt install python3-venv)."; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.runtime: .venv/.python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

node_modules/.installed: package-lock.json
	@node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null || { \
		echo "缺少 Node.js 20 或更新的版本，请先安装。 / Node.js 20 or newer is missing: install it first."; exit 1; }
	npm ci --silent --no-audit --no-fund
	@touch $@

webapp/static/dist/build.json: node_modules/.installed $(BROWSER_SOURCES)
	npm run build --silent
	@touch $@
