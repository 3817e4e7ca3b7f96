# Everything from a bare checkout: the first call makes .venv and takes minutes, later ones start at once.
# ARGS goes to the command (make demo ARGS="--out somewhere"), PYTHON names the interpreter for .venv.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo run test test-all lint bench dist install-desktop
BIN := .venv/bin
SETUP := sh packaging/setup.sh
QT := $(BIN)/python packaging/qt_libraries.py
# Whole files side by side, each in one thread: several threads on the same cores would wait for each other.
PYTEST := QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

demo: ## the digits demo: trains, unlearns, shows and exports
	@$(SETUP) && $(QT)
	$(BIN)/coun demo $(ARGS)

run: ## the window
	@$(SETUP) && $(QT)
	$(BIN)/coun-gui $(ARGS)

test: ## the fast tests
	@$(SETUP) test && $(QT)
	$(PYTEST) $(ARGS)

test-all: ## all tests, the slow ones too
	@$(SETUP) test && $(QT)
	$(PYTEST) -m "" $(ARGS)

lint: ## style, types and the direction of imports
	@$(SETUP) lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: ## the measurements in tests/benchmarks
	@$(SETUP) test && $(QT)
	@set -e; for script in tests/benchmarks/[a-z]*.py; do \
		echo "== $$script"; QT_QPA_PLATFORM=offscreen $(BIN)/python "$$script" $(ARGS); done

dist: ## wheel and sdist in dist/, checked
	@$(SETUP) packaging
	sh packaging/build.sh

install-desktop: ## an entry in your desktop's menu (ARGS=--remove takes it away)
	@$(SETUP) && $(QT)
	sh packaging/install-desktop.sh $(ARGS)
