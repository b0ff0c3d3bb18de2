//! The list of refs a server begins with. Only tags, `HEAD` and the branches that were asked for are kept, so that ten
//! thousand pull requests cost nothing.

use std::collections::BTreeMap;

use domain::Error;

use crate::failure;
use crate::object_id::ObjectId;
use crate::pkt_line::{Line, Lines};
use crate::session::Session;

/// What the server has and can do.
#[derive(Debug, Default)]
pub(crate) struct Advertisement {
    pub(crate) capabilities: Vec<String>,
    pub(crate) head: Option<ObjectId>,
    pub(crate) branch: Option<String>,
    /// Those that were asked for and are there, by name, without `refs/heads/`.
    pub(crate) branches: BTreeMap<String, ObjectId>,
    /// By name, without `refs/tags/`.
    pub(crate) tags: BTreeMap<String, AdvertisedTag>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct AdvertisedTag {
    pub(crate) id: ObjectId,
    /// What an annotated tag ends at.
    pub(crate) peeled: Option<ObjectId>,
}

impl AdvertisedTag {
    pub(crate) fn target(self) -> ObjectId {
        self.peeled.unwrap_or(self.id)
    }
}

impl Advertisement {
    /// With the heads of these branches.
    pub(crate) fn read(session: &Session, branches: &[String]) -> Result<Self, Error> {
        let mut lines = Lines::new(session.advertisement()?);
        if session.names_service() {
            match (lines.next()?, lines.next()?) {
                (Line::Data(service), Line::Flush) if service.starts_with(b"# service=git-upload-pack") => {}
                _ => return Err(failure::not_git(&session.address)),
            }
        }

        let mut advertisement = Self::default();
        let mut first = true;
        while let Line::Data(line) = lines.next()? {
            if line.starts_with(b"version 1") || line.starts_with(b"shallow ") {
                continue;
            }
            advertisement.take_line(session, branches, (line.trim_ascii_end(), first))?;
            first = false;
        }
        Ok(advertisement)
    }

    pub(crate) fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    fn take_line(&mut self, session: &Session, branches: &[String], (line, first): (&[u8], bool)) -> Result<(), Error> {
        if let Some(message) = line.strip_prefix(b"ERR ") {
            let said = failure::said(message);
            return Err(failure::refused(format!("the Git server refused {}: {said}", session.address)));
        }
        let mut parts = line.splitn(2, |byte| *byte == 0);
        let (named, capabilities) = (parts.next().unwrap_or_default(), parts.next());
        if let Some(capabilities) = capabilities.filter(|_| first) {
            self.take_capabilities(session, &String::from_utf8_lossy(capabilities))?;
        }

        let space = named.iter().position(|byte| *byte == b' ').unwrap_or(named.len());
        let (id, name) = named.split_at(space);
        let id = std::str::from_utf8(id).ok().and_then(|id| id.parse().ok());
        let (Some(id), Some(name)) = (id, name.strip_prefix(b" ")) else {
            return Err(failure::not_git(&session.address));
        };
        self.take_ref(id, name, branches);
        if self.tags.len() as u64 > session.limits.refs {
            let limit = session.limits.refs;
            return Err(failure::refused(format!("{} has more tags than the limit of {limit}", session.address)));
        }
        Ok(())
    }

    fn take_capabilities(&mut self, session: &Session, text: &str) -> Result<(), Error> {
        self.capabilities = text.split_ascii_whitespace().map(str::to_owned).collect();
        if self.can("object-format=sha256") {
            let reason = format!("{} uses SHA-256 object names, which are not supported", session.address);
            return Err(failure::refused(reason));
        }
        let branch = self.capabilities.iter().find_map(|known| known.strip_prefix("symref=HEAD:refs/heads/"));
        self.branch = branch.filter(|branch| is_branch(branch)).map(str::to_owned);
        Ok(())
    }

    /// Every object that is asked for, with what an annotated tag ends at.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (ObjectId, ObjectId)> {
        let heads = self.head.iter().chain(self.branches.values()).map(|id| (*id, *id));
        heads.chain(self.tags.values().map(|tag| (tag.id, tag.target())))
    }

    fn take_ref(&mut self, id: ObjectId, name: &[u8], branches: &[String]) {
        let Ok(name) = std::str::from_utf8(name) else { return };
        if name == "HEAD" {
            self.head = Some(id);
        } else if let Some(branch) = name.strip_prefix("refs/heads/") {
            // An old server does not say which branch is the default; the first at the same commit is.
            if self.branch.is_none() && self.head == Some(id) && is_branch(branch) {
                self.branch = Some(branch.to_owned());
            }
            if branches.iter().any(|wanted| wanted == branch) && !id.is_zero() {
                self.branches.insert(branch.to_owned(), id);
            }
        } else if let Some(tag) = name.strip_prefix("refs/tags/") {
            self.take_tag(id, tag);
        }
    }

    fn take_tag(&mut self, id: ObjectId, name: &str) {
        if let Some(annotated) = name.strip_suffix("^{}") {
            if let Some(tag) = self.tags.get_mut(annotated) {
                tag.peeled = Some(id);
            }
        } else if git2::Reference::is_valid_name(&format!("refs/tags/{name}")) && !id.is_zero() {
            self.tags.insert(name.to_owned(), AdvertisedTag { id, peeled: None });
        }
    }
}

/// Whether a branch can be called so: what a server says may hold anything, and not all of it can be kept.
fn is_branch(name: &str) -> bool {
    git2::Reference::is_valid_name(&format!("refs/heads/{name}"))
}
