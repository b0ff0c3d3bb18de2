//! What must not be printed, and what must not be sent.

use domain::Error;
use serde_json::json;
use vcs_hosts::api::Registered;

use crate::case::Case;
use crate::fake_app;
use crate::fake_host::{HOOK, MINTED, harmless, identifier};

#[tokio::test]
async fn nothing_that_can_be_printed_shows_a_secret() {
    let host = crate::github::case().start().await;

    let access = harmless(format!("{:?}", host.access()));
    let hook = harmless(format!("{HOOK:?}"));

    assert!(access.contains(r#"token: Some("***")"#), "{access}");
    assert!(hook.contains(r#"secret: "***""#), "{hook}");
}

#[tokio::test]
async fn neither_the_private_key_nor_what_is_minted_with_it_is_printed() {
    let (host, case) = (fake_app::start_installed().await, fake_app::case());
    let access = host.access();

    let made = host.api.credentials(&access, &identifier(case.identifier)).await.unwrap();

    assert!(made.as_ref().unwrap().password.starts_with(MINTED));
    harmless(format!("{made:?} {access:?} {:?}", host.api));
}

#[tokio::test]
async fn a_host_that_repeats_a_minted_token_is_not_quoted() {
    let (host, case) = (fake_app::start_installed().await, fake_app::case());
    host.answers("GET", case.hooks, 200, &json!([])).await;
    host.answers("POST", case.hooks, 422, &json!({"message": format!("bad {MINTED}-1")})).await;

    let registered = host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await.unwrap();

    let Registered::Manual { reason } = registered else { panic!("{registered:?}") };
    assert!(harmless(reason).ends_with("answered 422 to the webhook of acme/terraform-aws-vpc"));
}

#[tokio::test]
async fn a_token_that_no_header_can_hold_is_refused_without_repeating_it() {
    for case in Case::all() {
        for token in ["hunter2-token\r\nx: y", "hunter2-token\0", "hunter2-token\u{7f}"] {
            let mut host = case.start().await;
            host.token = Some(token);

            let error = host.api.find_repository(&host.access(), &identifier(case.identifier)).await.unwrap_err();

            assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
            harmless(error.chain());
            assert_eq!(host.asked().await, Vec::<String>::new());
        }
    }
}
