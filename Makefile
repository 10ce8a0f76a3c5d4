# `make run` and `make test` are all that a newcomer needs; both install what is missing and are quick the second time.

.PHONY: build run test interop bench bench-reload bench-languages fmt lint clean
.DEFAULT_GOAL := build

run: # serve examples/echo on 127.0.0.1:7000, and with TLS on 127.0.0.1:7443
	@scripts/run

test: # build everything and run every check
	@scripts/test

interop: # the tests that need compilers of other languages (500 MB), PostgreSQL and iperf3; `make test` goes without
	@scripts/interop

bench: # measure release builds beside Bun, Node, Envoy, Redis and a native server; writes docs/benchmarks.md
	@scripts/bench

bench-reload: # measure what reloads cost those who are connected; writes docs/reload-benchmark.md
	@scripts/bench-reload

bench-languages: # measure what a plugin's language costs; writes docs/languages.md
	@scripts/bench-languages

build: # the host (target/debug/sockdock) and the example plugins
	@scripts/build-all

fmt: # format all Rust sources
	cargo fmt --all
	for workspace in guest-sdk examples tests/guests tests/conformance/rust tests/bench/five-writes tests/bench/envoy-filter; do cargo fmt --manifest-path $$workspace/Cargo.toml --all; done

lint: # clippy alone
	cargo clippy --workspace --all-targets -- -D warnings

clean: # forget all that was built
	cargo clean
