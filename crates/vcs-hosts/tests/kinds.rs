//! What each kind of host makes of a base, an identifier, a key and a token (wire-spec 17.2, 17.3).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::Error;
use vcs_hosts::HostKind::{
    AdoServer, AdoServices, BitbucketDataCenter, BitbucketHosted, BitbucketServer, BitbucketServerLegacy, Forgejo, Git,
    Gitea, Github, GithubApp, GithubEnterprise, GitlabCommunityEdition, GitlabEnterpriseEdition, GitlabHosted,
};
use vcs_hosts::{BaseUrl, Credentials, HostKind, Identifier, clone_address, web_address};

fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    error.to_string()
}

fn addresses(kind: HostKind, base: &str, identifier: &str) -> Result<(String, String), Error> {
    let (base, identifier): (BaseUrl, Identifier) = (base.parse().unwrap(), identifier.parse().unwrap());
    Ok((clone_address(kind, &base, &identifier)?, web_address(kind, &base, &identifier)?))
}

#[test]
fn most_repositories_are_below_the_base_of_their_host() {
    for kind in [
        Git,
        Github,
        GithubEnterprise,
        GithubApp,
        GitlabHosted,
        GitlabCommunityEdition,
        GitlabEnterpriseEdition,
        BitbucketHosted,
        Gitea,
        Forgejo,
    ] {
        let (clone, web) = addresses(kind, "https://git.example.com/some/prefix/", "acme/vpc.git").unwrap();

        assert_eq!(clone, "https://git.example.com/some/prefix/acme/vpc.git", "{kind}");
        assert_eq!(web, "https://git.example.com/some/prefix/acme/vpc", "{kind}");
    }
    let (clone, web) = addresses(GitlabHosted, "https://gitlab.com", "acme/infra/network/vpc").unwrap();
    assert_eq!(clone, "https://gitlab.com/acme/infra/network/vpc.git");
    assert_eq!(web, "https://gitlab.com/acme/infra/network/vpc");
}

#[test]
fn bitbucket_server_has_a_place_to_clone_and_another_one_to_look() {
    for kind in [BitbucketServer, BitbucketServerLegacy, BitbucketDataCenter] {
        let (clone, web) = addresses(kind, "https://bb.example.com/git", "NET/vpc").unwrap();
        assert_eq!(clone, "https://bb.example.com/git/scm/NET/vpc.git");
        assert_eq!(web, "https://bb.example.com/git/projects/NET/repos/vpc");

        let (clone, web) = addresses(kind, "https://bb.example.com", "~jdoe/vpc").unwrap();
        assert_eq!(clone, "https://bb.example.com/scm/~jdoe/vpc.git");
        assert_eq!(web, "https://bb.example.com/users/jdoe/repos/vpc");
    }
}

#[test]
fn azure_devops_takes_the_organization_from_the_identifier_or_from_the_base() {
    let cases = [
        (AdoServices, "https://dev.azure.com", "acme/net/_git/vpc", "https://dev.azure.com/acme/net/_git/vpc"),
        (AdoServices, "https://dev.azure.com", "acme/net/vpc", "https://dev.azure.com/acme/net/_git/vpc"),
        (AdoServices, "https://dev.azure.com/acme", "net/_git/vpc", "https://dev.azure.com/acme/net/_git/vpc"),
        (AdoServices, "https://dev.azure.com/acme", "net/vpc", "https://dev.azure.com/acme/net/_git/vpc"),
        (AdoServices, "https://dev.azure.com/acme", "Acme/net/vpc", "https://dev.azure.com/acme/net/_git/vpc"),
        (AdoServices, "https://acme.visualstudio.com", "net/vpc", "https://acme.visualstudio.com/net/_git/vpc"),
        (AdoServices, "https://acme.visualstudio.com", "acme/net/vpc", "https://acme.visualstudio.com/net/_git/vpc"),
        (
            AdoServices,
            "https://dev.azure.com",
            "a/My Net/_git/My Vpc",
            "https://dev.azure.com/a/My%20Net/_git/My%20Vpc",
        ),
        (AdoServer, "https://tfs.acme.test/tfs", "Main/net/_git/vpc", "https://tfs.acme.test/tfs/Main/net/_git/vpc"),
        (AdoServer, "https://tfs.acme.test/tfs", "My Main/net/vpc", "https://tfs.acme.test/tfs/My%20Main/net/_git/vpc"),
        (AdoServer, "https://tfs.acme.test/tfs/Main", "net/vpc", "https://tfs.acme.test/tfs/Main/net/_git/vpc"),
        (AdoServer, "https://tfs.acme.test/tfs/Main", "Main/net/vpc", "https://tfs.acme.test/tfs/Main/net/_git/vpc"),
        (AdoServer, "https://tfs.acme.test", "Main/net/vpc", "https://tfs.acme.test/Main/net/_git/vpc"),
        (AdoServer, "https://tfs.acme.test/dev/ops", "Main/net/vpc", "https://tfs.acme.test/dev/ops/Main/net/_git/vpc"),
    ];
    for (kind, base, identifier, expected) in cases {
        let (clone, web) = addresses(kind, base, identifier).unwrap();
        assert_eq!((clone.as_str(), web.as_str()), (expected, expected), "{base} {identifier}");
    }
}

