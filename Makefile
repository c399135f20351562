# SPDX-License-Identifier: Apache-2.0
# A thin front for meson: one target for each thing that people do with the tree.

PYTHON ?= $(if $(wildcard /usr/bin/python3),/usr/bin/python3,python3)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 600
# --rounds N --seconds S
BENCH_FLAGS ?=
# ONCE=1: the demonstration asks its questions and ends.
ONCE ?=
DEMO_FLAGS = $(if $(filter-out 0 no,$(ONCE)),--once)
MAKEFLAGS += --no-print-directory

.PHONY: all build deps demo test bench fuzz install format lint clean help
all: build

deps:
	@scripts/deps build </dev/null

# A compiler newer than ours may warn of something new: no reason to leave a user without a program. make test insists.
build: deps
	@test -f build/build.ninja || meson setup build --buildtype=release -Dtests=false -Dwerror=false --prefix=$(PREFIX)
	@ninja -C build

demo: build
	@build/vouch demo $(DEMO_FLAGS)

test:
	@scripts/deps </dev/null
	@$(PYTHON) tools/run_tests.py

bench: build
	@scripts/deps </dev/null
	@PATH="$$PATH:/usr/sbin" VOUCH=$(CURDIR)/build/vouch $(PYTHON) tests/bench/run $(BENCH_FLAGS)

fuzz:
	@scripts/deps </dev/null
	@$(PYTHON) tools/run_fuzz.py --seconds $(FUZZ_SECONDS)

install: build
ifneq ($(filter command% environment%,$(origin PREFIX)),)
	@meson configure build --prefix=$(PREFIX) && ninja -C build
endif
	@meson install -C build --no-rebuild

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

lint:
	@$(PYTHON) tools/check_layers.py
	@git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror
	@$(PYTHON) tools/run_tests.py build
	@git ls-files 'src/*.c' | xargs clang-tidy --quiet -p build-test

clean:
	rm -rf build build-*

help:
	@echo "make            the program, at build/vouch"
	@echo "make demo       a throw-away CA and its responder; ONCE=1 ends when its questions are answered"
	@echo "make test       every test, under the sanitizers; then a build with the other compiler"
	@echo "make bench      the benchmarks of tests/bench"
	@echo "make fuzz       FUZZ_SECONDS (600) of each fuzz target"
	@echo "make install    to PREFIX (/usr/local), below DESTDIR"
	@echo "make format     clang-format, over everything"
	@echo "make lint       layers, formatting, clang-tidy"
	@echo "make clean      removes the build folders"
