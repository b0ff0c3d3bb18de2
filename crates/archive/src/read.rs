//! Files out of an archive that this crate packed.

use crate::walk::{Kind, Walk};
use crate::{Limits, path};
use bytes::Bytes;
use domain::Error;
use std::collections::BTreeMap;
use std::io::Read;

/// Keeps the files whose path is `wanted`. The archive is ours, so it may be as repetitive as it likes; what is
/// wrong with it otherwise is broken data, not a user's mistake.
pub fn read_files(
    gz: impl Read,
    limits: &Limits,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, Bytes>, Error> {
    let limits = Limits { ratio: u64::MAX, ..limits.clone() };
    read(Walk::new(gz, &limits), &limits, wanted).map_err(|error| match error {
        error @ Error::Invalid { .. } => Error::internal("reading a stored archive", error),
        other => other,
    })
}

fn read<R: Read>(
    mut walk: Walk<R>,
    limits: &Limits,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, Bytes>, Error> {
    let mut files = BTreeMap::new();
    while let Some(found) = walk.next()? {
        match found.kind {
            Kind::Directory => {}
            Kind::Link(_) => return Err(Error::invalid(path::entry(&found.name), "is a link")),
            Kind::File => {
                path::check(&found.name, limits)?;
                if found.size > limits.file {
                    return Err(Error::TooLarge { what: path::entry(&found.name), limit: limits.file });
                }
                if wanted(&found.name) {
                    files.insert(found.name, walk.body()?);
                }
            }
        }
    }
    Ok(files)
}
