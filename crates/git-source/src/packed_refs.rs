//! The one file of refs in a mirror. It is written anew after each fetch, so tags that moved or vanished need no care;
//! it is read to see whether the mirror is whole, and lets the git command look into it.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::advertisement::Advertisement;
use crate::object_id::ObjectId;

const FILE: &str = "packed-refs";

pub(crate) fn write(mirror: &Path, advertisement: &Advertisement) -> io::Result<()> {
    let mut text = String::from("# pack-refs with: peeled fully-peeled sorted \n");
    // Writing to memory does not fail.
    if let Some(id) = advertisement.head {
        let _ = writeln!(text, "{id} refs/heads/main");
    }
    for (name, id) in &advertisement.branches {
        let _ = writeln!(text, "{id} refs/remotes/origin/{name}");
    }
    for (name, tag) in &advertisement.tags {
        let _ = writeln!(text, "{} refs/tags/{name}", tag.id);
        if let Some(peeled) = tag.peeled {
            let _ = writeln!(text, "^{peeled}");
        }
    }
    let temporary = mirror.join("packed-refs.new");
    fs::write(&temporary, text)?;
    fs::rename(temporary, mirror.join(FILE))
}

/// Every object the refs stand for, or nothing if the file is damaged.
pub(crate) fn objects(mirror: &Path) -> Option<Vec<ObjectId>> {
    let text = match fs::read_to_string(mirror.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(Vec::new()),
        Err(_) => return None,
    };
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.trim_start_matches('^').split(' ').next()?.parse().ok()).collect()
}
