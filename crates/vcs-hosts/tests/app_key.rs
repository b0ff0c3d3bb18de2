//! The key and private key of a GitHub App: what is taken, and what is said about the rest.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::Error;
use vcs_hosts::check_app_key;

const PKCS1: &str = include_str!("test_only_keys/rsa_2048.pkcs1.pem");
const PKCS8: &str = include_str!("test_only_keys/rsa_2048.pkcs8.pem");
const SMALL: &str = include_str!("test_only_keys/rsa_1024.pkcs1.pem");
const ENCRYPTED: &str = include_str!("test_only_keys/rsa_2048.encrypted.pem");
const CURVES: [&str; 2] =
    [include_str!("test_only_keys/ec_p256.sec1.pem"), include_str!("test_only_keys/ec_p256.pkcs8.pem")];

/// Why they are refused, without a line of the private key.
fn complaint(key: &str, private_key: &str) -> String {
    let error = check_app_key(Some(key), Some(private_key)).unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    let (said, printed) = (error.chain(), format!("{error:?}"));
    for line in private_key.lines().filter(|line| line.len() > 3) {
        assert!(!said.contains(line) && !printed.contains(line), "{said}");
    }
    said
}

#[test]
fn both_forms_of_a_private_key_are_taken() {
    let with_other_line_ends = PKCS1.replace('\n', "\r\n");
    let in_other_text = format!("the key of our App:\n\n{PKCS8}\n");
    for private_key in [PKCS1, PKCS8, PKCS1.trim_end(), &with_other_line_ends, &in_other_text] {
        for key in ["12345", "Iv1.8a61f9b3a7aba766", "Iv23liXXXXXXXXXXXXXX"] {
            check_app_key(Some(key), Some(private_key)).unwrap();
        }
    }
}

#[test]
fn other_keys_than_large_ones_of_rsa_are_refused() {
    assert_eq!(complaint("12345", SMALL), "oauth-token-string must be an RSA key of at least 2048 bits");
    for curve in CURVES {
        assert_eq!(complaint("12345", curve), "oauth-token-string must be an RSA key");
    }
}

#[test]
fn what_is_no_private_key_is_refused() {
    let in_one_line = PKCS1.replace('\n', " ");
    let (half, _) = PKCS1.split_at(PKCS1.len() / 2);
    let body = PKCS1.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let public = PKCS1.replace("PRIVATE", "PUBLIC");
    for text in ["ghp_hunter2", ENCRYPTED, half, body.as_str(), public.as_str(), in_one_line.as_str()] {
        let complaint = complaint("12345", text);
        assert!(
            complaint.starts_with("oauth-token-string must be the private key of the GitHub App in PEM"),
            "{complaint}"
        );
    }
    // The right frame around something else.
    let lines = PKCS1.lines().enumerate().filter(|(number, _)| *number != 3);
    let with_a_gap = lines.map(|(_, line)| format!("{line}\n")).collect::<String>();
    assert!(complaint("12345", &with_a_gap).contains("must be a whole RSA key"));
    for absent in [None, Some("")] {
        let error = check_app_key(Some("12345"), absent).unwrap_err();
        assert_eq!(error.to_string(), "oauth-token-string must be the private key of the GitHub App");
    }
}

#[test]
fn a_key_is_an_id() {
    let long = "1".repeat(101);
    for key in ["", "12 345", "12345\n", "a:b", "naïve", "hunter2\0", long.as_str()] {
        assert_eq!(complaint(key, PKCS1), "key must be the id or the client id of the GitHub App");
    }
    assert!(check_app_key(None, Some(PKCS1)).unwrap_err().to_string().starts_with("key must be"));
}
