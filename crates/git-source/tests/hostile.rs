//! Every server that misbehaves ends within the limits, with the right kind of failure. A limit that does not hold shows
//! as a test that never ends.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up is a failure of the test")]

use domain::Error;
use git_source::{FetchLimits, Mirror, Remote, Trust};
use outbound::AddressPolicy;
use tempfile::TempDir;
use test_kit::{GitServer, HostileServer, SampleRepository};

fn mirror() -> (TempDir, Mirror) {
    let limits = FetchLimits {
        advertisement_bytes: 64 << 10,
        total_bytes: 256 << 10,
        connect_seconds: 2,
        idle_seconds: 1,
        total_seconds: 3,
        refs: 50,
    };
    git_source::init(AddressPolicy::parse("127.0.0.0/8").unwrap(), Trust::default(), limits).unwrap();
    let directory = TempDir::new().unwrap();
    let mirror = Mirror::open(&directory.path().join("mirror")).unwrap();
    (directory, mirror)
}

fn fetch(url: &str) -> Error {
    let (_directory, mirror) = mirror();
    mirror.fetch(&Remote::anonymous(url), &[]).unwrap_err()
}

fn is_refused(url: &str, words: &str) {
    let error = fetch(url);
    assert!(matches!(&error, Error::Refused { reason } if reason.contains(words)), "{}", error.chain());
}

fn is_unavailable(url: &str, words: &str) {
    let error = fetch(url);
    let chain = error.chain();
    assert!(matches!(error, Error::Unavailable { .. }) && chain.contains(words), "{chain}");
}

#[test]
fn silence_ends() {
    is_unavailable(&HostileServer::silent().unwrap().url(), "sent nothing within 1 seconds");
}

#[test]
fn dripping_ends() {
    is_unavailable(&HostileServer::drip().unwrap().url(), "did not finish within 3 seconds");
}

#[test]
fn endless_refs_end() {
    is_refused(&HostileServer::endless_refs().unwrap().url(), "the list of refs of");
}

#[test]
fn an_endless_pack_ends() {
    is_refused(&HostileServer::endless_pack().unwrap().url(), "larger than the limit of 262144 bytes");
}

#[test]
fn what_is_no_git_is_refused() {
    for server in [HostileServer::garbage(), HostileServer::html()] {
        is_refused(&server.unwrap().url(), "is not a Git repository served over smart http");
    }
}

#[test]
fn dumb_http_is_refused_by_name() {
    is_refused(&HostileServer::dumb().unwrap().url(), "smart http");
}

#[test]
fn an_error_line_is_passed_on() {
    is_refused(&HostileServer::error_line().unwrap().url(), "no, not for you");
}

#[test]
fn a_default_branch_that_cannot_be_is_none() {
    let (_directory, mirror) = mirror();
    let server = HostileServer::strange_branch().unwrap();
    let refs = mirror.list_remote(&Remote::anonymous(server.url())).unwrap();
    assert_eq!(refs.head.map(|head| head.branch), Some(None));
}

#[test]
fn answers_that_break_off_may_be_whole_next_time() {
    is_unavailable(&HostileServer::cut_refs().unwrap().url(), "ended too early");
    is_unavailable(&HostileServer::cut_pack().unwrap().url(), "ended too early");
    is_unavailable(&HostileServer::empty_pack().unwrap().url(), "does not hold");
}

#[test]
fn a_garbage_pack_is_refused() {
    is_refused(&HostileServer::garbage_pack().unwrap().url(), "damaged pack");
}

#[test]
fn redirects_are_named_and_not_followed() {
    let target = HostileServer::silent().unwrap();
    let url = target.url().replace("http://", "http://user:secret@");

    let error = fetch(&HostileServer::redirect_to(&url).unwrap().url());

    let text = error.to_string();
    assert!(text.contains(&target.url()) && !text.contains("secret"), "{text}");
    assert_eq!(target.requests(), 0);
}

#[test]
fn statuses_are_told_apart() {
    for (code, words) in [
        (401, "asks for credentials"),
        (403, "does not allow"),
        (404, "does not exist"),
        (410, "does not exist"),
        (418, "answered 418"),
        (204, "answered 204"),
    ] {
        is_refused(&HostileServer::status(code).unwrap().url(), words);
    }
    for code in [408, 429, 500, 502, 503] {
        is_unavailable(&HostileServer::status(code).unwrap().url(), &format!("answered {code}"));
    }
}

#[test]
fn whoever_is_busy_says_until_when() {
    let wait = |until: &str| fetch(&HostileServer::busy(until).unwrap().url()).wait().map(|wait| wait.as_secs());

    assert_eq!(wait("90"), Some(90));
    assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(0), "it is over");
    assert!(wait("Fri, 31 Dec 9999 23:59:59 GMT").is_some_and(|seconds| seconds > 1_000_000));
    assert_eq!(wait("soon"), None);
    assert_eq!(wait("-5"), None);
    is_unavailable(&HostileServer::busy("90").unwrap().url(), "answered 429; try again after 90 seconds");
}

#[test]
fn a_closed_port_may_open_and_a_name_may_appear() {
    let url = HostileServer::silent().unwrap().url(); // Closed again at the end of this line.
    is_unavailable(&url, "refused");
    is_unavailable("http://nothing.invalid/x", "nothing.invalid");
    is_unavailable(&HostileServer::silent().unwrap().url().replace("http://", "https://"), "tls handshake");
}

#[test]
fn more_tags_than_the_limit_are_refused() {
    let directory = TempDir::new().unwrap();
    let repository = SampleRepository::create(directory.path(), "many").unwrap();
    repository.commit(&[("main.tf", "x")]).unwrap();
    repository.tag_many((0..51).map(|patch| format!("v1.0.{patch}"))).unwrap();
    let server = GitServer::start(directory.path()).unwrap();

    is_refused(&format!("{}/many", server.url()), "more tags than the limit of 50");
}

#[test]
fn a_pack_over_the_limit_is_refused_and_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    let repository = SampleRepository::create(directory.path(), "big").unwrap();
    // Noise, so that it does not compress.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(1 << 20)
    .collect();
    repository.commit_modes(&[("100644", "noise", &noise)]).unwrap();
    let server = GitServer::start(directory.path()).unwrap();

    is_refused(&format!("{}/big", server.url()), "the pack of");
}
