//! The form of an API token: `quarry_`, 27 random characters (160 bits), and 6 that check them.
//! The prefix lets scanners of leaked secrets find it, the check lets us refuse garbage without a query.

use domain::Error;
use sha2::{Digest as _, Sha256};

use domain::key_text::random;

const PREFIX: &str = "quarry_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 27 characters out of 62 are 160.8 bits.
const RANDOM_CHARS: usize = 27;
const CHECK_CHARS: usize = 6;

/// Whether `clear` has the form of a token of ours. Tells nothing about whether it was ever issued.
pub fn is_well_formed(clear: &str) -> bool {
    let Some(body) = clear.strip_prefix(PREFIX) else {
        return false;
    };
    if body.len() != RANDOM_CHARS + CHECK_CHARS || !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    body.split_at_checked(RANDOM_CHARS).is_some_and(|(random, check)| check == checksum(random))
}

/// A fresh token in clear.
pub(crate) fn draw() -> Result<String, Error> {
    let mut drawn = String::with_capacity(RANDOM_CHARS);
    while drawn.len() < RANDOM_CHARS {
        let bytes: [u8; 2 * RANDOM_CHARS] = random()?;
        // Of 64 equally likely values two are thrown away, so that the rest stay equally likely.
        let chars = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 63)));
        drawn.extend(chars.map(|c| char::from(*c)).take(RANDOM_CHARS - drawn.len()));
    }
    let check = checksum(&drawn);
    Ok(format!("{PREFIX}{drawn}{check}"))
}

fn checksum(random: &str) -> String {
    let digest = Sha256::new().chain_update(PREFIX).chain_update(random).finalize();
    let mut rest = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let mut check = String::with_capacity(CHECK_CHARS);
    for _ in 0..CHECK_CHARS {
        check.extend(ALPHABET.get((rest % 62) as usize).map(|c| char::from(*c)));
        rest /= 62;
    }
    check
}
