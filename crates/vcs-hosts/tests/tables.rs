//! What is well formed, what is not, and which addresses come of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::Error;
use vcs_hosts::{BaseUrl, HostKind, Identifier};

fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn kinds_have_the_names_of_the_api() {
    for kind in HostKind::ALL {
        assert_eq!(kind.as_str().parse::<HostKind>().unwrap(), kind);
        assert!(!kind.display_name().is_empty());
    }
    for unknown in ["", "Git", "GITHUB", "github-app", "svn"] {
        assert!(message(unknown.parse::<HostKind>()).starts_with("service-provider must be one of git, github,"));
    }
}

#[test]
fn base_urls_take_a_normal_form() {
    let cases = [
        ("https://git.example.com", "https://git.example.com", "git.example.com"),
        ("https://git.example.com/", "https://git.example.com", "git.example.com"),
        ("https://git.example.com///", "https://git.example.com", "git.example.com"),
        ("HTTPS://Git.Example.COM:443/a/B/", "https://git.example.com/a/B", "git.example.com"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000", "127.0.0.1"),
        ("http://[::1]:3000/x", "http://[::1]:3000/x", "[::1]"),
        // Another spelling of a loopback address: seen for what it is by whoever checks the host.
        ("http://0x7f.1", "http://127.0.0.1", "127.0.0.1"),
        ("ssh://Git.Example.COM:22/srv/git/", "ssh://git.example.com/srv/git", "git.example.com"),
        ("ssh://git.example.com:2222", "ssh://git.example.com:2222", "git.example.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
    ];
    for (given, expected, host) in cases {
        let base: BaseUrl = given.parse().unwrap();
        assert_eq!((base.as_str(), base.host()), (expected, host));
        assert_eq!(base.is_ssh(), expected.starts_with("ssh"));
        assert_eq!(base.as_str().parse::<BaseUrl>().unwrap(), base, "not stable");
    }
}

#[test]
fn base_urls_are_refused_with_a_reason() {
    let cases = [
        ("", "an address such as"),
        ("git.example.com", "an address such as"),
        ("https://", "an address such as"),
        ("https:///a", "empty path segments"),
        ("https:git.example.com", "an address such as"),
        ("ssh://git@git.example.com", "user or password"),
        ("ssh://", "empty path segments"),
        ("ssh:///srv", "empty path segments"),
        ("ssh://a b", "spaces"),
        ("file:///etc", "https:// or http://"),
        ("ext::sh -c x", "spaces"),
        ("https://git example.com", "spaces"),
        ("https://git.example.com\n", "spaces"),
        ("https://git.example.com\t/x", "spaces"),
        ("https://git.example.com\\@evil", "backslashes"),
        ("https://user:hunter2@git.example.com", "user or password"),
        ("https://@git.example.com", "user or password"),
        ("https://git.example.com?x=1", "query"),
        ("https://git.example.com/?", "query"),
        ("https://git.example.com/#top", "fragment"),
        ("https://git.example.com/a/../b", "`..`"),
        ("https://git.example.com/./b", "`..`"),
        ("https://git.example.com/%2e%2e/b", "escapes"),
        ("https://git.example.com/a//b", "empty path segments"),
        ("https://git.example.com:99999", "an address such as"),
    ];
    for (given, expected) in cases {
        let message = message(given.parse::<BaseUrl>());
        assert!(message.starts_with("http-url ") && message.contains(expected), "{given}: {message}");
        assert!(!message.contains("hunter2"));
    }
    assert!(message(format!("https://{}.com", "a".repeat(1024)).parse::<BaseUrl>()).contains("longer"));
}

#[test]
fn identifiers_are_paths_without_git_at_the_end() {
    let cases = [
        ("acme/terraform-aws-vpc", "acme/terraform-aws-vpc", "terraform-aws-vpc"),
        ("acme/terraform-aws-vpc.git", "acme/terraform-aws-vpc", "terraform-aws-vpc"),
        ("repository", "repository", "repository"),
        ("a/b/c/d_e.f-g", "a/b/c/d_e.f-g", "d_e.f-g"),
        ("~user/x", "~user/x", "x"),
        ("a/.hidden", "a/.hidden", ".hidden"),
        ("a/...", "a/...", "..."),
        ("acme/My Project/_git/My Modules", "acme/My Project/_git/My Modules", "My Modules"),
        ("a.git/b", "a.git/b", "b"),
    ];
    for (given, expected, repository) in cases {
        let identifier: Identifier = given.parse().unwrap();
        assert_eq!((identifier.as_str(), identifier.repository()), (expected, repository));
        assert_eq!(expected.parse::<Identifier>().unwrap(), identifier, "not stable");
    }
}

#[test]
fn identifiers_are_refused_with_a_reason() {
    let cases = [
        ("", "empty segments"),
        (".git", "empty segments"),
        ("a/.git", "empty segments"),
        ("/a/b", "empty segments"),
        ("a/b/", "empty segments"),
        ("a//b", "empty segments"),
        ("..", ". or .."),
        ("a/../b", ". or .."),
        ("a/./b", ". or .."),
        ("a/...git", ". or .."),
        ("-a/b", "begins with -"),
        ("a/--upload-pack=x", "begins with -"),
        (" a/b", "single ones"),
        ("a/b .git", "single ones"),
        ("a /b", "single ones"),
        ("a/b  c", "single ones"),
        (" ", "single ones"),
        ("a\u{a0}b", "must consist of"),
        ("a\tb", "must consist of"),
        ("a\0b", "must consist of"),
        ("a\nb", "must consist of"),
        ("a%2fb", "must consist of"),
        ("a?b", "must consist of"),
        ("a@{u}", "must consist of"),
        ("a\\b", "must consist of"),
        ("é", "must consist of"),
        ("a.git.git", "more than once"),
    ];
    for (given, expected) in cases {
        let message = message(given.parse::<Identifier>());
        assert!(message.starts_with("identifier ") && message.contains(expected), "{given:?}: {message}");
    }
    assert!(message("a".repeat(513).parse::<Identifier>()).contains("longer"));
}
