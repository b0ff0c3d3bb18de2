//! Only what we sealed opens, unaltered, in its time, under a key we still hold.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use signed_link::{Grant, Link, LinkError, LinkKeys};

const NOW: i64 = 1_800_000_000;
const BLOB: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

fn get() -> Link {
    Link { grant: Grant::Get { blob: BLOB.to_owned(), size: 4096 }, expires_at: NOW + 900 }
}

fn put() -> Link {
    Link { grant: Grant::Put { version: "modver-abc".to_owned(), max_bytes: 1 << 26 }, expires_at: NOW + 90_000 }
}

fn fresh() -> (String, LinkKeys) {
    let text = LinkKeys::generate().unwrap();
    let keys = LinkKeys::parse(&text).unwrap();
    (text, keys)
}

fn refused(keys: &LinkKeys, token: &str) {
    assert_eq!(keys.open(token, NOW), Err(LinkError::Invalid), "{token}");
}

#[test]
fn what_was_sealed_opens_to_the_same_link_and_every_token_is_new() {
    let (_, keys) = fresh();
    for link in [get(), put()] {
        let token = keys.seal(&link).unwrap();

        assert_eq!(keys.open(&token, NOW), Ok(link.clone()));
        assert_ne!(token, keys.seal(&link).unwrap());
        assert!(token.len() < 300, "{}", token.len());
        assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{token}");
        assert!(!token.contains(BLOB), "the token tells what it is for");
    }
}

#[test]
fn every_field_is_kept_as_sealed() {
    let (_, keys) = fresh();
    let links = [
        Link { grant: Grant::Get { blob: "0".repeat(64), size: 4096 }, ..get() },
        Link { grant: Grant::Get { blob: BLOB.to_owned(), size: u64::MAX }, ..get() },
        Link { expires_at: i64::MAX, ..get() },
        Link { grant: Grant::Put { version: "a\"b,\\\n".to_owned(), max_bytes: 0 }, ..put() },
        Link { grant: Grant::Put { version: BLOB.to_owned(), max_bytes: 4096 }, ..put() },
    ];
    for link in links {
        assert_eq!(keys.open(&keys.seal(&link).unwrap(), NOW), Ok(link));
    }
}

#[test]
fn expires_on_the_second_and_not_before() {
    let (_, keys) = fresh();
    for link in [get(), put()] {
        let token = keys.seal(&link).unwrap();

        assert_eq!(keys.open(&token, link.expires_at - 1), Ok(link.clone()));
        assert_eq!(keys.open(&token, link.expires_at), Err(LinkError::Expired));
        assert_eq!(keys.open(&token, link.expires_at + 1), Err(LinkError::Expired));
        assert_eq!(keys.open(&token, i64::MAX), Err(LinkError::Expired));
    }
}

#[test]
fn a_changed_character_anywhere_is_refused() {
    let (_, keys) = fresh();
    for link in [get(), put()] {
        let token = keys.seal(&link).unwrap();
        for position in 0..token.len() {
            for other in "AQgw5_-.=%+/ \u{e9}".chars().chain([flipped(&token, position)]) {
                let mut altered: String = token.chars().take(position).collect();
                altered.push(other);
                altered.extend(token.chars().skip(position + 1));
                if altered != token {
                    refused(&keys, &altered);
                }
            }
        }
    }
}

/// The character at `position` with its lowest bit flipped: base64 may ignore it in a last character.
fn flipped(token: &str, position: usize) -> char {
    char::from(token.as_bytes()[position] ^ 1)
}

#[test]
fn a_cut_or_lengthened_token_is_refused() {
    let (_, keys) = fresh();
    let token = keys.seal(&get()).unwrap();
    for length in 0..token.len() {
        refused(&keys, &token[..length]);
        refused(&keys, &token[token.len() - length..]);
    }
    for more in ["A", ".", ".AAAA", "=", " ", "\n"] {
        refused(&keys, &format!("{token}{more}"));
        refused(&keys, &format!("{more}{token}"));
    }
}

#[test]
fn parts_of_two_tokens_do_not_make_a_third() {
    let (_, keys) = fresh();
    let (get, put) = (keys.seal(&get()).unwrap(), keys.seal(&put()).unwrap());
    let (get_body, get_footer) = get.rsplit_once('.').unwrap();
    let (put_body, put_footer) = put.rsplit_once('.').unwrap();

    assert_ne!(get_footer, put_footer);
    refused(&keys, &format!("{get_body}.{put_footer}"));
    refused(&keys, &format!("{put_body}.{get_footer}"));
    refused(&keys, get_body);
}

#[test]
fn a_get_token_never_becomes_a_put_nor_the_reverse() {
    let (_, keys) = fresh();

    let read = keys.open(&keys.seal(&get()).unwrap(), NOW).unwrap();
    let written = keys.open(&keys.seal(&put()).unwrap(), NOW).unwrap();

    assert!(matches!(read.grant, Grant::Get { .. }));
    assert!(matches!(written.grant, Grant::Put { .. }));
}

#[test]
fn another_key_under_the_same_id_is_refused() {
    let (text, keys) = fresh();
    let id = text.split(':').next().unwrap();
    let other = LinkKeys::generate().unwrap();
    let other = LinkKeys::parse(&format!("{id}:{}", other.split(':').nth(1).unwrap())).unwrap();

    refused(&other, &keys.seal(&get()).unwrap());
}

#[test]
fn a_retired_key_opens_until_it_is_removed() {
    let (old, before) = fresh();
    let new = LinkKeys::generate().unwrap();
    let during = LinkKeys::parse(&format!("{new},{old}")).unwrap();
    let after = LinkKeys::parse(&new).unwrap();

    let issued_before = before.seal(&get()).unwrap();
    let issued_during = during.seal(&get()).unwrap();

    assert_eq!(during.open(&issued_before, NOW), Ok(get()));
    refused(&after, &issued_before);
    assert_eq!(after.open(&issued_during, NOW), Ok(get()));
    refused(&before, &issued_during);
}

#[test]
fn garbage_of_every_length_is_refused() {
    let (_, keys) = fresh();
    for length in 0..600 {
        for filler in ["A", ".", "-", "=", "\0", "\u{1F980}"] {
            refused(&keys, &filler.repeat(length));
            refused(&keys, &format!("v4.local.{}", filler.repeat(length)));
            refused(&keys, &format!("v4.local.{}.{}", filler.repeat(length), "YS5nZXQ"));
        }
    }
    refused(&keys, &format!("v4.local.{}", "A".repeat(10_000_000)));
    refused(&keys, "v4.public.AAAA");
}
