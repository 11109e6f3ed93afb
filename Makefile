# Everything one does with this repository. `make demo` is the place to start; CONTRIBUTING.md explains the rest.

PREFIX ?= /usr/local
# bench: small (20 MB) or full (500 MB to 1 GB) per file, and which.   fuzz: seconds for each target.
SIZE ?= small
ONLY ?=
SECONDS ?= 60

swift_folders = Sources Tests Plugins $(wildcard Benchmarks Fuzz) Package.swift
release = swift build -c release --product watchfloor --static-swift-stdlib
# The binary of the release build, asked when it is needed and not each time that make starts.
watchfloor = .build/release/watchfloor

.PHONY: help setup build release test golden lint format demo bench fuzz install clean

help:
	@echo 'make demo      build the program and let it analyse the examples'
	@echo 'make test      run all tests             make golden    rewrite the expected transcripts'
	@echo 'make lint      check the style           make format    set it right'
	@echo 'make build     debug build               make release   release build'
	@echo 'make bench     [SIZE=small|full] [ONLY=log|capture|rules|mixed|blitz|flood] compare with other tools'
	@echo 'make fuzz      [SECONDS=60] search for inputs that crash it'
	@echo 'make install   [PREFIX=/usr/local] [DESTDIR=]'
	@echo 'make setup     install what is missing   make clean     remove what was built'

setup:
	@scripts/setup

build: setup
	swift build

release: setup
	$(release)

test: setup
	swift test

golden: setup
	WATCHFLOOR_GOLDEN=rewrite swift test

lint:
	@scripts/lint $(swift_folders)

format:
	swift format -i --recursive $(swift_folders)

demo: release
	@scripts/demo $(watchfloor)

bench: release
	scripts/bench $(SIZE) $(if $(ONLY),--only $(ONLY))

fuzz: setup
	scripts/fuzz $(SECONDS)

# Builds as the one who calls; as root after `make release` nothing is built anew.
install: release
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 $(watchfloor) '$(DESTDIR)$(PREFIX)/bin/watchfloor'
	install -d '$(DESTDIR)$(PREFIX)/share/watchfloor'
	cp -R Examples/drills Examples/y2k-watch '$(DESTDIR)$(PREFIX)/share/watchfloor/'

clean:
	rm -rf .build .build-* Benchmarks/work Fuzz/work
