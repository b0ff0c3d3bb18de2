//! Who is let in, and what it says when not.

use domain::Error;
use git_source::Remote;
use test_kit::GitServer;

use crate::Setup;

fn with_login(setup: &Setup) -> (GitServer, Remote) {
    setup.repository.commit(&[("main.tf", "one")]).unwrap();
    setup.repository.tag("v1.0.0").unwrap();
    let server = GitServer::start_with_login(&setup.directory.path().join("root"), "reader", "right").unwrap();
    let url = format!("{}/sample", server.url());
    (
        server,
        Remote { url, username: Some("reader".to_owned()), password: Some("right".to_owned()), ..Remote::default() },
    )
}

fn refusal(result: Result<git_source::Refs, Error>) -> String {
    match result {
        Err(Error::Refused { reason }) => reason,
        other => panic!("expected a refusal, not {other:?}"),
    }
}

#[test]
fn right_credentials_open() {
    let setup = Setup::new();
    let (_server, remote) = with_login(&setup);

    assert_eq!(setup.mirror.fetch(&remote, &[]).unwrap().tags.len(), 1);
}

#[test]
fn wrong_credentials_are_refused_and_not_repeated() {
    let setup = Setup::new();
    let (_server, mut remote) = with_login(&setup);
    remote.password = Some("wrong-secret".to_owned());

    let reason = refusal(setup.mirror.fetch(&remote, &[]));

    assert!(reason.contains("did not accept the credentials"), "{reason}");
    assert!(!reason.contains("wrong-secret") && !format!("{remote:?}").contains("wrong-secret"));
}

#[test]
fn missing_credentials_are_asked_for() {
    let setup = Setup::new();
    let (_server, remote) = with_login(&setup);

    let reason = refusal(setup.mirror.list_remote(&Remote::anonymous(remote.url)));

    assert!(reason.contains("asks for credentials"), "{reason}");
}

#[test]
fn a_missing_repository_is_named() {
    let setup = Setup::new();
    let url = format!("{}/absent", setup.server.url());

    let reason = refusal(setup.mirror.fetch(&Remote::anonymous(url.clone()), &[]));

    assert!(reason.contains(&format!("the repository {url} does not exist")), "{reason}");
}

#[test]
fn a_slash_at_the_end_does_not_matter() {
    let setup = Setup::new();

    let remote = Remote::anonymous(format!("{}/", setup.remote().url));

    assert!(setup.mirror.fetch(&remote, &[]).is_ok());
}

#[test]
fn other_schemes_and_user_names_in_the_address_are_invalid() {
    let setup = Setup::new();

    for url in ["/etc", "file:///etc", "ssh://git@127.0.0.1/x", "git@127.0.0.1:x", "http://u:secret@127.0.0.1/x"] {
        let error = setup.mirror.fetch(&Remote::anonymous(url), &[]).unwrap_err();

        assert!(matches!(error, Error::Invalid { .. }), "{url}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
