//! Webhooks on the side of the host: made, found again, renewed, removed, or not allowed.

use domain::Error;
use serde_json::json;
use vcs_hosts::api::Registered;
use wiremock::ResponseTemplate;

use crate::case::Case;
use crate::fake_host::{FakeHost, HOOK, HOOK_URL, SECRET, TOKEN, harmless, identifier, refusal};

async fn register(case: &Case, host: &FakeHost) -> Registered {
    host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await.unwrap()
}

fn reason(registered: Registered) -> String {
    let Registered::Manual { reason } = registered else { panic!("{registered:?}") };
    harmless(reason)
}

#[tokio::test]
async fn a_webhook_is_made_with_the_body_of_its_host() {
    for case in Case::all() {
        for kind in case.kinds {
            let host = FakeHost::start(*kind).await;
            case.knows_repository(&host).await;
            let others = (case.list)(vec![(case.hook)("https://other.acme.test/hook")]);
            host.answers("GET", case.hooks, 200, &others).await;
            host.answers("POST", case.hooks, 201, &(case.hook)(HOOK_URL)).await;

            let registered = register(&case, &host).await;

            assert_eq!(registered, Registered::Made { hook_id: case.hook_id.to_owned() }, "{kind}");
            assert_eq!(host.bodies().await, std::slice::from_ref(&case.hook_body), "{kind}");
            let asked = host.asked().await;
            let expected =
                [format!("GET {}{}", case.hooks, case.hooks_query), format!("POST {}{}", case.hooks, case.hook_query)];
            assert!(asked.ends_with(&expected), "{asked:?}");
            let sent = host.requests().await.pop().unwrap();
            assert_eq!(sent.headers["content-type"], "application/json");
            assert_eq!(sent.headers["authorization"], case.authorization);
        }
    }
}

#[tokio::test]
async fn a_webhook_that_is_there_gets_the_secret_and_no_second_one_is_made() {
    for case in Case::all() {
        let host = case.start().await;
        case.knows_repository(&host).await;
        let there = (case.list)(vec![(case.hook)("https://other.acme.test/hook"), (case.hook)(HOOK_URL)]);
        host.answers("GET", case.hooks, 200, &there).await;
        host.answers(case.renewal, &case.hook_place(), 200, &(case.hook)(HOOK_URL)).await;
        host.answers("POST", case.hooks, 201, &(case.hook)(HOOK_URL)).await;

        let registered = register(&case, &host).await;

        assert_eq!(registered, Registered::Made { hook_id: case.hook_id.to_owned() });
        let asked = host.asked().await;
        let renewed = format!("{} {}{}", case.renewal, case.hook_place(), case.hook_query);
        let made = asked.iter().filter(|line| line.starts_with("POST")).count();
        assert!(asked.contains(&renewed), "{asked:?}");
        assert_eq!(made, usize::from(case.renewal == "DELETE"), "{asked:?}");
        assert!(host.bodies().await.pop().unwrap().to_string().contains(SECRET));
    }
}

#[tokio::test]
async fn a_webhook_that_vanished_after_it_was_listed_is_made_anew() {
    let case = crate::gitlab::case();
    let host = case.start().await;
    host.answers("GET", case.hooks, 200, &(case.list)(vec![(case.hook)(HOOK_URL)])).await;
    host.answers("PUT", &case.hook_place(), 404, &json!({})).await;
    host.answers("POST", case.hooks, 201, &(case.hook)(HOOK_URL)).await;

    assert_eq!(register(&case, &host).await, Registered::Made { hook_id: case.hook_id.to_owned() });
}

