//! The names of events and of deliveries.

use vcs_hosts::HostKind;
use vcs_hosts::webhooks::{Headers, News};

use crate::delivery::{Delivery, some_tags};

/// A header of the event, and one of the delivery.
const NAMED: [(HostKind, &str, &str); 5] = [
    (HostKind::Github, "X-GitHub-Event", "X-GitHub-Delivery"),
    (HostKind::Gitea, "X-Gitea-Event", "X-Gitea-Delivery"),
    (HostKind::GitlabHosted, "X-Gitlab-Event", "Idempotency-Key"),
    (HostKind::BitbucketHosted, "X-Event-Key", "X-Request-UUID"),
    (HostKind::BitbucketDataCenter, "X-Event-Key", "X-Request-Id"),
];

#[test]
fn names_of_headers_have_any_case() {
    let event = Delivery::new(HostKind::Github, "{}").with("x-github-EVENT", "push").event();

    assert_eq!(event.news, some_tags());
}

#[test]
fn a_delivery_must_name_its_event_once() {
    for (kind, header, _) in NAMED {
        let delivery = || Delivery::new(kind, "{}");
        let repeated = delivery().with(header, "push").with(&header.to_lowercase(), "push");

        assert_eq!(delivery().complaint(), format!("The header {header} is missing"));
        assert_eq!(
            delivery().with(header, "").complaint(),
            format!("The header {header} must come once and name the event")
        );
        assert_eq!(repeated.complaint(), format!("The header {header} must come once and name the event"));
    }
    let complaint = Delivery::new(HostKind::Forgejo, "{}").complaint();
    assert_eq!(complaint, "The header X-Forgejo-Event or X-Gitea-Event is missing");
}

#[test]
fn names_of_events_are_short_and_printable() {
    for (kind, header, _) in NAMED {
        let name = |value: &[u8]| Delivery::new(kind, "{}").with(header, value).event().name;

        assert_eq!(name(b"unknown"), "unknown");
        assert_eq!(name(b"a b\tc\x7f\xff\xc3\xa9"), "a b?c????");
        assert_eq!(name("x".repeat(300).as_bytes()), "x".repeat(100));
    }
    let odd = Delivery::new(HostKind::Github, "{}").with("X-GitHub-Event", b"pu\x00sh").event();
    assert_eq!(odd.news, News::Other);
}

#[test]
fn ids_of_deliveries_that_do_not_fit_are_absent() {
    for (kind, event, header) in NAMED {
        let delivery = || Delivery::new(kind, "{}").with(event, "unknown");
        let id = |value: &[u8]| delivery().with(header, value).event().delivery_id;

        assert_eq!(id(b"a-1 ~").as_deref(), Some("a-1 ~"));
        assert_eq!(id(&[b'x'; 200]), Some("x".repeat(200)));
        for unfit in [b"".as_slice(), &[b'x'; 201], b"a\nb", b"a\x7f", "é".as_bytes()] {
            assert_eq!(id(unfit), None, "{unfit:?}");
        }
        let repeated = delivery().with(header, "1").with(header, "2");
        assert_eq!(repeated.event().delivery_id, None);
        assert_eq!(delivery().event().delivery_id, None);
    }
}

#[test]
fn printed_headers_hide_their_values() {
    let headers: Headers<'_> = [("X-Gitlab-Token", b"hunter2".as_slice())].into_iter().collect();

    assert_eq!(format!("{headers:?}"), r#"["X-Gitlab-Token"]"#);
}
