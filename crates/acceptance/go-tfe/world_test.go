// Package gotfe drives a running registry with the public methods of go-tfe, as tools do that are built on it.
//
// The registry and a Git server are started by the acceptance test clients_go_tfe.rs, which passes their addresses on.
package gotfe

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	tfe "github.com/hashicorp/go-tfe"
)

// What is waited for takes at most this long; nothing here takes a tenth of it.
const patience = 30 * time.Second

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run `make test-clients-core`", name)
	}
	return value
}

// connect returns a client with the administrator's token.
func connect(t *testing.T) *tfe.Client {
	t.Helper()
	return connectAs(t, setting(t, "QUARRY_ADDRESS"), setting(t, "QUARRY_TOKEN"))
}

func connectAs(t *testing.T, address, token string) *tfe.Client {
	t.Helper()
	client, err := tfe.NewClient(&tfe.Config{Address: address, Token: token})
	must(t, err)
	return client
}

// organization makes one with a name of its own, so that tests do not see each other's modules.
func organization(t *testing.T, client *tfe.Client) string {
	t.Helper()
	made, err := client.Organizations.Create(context.Background(), tfe.OrganizationCreateOptions{
		Name:  tfe.String(unique("org")),
		Email: tfe.String("team@acme.test"),
	})
	must(t, err)
	return made.Name
}

func unique(prefix string) string {
	random := make([]byte, 6)
	_, _ = rand.Read(random)
	return prefix + "-" + hex.EncodeToString(random)
}

// private is the address of a module as most methods take it.
func private(organization, name, provider string) tfe.RegistryModuleID {
	return tfe.RegistryModuleID{
		Organization: organization,
		Namespace:    organization,
		RegistryName: tfe.PrivateRegistry,
		Name:         name,
		Provider:     provider,
	}
}

// module makes one whose versions are uploaded.
func module(t *testing.T, client *tfe.Client, organization, name, provider string) *tfe.RegistryModule {
	t.Helper()
	made, err := client.RegistryModules.Create(context.Background(), organization, tfe.RegistryModuleCreateOptions{
		Name:         tfe.String(name),
		Provider:     tfe.String(provider),
		RegistryName: tfe.PrivateRegistry,
	})
	must(t, err)
	return made
}

// version makes one that waits for its upload, and returns it with its upload link.
func version(t *testing.T, client *tfe.Client, id tfe.RegistryModuleID, number string) (*tfe.RegistryModuleVersion, string) {
	t.Helper()
	options := tfe.RegistryModuleCreateVersionOptions{Version: tfe.String(number)}
	made, err := client.RegistryModules.CreateVersion(context.Background(), id, options)
	must(t, err)
	link, _ := made.Links["upload"].(string)
	if !strings.Contains(link, "/object/") {
		t.Fatalf("the upload link is %q", made.Links["upload"])
	}
	return made, link
}

// released makes a version and uploads what it consists of.
func released(t *testing.T, client *tfe.Client, id tfe.RegistryModuleID, number, main string) {
	t.Helper()
	_, link := version(t, client, id, number)
	must(t, client.RegistryModules.UploadTarGzip(context.Background(), link, packed(t, main)))
	settled(t, client, id, number, tfe.RegistryModuleVersionStatusOk)
}

// packed is an archive whose main.tf holds this text.
func packed(t *testing.T, main string) *bytes.Buffer {
	t.Helper()
	return packedAs(t, "main.tf", main)
}

// packedAs is an archive of one file.
func packedAs(t *testing.T, name, text string) *bytes.Buffer {
	t.Helper()
	archive := &bytes.Buffer{}
	compressed := gzip.NewWriter(archive)
	files := tar.NewWriter(compressed)
	must(t, files.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}))
	_, err := files.Write([]byte(text))
	must(t, err)
	must(t, files.Close())
	must(t, compressed.Close())
	return archive
}

// settled reads a version until it is there and has this status, and then its module.
func settled(
	t *testing.T, client *tfe.Client, id tfe.RegistryModuleID, number string, status tfe.RegistryModuleVersionStatus,
) *tfe.RegistryModule {
	t.Helper()
	var seen *tfe.RegistryModule
	waitFor(t, "version "+number+" to be "+string(status), func() (bool, any) {
		found, err := client.RegistryModules.ReadVersion(context.Background(), id, number)
		if errors.Is(err, tfe.ErrResourceNotFound) {
			return false, err
		}
		must(t, err)
		seen, err = client.RegistryModules.Read(context.Background(), id)
		must(t, err)
		return found.Status == status, seen.VersionStatuses
	})
	return seen
}

// waitFor asks until the answer is yes, and fails with what it saw last.
func waitFor(t *testing.T, what string, ask func() (bool, any)) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		done, seen := ask()
		if done {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s: %+v", what, seen)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// missing expects what go-tfe makes of a 404.
func missing(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, tfe.ErrResourceNotFound) {
		t.Fatalf("expected %q, got %v", tfe.ErrResourceNotFound, err)
	}
}

// missingInRegistry expects what go-tfe makes of a 404 of the registry protocol.
func missingInRegistry(t *testing.T, err error) {
	t.Helper()
	refused(t, err, "404")
}

// refused expects an error whose text was made by the registry, and holds these words.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("expected a refusal")
	}
	for _, word := range words {
		if !strings.Contains(strings.ToLower(err.Error()), word) {
			t.Fatalf("expected %q in: %v", word, err)
		}
	}
}

func equal[T comparable](t *testing.T, what string, got, expected T) {
	t.Helper()
	if got != expected {
		t.Errorf("%s is %v, expected %v", what, got, expected)
	}
}
