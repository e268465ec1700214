# make demo: set up and run the main job. make test: set up and run the tests.
# Both need git, make and Python 3.11 or newer with venv; uv is used when it is there.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint types contracts check wheel catalogues bench faults walkthrough walkthrough-booted screenshots docs clean

demo: $(STAMP) catalogues
	@if [ -t 0 ] && [ -t 1 ]; then $(RUN)/brygga demo; else $(RUN)/brygga demo --headless; fi

test: $(STAMP) catalogues
	$(RUN)/pytest -n auto --dist loadfile

lint: $(STAMP)
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types: $(STAMP)
	$(RUN)/mypy

contracts: $(STAMP)
	$(RUN)/lint-imports

check: lint types contracts test

wheel: $(STAMP)
	rm -rf dist
	$(RUN)/python -m build --wheel --no-isolation --outdir dist

catalogues: $(STAMP)
	@$(RUN)/python tools/catalogues.py compile

bench: $(STAMP) catalogues
	$(RUN)/python -m benchmarks

faults: $(STAMP) catalogues
	$(RUN)/python tests/faults/refresh_harness.py
	$(RUN)/python tests/faults/export_harness.py --trials 10000 --json faults-export.json
	$(RUN)/python tests/faults/export_harness.py --trials 1000 --naive
	$(RUN)/python tests/faults/exchange_harness.py --drops 3000
	$(RUN)/python tests/faults/step_harness.py
	$(RUN)/python tests/faults/invite_harness.py --trials 300
	$(RUN)/python tests/faults/invite_harness.py --trials 60 --naive
	$(RUN)/pytest -v tests/faults/test_fault_table.py

# docs/operations.md, followed in a throw-away Debian; the second boots it. 77: this machine does not allow it.
walkthrough: $(STAMP) catalogues
	$(RUN)/python tools/walkthrough.py || test $$? = 77

walkthrough-booted: $(STAMP) catalogues
	$(RUN)/python tools/walkthrough.py --booted || test $$? = 77

screenshots: $(STAMP) catalogues
	$(RUN)/python tools/screenshots.py

docs: $(STAMP) catalogues
	$(RUN)/python tools/reference.py

$(STAMP): pyproject.toml constraints.txt
	@set -e; if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV); \
	  uv pip install --quiet --python $(RUN)/python -c constraints.txt --group dev -e .; \
	else \
	  $(PYTHON) -m venv $(VENV); \
	  $(RUN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"; \
	  $(RUN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev -e .; \
	fi
	@touch $@

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache
