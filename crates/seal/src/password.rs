//! Passwords of local users: argon2id, kept as a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`).
//!
//! Everything here takes tens of milliseconds of a processor and 19 MiB of memory: call it where blocking is allowed, and
//! bound how many run at the same time.

use std::ops::RangeInclusive;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use domain::Error;

use crate::Secret;

/// Characters of a new password.
const CHARACTERS: RangeInclusive<usize> = 12..=256;
/// More bytes than 256 characters can have are not looked at: nobody's password is that long.
const MOST_BYTES: usize = 1024;
/// What stands for the salt of a user who does not exist.
const NO_SALT: &[u8; 16] = b"no-such-user....";

/// What is stored for a new password of 12 to 256 characters; another text each time. Blocks.
///
/// # Errors
/// [`Error::Invalid`] for a password that is too short or too long; [`Error::Unavailable`] when the system gives no
/// randomness or no memory. Never repeats the password.
pub fn hash(password: &Secret) -> Result<String, Error> {
    let text = password.reveal();
    if !CHARACTERS.contains(&text.chars().count()) {
        let reason = format!("must have {} to {} characters", CHARACTERS.start(), CHARACTERS.end());
        return Err(Error::invalid("The password", reason));
    }
    Argon2::default()
        .hash_password(text.as_bytes())
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|source| Error::unavailable("hashing a password", source.to_string()))
}

/// Whether `stored`, as [`hash`] made it, is that of `password`; `false` also for what is no such text. Blocks.
pub fn verify(password: &Secret, stored: &str) -> bool {
    let text = password.reveal();
    match PasswordHash::new(stored) {
        Ok(stored) if text.len() <= MOST_BYTES => Argon2::default().verify_password(text.as_bytes(), &stored).is_ok(),
        _ => false,
    }
}

/// As long as [`verify`], and `false`: for a user who does not exist or has no password, so that the time tells neither.
pub fn verify_nobody(password: &Secret) -> bool {
    let text = password.reveal();
    if text.len() <= MOST_BYTES {
        let mut out = [0; 32];
        let worked = Argon2::default().hash_password_into(text.as_bytes(), NO_SALT, &mut out);
        // The compiler must not find out that nobody looks at it.
        std::hint::black_box((worked.is_ok(), out));
    }
    false
}
