package gotfe

import (
	"context"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// git connects an organization to the Git server of the acceptance test. Its kind is not among go-tfe's constants.
func git(t *testing.T, client *tfe.Client, organization string) *tfe.OAuthClient {
	t.Helper()
	kind := tfe.ServiceProviderType("git")
	address := setting(t, "QUARRY_GIT")
	connection, err := client.OAuthClients.Create(context.Background(), organization, tfe.OAuthClientCreateOptions{
		Name:            tfe.String("company git"),
		ServiceProvider: &kind,
		HTTPURL:         tfe.String(address),
		APIURL:          tfe.String(address),
		Key:             tfe.String(setting(t, "QUARRY_GIT_USER")),
		OAuthToken:      tfe.String(setting(t, "QUARRY_GIT_PASSWORD")),
	})
	must(t, err)
	if len(connection.OAuthTokens) != 1 {
		t.Fatalf("a connection must have one token: %+v", connection.OAuthTokens)
	}
	return connection
}

// published makes a module from the tags of a repository and waits until it can be installed.
func published(t *testing.T, client *tfe.Client, token string, repo tfe.RegistryModuleVCSRepoOptions) *tfe.RegistryModule {
	t.Helper()
	repo.OAuthTokenID = tfe.String(token)
	repo.DisplayIdentifier = repo.Identifier
	options := tfe.RegistryModuleCreateWithVCSConnectionOptions{VCSRepo: &repo}
	made, err := client.RegistryModules.CreateWithVCSConnection(context.Background(), options)
	must(t, err)
	id := tfe.RegistryModuleID{ID: made.ID}
	waitFor(t, "the module to be set up", func() (bool, any) {
		made, err = client.RegistryModules.Read(context.Background(), id)
		must(t, err)
		done := made.Status == tfe.RegistryModuleStatusSetupComplete
		for _, version := range made.VersionStatuses {
			done = done && version.Status == tfe.RegistryModuleVersionStatusOk
		}
		return done, made
	})
	return made
}

func numbers(module *tfe.RegistryModule) string {
	var all []string
	for _, version := range module.VersionStatuses {
		all = append(all, version.Version)
	}
	return strings.Join(all, " ")
}

func TestTagsOfARepositoryBecomeVersions(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	connection := git(t, client, org)
	token := connection.OAuthTokens[0].ID

	// What the provider sends for a module without a branch.
	made := published(t, client, token, tfe.RegistryModuleVCSRepoOptions{
		Identifier:        tfe.String("terraform-demo-sample"),
		GHAInstallationID: tfe.String(""),
		OrganizationName:  tfe.String(org),
		Tags:              tfe.Bool(false),
	})

	equal(t, "name", made.Name, "sample")
	equal(t, "provider", made.Provider, "demo")
	equal(t, "publishing mechanism", made.PublishingMechanism, tfe.PublishingMechanismTag)
	equal(t, "versions", numbers(made), "1.10.0 1.1.0 1.0.0")
	equal(t, "identifier", made.VCSRepo.Identifier, "terraform-demo-sample")
	equal(t, "display identifier", made.VCSRepo.DisplayIdentifier, "terraform-demo-sample")
	equal(t, "token", made.VCSRepo.OAuthTokenID, token)
	equal(t, "tags", made.VCSRepo.Tags, true)
	equal(t, "branch", made.VCSRepo.Branch, "")
	equal(t, "kind", made.VCSRepo.ServiceProvider, "git")
	equal(t, "address", made.VCSRepo.RepositoryHTTPURL, setting(t, "QUARRY_GIT")+"/terraform-demo-sample")
	if !strings.Contains(made.VCSRepo.WebhookURL, "/webhooks/vcs/") {
		t.Errorf("the webhook is %q", made.VCSRepo.WebhookURL)
	}

	id := private(org, "sample", "demo")
	read, err := client.RegistryModules.ReadVersion(ctx, id, "1.1.0")
	must(t, err)
	equal(t, "status", read.Status, tfe.RegistryModuleVersionStatusOk)
	if read.Links["upload"] != nil {
		t.Errorf("a version of a repository has the upload link %v", read.Links["upload"])
	}
	detail, err := client.RegistryModules.ReadTerraformRegistryModule(ctx, id, "1.1.0")
	must(t, err)
	equal(t, "tag", detail.Tag, "v1.1.0")
	equal(t, "readme", detail.Root.Readme, "# Release v1.1.0\n")
	equal(t, "versions", strings.Join(detail.Versions, " "), "1.0.0 1.1.0 1.10.0")

	number := tfe.RegistryModuleCreateVersionOptions{Version: tfe.String("7.0.0")}
	_, err = client.RegistryModules.CreateVersion(ctx, id, number)
	refused(t, err)

	must(t, client.RegistryModules.DeleteVersion(ctx, id, "1.10.0"))
	missing(t, client.RegistryModules.DeleteVersion(ctx, id, "1.10.0"))
	left, err := client.RegistryModules.Read(ctx, id)
	must(t, err)
	equal(t, "versions", numbers(left), "1.1.0 1.0.0")
}

func TestCommitsOfARepositoryAreListed(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	token := git(t, client, org).OAuthTokens[0].ID
	published(t, client, token, tfe.RegistryModuleVCSRepoOptions{Identifier: tfe.String("terraform-demo-sample")})
	module(t, client, org, "uploaded", "demo")

	list, err := client.RegistryModules.ListCommits(ctx, private(org, "sample", "demo"))
	must(t, err)
	if len(list.Items) == 0 || len(list.Items[0].Sha) != 40 {
		t.Errorf("the commits are %+v", list.Items)
	}

	_, err = client.RegistryModules.ListCommits(ctx, private(org, "uploaded", "demo"))
	missing(t, err)
}

func TestAModuleIsPointedAtOtherTagsOfItsRepository(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	token := git(t, client, org).OAuthTokens[0].ID
	published(t, client, token, tfe.RegistryModuleVCSRepoOptions{Identifier: tfe.String("terraform-demo-many")})
	id := private(org, "many", "demo")

	changed, err := client.RegistryModules.Update(ctx, id, tfe.RegistryModuleUpdateOptions{
		VCSRepo: &tfe.RegistryModuleVCSRepoUpdateOptions{
			Branch: tfe.String(""), Tags: tfe.Bool(true), SourceDirectory: tfe.String("apps/web"), TagPrefix: tfe.String("web-"),
		},
	})
	must(t, err)

	equal(t, "directory", changed.VCSRepo.SourceDirectory, "apps/web")
	equal(t, "prefix", changed.VCSRepo.TagPrefix, "web-")
	settled(t, client, id, "3.0.0", tfe.RegistryModuleVersionStatusOk)
	detail, err := client.RegistryModules.ReadTerraformRegistryModule(ctx, id, "3.0.0")
	must(t, err)
	equal(t, "input", detail.Root.Inputs[0].Name, "web")
}

func TestABranchIsPublishedCommitByCommit(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	token := git(t, client, org).OAuthTokens[0].ID
	id := private(org, "sample", "demo")
	options := tfe.RegistryModuleCreateWithVCSConnectionOptions{
		InitialVersion: tfe.String("0.1.0"),
		TestConfig:     &tfe.RegistryModuleTestConfigOptions{TestsEnabled: tfe.Bool(false)},
		VCSRepo: &tfe.RegistryModuleVCSRepoOptions{
			Identifier:        tfe.String("terraform-demo-sample"),
			DisplayIdentifier: tfe.String("terraform-demo-sample"),
			OAuthTokenID:      tfe.String(token),
			OrganizationName:  tfe.String(org),
			Branch:            tfe.String("main"),
			Tags:              tfe.Bool(false),
		},
	}

	made, err := client.RegistryModules.CreateWithVCSConnection(ctx, options)
	must(t, err)

	equal(t, "publishing mechanism", made.PublishingMechanism, tfe.PublishingMechanismBranch)
	equal(t, "branch", made.VCSRepo.Branch, "main")
	equal(t, "tags", made.VCSRepo.Tags, false)
	waitFor(t, "the first version", func() (bool, any) {
		made, err = client.RegistryModules.Read(ctx, id)
		must(t, err)
		return numbers(made) == "0.1.0" && made.VersionStatuses[0].Status == tfe.RegistryModuleVersionStatusOk, made
	})

	commits, err := client.RegistryModules.ListCommits(ctx, id)
	must(t, err)
	number := tfe.RegistryModuleCreateVersionOptions{
		Version: tfe.String("0.2.0"), CommitSHA: tfe.String(commits.Items[len(commits.Items)-1].Sha),
	}
	_, err = client.RegistryModules.CreateVersion(ctx, id, number)
	must(t, err)
	settled(t, client, id, "0.2.0", tfe.RegistryModuleVersionStatusOk)

	changed, err := client.RegistryModules.Update(ctx, id, tfe.RegistryModuleUpdateOptions{
		VCSRepo: &tfe.RegistryModuleVCSRepoUpdateOptions{Branch: tfe.String(""), Tags: tfe.Bool(true)},
	})
	must(t, err)
	equal(t, "publishing mechanism", changed.PublishingMechanism, tfe.PublishingMechanismTag)
	settled(t, client, id, "1.10.0", tfe.RegistryModuleVersionStatusOk)
}

func TestRepositoriesThatCannotBePublishedAreRefused(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	token := git(t, client, org).OAuthTokens[0].ID
	create := func(token, identifier string) error {
		_, err := client.RegistryModules.CreateWithVCSConnection(ctx, tfe.RegistryModuleCreateWithVCSConnectionOptions{
			VCSRepo: &tfe.RegistryModuleVCSRepoOptions{
				Identifier: tfe.String(identifier), DisplayIdentifier: tfe.String(identifier), OAuthTokenID: tfe.String(token),
			},
		})
		return err
	}

	refused(t, create(token, "unconventional"), "name")
	missing(t, create("ot-0000000000000000", "terraform-demo-sample"))
}
