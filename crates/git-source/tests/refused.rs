//! With the default policy nothing on this machine is called.

use domain::Error;
use git_source::{FetchLimits, Mirror, Remote, Trust};
use outbound::AddressPolicy;
use tempfile::TempDir;
use test_kit::HostileServer;

#[test]
fn special_addresses_are_not_called() {
    git_source::init(AddressPolicy::default(), Trust::default(), FetchLimits::default()).unwrap();
    let directory = TempDir::new().unwrap();
    let mirror = Mirror::open(&directory.path().join("mirror")).unwrap();
    let trap = HostileServer::silent().unwrap();
    let port = trap.url().rsplit(':').next().unwrap().to_owned();

    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
    ] {
        let error = mirror.list_remote(&Remote::anonymous(format!("http://{host}:{port}"))).unwrap_err();
        assert!(
            matches!(&error, Error::Refused { reason } if reason.contains("QUARRY_VCS_ALLOWED_NETWORKS")),
            "{host}: {}",
            error.chain()
        );
    }
    assert_eq!(trap.requests(), 0);
}

#[test]
fn other_values_cannot_be_set_later() {
    git_source::init(AddressPolicy::default(), Trust::default(), FetchLimits::default()).unwrap();

    assert!(git_source::init(AddressPolicy::default(), Trust::default(), FetchLimits::default()).is_ok());
    assert!(
        git_source::init(AddressPolicy::parse("127.0.0.0/8").unwrap(), Trust::default(), FetchLimits::default())
            .is_err()
    );
}
