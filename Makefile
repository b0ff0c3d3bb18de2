# Everything that people and CI run. CI calls nothing else.

CLIENTS := crates/acceptance/clients
TOFU_VERSION := $(shell sed -n 's|.*github.com/opentofu/opentofu v||p' $(CLIENTS)/go.mod)
TOFU := .cache/clients/tofu-$(TOFU_VERSION)
TOFU_FLAGS := -s -w -X github.com/opentofu/opentofu/version.dev=no

KUSTOMIZE_MODULE := crates/acceptance/kustomize
KUSTOMIZE_VERSION := $(shell sed -n 's|.*kustomize/kustomize/v5 v\([0-9.]*\).*|\1|p' $(KUSTOMIZE_MODULE)/go.mod)
KUSTOMIZE := .cache/clients/kustomize-$(KUSTOMIZE_VERSION)
NEEDS_GO = @command -v go >/dev/null || { echo "This needs 'go' to build tools: please install it." >&2; exit 1; }

# Private PostgreSQL, RabbitMQ and S3 servers around a command.
SERVICES := target/debug/services --
# Tests that run once more, on the engines of the distributed mode.
ON_ENGINES := cargo test --locked -p gateway -p archivist -p job-runner && cargo test --locked -p acceptance \
	$(addprefix --test ,publish_from_git uploads mirrors settings_in_effect lifecycle crashes bad_repositories tags_and_deletes damage)

.PHONY: help prerequisites quickstart run-distributed services fmt check check-deploy test-fast test clients \
	test-clients-core test-clients torture bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

prerequisites: ## say which tool is missing
	@for tool in cargo cc git; do command -v $$tool >/dev/null || { echo "Quarry needs '$$tool' to build: please install it." >&2; exit 1; }; done

quickstart: prerequisites ## build, start the embedded registry, publish a sample, keep serving
	cargo build --release --locked -p quarry -p test-kit && target/release/quickstart

run-distributed: prerequisites ## build, start PostgreSQL, RabbitMQ, an S3 server and each role by itself, keep serving
	cargo build --release --locked -p quarry -p test-kit && target/release/services -- target/release/run-distributed

services: prerequisites ## private PostgreSQL, RabbitMQ and S3 servers for work, until Ctrl-C
	cargo build --locked -p test-kit && target/debug/services

fmt: ## write all code in the one format
	cargo fmt --all

check: prerequisites ## format, lints, docs
	cargo fmt --all --check && cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy -p acceptance --test clients --test clients_redirect --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

test-fast: prerequisites ## every crate by itself, without the acceptance tests: while working
	cargo build --workspace --locked && $(SERVICES) cargo test --workspace --exclude acceptance --locked

test: prerequisites check-deploy ## everything but the real clients, on both databases, both brokers and each store
	cargo build --workspace --locked && cargo test --workspace --no-run --locked
	$(SERVICES) sh -c 'cargo test --workspace --locked && export QUARRY_TEST_PROFILE=distributed && $(ON_ENGINES)'

check-deploy: $(KUSTOMIZE) ## render and validate deploy/, without a cluster
	deploy/check

$(KUSTOMIZE): $(KUSTOMIZE_MODULE)/go.mod $(KUSTOMIZE_MODULE)/go.sum
	$(NEEDS_GO)
	CGO_ENABLED=0 go build -C $(KUSTOMIZE_MODULE) -mod=readonly -trimpath -ldflags="-s -w" -o $(CURDIR)/$@ sigs.k8s.io/kustomize/kustomize/v5 && touch $@

clients: $(TOFU) ## build the pinned real clients, once

$(TOFU): $(CLIENTS)/go.mod $(CLIENTS)/go.sum
	$(NEEDS_GO)
	CGO_ENABLED=0 go build -C $(CLIENTS) -mod=readonly -trimpath -ldflags="$(TOFU_FLAGS)" -o $(CURDIR)/$@ github.com/opentofu/opentofu/cmd/tofu && touch $@

test-clients-core: prerequisites clients ## the real tofu at the outer door of the registry
	cargo build --locked -p quarry -p test-kit && cargo test --locked -p acceptance --test clients
	$(SERVICES) cargo test --locked -p acceptance --test clients_redirect

test-clients: test-clients-core ## all real clients: tofu, for now

torture: prerequisites ## faults of every kind, distributed and embedded, and what must hold after them
	cargo build --release --locked -p quarry -p test-kit && target/release/torture

bench: prerequisites ## ratios to an anchor, in one run: make bench [REPO=/path/to/bare.git]
	cargo build --release --locked -p quarry -p test-kit
	cargo build --release --locked -p service-kit --example anchor
	cargo build --release --locked -p hcl-reader --example measure_reading
	target/release/bench $(REPO)
