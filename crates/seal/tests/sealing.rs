//! A sealed secret opens in its own place, unaltered, under a key we still hold, and nowhere else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::Error;
use seal::SealKeys;

const PLACE: &str = "connections|oc-1|token";

fn fresh() -> (String, SealKeys) {
    let text = SealKeys::generate().unwrap();
    let keys = SealKeys::parse(&text).unwrap();
    (text, keys)
}

fn refused(keys: &SealKeys, sealed: &str, place: &str) {
    let error = keys.open(sealed, place).unwrap_err();
    assert!(matches!(error, Error::Internal { .. }), "{error:?}");
}

#[test]
fn what_was_sealed_opens_to_the_same_bytes_and_every_seal_is_new() {
    let (text, keys) = fresh();
    for plain in [&b""[..], b"ghp_secret", &[0xff, 0, 0xfe], &[7; 100_000]] {
        let sealed = keys.seal(plain, PLACE).unwrap();

        assert_eq!(keys.open(&sealed, PLACE).unwrap(), plain);
        assert_ne!(sealed, keys.seal(plain, PLACE).unwrap());
        assert!(sealed.starts_with(&format!("v1.{}.", text.split(':').next().unwrap())), "{sealed}");
        assert!(sealed.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)));
    }
}

#[test]
fn text_comes_back_hidden() {
    let (_, keys) = fresh();

    let secret = keys.open_text(&keys.seal("pässword".as_bytes(), PLACE).unwrap(), PLACE).unwrap();

    assert_eq!(secret.reveal(), "pässword");
    assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    let not_text = keys.open_text(&keys.seal(&[0xff], PLACE).unwrap(), PLACE).unwrap_err();
    assert_eq!(not_text.chain(), "failed while opening a sealed secret: it is not text");
}

#[test]
fn a_seal_moved_to_another_place_is_refused() {
    let (_, keys) = fresh();
    let sealed = keys.seal(b"secret", PLACE).unwrap();
    for place in ["connections|oc-2|token", "connections|oc-1|key", "webhooks|oc-1|token", "", "connections|oc-1|toke"]
    {
        refused(&keys, &sealed, place);
    }
}

#[test]
fn a_change_anywhere_is_refused() {
    let (_, keys) = fresh();
    let sealed = keys.seal(b"secret", PLACE).unwrap();
    for position in 0..sealed.len() {
        for bit in 0..7 {
            let mut altered = sealed.clone().into_bytes();
            altered[position] ^= 1 << bit;
            refused(&keys, &String::from_utf8(altered).unwrap(), PLACE);
        }
        refused(&keys, &sealed[..position], PLACE);
        refused(&keys, &sealed[position + 1..], PLACE);
    }
    refused(&keys, &format!("{sealed}A"), PLACE);
    refused(&keys, &format!("{sealed}."), PLACE);
}

#[test]
fn rotation_opens_the_old_wants_it_sealed_again_and_then_lets_its_key_go() {
    let (old, before) = fresh();
    let new = SealKeys::generate().unwrap();
    let during = SealKeys::parse(&format!("{new},{old}")).unwrap();
    let after = SealKeys::parse(&new).unwrap();
    let sealed = before.seal(b"secret", PLACE).unwrap();
    assert!(!before.needs_rewrap(&sealed));
    assert!(during.needs_rewrap(&sealed));

    let again = during.seal(&during.open(&sealed, PLACE).unwrap(), PLACE).unwrap();

    assert!(!during.needs_rewrap(&again));
    assert_eq!(after.open(&again, PLACE).unwrap(), b"secret");
    let id = old.split(':').next().unwrap();
    let error = after.open(&sealed, PLACE).unwrap_err().chain();
    assert_eq!(error, format!("failed while opening a sealed secret: its key \"{id}\" is not among the seal keys"));
}

#[test]
fn another_key_under_the_same_id_is_refused() {
    let (text, keys) = fresh();
    let other = SealKeys::generate().unwrap();
    let (id, key) = (text.split(':').next().unwrap(), other.split(':').nth(1).unwrap());
    let other = SealKeys::parse(&format!("{id}:{key}")).unwrap();

    refused(&other, &keys.seal(b"secret", PLACE).unwrap(), PLACE);
}

#[test]
fn placeholders_are_refused_and_keys_never_printed() {
    for text in ["", " ", "a:", "a:AAAA", &format!("a:{}", "0".repeat(64)), &format!("a:{}", "x".repeat(43))] {
        let error = SealKeys::parse(text).unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{text}: {error:?}");
    }
    assert_eq!(format!("{:?}", fresh().1), "SealKeys(***)");
}
