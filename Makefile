# What people and CI run; `make help` lists it. Each target does the set-up it needs.
#
#     Python, cc, cargo ─▶ .venv with pinned packages ─▶ release build ─▶ demo, test, check, bench
#
# Stamps in .venv say what is done, so that a second run only does what changed.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV   := .venv
BIN    := $(VENV)/bin
DEPS   := $(VENV)/.deps
BUILT  := $(VENV)/.built

# The first interpreter that is new enough; empty if there is none, which toolchain.sh then says.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)

# Folders are listed too: their time changes when a file is removed.
SOURCES := $(shell find rust -type d -o -name '*.rs' -o -name Cargo.toml) Cargo.toml Cargo.lock pyproject.toml

# rustup puts cargo here, also for shells that have not read its profile yet.
export PATH := $(PATH):$(HOME)/.cargo/bin
# pyo3 asks this interpreter what it builds for.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
# Another environment that happens to be active must not leak in.
unexport CONDA_PREFIX PYTHONHOME PYTHONPATH

# Clients nobody here wrote have environments of their own: they need nothing of ours but the simulator's address.
CLIENTS := .venv-conformance
HEAVY_CLIENTS := .venv-conformance-heavy
HEAVY_PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && echo "$$p" && break; done)

.PHONY: help demo test test-rust test-python chaos conformance conformance-heavy sick check fmt-check lint types stubs table bench bench-short \
	rivals bare wheel fmt fuzz clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

demo: $(BUILT)  ## ten seconds of a simulated market, received and verified, and of trading on it
	$(BIN)/okx-fast demo --seconds 10

test: test-rust test-python  ## all tests

# The binding crate is a Python extension: its tests are the Python ones.
test-rust: $(DEPS)
	cargo test --locked --workspace --exclude okx-fast-py

# SEEDS=20, JOBS=2 of them at a time, FIRST=100 to start there; SEED=7: that one; KINDS="book_gap close": only these sicknesses;
# SIDE=market: books and trades, SIDE=account: orders, fills, positions and balances.
chaos: $(DEPS)  ## clients at a sick exchange for minutes of its time, a seed each; SEEDS=n, SEED=k, SIDE=market or account
	cargo test --locked --profile chaos -p okx-fast-sim --test chaos $(SIDE) -- --ignored --nocapture --test-threads=1

test-python: $(BUILT)
	$(BIN)/python -m pytest

conformance: $(BUILT) $(CLIENTS)/.deps  ## real clients against the simulator, one line per flow; FLOWS=14,15 picks some
	$(CLIENTS)/bin/python -m tests.conformance $(if $(FLOWS),--flows $(FLOWS))

conformance-heavy: $(BUILT) $(HEAVY_CLIENTS)/.deps  ## the same with nautilus_trader, freqtrade, and all of them at once
	$(HEAVY_CLIENTS)/bin/python -m tests.conformance --heavy $(if $(FLOWS),--flows $(FLOWS))

sick: $(BUILT) $(CLIENTS)/.deps  ## ccxt.pro, python-okx and okx_fast on one sick simulator; DOCS=1 renews the table in the docs
	$(CLIENTS)/bin/python -m tests.conformance.sick $(if $(ONLY),--only $(ONLY)) $(if $(DOCS),--docs)

check: fmt-check lint types stubs table  ## format, lints, types, stubs, the tables of endpoints and channels

fmt-check: $(DEPS)
	cargo fmt --all --check
	$(BIN)/ruff format --check

lint: $(DEPS)
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(BIN)/ruff check

types: $(DEPS)
	$(BIN)/mypy

stubs: $(BUILT)
	MYPYPATH=python $(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml okx_fast._native

# It imports the package, and so wants it built.
table: $(BUILT)
	$(BIN)/python -m tools.endpoints --check
	$(BIN)/python -m tools.channels --check

bench: $(BUILT) rivals bare  ## all benchmarks: one table, and bench-results.json
	$(BIN)/python -m benches.py.report
	cargo bench --locked -p okx-fast-core
	cargo bench --locked -p okx-fast-sim

bench-short: $(BUILT) rivals bare  ## the table from a quick run
	$(BIN)/python -m benches.py.report --short

# Whom the REST rows compare with. Without a network the rows go without them, and say so.
rivals: $(DEPS)  ## whom the REST rows compare with, into .venv-conformance
	@PIP_RETRIES=1 PIP_TIMEOUT=10 $(MAKE) --no-print-directory $(CLIENTS)/.deps || \
		echo "okx-fast: $(CLIENTS) could not be made; the REST rows go without rivals." >&2

bare: $(DEPS)  ## bare Rust that sends orders: what nobody can be faster than
	cargo build --release --locked -p okx-fast-bare

wheel: $(DEPS)  ## a release wheel in dist/
	$(BIN)/maturin build --release --locked --interpreter $(BIN)/python --out dist

fmt: $(DEPS)  ## format all code
	cargo fmt --all
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

fuzz:  ## a minute of each fuzz target; needs cargo-fuzz
	@cargo fuzz --version >/dev/null 2>&1 || \
		{ echo "okx-fast: fuzzing needs cargo-fuzz (cargo install cargo-fuzz --locked)." >&2; exit 1; }
	for target in $$(cargo fuzz list); do \
		mkdir -p target/fuzz/$$target && \
		RUSTC_BOOTSTRAP=1 cargo fuzz run "$$target" target/fuzz/$$target fuzz/corpus/$$target -- -max_total_time=60 \
			|| exit 1; done

clean:  ## forget everything built
	rm -rf $(VENV) $(CLIENTS) $(HEAVY_CLIENTS) target dist bench-results.json .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find python -name '*.so' -delete
	find python tests benches -name __pycache__ -prune -exec rm -rf {} +

# A half-made environment (an interrupted first run, an interpreter that went away) is made anew.
$(DEPS): requirements/dev.txt
	@sh requirements/toolchain.sh '$(PYTHON)'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || '$(PYTHON)' -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	@touch $@

# An editable install: changes under python/ count at once, changes under rust/ come here.
$(BUILT): $(SOURCES) $(DEPS)
	@sh requirements/toolchain.sh $(BIN)/python
	VIRTUAL_ENV='$(CURDIR)/$(VENV)' $(BIN)/maturin develop --release --locked
	@touch $@

$(CLIENTS)/.deps: requirements/conformance.txt
	@sh requirements/toolchain.sh '$(PYTHON)'
	@$(CLIENTS)/bin/python -m pip --version >/dev/null 2>&1 || '$(PYTHON)' -m venv --clear $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/conformance.txt
	@touch $@

$(HEAVY_CLIENTS)/.deps: requirements/conformance-heavy.txt requirements/conformance.txt
	@[ -n '$(HEAVY_PYTHON)' ] || { echo "okx-fast: the heavy clients need Python 3.12 or newer (name one with make HEAVY_PYTHON=...)." >&2; exit 1; }
	@$(HEAVY_CLIENTS)/bin/python -m pip --version >/dev/null 2>&1 || '$(HEAVY_PYTHON)' -m venv --clear $(HEAVY_CLIENTS)
	$(HEAVY_CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/conformance-heavy.txt
	@touch $@