#[test]
fn azure_devops_without_an_organization_or_with_two_is_refused() {
    let cases = [
        (AdoServices, "https://dev.azure.com", "net/_git/vpc", "organization/project/_git/repository"),
        (AdoServices, "https://dev.azure.com", "net/vpc", "since http-url names none"),
        (
            AdoServices,
            "https://dev.azure.com/acme",
            "other/net/vpc",
            "names the organization other, but http-url names acme",
        ),
        (AdoServer, "https://tfs.example.com/tfs", "net/vpc", "collection/project/_git/repository"),
        (AdoServer, "https://tfs.example.com", "net/vpc", "since http-url names none"),
    ];
    for (kind, base, identifier, expected) in cases {
        let message = message(addresses(kind, base, identifier));
        assert!(message.starts_with("identifier ") && message.contains(expected), "{base} {identifier}: {message}");
    }
}

/// Kinds, what their message names, and identifiers that are right and wrong.
type Forms = (&'static [HostKind], &'static str, &'static [&'static str], &'static [&'static str]);

#[test]
fn identifiers_have_the_form_of_their_host() {
    let cases: [Forms; 6] = [
        (&[Git], "", &["vpc", "a/b", "a/b/c/d"], &["a b"]),
        (&[Github, GithubEnterprise, GithubApp, Gitea, Forgejo], "owner/repository", &["a/b"], &["owner", "a/b/c"]),
        (&[BitbucketHosted], "workspace/repository", &["a/b"], &["owner", "a/b/c"]),
        (
            &[GitlabHosted, GitlabCommunityEdition, GitlabEnterpriseEdition],
            "group/project",
            &["a/b", "a/b/c", "a/b/c/d/e"],
            &["a", "a/b c"],
        ),
        (
            &[BitbucketServer, BitbucketServerLegacy, BitbucketDataCenter],
            "KEY/repository",
            &["NET/vpc", "~jdoe/vpc"],
            &["NET", "scm/NET/vpc", "NET/v pc"],
        ),
        (
            &[AdoServer, AdoServices],
            "project/_git/repository",
            &["a/b", "a/b/c", "a/_git/c", "a/b/_git/c", "a b/c d/_git/e f"],
            &["a", "a/_git", "_git/a", "_git/b/c", "a/b/_git", "a/b/c/d", "a/_git/_git/c", "a/b/_git/c/d"],
        ),
    ];
    for (kinds, form, right, wrong) in cases {
        for kind in kinds {
            for identifier in right {
                identifier.parse::<Identifier>().unwrap().check_for(*kind).unwrap();
            }
            for identifier in wrong {
                let message = message(identifier.parse::<Identifier>().unwrap().check_for(*kind));
                let spaces = format!("identifier must not contain spaces on {}", kind.display_name());
                assert!(
                    message.contains(form) && message.contains(kind.display_name()) || message == spaces,
                    "{message}"
                );
                assert!(addresses(*kind, "https://git.example.com/x", identifier).is_err(), "{kind} {identifier}");
            }
        }
    }
}

fn username(kind: HostKind, key: Option<&str>) -> String {
    let credentials = Credentials::new(kind, key, Some("hunter2")).unwrap().unwrap();
    assert_eq!(credentials.password, "hunter2");
    credentials.username
}

#[test]
fn a_bare_token_goes_with_the_user_name_that_its_host_expects() {
    for kind in HostKind::ALL {
        let expected = match kind {
            Git => "git",
            Github | GithubEnterprise => "x-access-token",
            GithubApp => continue,
            GitlabHosted | GitlabCommunityEdition | GitlabEnterpriseEdition | Gitea | Forgejo => "oauth2",
            BitbucketHosted | BitbucketServer | BitbucketServerLegacy | BitbucketDataCenter => "x-token-auth",
            AdoServer | AdoServices => "pat",
        };
        assert_eq!(username(kind, None), expected, "{kind}");
        assert_eq!(username(kind, Some("")), expected, "{kind}");
        assert_eq!(username(kind, Some("jdoe")), "jdoe", "{kind}");
    }
    assert_eq!(username(BitbucketHosted, Some("jdoe@example.com")), "x-bitbucket-api-token-auth");
    assert_eq!(username(BitbucketDataCenter, Some("jdoe@example.com")), "jdoe@example.com");
}

#[test]
fn credentials_of_every_kind_are_checked() {
    for kind in HostKind::ALL {
        assert_eq!(Credentials::new(kind, None, None).unwrap(), None);
        assert_eq!(Credentials::new(kind, Some(""), Some("")).unwrap(), None);
        if kind != GithubApp {
            let with_colon = Credentials::new(kind, Some("deploy"), Some("p:w d")).unwrap().unwrap();
            assert_eq!((with_colon.username.as_str(), with_colon.password.as_str()), ("deploy", "p:w d"));
        }
        for (key, token) in
            [(Some("a:b"), Some("t")), (Some("a\n"), Some("t")), (None, Some("hunter2\r\n")), (Some("a"), None)]
        {
            assert!(!message(Credentials::new(kind, key, token)).contains("hunter2"));
        }
    }
}

#[test]
fn a_private_key_is_never_a_password() {
    for (key, token) in [(None, "hunter2"), (Some("12345"), "hunter2"), (Some("12345"), "-----BEGIN hunter2-----\n")] {
        let message = message(Credentials::new(GithubApp, key, Some(token)));

        assert!(message.ends_with("which is no password") && !message.contains("hunter2"), "{message}");
    }
}

#[test]
fn printed_credentials_hide_the_password() {
    let made = Credentials::new(Git, Some("deploy"), Some("hunter2")).unwrap();

    assert_eq!(format!("{made:?}"), r#"Some(Credentials { username: "deploy", password: "***" })"#);
}
