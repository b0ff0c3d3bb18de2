#![doc = include_str!("../README.md")]

pub mod password;

mod seal_keys;
mod secret;
mod token;
mod token_key;

pub use seal_keys::SealKeys;
pub use secret::{Secret, same};
pub use token::is_well_formed;
pub use token_key::{NewToken, TokenKey};
