//! API tokens: random, recognisable, stored only as a keyed hash.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use domain::Error;
use seal::{Secret, TokenKey, is_well_formed, same};

const KEY: &str = "6f1ed002ab5595859014ebf0951522d9a1f8c7b3e4d60718293a4b5c6d7e8f90";

fn key() -> TokenKey {
    TokenKey::parse(KEY).unwrap()
}

#[test]
fn a_new_token_is_well_formed_and_matches_its_hash_alone() {
    let (first, second) = (key().new_token().unwrap(), key().new_token().unwrap());
    let clear = first.clear.reveal();

    assert!(is_well_formed(clear), "{clear}");
    assert!(clear.starts_with("quarry_") && clear.len() == 40, "{clear}");
    assert!(clear[7..].chars().all(|c| c.is_ascii_alphanumeric()), "{clear}");
    assert_eq!(first.hash, key().hash(clear));
    assert!(key().matches(clear, &first.hash));
    assert!(!key().matches(clear, &second.hash));
    assert!(!key().matches(clear, &first.hash[..63]));
    assert!(!format!("{first:?}").contains(&clear[7..]));
}

#[test]
fn tokens_do_not_repeat_and_use_every_character_about_equally() {
    let tokens: HashSet<String> =
        (0..2_000).map(|_| key().new_token().unwrap().clear.reveal()[7..34].to_owned()).collect();
    assert_eq!(tokens.len(), 2_000);

    let mut seen = [0_u32; 128];
    tokens.iter().flat_map(|token| token.bytes()).for_each(|byte| seen[usize::from(byte)] += 1);

    // 54,000 characters over 62 values: 871 each, with a deviation of 29.
    let used: Vec<u32> = seen.into_iter().filter(|count| *count > 0).collect();
    assert_eq!(used.len(), 62);
    assert!(used.iter().all(|count| (650..1_100).contains(count)), "{used:?}");
}

#[test]
fn a_token_with_a_typing_error_is_not_well_formed() {
    let clear = key().new_token().unwrap().clear.reveal().to_owned();
    for position in 0..clear.len() {
        for other in ['0', 'z', 'A', '-', ' '] {
            let mut altered: Vec<char> = clear.chars().collect();
            if altered[position] != other {
                altered[position] = other;
                let altered: String = altered.into_iter().collect();
                assert!(!is_well_formed(&altered), "{altered}");
            }
        }
        assert!(!is_well_formed(&clear[..position]));
    }
    for garbage in ["", "quarry_", &format!("{clear}0"), &format!(" {clear}"), &"é".repeat(20), &"\0".repeat(40)] {
        assert!(!is_well_formed(garbage), "{garbage}");
    }
    assert!(!is_well_formed(&format!("quarry_{}", "é".repeat(16) + "a")));
}

/// The database holds hashes made by this function: they must stay the same from release to release.
#[test]
fn the_hash_is_hmac_sha_256() {
    // printf what | openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEY
    assert_eq!(key().hash("what"), "8182c3b4b85d22ca2fb01ed5e5b217ea8f843a2343f26a7d039dae2d17b1753f");
    assert_ne!(key().hash("what"), TokenKey::parse(&TokenKey::generate().unwrap()).unwrap().hash("what"));
}

#[test]
fn placeholders_are_refused_and_the_key_is_never_printed() {
    for text in ["", " ", "short", &"0".repeat(64), &KEY[..62], &format!("k:{KEY}")] {
        let error = TokenKey::parse(text).unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{text}: {error:?}");
    }
    TokenKey::parse(&format!("{KEY}\n")).unwrap();
    assert_eq!(format!("{:?}", key()), "TokenKey(***)");
}

#[test]
fn secrets_compare_by_content() {
    assert!(same(b"abc", b"abc"));
    assert!(!same(b"abc", b"abd"));
    assert!(!same(b"abc", b"ab"));
    assert_eq!(Secret::new("a"), Secret::from("a".to_owned()));
    assert_ne!(Secret::new("a"), Secret::new("b"));
}
