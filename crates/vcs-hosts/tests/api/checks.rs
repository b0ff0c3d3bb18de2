//! Whether a token is taken.

use serde_json::json;

use crate::case::Case;
use crate::fake_host::{passing, refusal};

#[tokio::test]
async fn only_a_401_says_that_a_token_is_not_accepted() {
    for case in Case::all() {
        let Some(place) = case.check else { continue };
        for status in [200, 403, 404, 401] {
            let host = case.start().await;
            host.answers("GET", place, status, &json!({"message": "no"})).await;

            let checked = host.api.check(&host.access()).await;

            if status == 401 {
                assert!(refusal(checked).ends_with(" does not accept the token"));
            } else {
                checked.unwrap();
            }
            let request = &host.requests().await[0];
            assert_eq!(
                (request.url.path(), request.headers["authorization"].to_str().unwrap()),
                (place, case.authorization)
            );
        }
    }
}

#[tokio::test]
async fn a_host_that_is_broken_says_nothing_about_the_token() {
    let case = crate::gitlab::case();
    let host = case.start().await;
    host.answers("GET", "/api/v4/user", 502, &json!({})).await;

    assert!(passing(host.api.check(&host.access()).await).ends_with(" answered 502"));
}

#[tokio::test]
async fn nothing_is_asked_without_a_token_or_without_an_organization() {
    for case in Case::all() {
        let mut host = case.start().await;
        if case.check.is_some() {
            host.token = None;
        }

        host.api.check(&host.access()).await.unwrap();

        assert_eq!(host.asked().await, Vec::<String>::new());
    }
}
