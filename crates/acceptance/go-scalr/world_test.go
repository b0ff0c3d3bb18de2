// Package goscalr drives a running registry with the public methods of go-scalr v2, as tools do that are built on it.
//
// The registry, a Git server and a connection to it are there: the acceptance test clients_go_scalr.rs starts them, and
// passes what they are called on.
package goscalr

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/scalr/go-scalr/v2/scalr"
	"github.com/scalr/go-scalr/v2/scalr/client"
	"github.com/scalr/go-scalr/v2/scalr/ops/module"
	"github.com/scalr/go-scalr/v2/scalr/schemas"
	"github.com/scalr/go-scalr/v2/scalr/value"
)

// What is waited for takes at most this long; nothing here takes a tenth of it.
const patience = 30 * time.Second

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run `make test-clients`", name)
	}
	return value
}

// connect returns a client with the administrator's token.
func connect(t *testing.T) *scalr.Client {
	t.Helper()
	return scalr.NewClient(setting(t, "QUARRY_HOST"), setting(t, "QUARRY_TOKEN"))
}

// publish makes a module of the sample repository, whose name has no meaning.
func publish(t *testing.T, registry *scalr.Client, name string, relationships schemas.ModuleRelationshipsRequest) *schemas.Module {
	t.Helper()
	relationships.VcsProvider = value.Set(schemas.VcsProvider{ID: setting(t, "QUARRY_VCS_PROVIDER")})
	made, err := registry.Module.CreateModule(context.Background(), &schemas.ModuleRequest{
		Attributes: schemas.ModuleAttributesRequest{
			Name:     value.Set(name),
			Provider: value.Set("demo"),
			VcsRepo:  value.Set(schemas.ModuleVcsRepoRequest{Identifier: value.Set("terraform-demo-sample")}),
		},
		Relationships: relationships,
	})
	must(t, err)
	return made
}

// settled reads a module until its newest version is published.
func settled(t *testing.T, registry *scalr.Client, id string) *schemas.Module {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		include := module.GetModuleOptions{Include: []string{"module-versions"}}
		seen, err := registry.Module.GetModule(context.Background(), id, &include)
		must(t, err)
		versions := seen.Relationships.ModuleVersions
		done := len(versions) == 3
		for _, version := range versions {
			done = done && version.Attributes.Status == schemas.ModuleVersionStatusOk
		}
		if done && seen.Attributes.Status == schemas.ModuleStatusSetupComplete {
			return seen
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s: %+v", id, seen.Attributes)
		}
	}
}

func unique(prefix string) string {
	random := make([]byte, 6)
	_, _ = rand.Read(random)
	return prefix + "-" + hex.EncodeToString(random)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused expects an error of this class, whose text holds these words of the registry.
func refused(t *testing.T, err, class error, words ...string) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Fatalf("expected %q, got %v", class, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Fatalf("expected %q in: %v", word, err)
		}
	}
}

func missing(t *testing.T, err error) {
	t.Helper()
	refused(t, err, client.ErrNotFound)
}

func equal[T comparable](t *testing.T, what string, got, expected T) {
	t.Helper()
	if got != expected {
		t.Errorf("%s is %v, expected %v", what, got, expected)
	}
}
