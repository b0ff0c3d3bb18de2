package gotfe

import (
	"context"
	"errors"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

func TestAnOrganizationIsMadeReadChangedAndDeleted(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	name := unique("org")

	made, err := client.Organizations.Create(ctx, tfe.OrganizationCreateOptions{
		Name: tfe.String(name), Email: tfe.String("team@acme.test"), CollaboratorAuthPolicy: tfe.AuthPolicy(tfe.AuthPolicyPassword),
	})
	must(t, err)

	equal(t, "name", made.Name, name)
	equal(t, "email", made.Email, "team@acme.test")
	equal(t, "may change it", made.Permissions.CanUpdate && made.Permissions.CanDestroy && made.Permissions.CanUpdateOAuth, true)
	if made.ExternalID == "" || made.CreatedAt.IsZero() {
		t.Errorf("the id is %q, the time %v", made.ExternalID, made.CreatedAt)
	}

	read, err := client.Organizations.Read(ctx, name)
	must(t, err)
	equal(t, "id", read.ExternalID, made.ExternalID)

	rights, err := client.Organizations.ReadEntitlements(ctx, name)
	must(t, err)
	equal(t, "private registry", rights.PrivateModuleRegistry, true)
	equal(t, "repositories", rights.VCSIntegrations, true)
	equal(t, "runs", rights.Operations, false)
	equal(t, "id of the rights", rights.ID, made.ExternalID)

	must(t, client.Organizations.Delete(ctx, name))
	missing(t, client.Organizations.Delete(ctx, name))
	_, err = client.Organizations.Read(ctx, name)
	missing(t, err)
	_, err = client.Organizations.ReadEntitlements(ctx, name)
	missing(t, err)
}

// What a tool set must come back as it was, or it will set it for ever.
func TestEveryFlagOfAnOrganizationComesBack(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	name := organization(t, client)

	_, err := client.Organizations.Update(ctx, name, tfe.OrganizationUpdateOptions{
		Email:                      tfe.String("other@acme.test"),
		AssessmentsEnforced:        tfe.Bool(true),
		SessionRemember:            tfe.Int(40),
		SessionTimeout:             tfe.Int(30),
		CollaboratorAuthPolicy:     tfe.AuthPolicy(tfe.AuthPolicyTwoFactor),
		CostEstimationEnabled:      tfe.Bool(true),
		OwnersTeamSAMLRoleID:       tfe.String("owners"),
		AllowForceDeleteWorkspaces: tfe.Bool(true),
		SendPassingStatusesForUntriggeredSpeculativePlans: tfe.Bool(true),
		AggregatedCommitStatusEnabled:                     tfe.Bool(false),
		SpeculativePlanManagementEnabled:                  tfe.Bool(true),
		DefaultExecutionMode:                              tfe.String("local"),
		EnforceHYOK:                                       tfe.Bool(true),
		StacksEnabled:                                     tfe.Bool(true),
		UserTokensEnabled:                                 tfe.Bool(false),
		MaxTTLEnabled:                                     tfe.Bool(true),
	})
	must(t, err)

	read, err := client.Organizations.Read(ctx, name)
	must(t, err)
	equal(t, "email", read.Email, "other@acme.test")
	equal(t, "remembered for", read.SessionRemember, 40)
	equal(t, "timeout", read.SessionTimeout, 30)
	equal(t, "policy", read.CollaboratorAuthPolicy, tfe.AuthPolicyTwoFactor)
	equal(t, "role", read.OwnersTeamSAMLRoleID, "owners")
	equal(t, "mode", read.DefaultExecutionMode, "local")
	equal(t, "user tokens", *read.UserTokensEnabled, false)
	equal(t, "aggregated statuses", read.AggregatedCommitStatusEnabled, false)
	for what, flag := range map[string]bool{
		"assessments":       read.AssessmentsEnforced,
		"cost estimation":   read.CostEstimationEnabled,
		"forced deletes":    read.AllowForceDeleteWorkspaces,
		"passing statuses":  read.SendPassingStatusesForUntriggeredSpeculativePlans,
		"speculative plans": read.SpeculativePlanManagementEnabled,
		"own keys":          read.EnforceHYOK,
		"stacks":            read.StacksEnabled,
		"life of tokens":    read.MaxTTLEnabled,
	} {
		equal(t, what, flag, true)
	}
}

func TestAnOrganizationIsRenamedWithItsModules(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	before, after := organization(t, client), unique("renamed")
	module(t, client, before, "vpc", "aws")

	changed, err := client.Organizations.Update(ctx, before, tfe.OrganizationUpdateOptions{Name: tfe.String(after)})
	must(t, err)

	equal(t, "name", changed.Name, after)
	found, err := client.RegistryModules.Read(ctx, private(after, "vpc", "aws"))
	must(t, err)
	equal(t, "namespace", found.Namespace, after)
	equal(t, "organization", found.Organization.Name, after)
}

func TestOrganizationsAreListedAndSearched(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	name := organization(t, client)
	organization(t, client)

	found, err := client.Organizations.List(ctx, &tfe.OrganizationListOptions{Query: name})
	must(t, err)
	equal(t, "number of organizations of this name", len(found.Items), 1)
	equal(t, "name", found.Items[0].Name, name)
	page, err := client.Organizations.List(ctx, &tfe.OrganizationListOptions{ListOptions: tfe.ListOptions{PageSize: 1}})
	must(t, err)
	equal(t, "number of organizations on a page of one", len(page.Items), 1)
	beyond, err := client.Organizations.List(ctx, &tfe.OrganizationListOptions{ListOptions: tfe.ListOptions{PageNumber: 1000}})
	must(t, err)
	equal(t, "number of organizations beyond the end", len(beyond.Items), 0)
	equal(t, "current page", beyond.CurrentPage, 1000)
}

// The only thing that go-tfe can ask for along with an organization. A registry has no projects.
func TestTheDefaultProjectOfAnOrganizationIsNoIncludeOfARegistry(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	name := organization(t, client)

	read, err := client.Organizations.ReadWithOptions(ctx, name, tfe.OrganizationReadOptions{})
	must(t, err)
	equal(t, "name", read.Name, name)

	with := tfe.OrganizationReadOptions{Include: []tfe.OrganizationIncludeOpt{tfe.OrganizationDefaultProject}}
	_, err = client.Organizations.ReadWithOptions(ctx, name, with)
	if !errors.Is(err, tfe.ErrInvalidIncludeValue) {
		t.Errorf("expected %q, got %v", tfe.ErrInvalidIncludeValue, err)
	}
}

func TestOrganizationsThatCannotBeAreRefused(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	taken := organization(t, client)
	create := func(name string) error {
		_, err := client.Organizations.Create(ctx, tfe.OrganizationCreateOptions{
			Name: tfe.String(name), Email: tfe.String("team@acme.test"),
		})
		return err
	}

	refused(t, create(taken), "taken")
	refused(t, create("search"), "name")
	refused(t, create("-acme"), "name")
	_, err := client.Organizations.Update(ctx, unique("nobody"), tfe.OrganizationUpdateOptions{Email: tfe.String("a@b.test")})
	missing(t, err)
	// Runs are no part of a registry.
	_, err = client.Organizations.ReadCapacity(ctx, taken)
	missing(t, err)
	_, err = client.Organizations.ReadRunQueue(ctx, taken, tfe.ReadRunQueueOptions{})
	missing(t, err)
}
