//! Named keys as text: `kid:key[,kid:key]`, a key being 32 bytes in base64url or hex.
//! No message here ever repeats what was given: it may be a key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Error;

/// Length of every key, in bytes.
pub const KEY_BYTES: usize = 32;

/// Of 32 random bytes nearly all differ. Fewer distinct ones than this were typed, not drawn.
const FEWEST_DISTINCT_BYTES: usize = 16;

const LONGEST_ID: usize = 32;

/// One key and the public name by which tokens and rows refer to it.
#[derive(Clone)]
pub struct NamedKey {
    pub id: String,
    pub bytes: [u8; KEY_BYTES],
}

/// The keys in `text`, in its order, at least one. `what` names the setting in errors.
pub fn parse(what: &str, text: &str) -> Result<Vec<NamedKey>, Error> {
    if text.trim().is_empty() {
        return Err(Error::invalid(what, "must hold at least one key, as `id:key`"));
    }
    let mut keys: Vec<NamedKey> = Vec::new();
    for (index, entry) in text.trim().split(',').enumerate() {
        let key = parse_entry(entry.trim()).map_err(|reason| in_entry(what, index, reason))?;
        if keys.iter().any(|other| other.id == key.id) {
            return Err(in_entry(what, index, "has the id of an earlier key"));
        }
        if keys.iter().any(|other| other.bytes == key.bytes) {
            return Err(in_entry(what, index, "is the same key as an earlier one"));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// One fresh key under a fresh id, as [`parse`] reads it. Fails when the system has no randomness.
pub fn generate() -> Result<String, Error> {
    let id: [u8; 4] = random()?;
    Ok(format!("k{}:{}", hex::encode(id), generate_key()?))
}

/// 32 fresh random bytes as text.
pub fn generate_key() -> Result<String, Error> {
    let bytes: [u8; KEY_BYTES] = random()?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Decodes one key without a name and refuses what nobody drew at random; the error says what a key must be.
pub fn parse_key(text: &str) -> Result<[u8; KEY_BYTES], &'static str> {
    let decoded = match text.len() {
        64 => hex::decode(text).ok(),
        _ => URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok(),
    };
    let bytes: [u8; KEY_BYTES] =
        decoded.and_then(|bytes| bytes.try_into().ok()).ok_or("must be exactly 32 bytes in base64url or hex")?;
    if is_placeholder(&bytes) {
        return Err("is a placeholder; use 32 random bytes");
    }
    Ok(bytes)
}

fn parse_entry(entry: &str) -> Result<NamedKey, &'static str> {
    let (id, key) = entry.split_once(':').ok_or("must have the form `id:key`")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(allowed) {
        return Err("must have an id of 1 to 32 letters, digits, `-` or `_`");
    }
    Ok(NamedKey { id: id.to_owned(), bytes: parse_key(key)? })
}

/// Zeros, repeated patterns, and text that somebody typed and then encoded.
fn is_placeholder(bytes: &[u8; KEY_BYTES]) -> bool {
    let mut distinct = *bytes;
    distinct.sort_unstable();
    let count = 1 + distinct.windows(2).filter(|pair| pair.first() != pair.last()).count();
    let counts_up = bytes.windows(2).all(|pair| matches!(pair, [a, b] if a.wrapping_add(1) == *b));
    let printable = bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    count < FEWEST_DISTINCT_BYTES || counts_up || printable
}

fn in_entry(what: &str, index: usize, reason: &str) -> Error {
    Error::invalid(what, format!("are not usable: key {} {reason}", index + 1))
}

/// `N` bytes from the system. Fails only when it has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|source| Error::unavailable("drawing random bytes", source.to_string()))?;
    Ok(bytes)
}
