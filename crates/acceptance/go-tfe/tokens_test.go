package gotfe

import (
	"context"
	"errors"
	"testing"
	"time"

	tfe "github.com/hashicorp/go-tfe"
)

func unauthorized(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, tfe.ErrUnauthorized) {
		t.Fatalf("expected %q, got %v", tfe.ErrUnauthorized, err)
	}
}

func TestAWrongTokenIsUnauthorized(t *testing.T) {
	client := connectAs(t, setting(t, "QUARRY_ADDRESS"), "quarry_000000000000000000000000000000000")

	_, err := client.Organizations.List(context.Background(), nil)

	unauthorized(t, err)
}

func TestTheTokenOfAnOrganizationOpensThatAndNoOther(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	own, other := organization(t, client), organization(t, client)
	module(t, client, own, "vpc", "aws")
	module(t, client, other, "vpc", "aws")

	token, err := client.OrganizationTokens.Create(ctx, own)
	must(t, err)
	if token.Token == "" || token.CreatedAt.IsZero() {
		t.Fatalf("the token is %+v", token)
	}

	visitor := connectAs(t, setting(t, "QUARRY_ADDRESS"), token.Token)
	_, err = visitor.RegistryModules.Read(ctx, private(own, "vpc", "aws"))
	must(t, err)
	_, err = visitor.RegistryModules.Read(ctx, private(other, "vpc", "aws"))
	missing(t, err)
	missing(t, visitor.RegistryModules.DeleteProvider(ctx, private(other, "vpc", "aws")))

	read, err := client.OrganizationTokens.Read(ctx, own)
	must(t, err)
	equal(t, "id", read.ID, token.ID)
	equal(t, "secret", read.Token, "")

	// A second one takes the place of the first.
	second, err := client.OrganizationTokens.Create(ctx, own)
	must(t, err)
	unauthorizedSoon(t, visitor)
	visitor = connectAs(t, setting(t, "QUARRY_ADDRESS"), second.Token)
	_, err = visitor.Organizations.Read(ctx, own)
	must(t, err)

	must(t, client.OrganizationTokens.Delete(ctx, own))
	unauthorizedSoon(t, visitor)
	missing(t, client.OrganizationTokens.Delete(ctx, own))
	_, err = client.OrganizationTokens.Read(ctx, own)
	missing(t, err)
}

// unauthorizedSoon expects that a token ends within the second that is promised.
func unauthorizedSoon(t *testing.T, client *tfe.Client) {
	t.Helper()
	start := time.Now()
	waitFor(t, "the token to end", func() (bool, any) {
		_, err := client.Organizations.List(context.Background(), nil)
		return errors.Is(err, tfe.ErrUnauthorized), err
	})
	if took := time.Since(start); took > time.Second {
		t.Errorf("the token was good for another %v", took)
	}
}

func TestATokenOfAnOrganizationCanExpire(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	org := organization(t, client)
	end := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)

	token, err := client.OrganizationTokens.CreateWithOptions(ctx, org, tfe.OrganizationTokenCreateOptions{ExpiredAt: &end})
	must(t, err)

	equal(t, "end", token.ExpiredAt.UTC(), end)
	read, err := client.OrganizationTokens.ReadWithOptions(ctx, org, tfe.OrganizationTokenReadOptions{})
	must(t, err)
	equal(t, "end", read.ExpiredAt.UTC(), end)
	must(t, client.OrganizationTokens.DeleteWithOptions(ctx, org, tfe.OrganizationTokenDeleteOptions{}))
}

func TestTokensOfAUserAreMadeListedReadAndDeleted(t *testing.T) {
	ctx, client := context.Background(), connect(t)
	user, err := client.Users.ReadCurrent(ctx)
	must(t, err)
	if user.ID == "" || user.Username == "" {
		t.Fatalf("the user is %+v", user)
	}

	token, err := client.UserTokens.Create(ctx, user.ID, tfe.UserTokenCreateOptions{Description: "of a test"})
	must(t, err)
	equal(t, "description", token.Description, "of a test")
	visitor := connectAs(t, setting(t, "QUARRY_ADDRESS"), token.Token)
	same, err := visitor.Users.ReadCurrent(ctx)
	must(t, err)
	equal(t, "user", same.ID, user.ID)

	list, err := client.UserTokens.List(ctx, user.ID)
	must(t, err)
	found := false
	for _, item := range list.Items {
		equal(t, "secret", item.Token, "")
		found = found || item.ID == token.ID
	}
	equal(t, "is listed", found, true)
	read, err := client.UserTokens.Read(ctx, token.ID)
	must(t, err)
	equal(t, "description", read.Description, "of a test")

	must(t, client.UserTokens.Delete(ctx, token.ID))
	unauthorizedSoon(t, visitor)
	missing(t, client.UserTokens.Delete(ctx, token.ID))
	_, err = client.UserTokens.Read(ctx, token.ID)
	missing(t, err)
}
