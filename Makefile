# Everything that people and CI run. CI calls nothing else.

# The real clients that tests drive, each pinned in a Go module of ours and built once for each version.
CLIENTS := crates/acceptance/clients
TOFU_VERSION := $(shell sed -n 's|.*github.com/opentofu/opentofu v||p' $(CLIENTS)/go.mod)
TOFU := .cache/clients/tofu-$(TOFU_VERSION)
TOFU_FLAGS := -s -w -X github.com/opentofu/opentofu/version.dev=no

TOFU_OLD_MODULE := crates/acceptance/tofu-old
TOFU_OLD_VERSION := $(shell sed -n 's|.*github.com/opentofu/opentofu v\([0-9.]*\).*|\1|p' $(TOFU_OLD_MODULE)/go.mod)
TOFU_OLD := .cache/clients/tofu-old-$(TOFU_OLD_VERSION)

GO_TFE_MODULE := crates/acceptance/go-tfe
GO_TFE_VERSION := $(shell sed -n 's|^require github.com/hashicorp/go-tfe v||p' $(GO_TFE_MODULE)/go.mod)
GO_TFE := .cache/clients/go-tfe-$(GO_TFE_VERSION)

GO_SCALR_MODULE := crates/acceptance/go-scalr
GO_SCALR_VERSION := $(shell sed -n 's|^require github.com/scalr/go-scalr/v2 v||p' $(GO_SCALR_MODULE)/go.mod)
GO_SCALR := .cache/clients/go-scalr-$(GO_SCALR_VERSION)

KUSTOMIZE_MODULE := crates/acceptance/kustomize
KUSTOMIZE_VERSION := $(shell sed -n 's|.*kustomize/kustomize/v5 v\([0-9.]*\).*|\1|p' $(KUSTOMIZE_MODULE)/go.mod)
KUSTOMIZE := .cache/clients/kustomize-$(KUSTOMIZE_VERSION)
NEEDS_GO = @command -v go >/dev/null || { echo "This needs 'go' to build tools: please install it." >&2; exit 1; }

CLIENT_TESTS := clients clients_go_scalr clients_go_tfe clients_old_tofu clients_provider_scalr clients_provider_tfe clients_redirect clients_terraform

# Private PostgreSQL, RabbitMQ and S3 servers around a command.
SERVICES := target/debug/services --end-with-parent --
# Always the whole workspace, and tests chosen by name: parts of it would be built with other features, again.
BUILD := cargo build --workspace --bins --tests --locked
TEST := cargo test --workspace --locked
# Tests that run once more, on the engines of the distributed mode.
ON_ENGINES := $(TEST) $(addprefix --test ,registry tfe scalr sign_in objects child_pool jobs publish_from_git branches submodules ssh git_hosts uploads mirrors \
	settings_in_effect lifecycle crashes bad_repositories tags_and_deletes moved_tags module_status damage webhook_deliveries matrix)

.PHONY: help prerequisites quickstart run-distributed services fmt check check-deploy test-fast test fuzz-api clients \
	test-clients-core test-clients torture bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

prerequisites: ## say which tool is missing
	@for tool in cargo cc git; do command -v $$tool >/dev/null || { echo "Quarry needs '$$tool' to build: please install it." >&2; exit 1; }; done

quickstart: prerequisites ## build, start the embedded registry, publish a sample, keep serving
	cargo build --release --locked -p quarry -p test-kit && target/release/quickstart

run-distributed: prerequisites ## build, start PostgreSQL, RabbitMQ, an S3 server and each role by itself, keep serving
	cargo build --release --locked -p quarry -p test-kit
	@exec target/release/services --end-with-parent -- target/release/run-distributed

services: prerequisites ## private PostgreSQL, RabbitMQ and S3 servers for work, until Ctrl-C
	cargo build --locked -p test-kit
	@exec target/debug/services --end-with-parent

fmt: ## write all code in the one format
	cargo fmt --all

check: prerequisites ## format, lints, docs
	cargo fmt --all --check && cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace $(addprefix --test ,$(CLIENT_TESTS)) --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

