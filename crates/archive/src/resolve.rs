//! Where a symbolic link points, as a kernel would walk it, but only inside the tree.

use crate::path;
use crate::tree::{Entry, Tree};
use bytes::Bytes;

/// Links followed on the way to one target, as in Linux.
const HOPS: u32 = 40;
/// Steps all links of a tree may take, per entry it may hold.
const STEPS_PER_ENTRY: u64 = 50;

/// What a link points at in the end. The path of a directory holds no link; the root is empty.
#[derive(Debug)]
pub(crate) enum Target {
    File(Bytes),
    Directory(String),
}

/// Why a link is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    Leaves,
    Dangles,
    Loops,
    TooMuch,
    /// All links together ask for too much work: no note, the tree is hostile.
    Endless,
}

impl Broken {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Leaves => "is a link that leaves the repository or archive",
            Self::Dangles => "is a link to nothing",
            Self::Loops => "is a link that leads back to itself",
            Self::TooMuch => "is a link to more than the limits allow",
            Self::Endless => "is one link too many",
        }
    }
}

/// Walks targets, with one budget of steps for the whole tree.
pub(crate) struct Resolver<'a> {
    tree: &'a Tree,
    steps: u64,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(tree: &'a Tree) -> Self {
        let steps = tree.limits.entries.saturating_mul(STEPS_PER_ENTRY);
        Self { tree, steps }
    }

    /// Takes one step off the budget.
    pub(crate) fn step(&mut self) -> Result<(), Broken> {
        self.steps = self.steps.checked_sub(1).ok_or(Broken::Endless)?;
        Ok(())
    }

    /// What the link at `link`, with this text, points at.
    pub(crate) fn resolve(&mut self, link: &str, text: &'a str) -> Result<Target, Broken> {
        let mut here = path::parent(link).to_owned();
        let mut ahead: Vec<&'a str> = Vec::new();
        let mut hops = 0;
        self.queue(text, &mut ahead)?;
        while let Some(segment) = ahead.pop() {
            self.step()?;
            match segment {
                "" | "." => continue,
                ".." if here.is_empty() => return Err(Broken::Leaves),
                ".." => {
                    here.truncate(path::parent(&here).len());
                    continue;
                }
                name => enter(&mut here, name),
            }
            match self.tree.entries.get(&here) {
                Some(Entry::File(body)) if ahead.is_empty() => return Ok(Target::File(body.clone())),
                Some(Entry::File(_)) => return Err(Broken::Dangles),
                Some(Entry::Link(_)) if hops == HOPS => return Err(Broken::Loops),
                Some(Entry::Link(text)) => {
                    hops += 1;
                    here.truncate(path::parent(&here).len());
                    self.queue(text, &mut ahead)?;
                }
                None if self.tree.directories.contains(&here) => {}
                None => return Err(Broken::Dangles),
            }
        }
        Ok(Target::Directory(here))
    }

    /// Puts the segments of a link's text before what is still ahead; the next one is the last.
    fn queue(&self, text: &'a str, ahead: &mut Vec<&'a str>) -> Result<(), Broken> {
        if text.starts_with('/') {
            return Err(Broken::Leaves);
        }
        if text.is_empty() || text.len() as u64 > self.tree.limits.path || text.contains(char::is_control) {
            return Err(Broken::Dangles);
        }
        ahead.extend(text.rsplit('/'));
        Ok(())
    }
}

fn enter(here: &mut String, name: &str) {
    if !here.is_empty() {
        here.push('/');
    }
    here.push_str(name);
}
