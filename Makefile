# Everything that people and CI run. CI calls nothing else.

CLIENTS := crates/acceptance/clients
TOFU_VERSION := $(shell sed -n 's|.*github.com/opentofu/opentofu v||p' $(CLIENTS)/go.mod)
TOFU := .cache/clients/tofu-$(TOFU_VERSION)
TOFU_FLAGS := -s -w -X github.com/opentofu/opentofu/version.dev=no

.PHONY: help prerequisites quickstart fmt check test-fast test clients test-clients-core test-clients bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

prerequisites: ## say which tool is missing
	@for tool in cargo cc git; do command -v $$tool >/dev/null || { echo "Quarry needs '$$tool' to build: please install it." >&2; exit 1; }; done

quickstart: prerequisites ## build, start the embedded registry, publish a sample, keep serving
	cargo build --release --locked -p quarry -p test-kit && target/release/quickstart

fmt: ## write all code in the one format
	cargo fmt --all

check: prerequisites ## format, lints, docs
	cargo fmt --all --check && cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy -p acceptance --test clients --locked -- -D warnings && cargo clippy -p store --test postgres --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

test-fast: prerequisites ## every crate by itself, without the acceptance tests: while working
	cargo test --workspace --exclude acceptance --locked

test: prerequisites ## everything but the real clients
	cargo build --workspace --locked && cargo test --workspace --locked

clients: $(TOFU) ## build the pinned real clients, once

$(TOFU): $(CLIENTS)/go.mod $(CLIENTS)/go.sum
	@command -v go >/dev/null || { echo "The real clients need 'go' to build: please install it." >&2; exit 1; }
	CGO_ENABLED=0 go build -C $(CLIENTS) -mod=readonly -trimpath -ldflags="$(TOFU_FLAGS)" -o $(CURDIR)/$@ github.com/opentofu/opentofu/cmd/tofu && touch $@

test-clients-core: prerequisites clients ## the real tofu at the outer door of the registry
	cargo build --locked -p quarry && cargo test --locked -p acceptance --test clients

test-clients: test-clients-core ## all real clients: tofu, for now

bench: prerequisites ## ratios to an anchor, in one run: make bench [REPO=/path/to/bare.git]
	cargo build --release --locked -p quarry -p test-kit
	cargo build --release --locked -p service-kit --example anchor
	cargo build --release --locked -p hcl-reader --example measure_reading
	target/release/bench $(REPO)
