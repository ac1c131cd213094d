# Everything a newcomer needs: `make demo` to try it, `make test` to check everything. CI calls `make test`.
# Needs: Rust (rustup), Node.js 20+ with npm, a C compiler, PostgreSQL 15+ server binaries (tests only), python3 (tests only).

CARGO ?= cargo
PORT ?= 8080
DENY_VERSION = 0.20.2
TOOLS = target/tools

.PHONY: demo web test check fmt clippy deny unit bench

## Build and run everything on this machine: SQLite, object storage and search inside one process.
demo: web
	$(CARGO) build --profile demo --bin densach
	DENSACH_SERVER__LISTEN=127.0.0.1:$(PORT) DENSACH_SERVER__PUBLIC_URL=http://127.0.0.1:$(PORT) \
	    target/demo/densach demo

## The pages, built ahead; the binary embeds them.
web: web/dist/index.html

web/dist/index.html: web/package-lock.json $(shell find web/src web/*.html web/*.ts crates/graphql/documents -type f 2>/dev/null)
	cd web && npm ci --no-audit --no-fund && npm run build

## Everything: style, lints, licences, and all tests on both databases.
test: web fmt clippy deny unit

fmt:
	$(CARGO) fmt --all --check

clippy: web
	$(CARGO) clippy --workspace --all-targets -- -D warnings

deny: $(TOOLS)/bin/cargo-deny
	$(TOOLS)/bin/cargo-deny check licenses bans sources

$(TOOLS)/bin/cargo-deny:
	$(CARGO) install cargo-deny --locked --version $(DENY_VERSION) --root $(TOOLS) --target-dir target/tools/build

unit: web
	$(CARGO) build --bin densach
	$(CARGO) test --workspace --no-fail-fast

## The figures of docs/benchmarks.md.
bench: web
	$(CARGO) build --release --bin densach --bin densach-bench
	target/release/densach-bench all
