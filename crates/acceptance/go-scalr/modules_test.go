package goscalr

import (
	"context"
	"testing"

	"github.com/scalr/go-scalr/v2/scalr/client"
	"github.com/scalr/go-scalr/v2/scalr/ops/module"
	"github.com/scalr/go-scalr/v2/scalr/ops/module_version"
	"github.com/scalr/go-scalr/v2/scalr/schemas"
	"github.com/scalr/go-scalr/v2/scalr/value"
)

func TestModuleIsPublishedReadResyncedAndDeleted(t *testing.T) {
	registry, ctx := connect(t), context.Background()
	made := publish(t, registry, unique("vpc"), schemas.ModuleRelationshipsRequest{})
	equal(t, "the identifier", made.Attributes.VcsRepo.Identifier, "terraform-demo-sample")

	seen := settled(t, registry, made.ID)

	equal(t, "the newest version", seen.Relationships.ModuleVersion.ID, seen.Relationships.ModuleVersions[0].ID)
	equal(t, "the account", seen.Relationships.Account.ID, setting(t, "QUARRY_ACCOUNT"))
	equal(t, "the VCS provider", seen.Relationships.VcsProvider.ID, setting(t, "QUARRY_VCS_PROVIDER"))
	equal(t, "the source", seen.Attributes.Source, setting(t, "QUARRY_ACCOUNT")+"/"+seen.Attributes.Name+"/demo")
	must(t, registry.Module.ResyncModule(ctx, made.ID, &schemas.ModuleResyncRequest{Force: true}))
	must(t, registry.Module.ResyncModule(ctx, made.ID, &schemas.ModuleResyncRequest{}))

	must(t, registry.Module.DeleteModule(ctx, made.ID))
	missing(t, registry.Module.DeleteModule(ctx, made.ID))
	_, err := registry.Module.GetModule(ctx, made.ID, nil)
	missing(t, err)
}

func TestVersionsAreListedReadAndResynced(t *testing.T) {
	registry, ctx := connect(t), context.Background()
	made := publish(t, registry, unique("net"), schemas.ModuleRelationshipsRequest{})
	settled(t, registry, made.ID)
	of := map[string]string{"module": made.ID}

	all, err := registry.ModuleVersion.ListModuleVersions(ctx, &module_version.ListModuleVersionsOptions{Filter: of})
	must(t, err)
	equal(t, "the number of versions", len(all), 3)
	equal(t, "the newest", all[0].Attributes.Version, "1.10.0")
	of["version"] = "1.1.0"
	one, err := registry.ModuleVersion.ListModuleVersions(ctx, &module_version.ListModuleVersionsOptions{
		Filter: of, Include: []string{"module", "vcs-revision"}, Sort: []string{"-version"},
	})
	must(t, err)
	equal(t, "the number that fit", len(one), 1)
	equal(t, "its module", one[0].Relationships.Module.ID, made.ID)
	equal(t, "the length of its commit", len(*one[0].Relationships.VcsRevision.Attributes.CommitSha), 40)

	version, err := registry.ModuleVersion.GetModuleVersion(ctx, one[0].ID, nil)
	must(t, err)
	equal(t, "whether it is a root module", version.Attributes.IsRootModule, true)
	if version.Attributes.Inputs == nil || version.Attributes.Size == nil {
		t.Errorf("what was read of it is missing: %+v", version.Attributes)
	}
	// This client sends GET, although the documentation says POST.
	must(t, registry.ModuleVersion.ResyncModuleVersion(ctx, one[0].ID))
	_, err = registry.ModuleVersion.GetModuleVersion(ctx, "modver-v0nothing", nil)
	missing(t, err)
	_, err = registry.ModuleVersion.ListModuleVersions(ctx, &module_version.ListModuleVersionsOptions{
		Filter: map[string]string{"module": "mod-v0nothing"},
	})
	missing(t, err)
}

func TestModulesAreListedPageByPage(t *testing.T) {
	registry, ctx := connect(t), context.Background()
	prefix := unique("page")
	for _, letter := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		publish(t, registry, prefix+letter, schemas.ModuleRelationshipsRequest{})
	}

	var names []string
	options := module.ListModulesOptions{PageSize: 3, Query: prefix, Sort: []string{"-name"}}
	for found, err := range registry.Module.ListModulesIter(ctx, &options) {
		must(t, err)
		names = append(names, found.Attributes.Name)
	}

	equal(t, "how many there are", len(names), 7)
	equal(t, "the first", names[0], prefix+"g")
	equal(t, "the last", names[6], prefix+"a")
	one, err := registry.Module.ListModules(ctx, &module.ListModulesOptions{
		Filter:  map[string]string{"name": prefix + "c", "provider": "demo", "account": setting(t, "QUARRY_ACCOUNT")},
		Include: []string{"vcs-provider", "latest-module-version", "module-versions", "account"},
	})
	must(t, err)
	equal(t, "how many fit", len(one), 1)
	equal(t, "its account", one[0].Relationships.Account.Attributes.Name, "default")
	beyond, err := registry.Module.ListModules(ctx, &module.ListModulesOptions{PageNumber: 1000, Query: prefix})
	must(t, err)
	equal(t, "what is beyond the end", len(beyond), 0)
}

func TestModuleInANamespace(t *testing.T) {
	registry, ctx := connect(t), context.Background()
	name := unique("platform")
	namespace, err := registry.ModuleNamespace.CreateModuleNamespace(ctx, &schemas.ModuleNamespaceRequest{
		Attributes: schemas.ModuleNamespaceAttributesRequest{Name: value.Set(name), IsShared: value.Set(true)},
		Relationships: schemas.ModuleNamespaceRelationshipsRequest{
			Environments: value.Set([]schemas.Environment{}), Owners: value.Set([]schemas.Team{}),
		},
	})
	must(t, err)

	within := schemas.ModuleRelationshipsRequest{Namespace: value.Set(schemas.ModuleNamespace{ID: namespace.ID})}
	made := publish(t, registry, "vpc", within)

	equal(t, "the source", made.Attributes.Source, name+"/vpc/demo")
	refused(t, registry.ModuleNamespace.DeleteModuleNamespace(ctx, namespace.ID), client.ErrUnprocessableEntity)
	must(t, registry.Module.DeleteModule(ctx, made.ID))
	must(t, registry.ModuleNamespace.DeleteModuleNamespace(ctx, namespace.ID))
	_, err = registry.ModuleNamespace.GetModuleNamespace(ctx, namespace.ID)
	missing(t, err)
}

func TestVcsProviderThatIsNotThere(t *testing.T) {
	registry := connect(t)
	_, err := registry.Module.CreateModule(context.Background(), &schemas.ModuleRequest{
		Attributes: schemas.ModuleAttributesRequest{
			VcsRepo: value.Set(schemas.ModuleVcsRepoRequest{Identifier: value.Set("acme/terraform-aws-vpc")}),
		},
		Relationships: schemas.ModuleRelationshipsRequest{VcsProvider: value.Set(schemas.VcsProvider{ID: "vcs-v0nothing"})},
	})
	refused(t, err, client.ErrNotFound, "VcsProvider with ID 'vcs-v0nothing' not found or user unauthorized.")
}
