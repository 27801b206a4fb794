# Thin names over cargo. `make test` is THE test command: what it passes, CI passes.
# Texts are UTF-8 wherever this runs; clean machines and CI come with the C locale.
export LANG := C.UTF-8
export LC_ALL := C.UTF-8

.PHONY: run test check bench fmt deny packages

run: ## the demo: app, simulated WeChat and demo data, nothing to configure
	cargo run

test: packages check ## everything CI checks
	cargo test --locked

check: ## format, lints, and the production build (no simulator) with its own lints
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --no-default-features --lib --bins -- -D warnings

bench:
	cargo bench --locked

fmt:
	cargo fmt

packages: ## what the tests need beside Rust and gcc: installs it as root, names it otherwise
	@sh tests/packages.sh

deny: ## licences, bans and sources of every dependency; needs cargo-deny
	@if command -v cargo-deny >/dev/null 2>&1; then cargo deny --locked check; \
	else echo "cargo-deny is not installed; to check dependencies: cargo install --locked cargo-deny"; fi
