//! Signatures of all hosts that sign the body.

use domain::Error;
use vcs_hosts::HostKind;
use vcs_hosts::webhooks::Refused;

use crate::delivery::{Delivery, SECRET, sign};

const BODY: &[u8] = br#"{"ref":"refs/tags/v1.0.0"}"#;

/// Every header that a host may sign with, and what stands before the digits.
const SIGNED: [(HostKind, &str, &str); 13] = [
    (HostKind::Git, "X-Quarry-Signature-256", "sha256="),
    (HostKind::Github, "X-Hub-Signature-256", "sha256="),
    (HostKind::GithubEnterprise, "X-Hub-Signature-256", "sha256="),
    (HostKind::GithubApp, "X-Hub-Signature-256", "sha256="),
    (HostKind::Gitea, "X-Gitea-Signature", ""),
    (HostKind::Gitea, "X-Hub-Signature-256", "sha256="),
    (HostKind::Forgejo, "X-Forgejo-Signature", ""),
    (HostKind::Forgejo, "X-Gitea-Signature", ""),
    (HostKind::Forgejo, "X-Hub-Signature-256", "sha256="),
    (HostKind::BitbucketHosted, "X-Hub-Signature", "sha256="),
    (HostKind::BitbucketServer, "X-Hub-Signature", "sha256="),
    (HostKind::BitbucketServerLegacy, "X-Hub-Signature", "sha256="),
    (HostKind::BitbucketDataCenter, "X-Hub-Signature", "sha256="),
];

fn send(kind: HostKind, header: &str, value: impl AsRef<[u8]>) -> Delivery {
    Delivery::new(kind, BODY).with(header, value)
}

#[test]
fn the_right_signature_is_believed() {
    // Made with another program.
    let digest = "c730291425a06bf0f2e209d8a865b000911b43ac5d063aecea5c684cc5e4b3df";
    for (kind, header, prefix) in SIGNED {
        let value = format!("{prefix}{digest}");

        assert_eq!(send(kind, header, &value).authenticate(SECRET), Ok(()), "{kind} {header}");
        assert_eq!(send(kind, &header.to_lowercase(), &value).authenticate(SECRET), Ok(()), "{kind} {header}");
    }
}

#[test]
fn the_bytes_of_an_empty_body_are_signed_too() {
    let value = format!("sha256={}", sign(SECRET, b""));

    let delivery = Delivery::new(HostKind::Git, "").with("X-Quarry-Signature-256", value);

    assert_eq!(delivery.authenticate(SECRET), Ok(()));
}

#[test]
fn another_secret_or_another_body_is_refused() {
    for (kind, header, prefix) in SIGNED {
        let right = format!("{prefix}{}", sign(SECRET, BODY));
        let wrong = Err(Refused::Wrong { header });

        assert_eq!(send(kind, header, &right).authenticate("a long secreT"), wrong, "{kind} {header}");
        let other_spaces = format!("{prefix}{}", sign(SECRET, br#"{"ref": "refs/tags/v1.0.0"}"#));
        assert_eq!(send(kind, header, other_spaces).authenticate(SECRET), wrong, "{kind} {header}");
        let last_differs = format!("{}0", &right[..right.len() - 1]);
        assert_eq!(send(kind, header, last_differs).authenticate(SECRET), wrong, "{kind} {header}");
    }
}

#[test]
fn what_is_not_in_the_form_of_the_host_is_refused() {
    for (kind, header, prefix) in SIGNED {
        let digest = sign(SECRET, BODY);
        let other_prefix = if prefix.is_empty() { "sha256=" } else { "" };
        let malformed = [
            String::new(),
            prefix.to_owned() + "x",
            format!("{other_prefix}{digest}"),
            format!("sha1={}", &digest[..40]),
            format!("SHA256={digest}"),
            format!("{prefix}{prefix}{digest}{digest}"),
            format!("{prefix}{}", digest.to_uppercase()),
            format!("{prefix}{}", digest.replacen('c', "C", 1)),
            format!("{prefix}{}", &digest[..63]),
            format!("{prefix}{}", &digest[..62]),
            format!("{prefix}{digest}0"),
            format!("{prefix}{digest}00"),
            format!("{prefix} {digest}"),
            format!("{prefix}{digest} "),
            format!("{prefix}{digest}, {prefix}{digest}"),
            format!("{prefix}{}g", &digest[..63]),
            format!("{prefix}{}é", &digest[..62]),
        ];
        for value in malformed {
            let refused = send(kind, header, &value).authenticate(SECRET).unwrap_err();
            let form = format!("{prefix}<64 lower-case hexadecimal digits>");
            assert_eq!(refused, Refused::Malformed { header, form }, "{kind} {header}: {value}");
        }
        let not_text = send(kind, header, b"\xff\xfe").authenticate(SECRET);
        assert!(matches!(not_text, Err(Refused::Malformed { .. })));
    }
}

#[test]
fn a_missing_or_repeated_signature_is_refused() {
    for (kind, header, prefix) in SIGNED {
        let right = format!("{prefix}{}", sign(SECRET, BODY));

        let missing = Delivery::new(kind, BODY).authenticate(SECRET);
        assert!(matches!(missing, Err(Refused::Missing { .. })), "{kind}: {missing:?}");
        let twice = send(kind, header, &right).with(&header.to_uppercase(), &right);
        assert_eq!(twice.authenticate(SECRET), Err(Refused::Repeated { header }), "{kind}");
    }
}

#[test]
fn sha1_alone_is_no_signature_of_github() {
    let refused = send(HostKind::Github, "X-Hub-Signature", format!("sha1={}", "ab".repeat(20))).authenticate(SECRET);

    assert_eq!(refused, Err(Refused::Missing { header: "X-Hub-Signature-256".to_owned() }));
}

#[test]
fn without_a_secret_nobody_is_believed() {
    for kind in HostKind::ALL {
        assert_eq!(Delivery::new(kind, BODY).authenticate(""), Err(Refused::NoSecret));
    }
    for (kind, header, prefix) in SIGNED {
        let value = format!("{prefix}{}", sign("", BODY));
        assert_eq!(send(kind, header, value).authenticate(""), Err(Refused::NoSecret), "{kind} {header}");
    }
}

#[test]
fn the_signature_of_another_host_is_none() {
    let value = format!("sha256={}", sign(SECRET, BODY));
    for kind in HostKind::ALL {
        let header = if kind == HostKind::Git { "X-Hub-Signature-256" } else { "X-Quarry-Signature-256" };
        let refused = send(kind, header, &value).authenticate(SECRET);
        assert!(matches!(refused, Err(Refused::Missing { .. })), "{kind}");
    }
}

#[test]
fn a_refusal_is_an_authentication_error_and_never_holds_what_was_sent() {
    let refused = send(HostKind::Github, "X-Hub-Signature-256", "hunter2").authenticate(SECRET).unwrap_err();

    let form = "sha256=<64 lower-case hexadecimal digits>";
    assert_eq!(refused.to_string(), format!("the header X-Hub-Signature-256 is not of the form {form}"));
    assert!(!format!("{refused:?}").contains("hunter2"));
    assert!(matches!(Error::from(refused), Error::Unauthenticated));
}
