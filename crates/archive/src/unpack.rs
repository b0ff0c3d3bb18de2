//! An uploaded tar.gz to a tree. Nothing in it is trusted, nothing is written to disk.

use crate::tree::{Entry, Tree};
use crate::walk::{Kind, Walk};
use crate::{Limits, path};
use domain::Error;
use std::io::Read;

/// Reads all of `input`. The first thing that is not right ends it, with an error that names the entry.
/// [`Error::Unavailable`] means that `input` failed, not that its content is wrong.
pub fn unpack(input: impl Read, limits: &Limits) -> Result<Tree, Error> {
    let mut walk = Walk::new(input, limits);
    let mut tree = Tree::new(limits.clone());
    while let Some(found) = walk.next()? {
        let name = relative(&found.name);
        match found.kind {
            Kind::Directory => {
                let name = name.strip_suffix('/').unwrap_or(name);
                if !matches!(name, "" | ".") || found.name.starts_with('/') {
                    tree.insert_directory(name)?;
                }
            }
            Kind::Link(target) => tree.insert(name, Entry::Link(target))?,
            Kind::File => {
                path::check(name, limits)?;
                tree.check_size(name, found.size)?;
                if !tree.leaves_out(name) {
                    tree.insert(name, Entry::File(walk.body()?))?;
                }
            }
        }
    }
    Ok(tree)
}

/// Without the `./` that `tar -C dir .` puts before every name.
fn relative(mut name: &str) -> &str {
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    name
}
