//! Links replaced by what they point at: extractors of modules make no links, only empty files.

use crate::limits::Used;
use crate::note::{Note, Notes};
use crate::path;
use crate::resolve::{Broken, Resolver, Target};
use crate::tree::{Entry, Tree};
use bytes::Bytes;
use domain::Error;
use std::collections::{BTreeMap, HashSet};

/// Regular files by path, and what was left out on the way.
#[derive(Debug, Default)]
pub struct Files {
    pub files: BTreeMap<String, Bytes>,
    pub notes: Vec<Note>,
}

/// Replaces every link by the file or the files of the directory it points at. One that leaves the tree, dangles,
/// loops or would pass a limit is left out with a note. Fails only for a tree whose links ask for endless work.
pub fn follow_links(tree: Tree) -> Result<Files, Error> {
    let mut copies = Vec::new();
    let mut notes = Notes::default();
    let mut resolver = Resolver::new(&tree);
    let mut used = tree.used;
    for (link, entry) in tree.iter() {
        let Entry::Link(text) = entry else { continue };
        let mut copy = Copy {
            tree: &tree,
            resolver: &mut resolver,
            link,
            used,
            files: Vec::new(),
            directories: HashSet::new(),
            notes: Vec::new(),
        };
        match copy.follow(text) {
            Ok(()) => {
                used = copy.used;
                copies.append(&mut copy.files);
                for (path, why) in copy.notes {
                    notes.add(&path, why.reason());
                }
            }
            Err(Broken::Endless) => {
                return Err(Error::invalid(path::entry(link), "is one of too many links: replace links by files"));
            }
            Err(why) => notes.add(link, &format!("{} (`{}`) and was left out", why.reason(), path::shown(text))),
        }
    }
    Ok(finish(tree, copies, notes))
}

fn finish(tree: Tree, copies: Vec<(String, Bytes)>, links: Notes) -> Files {
    let plain = tree.entries.into_iter().filter_map(|(path, entry)| match entry {
        Entry::File(body) => Some((path, body)),
        Entry::Link(_) => None,
    });
    let mut files: BTreeMap<String, Bytes> = plain.collect();
    files.extend(copies);
    let mut notes = tree.notes.into_vec();
    notes.extend(links.into_vec());
    Files { files, notes }
}

/// What one link turns into; taken as a whole or not at all.
struct Copy<'a, 'r> {
    tree: &'a Tree,
    resolver: &'r mut Resolver<'a>,
    link: &'a str,
    used: Used,
    files: Vec<(String, Bytes)>,
    directories: HashSet<String>,
    notes: Vec<(String, Broken)>,
}

impl<'a> Copy<'a, '_> {
    fn follow(&mut self, text: &'a str) -> Result<(), Broken> {
        let link = self.link;
        // The link itself stays counted as an entry: a little strict, never lax.
        let target = self.resolver.resolve(link, text)?;
        self.place(target, link.to_owned(), &mut vec![path::parent(link)])
    }

    /// `inside` are the directories being walked: one that holds any of them would hold itself.
    fn place(&mut self, target: Target, to: String, inside: &mut Vec<&'a str>) -> Result<(), Broken> {
        match target {
            Target::File(body) => self.add(to, body),
            Target::Directory(from) if inside.iter().any(|dir| path::is_within(dir, &from)) => Err(Broken::Loops),
            Target::Directory(from) => self.add_below(&from, &to, inside),
        }
    }

    fn add_below(&mut self, from: &str, to: &str, inside: &mut Vec<&'a str>) -> Result<(), Broken> {
        let tree = self.tree;
        let prefix = format!("{from}/");
        for (path, entry) in tree.entries.range(prefix.clone()..) {
            let Some(rest) = path.strip_prefix(&prefix) else { break };
            self.resolver.step()?;
            let to = format!("{to}/{rest}");
            if path::check(&to, &tree.limits).is_err() {
                return Err(Broken::TooMuch);
            }
            match entry {
                Entry::File(body) => self.add(to, body.clone())?,
                Entry::Link(text) => {
                    inside.push(path::parent(path));
                    let placed =
                        self.resolver.resolve(path, text).and_then(|target| self.place(target, to.clone(), inside));
                    inside.pop();
                    match placed {
                        Err(why @ (Broken::Leaves | Broken::Dangles | Broken::Loops)) => {
                            self.notes.push((to, why));
                        }
                        other => other?,
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, to: String, body: Bytes) -> Result<(), Broken> {
        let full = |_| Broken::TooMuch;
        let mut rest = to.as_str();
        while let Some((parent, _)) = rest.rsplit_once('/') {
            if !path::is_within(parent, self.link) || self.directories.contains(parent) {
                break;
            }
            self.used.add(0, &self.tree.limits).map_err(full)?;
            self.directories.insert(parent.to_owned());
            rest = parent;
        }
        self.used.add(body.len() as u64, &self.tree.limits).map_err(full)?;
        self.files.push((to, body));
        Ok(())
    }
}
