//! Plain Git servers, which have no API.

use vcs_hosts::HostKind;
use vcs_hosts::api::Registered;

use crate::fake_host::{FakeHost, HOOK, identifier};

#[tokio::test]
async fn a_plain_git_server_is_never_asked() {
    let host = FakeHost::start(HostKind::Git).await;
    let id = identifier("acme/vpc");

    host.api.check(&host.access()).await.unwrap();
    assert_eq!(host.api.find_repository(&host.access(), &id).await.unwrap(), None);
    assert_eq!(host.api.list_commits(&host.access(), &id, Some("main"), 10).await.unwrap(), None);
    host.api.remove_webhook(&host.access(), &id, "1").await.unwrap();
    let registered = host.api.register_webhook(&host.access(), &id, &HOOK).await.unwrap();

    let Registered::Manual { reason } = registered else { panic!("{registered:?}") };
    assert!(reason.contains("plain Git"), "{reason}");
    assert_eq!(host.asked().await, Vec::<String>::new());
}
