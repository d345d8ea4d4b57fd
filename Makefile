# Needs Python 3.11 or later and make; everything else goes into .venv, which `make clean` removes.
# Another Python or another place: make test PYTHON=python3.13 VENV=elsewhere

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test test-all bench bench-numeric what-works gallery check format clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed  ## a first look: one function, its gradient as formula, number and proof
	@$(BIN)/steepest demo

test: $(VENV)/.test  ## the tests, but those that take minutes
	@$(BIN)/python -m pytest -n 2

test-all: $(VENV)/.test  ## all tests
	@$(BIN)/python -m pytest -n 2 -m ""

bench: $(VENV)/.bench  ## our derivatives beside other libraries and C; takes two hours and more
	@$(BIN)/python -m benchmarks --json docs/benchmarks.json --page docs/benchmarks.md

bench-numeric: $(VENV)/.bench  ## our numeric derivatives beside other tools; takes minutes
	@$(BIN)/python -m benchmarks.numeric --page docs/bench-numeric.md

what-works: $(VENV)/.test  ## docs/what-works.md, made of the programs in tests/ordinary
	@cd tests && $(abspath $(BIN))/python -m ordinary.page

gallery: $(VENV)/.test  ## the pictures of docs/gallery.md, drawn by the scripts in examples
	@for name in tangent_line longley_four_ways natural_gradient escaping_a_saddle digits_saliency heat_equation \
		is_my_gradient_right; do MPLBACKEND=Agg $(BIN)/python examples/$$name.py docs/images/$$name.png || exit 1; done
	@$(BIN)/steepest plot "sin(x)" --kind animation --bounds 0 6.28 -o docs/images/tangent.gif
	@$(BIN)/steepest plot "(x^2 + y - 11)^2 + (x + y^2 - 7)^2" --bounds -5 5 --critical-points -o docs/images/himmelblau.png

check: $(VENV)/.dev  ## style, types and layers
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_layers.py

format: $(VENV)/.dev  ## mend order of imports and layout of code
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

clean:  ## remove the environment and all caches
	@test ! -f $(VENV)/pyvenv.cfg || rm -rf $(VENV)
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	@find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# One stamp for each set of packages. They are made again when pyproject.toml changes, and only then.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit("steepest needs Python 3.11 or later, this is %d.%d; say make PYTHON=..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.created
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/.created
	@$(PIP) install --editable '.[test]'
	@touch $@

# PyTorch comes from its own index, without CUDA, if that can be reached; all else is the extra `bench`.
$(VENV)/.bench: pyproject.toml | $(VENV)/.installed
	@$(PIP) install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu || true
	@$(PIP) install --editable '.[bench]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.created
	@$(PIP) install --editable '.[dev]'
	@touch $@