test-fast: prerequisites ## every crate by itself, without the acceptance tests: while working
	$(BUILD) --exclude acceptance && $(SERVICES) $(TEST) --exclude acceptance

test: prerequisites check-deploy ## everything but the real clients, on both databases, both brokers and each store
	$(BUILD) && $(SERVICES) sh -c '$(TEST) && export QUARRY_TEST_PROFILE=distributed && $(ON_ENGINES)'
	crates/acceptance/schemathesis/fuzz --short

fuzz-api: prerequisites ## many random requests to every operation of the OpenAPI documents, and no bad answer
	$(BUILD) && crates/acceptance/schemathesis/fuzz

check-deploy: $(KUSTOMIZE) ## render and validate deploy/, without a cluster
	deploy/check

$(KUSTOMIZE): $(KUSTOMIZE_MODULE)/go.mod $(KUSTOMIZE_MODULE)/go.sum
	$(NEEDS_GO)
	CGO_ENABLED=0 go build -C $(KUSTOMIZE_MODULE) -mod=readonly -trimpath -ldflags="-s -w" -o $(CURDIR)/$@ sigs.k8s.io/kustomize/kustomize/v5 && touch $@

clients: $(TOFU) $(GO_TFE) ## build the pinned real clients of test-clients-core, once

$(TOFU): $(CLIENTS)/go.mod $(CLIENTS)/go.sum
	$(NEEDS_GO)
	CGO_ENABLED=0 go build -C $(CLIENTS) -mod=readonly -trimpath -ldflags="$(TOFU_FLAGS)" -o $(CURDIR)/$@ github.com/opentofu/opentofu/cmd/tofu && touch $@

$(TOFU_OLD): $(TOFU_OLD_MODULE)/go.mod $(TOFU_OLD_MODULE)/go.sum
	$(NEEDS_GO)
	CGO_ENABLED=0 go build -C $(TOFU_OLD_MODULE) -mod=readonly -trimpath -ldflags="$(TOFU_FLAGS)" -o $(CURDIR)/$@ github.com/opentofu/opentofu/cmd/tofu && touch $@

$(GO_TFE): $(wildcard $(GO_TFE_MODULE)/*)
	$(NEEDS_GO)
	CGO_ENABLED=0 go test -C $(GO_TFE_MODULE) -mod=readonly -trimpath -c -o $(CURDIR)/$@ . && touch $@

$(GO_SCALR): $(wildcard $(GO_SCALR_MODULE)/*)
	$(NEEDS_GO)
	CGO_ENABLED=0 go test -C $(GO_SCALR_MODULE) -mod=readonly -trimpath -c -o $(CURDIR)/$@ . && touch $@

test-clients-core: prerequisites clients ## the current tofu and go-tfe at the outer door of the registry
	$(BUILD) && $(TEST) --test clients --test clients_go_tfe && $(SERVICES) $(TEST) --test clients_redirect

test-clients: test-clients-core $(TOFU_OLD) $(GO_SCALR) ## all real clients: also an old tofu, terraform if it is there, go-scalr, and the tfe and scalr providers
	$(TEST) --test clients_old_tofu --test clients_go_scalr
	@if command -v terraform >/dev/null; then $(TEST) --test clients_terraform; \
		else echo "There is no terraform on the PATH, so it was not tested." >&2; fi
	@for provider in terraform-provider-tfe terraform-provider-scalr; do command -v $$provider >/dev/null \
		|| { echo "This needs the provider '$$provider' on the PATH: please install a release of it." >&2; exit 1; }; done
	$(TEST) --test clients_provider_tfe --test clients_provider_scalr

torture: prerequisites ## faults of every kind, distributed and embedded, and what must hold after them
	cargo build --release --locked -p quarry -p test-kit && target/release/torture

bench: prerequisites ## ratios to an anchor, in one run: make bench [REPO=/path/to/bare.git]
	cargo build --release --locked -p quarry -p test-kit
	cargo build --release --locked -p service-kit --example anchor
	cargo build --release --locked -p hcl-reader --example measure_reading
	target/release/bench $(REPO)
