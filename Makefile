# SPDX-License-Identifier: Apache-2.0
# A thin front for meson: one target for each thing that people do with the tree.

PYTHON ?= $(if $(wildcard /usr/bin/python3),/usr/bin/python3,python3)
PREFIX ?= /usr/local
# Below PREFIX. Without dpkg-dev meson does not know where Debian's loader and pkg-config look, and takes lib64.
LIBDIR ?= $(if $(wildcard /etc/debian_version),$(patsubst %/,%,lib/$(shell gcc -print-multiarch)))
FUZZ_SECONDS ?= 600
# gcc alone: clang's wants a linker of its own.  A live answer takes a twelfth less code with it.
LTO ?= $(if $(findstring Free Software Foundation,$(shell $(CC) --version 2>/dev/null)),-Db_lto=true)
# --rounds N --seconds S --certificates N
BENCH_FLAGS ?=
# --rounds N --seconds S
PYTHON_BENCH_FLAGS ?=
# Where this Python looks below a prefix: "python3.11/dist-packages".
PYTHON_FOLDER = $(shell $(PYTHON) -c 'import os, sysconfig; print("python%s/%s" % (sysconfig.get_python_version(), \
	os.path.basename(sysconfig.get_path("purelib"))))')
# ONCE=1: the demonstration asks its questions and ends.
ONCE ?=
DEMO_FLAGS = $(if $(filter-out 0 no,$(ONCE)),--once)
MAKEFLAGS += --no-print-directory

.PHONY: all build deps demo test test-debian13 bench fuzz install install-python docs format lint clean help
all: build

deps:
	@scripts/deps build </dev/null

# A compiler newer than ours may warn of something new: no reason to leave a user without a program. make test insists.
build: deps
	@test -f build/build.ninja || meson setup build --buildtype=release -Dtests=false -Dwerror=false $(LTO) --prefix=$(PREFIX) \
		$(if $(LIBDIR),--libdir=$(LIBDIR))
	@ninja -C build

demo: build
	@build/vouch demo $(DEMO_FLAGS)

test:
	@scripts/deps </dev/null
	@$(PYTHON) tools/run_tests.py

# STAGES: those of tools/run_tests.py, where not all that need another OpenSSL are wanted.
test-debian13:
	@tools/debian13 $(STAGES)

bench: build
	@scripts/deps </dev/null
	@PATH="$$PATH:/usr/sbin" VOUCH=$(CURDIR)/build/vouch $(PYTHON) tests/bench/run --write $(BENCH_FLAGS)
	@VOUCH=$(CURDIR)/build/vouch $(PYTHON) tests/bench/python_responder build $(PYTHON_BENCH_FLAGS)

fuzz:
	@scripts/deps </dev/null
	@$(PYTHON) tools/run_fuzz.py --seconds $(FUZZ_SECONDS)

install: build
ifneq ($(filter command% environment%,$(origin PREFIX)),)
	@meson configure build --prefix=$(PREFIX) && ninja -C build
endif
	@meson install -C build --no-rebuild
	@# The loader finds new libraries by its cache, which only a newer meson renews.
	@test -n "$(DESTDIR)" -o "$$(id -u)" -ne 0 || PATH="$$PATH:/usr/sbin:/sbin" ldconfig || true

# Needs python3-dev, python3-cffi and python3-setuptools; the drop-in for ocspresponder python3-bottle and python3-asn1crypto.
install-python:
	@cd python && PKG_CONFIG_PATH="$$(find $(DESTDIR)$(PREFIX) -name vouch.pc -printf '%h\n' -quit 2>/dev/null):$$PKG_CONFIG_PATH" \
		$(PYTHON) setup.py -q build --build-base $(CURDIR)/build/python install --root=$(or $(DESTDIR),/) \
		--install-lib=$(PREFIX)/lib/$(PYTHON_FOLDER) --single-version-externally-managed \
		--record $(CURDIR)/build/python.files 2>$(CURDIR)/build/python.log || { cat $(CURDIR)/build/python.log >&2; exit 1; }
	@rm -rf python/*.egg-info

docs: build
	@command -v doxygen >/dev/null || { echo "make docs: doxygen is not installed" >&2; exit 1; }
	@ninja -C build -t targets all | grep -q '^doxygen:' || meson setup --reconfigure build
	@ninja -C build doxygen
	@echo "build/docs/doxygen/html/index.html"

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
	@echo "make test-debian13   the tests in a Debian 13 made by debootstrap (root only): ML-DSA, SLH-DSA, newer compilers"
	@echo "make bench      the benchmarks of tests/bench; writes docs/benchmarks.md"
	@echo "make fuzz       FUZZ_SECONDS (600) of each fuzz target"
	@echo "make install    to PREFIX (/usr/local), below DESTDIR"
	@echo "make install-python   the Python packages, against the library that make install installed"
	@echo "make docs       the libraries' manual in HTML (Doxygen)"
	@echo "make format     clang-format, over everything"
	@echo "make lint       layers, formatting, clang-tidy"
	@echo "make clean      removes the build folders"
