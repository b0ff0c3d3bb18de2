#![doc = include_str!("../README.md")]

mod gunzip;
mod header;
mod layout;
mod limits;
mod links;
mod note;
mod pack;
mod path;
mod pax;
mod read;
mod resolve;
mod segment;
mod tree;
mod unpack;
mod walk;

pub use layout::check_layout;
pub use limits::Limits;
pub use links::{Files, follow_links};
pub use note::Note;
pub use pack::{Packed, Packer, pack};
pub use read::read_files;
pub use tree::{Entry, Tree};
pub use unpack::unpack;
