package gotfe

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

func TestAVersionIsUploadedTwiceAndTheLastOneStays(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	id := private(org, "vpc", "aws")
	made := module(t, client, org, "vpc", "aws")

	number, link := version(t, client, id, "v1.4.0")
	equal(t, "status", number.Status, tfe.RegistryModuleVersionStatusPending)
	equal(t, "version", number.Version, "1.4.0")
	equal(t, "source", number.Source, "tfe-api")
	equal(t, "module", number.RegistryModule.ID, made.ID)
	listed, err := client.RegistryModules.Read(ctx, id)
	must(t, err)
	equal(t, "number of versions", len(listed.VersionStatuses), 1)
	equal(t, "its status", listed.VersionStatuses[0].Status, tfe.RegistryModuleVersionStatusPending)

	must(t, client.RegistryModules.UploadTarGzip(ctx, link, packed(t, "variable \"first\" {}\n")))
	must(t, client.RegistryModules.UploadTarGzip(ctx, link, packed(t, "variable \"second\" {}\n")))

	// The first one may be `ok` for a moment.
	waitFor(t, "the second upload", func() (bool, any) {
		settled(t, client, id, "1.4.0", tfe.RegistryModuleVersionStatusOk)
		detail, err := client.RegistryModules.ReadTerraformRegistryModule(ctx, id, "1.4.0")
		must(t, err)
		return len(detail.Root.Inputs) == 1 && detail.Root.Inputs[0].Name == "second", detail.Root.Inputs
	})
	module, err := client.RegistryModules.Read(ctx, id)
	must(t, err)
	equal(t, "status of the module", module.Status, tfe.RegistryModuleStatusSetupComplete)
}

func TestWhatWasDownloadedTakesTheSameBytesAgainAndNoOthers(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	id := private(org, "vpc", "aws")
	module(t, client, org, "vpc", "aws")
	_, link := version(t, client, id, "1.0.0")
	first := packed(t, "variable \"first\" {}\n").Bytes()
	must(t, client.RegistryModules.UploadTarGzip(ctx, link, bytes.NewReader(first)))
	settled(t, client, id, "1.0.0", tfe.RegistryModuleVersionStatusOk)

	download(t, id, "1.0.0")

	must(t, client.RegistryModules.UploadTarGzip(ctx, link, bytes.NewReader(first)))
	other := client.RegistryModules.UploadTarGzip(ctx, link, packed(t, "variable \"other\" {}\n"))
	refused(t, other)
	detail, err := client.RegistryModules.ReadTerraformRegistryModule(ctx, id, "1.0.0")
	must(t, err)
	equal(t, "input", detail.Root.Inputs[0].Name, "first")
}

// download asks for the location of an archive, as `init` does.
func download(t *testing.T, id tfe.RegistryModuleID, number string) {
	t.Helper()
	path := strings.Join([]string{"/api/registry/v1/modules", id.Namespace, id.Name, id.Provider, number, "download"}, "/")
	request, err := http.NewRequest(http.MethodGet, setting(t, "QUARRY_ADDRESS")+path, nil)
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+setting(t, "QUARRY_TOKEN"))
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	must(t, response.Body.Close())
	equal(t, "status of the download", response.StatusCode, http.StatusOK)
}

func TestADirectoryIsPackedAndUploaded(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	id := private(org, "vpc", "aws")
	module(t, client, org, "vpc", "aws")
	directory := t.TempDir()
	write := func(name, text string) {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(directory, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(directory, name), []byte(text), 0o644))
	}
	write("README.md", "# VPC\n")
	write("main.tf", "variable \"cidr\" {\n  type        = string\n  description = \"Address block\"\n  default     = \"10.0.0.0/16\"\n}\n"+
		"output \"id\" {\n  description = \"Its id\"\n  value       = 1\n}\nresource \"aws_vpc\" \"this\" {}\n"+
		"terraform {\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = \">= 5.0\"\n    }\n  }\n}\n")
	write("modules/part/main.tf", "variable \"size\" {}\n")

	made, _ := version(t, client, id, "1.0.0")
	must(t, client.RegistryModules.Upload(ctx, *made, directory))
	settled(t, client, id, "1.0.0", tfe.RegistryModuleVersionStatusOk)

	detail, err := client.RegistryModules.ReadTerraformRegistryModule(ctx, id, "1.0.0")
	must(t, err)
	equal(t, "id", detail.ID, org+"/vpc/aws/1.0.0")
	equal(t, "version", detail.Version, "1.0.0")
	equal(t, "versions", strings.Join(detail.Versions, " "), "1.0.0")
	equal(t, "readme", detail.Root.Readme, "# VPC\n")
	expected := tfe.Input{Name: "cidr", Type: "string", Description: "Address block", Default: "\"10.0.0.0/16\""}
	equal(t, "input", detail.Root.Inputs[0], expected)
	equal(t, "output", detail.Root.Outputs[0], tfe.Output{Name: "id", Description: "Its id"})
	equal(t, "resource", detail.Root.Resources[0], tfe.Resource{Name: "this", Type: "aws_vpc"})
	provider := tfe.ProviderDependency{Name: "aws", Namespace: "hashicorp", Source: "hashicorp/aws", Version: ">= 5.0"}
	equal(t, "provider", detail.Root.ProviderDependencies[0], provider)
}

func TestVersionsThatCannotBeAreRefused(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	id := private(org, "vpc", "aws")
	module(t, client, org, "vpc", "aws")
	version(t, client, id, "1.0.0")
	create := func(id tfe.RegistryModuleID, number string) error {
		_, err := client.RegistryModules.CreateVersion(ctx, id, tfe.RegistryModuleCreateVersionOptions{Version: tfe.String(number)})
		return err
	}

	refused(t, create(id, "1.0.0"), "version")
	missing(t, create(private(org, "other", "aws"), "1.0.0"))
	_, err := client.RegistryModules.ReadVersion(ctx, id, "9.9.9")
	missing(t, err)
	_, err = client.RegistryModules.ReadTerraformRegistryModule(ctx, id, "1.0.0")
	missingInRegistry(t, err)
}

func TestABadUploadSaysWhatIsWrongWithIt(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	id := private(org, "vpc", "aws")
	module(t, client, org, "vpc", "aws")
	_, link := version(t, client, id, "1.0.0")

	refused(t, client.RegistryModules.UploadTarGzip(ctx, link, strings.NewReader("no archive at all")))
	must(t, client.RegistryModules.UploadTarGzip(ctx, link, packedAs(t, "README.md", "# No module\n")))

	failed := settled(t, client, id, "1.0.0", tfe.RegistryModuleVersionStatusRegIngressFailed)
	if failed.VersionStatuses[0].Error == "" {
		t.Errorf("no reason is given: %+v", failed.VersionStatuses)
	}
	// It may be repeated until it is right, with the link that is given then.
	again, err := client.RegistryModules.ReadVersion(ctx, id, "1.0.0")
	must(t, err)
	fresh, _ := again.Links["upload"].(string)
	must(t, client.RegistryModules.UploadTarGzip(ctx, fresh, packed(t, "variable \"a\" {}\n")))
	settled(t, client, id, "1.0.0", tfe.RegistryModuleVersionStatusOk)
}
