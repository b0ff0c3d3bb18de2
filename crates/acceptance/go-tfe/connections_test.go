package gotfe

import (
	"context"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

func TestAConnectionIsMadeReadChangedAndDeleted(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)

	made := git(t, client, org)

	equal(t, "name", *made.Name, "company git")
	equal(t, "kind", made.ServiceProvider, "git")
	equal(t, "address", made.HTTPURL, setting(t, "QUARRY_GIT"))
	equal(t, "key", made.Key, setting(t, "QUARRY_GIT_USER"))
	equal(t, "secret", made.Secret, "")
	equal(t, "organization", made.Organization.Name, org)
	equal(t, "for the whole organization", *made.OrganizationScoped, true)
	if made.CreatedAt.IsZero() {
		t.Error("it has no time")
	}

	read, err := client.OAuthClients.Read(ctx, made.ID)
	must(t, err)
	equal(t, "id", read.ID, made.ID)
	with := []tfe.OAuthClientIncludeOpt{tfe.OauthClientOauthTokens, tfe.OauthClientProjects}
	read, err = client.OAuthClients.ReadWithOptions(ctx, made.ID, &tfe.OAuthClientReadOptions{Include: with})
	must(t, err)
	equal(t, "token", read.OAuthTokens[0].ID, made.OAuthTokens[0].ID)
	if read.OAuthTokens[0].CreatedAt.IsZero() {
		t.Error("the token was not included")
	}

	changed, err := client.OAuthClients.Update(ctx, made.ID, tfe.OAuthClientUpdateOptions{
		Name: tfe.String("another name"), OrganizationScoped: tfe.Bool(false), OAuthToken: tfe.String("another password"),
	})
	must(t, err)
	equal(t, "name", *changed.Name, "another name")
	equal(t, "for the whole organization", *changed.OrganizationScoped, false)
	equal(t, "key", changed.Key, made.Key)
	equal(t, "number of tokens", len(changed.OAuthTokens), 1)

	must(t, client.OAuthClients.Delete(ctx, made.ID))
	missing(t, client.OAuthClients.Delete(ctx, made.ID))
	_, err = client.OAuthClients.Read(ctx, made.ID)
	missing(t, err)
	_, err = client.OAuthClients.Update(ctx, made.ID, tfe.OAuthClientUpdateOptions{Name: tfe.String("gone")})
	missing(t, err)
	_, err = client.OAuthTokens.Read(ctx, made.OAuthTokens[0].ID)
	missing(t, err)
}

func TestConnectionsAreListedInPagesAndAllAtOnce(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	for range 3 {
		git(t, client, org)
	}
	page := func(number int) *tfe.OAuthClientList {
		list, err := client.OAuthClients.List(ctx, org, &tfe.OAuthClientListOptions{
			ListOptions: tfe.ListOptions{PageNumber: number, PageSize: 2},
			Include:     []tfe.OAuthClientIncludeOpt{tfe.OauthClientOauthTokens},
		})
		must(t, err)
		return list
	}

	equal(t, "first page", len(page(1).Items), 2)
	equal(t, "second page", len(page(2).Items), 1)
	equal(t, "beyond the end", len(page(9).Items), 0)
	equal(t, "current page", page(9).CurrentPage, 9)
	all, err := client.OAuthClients.List(ctx, org, nil)
	must(t, err)
	equal(t, "all", len(all.Items), 3)
	_, err = client.OAuthClients.List(ctx, unique("nobody"), nil)
	missing(t, err)
}

func TestConnectionsThatCannotBeAreRefused(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	create := func(kind, address string) error {
		provider := tfe.ServiceProviderType(kind)
		_, err := client.OAuthClients.Create(ctx, org, tfe.OAuthClientCreateOptions{
			ServiceProvider: &provider,
			HTTPURL:         tfe.String(address),
			APIURL:          tfe.String(address),
			OAuthToken:      tfe.String("a token"),
		})
		return err
	}

	refused(t, create("sourceforge", "https://git.acme.test"), "service-provider")
	refused(t, create("git", "git.acme.test"), "address")
}

// Projects are no part of a registry, so none can be added, and none is there to be removed.
func TestProjectsOfAConnection(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	made := git(t, client, org)
	projects := []*tfe.Project{{ID: "prj-5EoZK8rHg2Ti9Y8o"}}

	must(t, client.OAuthClients.AddProjects(ctx, made.ID, tfe.OAuthClientAddProjectsOptions{Projects: projects}))
	must(t, client.OAuthClients.RemoveProjects(ctx, made.ID, tfe.OAuthClientRemoveProjectsOptions{Projects: projects}))

	missing(t, client.OAuthClients.AddProjects(ctx, "oc-0000000000000000", tfe.OAuthClientAddProjectsOptions{Projects: projects}))
}

func TestTokensOfConnectionsAreListedReadAndDeleted(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	made := git(t, client, org)
	git(t, client, org)
	token := made.OAuthTokens[0].ID

	list, err := client.OAuthTokens.List(ctx, org, nil)
	must(t, err)
	equal(t, "number of tokens", len(list.Items), 2)
	first := tfe.OAuthTokenListOptions{ListOptions: tfe.ListOptions{PageNumber: 1, PageSize: 1}}
	list, err = client.OAuthTokens.List(ctx, org, &first)
	must(t, err)
	equal(t, "number of tokens on a page of one", len(list.Items), 1)
	equal(t, "number of pages", list.TotalPages, 2)
	beyond := tfe.OAuthTokenListOptions{ListOptions: tfe.ListOptions{PageNumber: 9}}
	list, err = client.OAuthTokens.List(ctx, org, &beyond)
	must(t, err)
	equal(t, "number of tokens beyond the end", len(list.Items), 0)

	read, err := client.OAuthTokens.Read(ctx, token)
	must(t, err)
	equal(t, "connection", read.OAuthClient.ID, made.ID)
	equal(t, "has an SSH key", read.HasSSHKey, false)
	if read.CreatedAt.IsZero() {
		t.Error("it has no time")
	}

	_, err = client.OAuthTokens.Update(ctx, token, tfe.OAuthTokenUpdateOptions{PrivateSSHKey: tfe.String("no key")})
	refused(t, err, "ssh")

	must(t, client.OAuthTokens.Delete(ctx, token))
	missing(t, client.OAuthTokens.Delete(ctx, token))
	_, err = client.OAuthTokens.Read(ctx, token)
	missing(t, err)
}
