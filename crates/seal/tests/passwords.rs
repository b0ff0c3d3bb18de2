//! Passwords: argon2id, salted, never printed.

use domain::Error;
use seal::{
    Secret,
    password::{hash, verify, verify_nobody},
};

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

#[test]
fn a_password_matches_its_hash_alone() {
    let stored = hash(&secret("correct horse battery")).unwrap();

    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert!(verify(&secret("correct horse battery"), &stored));
    for wrong in ["", "correct horse batter", "correct horse battery ", "Correct horse battery"] {
        assert!(!verify(&secret(wrong), &stored), "{wrong}");
    }
    assert!(!verify_nobody(&secret("correct horse battery")));
}

#[test]
fn the_same_password_is_kept_in_another_form_each_time() {
    let password = secret("correct horse battery");
    assert_ne!(hash(&password).unwrap(), hash(&password).unwrap());
}

#[test]
fn short_and_endless_passwords_are_refused_without_being_repeated() {
    for text in ["", "eleven char", &"a".repeat(257)] {
        let error = hash(&secret(text)).unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
        assert!(text.is_empty() || !error.chain().contains(text), "{error}");
    }
    hash(&secret("twelve chars")).unwrap();
    hash(&secret(&"é".repeat(256))).unwrap();
}

#[test]
fn what_is_no_hash_matches_nothing() {
    for stored in ["", "correct horse battery", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$", "$2b$12$abcdefgh"]
    {
        assert!(!verify(&secret("correct horse battery"), stored), "{stored}");
    }
    let stored = hash(&secret("correct horse battery")).unwrap();
    assert!(!verify(&secret(&"a".repeat(10_000_000)), &stored));
}
