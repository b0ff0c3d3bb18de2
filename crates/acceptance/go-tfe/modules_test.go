package gotfe

import (
	"context"
	"errors"
	"fmt"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

func TestAModuleIsMadeReadChangedAndDeleted(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	id := private(org, "vpc", "aws")

	made := module(t, client, org, "vpc", "aws")

	equal(t, "name", made.Name, "vpc")
	equal(t, "provider", made.Provider, "aws")
	equal(t, "namespace", made.Namespace, org)
	equal(t, "registry name", made.RegistryName, tfe.PrivateRegistry)
	equal(t, "status", made.Status, tfe.RegistryModuleStatusPending)
	equal(t, "publishing mechanism", made.PublishingMechanism, "non_vcs")
	equal(t, "number of versions", len(made.VersionStatuses), 0)
	equal(t, "permissions", *made.Permissions, tfe.RegistryModulePermissions{CanDelete: true, CanResync: true, CanRetry: true})
	equal(t, "organization", made.Organization.Name, org)
	if made.VCSRepo != nil {
		t.Errorf("a module without a repository has %+v", made.VCSRepo)
	}

	old := tfe.RegistryModuleID{Organization: org, Name: "vpc", Provider: "aws"}
	for _, way := range []tfe.RegistryModuleID{id, old, {ID: made.ID}} {
		read, err := client.RegistryModules.Read(ctx, way)
		must(t, err)
		equal(t, "id", read.ID, made.ID)
		equal(t, "time", read.CreatedAt, made.CreatedAt)
	}

	changed, err := client.RegistryModules.Update(ctx, id, tfe.RegistryModuleUpdateOptions{NoCode: tfe.Bool(true)})
	must(t, err)
	equal(t, "no-code", changed.NoCode, true)
	equal(t, "id", changed.ID, made.ID)

	bindings, err := client.RegistryModules.ListTagBindings(ctx, made.ID)
	must(t, err)
	equal(t, "number of tag bindings", len(bindings), 0)

	must(t, client.RegistryModules.DeleteProvider(ctx, id))
	_, err = client.RegistryModules.Read(ctx, id)
	missing(t, err)
	_, err = client.RegistryModules.Read(ctx, tfe.RegistryModuleID{ID: made.ID})
	missing(t, err)
	_, err = client.RegistryModules.Update(ctx, id, tfe.RegistryModuleUpdateOptions{NoCode: tfe.Bool(true)})
	missing(t, err)
}

func TestAModuleIsRefusedWithWordsThatTheClientShows(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	module(t, client, org, "vpc", "aws")
	create := func(organization, name, provider string) error {
		_, err := client.RegistryModules.Create(ctx, organization, tfe.RegistryModuleCreateOptions{
			Name: tfe.String(name), Provider: tfe.String(provider), RegistryName: tfe.PrivateRegistry,
		})
		return err
	}

	refused(t, create(org, "vpc", "aws"), "name", "taken")
	refused(t, create(org, "-vpc", "aws"), "name")
	refused(t, create(org, "vpc", "AWS"), "provider")
	missing(t, create(unique("nobody"), "vpc", "aws"))
}

func TestEveryDeleteWorksOnceAndIsMissingThen(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	modules := client.RegistryModules
	ways := map[string]func(id tfe.RegistryModuleID) error{
		"by-name":     func(id tfe.RegistryModuleID) error { return modules.DeleteByName(ctx, id) },
		"by-provider": func(id tfe.RegistryModuleID) error { return modules.DeleteProvider(ctx, id) },
		"by-version":  func(id tfe.RegistryModuleID) error { return modules.DeleteVersion(ctx, id, "1.0.0") },
		"old":         func(id tfe.RegistryModuleID) error { return modules.Delete(ctx, org, id.Name) },
	}
	for name, remove := range ways {
		t.Run(name, func(t *testing.T) {
			id := private(org, name, "aws")
			module(t, client, org, name, "aws")
			released(t, client, id, "1.0.0", "variable \"a\" {}\n")

			must(t, remove(id))

			missing(t, remove(id))
			// The last version takes its module along.
			_, err := modules.Read(ctx, id)
			missing(t, err)
			_, err = modules.ReadTerraformRegistryModule(ctx, id, "1.0.0")
			missingInRegistry(t, err)
		})
	}
}

func TestDeletingOneProviderOrVersionLeavesTheOthers(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	aws, google := private(org, "vpc", "aws"), private(org, "vpc", "google")
	module(t, client, org, "vpc", "aws")
	module(t, client, org, "vpc", "google")
	released(t, client, aws, "1.0.0", "variable \"a\" {}\n")
	released(t, client, aws, "1.1.0", "variable \"b\" {}\n")

	must(t, client.RegistryModules.DeleteVersion(ctx, aws, "1.0.0"))
	left, err := client.RegistryModules.Read(ctx, aws)
	must(t, err)
	equal(t, "number of versions", len(left.VersionStatuses), 1)
	equal(t, "version", left.VersionStatuses[0].Version, "1.1.0")

	must(t, client.RegistryModules.DeleteProvider(ctx, google))
	_, err = client.RegistryModules.Read(ctx, aws)
	must(t, err)
}

// A forgotten field of a struct becomes an empty segment of the path.
func TestAnEmptyNamespaceIsMissingAndDeletesNothing(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	module(t, client, org, "vpc", "aws")
	forgotten := private(org, "vpc", "aws")
	forgotten.Namespace = ""

	missing(t, client.RegistryModules.DeleteProvider(ctx, forgotten))
	missing(t, client.RegistryModules.DeleteByName(ctx, forgotten))
	missing(t, client.RegistryModules.DeleteVersion(ctx, forgotten, "1.0.0"))

	_, err := client.RegistryModules.Read(ctx, private(org, "vpc", "aws"))
	must(t, err)
}

func TestAListIsReadPageByPageAndBeyondItsEnd(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	for number := range 5 {
		module(t, client, org, fmt.Sprintf("part-%d", number), "aws")
	}
	page := func(number int) *tfe.RegistryModuleList {
		options := tfe.RegistryModuleListOptions{ListOptions: tfe.ListOptions{PageNumber: number, PageSize: 2}}
		list, err := client.RegistryModules.List(ctx, org, &options)
		must(t, err)
		return list
	}

	seen := map[string]bool{}
	for number := 1; ; number++ {
		list := page(number)
		for _, item := range list.Items {
			seen[item.Name] = true
		}
		if list.CurrentPage >= list.TotalPages {
			break
		}
	}
	equal(t, "number of modules", len(seen), 5)

	beyond := page(1000)
	equal(t, "number of items beyond the end", len(beyond.Items), 0)
	equal(t, "current page", beyond.CurrentPage, 1000)
	equal(t, "number of pages", beyond.TotalPages, 3)
	equal(t, "number of all items", beyond.TotalCount, 5)

	all, err := client.RegistryModules.List(ctx, org, nil)
	must(t, err)
	equal(t, "number of items without options", len(all.Items), 5)
}

func TestAListIsFilteredAndSearched(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	module(t, client, org, "network", "aws")
	module(t, client, org, "network", "google")
	module(t, client, org, "storage", "aws")
	count := func(options tfe.RegistryModuleListOptions) int {
		list, err := client.RegistryModules.List(ctx, org, &options)
		must(t, err)
		return len(list.Items)
	}

	equal(t, "aws", count(tfe.RegistryModuleListOptions{Provider: "aws"}), 2)
	equal(t, "net", count(tfe.RegistryModuleListOptions{Search: "net"}), 2)
	equal(t, "net of google", count(tfe.RegistryModuleListOptions{Search: "net", Provider: "google"}), 1)
	equal(t, "private", count(tfe.RegistryModuleListOptions{RegistryName: tfe.PrivateRegistry}), 3)
	equal(t, "public", count(tfe.RegistryModuleListOptions{RegistryName: tfe.PublicRegistry}), 0)
	equal(t, "own", count(tfe.RegistryModuleListOptions{OrganizationName: org}), 3)
	equal(t, "other", count(tfe.RegistryModuleListOptions{OrganizationName: "somebody-else"}), 0)
	with := []tfe.RegistryModuleListIncludeOpt{tfe.IncludeNoCodeModules}
	equal(t, "with no-code", count(tfe.RegistryModuleListOptions{Include: with}), 3)

	unknown := tfe.RegistryModuleListOptions{Include: []tfe.RegistryModuleListIncludeOpt{"nonsense"}}
	_, err := client.RegistryModules.List(ctx, org, &unknown)
	if !errors.Is(err, tfe.ErrInvalidIncludeValue) {
		t.Errorf("expected %q, got %v", tfe.ErrInvalidIncludeValue, err)
	}
	_, err = client.RegistryModules.List(ctx, unique("nobody"), nil)
	missing(t, err)
}