#[tokio::test]
async fn a_token_that_may_not_is_a_reason_to_make_it_by_hand() {
    for case in Case::all() {
        for (status, expected) in [
            (401, "does not accept the token"),
            (403, "does not let the token manage the webhooks of"),
            (404, "does not let the token manage the webhooks of"),
        ] {
            for verb in ["GET", "POST"] {
                let host = case.start().await;
                case.knows_repository(&host).await;
                host.answers(verb, case.hooks, status, &json!({"message": "<b>no</b>"})).await;
                host.answers("GET", case.hooks, 200, &(case.list)(vec![])).await;

                let reason = reason(register(&case, &host).await);

                assert!(reason.contains(expected), "{verb} {status}: {reason}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_host_says_against_a_webhook_is_handed_on_without_secrets() {
    let case = crate::gitlab::case();
    for (said, expected) in [
        (
            json!({"message": "Invalid url given"}),
            "answered 422 to the webhook of acme/infra/terraform-aws-vpc: Invalid url",
        ),
        (json!({"error": {"message": "plan\nlimit"}}), ": plan limit"),
        (json!({"message": {"url": ["is blocked"]}}), "answered 422 to the webhook of acme/infra/terraform-aws-vpc"),
        (json!({"message": format!("bad {SECRET}")}), "answered 422 to the webhook of acme/infra/terraform-aws-vpc"),
        // Not even the part of it that would be left when it is cut.
        (
            json!({"message": format!("{}{SECRET}", "x".repeat(197))}),
            "answered 422 to the webhook of acme/infra/terraform-aws-vpc",
        ),
        (json!({"message": format!("bad {TOKEN}")}), "answered 422 to the webhook of acme/infra/terraform-aws-vpc"),
        (json!([1]), "answered 422 to the webhook of acme/infra/terraform-aws-vpc"),
    ] {
        let host = case.start().await;
        host.answers("GET", case.hooks, 200, &json!([])).await;
        host.answers("POST", case.hooks, 422, &said).await;

        let reason = reason(register(&case, &host).await);

        assert!(reason.contains(expected) && !reason.contains("xxx"), "{reason}");
        assert!(reason.len() < 400);
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_asked() {
    for case in Case::all() {
        let mut host = case.start().await;
        host.token = None;

        assert!(reason(register(&case, &host).await).contains("no token"));

        assert_eq!(host.asked().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_webhook_is_removed_and_one_that_is_gone_is_a_success() {
    for case in Case::all() {
        for status in [200, 204, 404, 410] {
            let host = case.start().await;
            host.responds("DELETE", &case.hook_place(), ResponseTemplate::new(status)).await;

            let id = identifier(case.identifier);
            host.api.remove_webhook(&host.access(), &id, case.hook_id).await.unwrap();

            assert_eq!(host.asked().await, [format!("DELETE {}{}", case.hook_place(), case.hook_query)]);
        }
    }
}

#[tokio::test]
async fn removing_may_be_refused() {
    for case in Case::all() {
        for (status, expected) in [(401, "does not accept the token"), (403, "does not let the token manage")] {
            let host = case.start().await;
            host.responds("DELETE", &case.hook_place(), ResponseTemplate::new(status)).await;

            let id = identifier(case.identifier);
            let refusal = refusal(host.api.remove_webhook(&host.access(), &id, case.hook_id).await);

            assert!(refusal.contains(expected), "{refusal}");
        }
    }
}

#[tokio::test]
async fn ids_that_could_bend_a_path_are_refused() {
    let case = crate::github::case();
    let host = case.start().await;
    let long = "1".repeat(201);
    for id in ["", ".", "..", "1/../../x", "1?x", "1#x", "%2e%2e", "a b", long.as_str()] {
        let result = host.api.remove_webhook(&host.access(), &identifier(case.identifier), id).await;
        assert!(matches!(result, Err(Error::Invalid { .. })), "{id}: {result:?}");
    }
    assert_eq!(host.asked().await, Vec::<String>::new());

    // Also when the host names them.
    let hostile = json!([{"id": "../../keys/1", "config": {"url": HOOK_URL}}]);
    host.answers("GET", case.hooks, 200, &hostile).await;
    let result = host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await;
    assert!(result.is_err());
    assert_eq!(host.asked().await.len(), 1);
}
