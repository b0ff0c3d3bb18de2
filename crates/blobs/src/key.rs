//! Where things are: `sha256/ab/cdef…` and `staging/<key>`.

use domain::Error;
use object_store::path::Path;

pub(crate) const STAGING: &str = "staging";
const LONGEST_STAGING_KEY: usize = 128;

pub(crate) fn blob(sha256_hex: &str) -> Result<Path, Error> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    match sha256_hex.split_at_checked(2) {
        Some((directory, rest)) if sha256_hex.len() == 64 && sha256_hex.bytes().all(is_digit) => {
            Ok(Path::from_iter(["sha256", directory, rest]))
        }
        _ => Err(Error::invalid("the key of a blob", "must be 64 lower-case hexadecimal digits")),
    }
}

pub(crate) fn staged(key: &str) -> Result<Path, Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if key.is_empty() || key.len() > LONGEST_STAGING_KEY || !key.bytes().all(allowed) {
        return Err(Error::invalid("the key of an upload", "must be 1 to 128 letters, digits, `-` or `_`"));
    }
    Ok(Path::from_iter([STAGING, key]))
}
