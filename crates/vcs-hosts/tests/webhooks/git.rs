//! The form of our own, for plain Git servers.

use serde_json::json;
use vcs_hosts::HostKind;

use crate::delivery::{Delivery, some_tags};

#[test]
fn every_delivery_means_that_the_tags_changed() {
    for body in ["", "\n", "{}", " {} ", "[1, 2]", "null", "\"text\"", r#"{"ref": 5, "repository": "x"}"#] {
        let event = Delivery::new(HostKind::Git, body).event();

        assert_eq!((event.name.as_str(), &event.news), ("push", &some_tags()), "{body}");
        assert_eq!((event.repository.identifier, event.repository.remote_id), (None, None));
    }
}

#[test]
fn a_delivery_may_have_an_id() {
    let delivery = Delivery::json(HostKind::Git, &json!({}));

    assert_eq!(delivery.event().delivery_id, None);
    assert_eq!(delivery.with("x-quarry-delivery", "push 17").event().delivery_id.as_deref(), Some("push 17"));
}

#[test]
fn what_is_not_json_is_refused() {
    for body in ["{", "{}{}", "refs/tags/v1", "\u{0}"] {
        let complaint = Delivery::new(HostKind::Git, body).complaint();
        assert!(complaint.starts_with("The body is not JSON: "), "{body}: {complaint}");
    }
}
