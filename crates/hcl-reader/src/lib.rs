#![doc = include_str!("../README.md")]

mod reader;

mod layout;
mod local_calls;
mod readme;

mod directory;
mod extract;
mod facts;
mod file;

mod decode;
mod json;
mod scan;

mod limits;
mod problems;
mod tree;
mod value;

pub use layout::is_wanted;
pub use local_calls::local_calls;
pub use reader::{Package, ReadPart, Reader};
