//! Where repositories are on Azure DevOps: in a project of an organization, or of a collection of a server. Which one that
//! is may stand in the identifier, in the address of the host, or in both.

use domain::Error;

use crate::escape::escaped;
use crate::{BaseUrl, HostKind, Identifier};

/// The virtual directory of older servers, below which their collections are.
const VIRTUAL_DIRECTORY: &str = "tfs";
/// Part of addresses, and never a name.
const MARKER: &str = "_git";

/// What an identifier says.
pub(crate) struct AzureNames<'a> {
    organization: Option<&'a str>,
    project: &'a str,
    repository: &'a str,
}

impl<'a> AzureNames<'a> {
    /// `None` for what has another form.
    pub(crate) fn parse(identifier: &'a Identifier) -> Option<Self> {
        let segments: Vec<&str> = identifier.segments().collect();
        let (organization, project, repository) = match *segments.as_slice() {
            [organization, project, MARKER, repository] => (Some(organization), project, repository),
            [project, MARKER, repository] => (None, project, repository),
            [organization, project, repository] => (Some(organization), project, repository),
            [project, repository] => (None, project, repository),
            _ => return None,
        };
        let is_marked = [organization.unwrap_or_default(), project, repository].contains(&MARKER);
        (!is_marked).then_some(Self { organization, project, repository })
    }

    /// For people.
    pub(crate) fn form(kind: HostKind) -> &'static str {
        match kind {
            HostKind::AdoServer => "collection/project/_git/repository or collection/project/repository",
            _ => "organization/project/_git/repository or organization/project/repository",
        }
    }
}

/// A repository whose organization is known.
pub(crate) struct AzureRepository<'a> {
    pub(crate) organization: &'a str,
    pub(crate) project: &'a str,
    pub(crate) repository: &'a str,
}

impl<'a> AzureRepository<'a> {
    /// `base` is the `http-url` of the connection.
    ///
    /// # Errors
    /// [`Error::Invalid`] when neither names an organization, or each another one.
    pub(crate) fn find(kind: HostKind, base: &'a BaseUrl, identifier: &'a Identifier) -> Result<Self, Error> {
        let refuse = |reason: String| Error::invalid("identifier", reason);
        let form = AzureNames::form(kind);
        let names = AzureNames::parse(identifier).ok_or_else(|| refuse(format!("must be {form}")))?;
        let organization = match (names.organization, organization_of(kind, base)) {
            (Some(named), Some(present)) if kind == HostKind::AdoServices && !named.eq_ignore_ascii_case(present) => {
                return Err(refuse(format!("names the organization {named}, but http-url names {present}")));
            }
            (Some(named), _) => named,
            (None, Some(present)) => present,
            (None, None) => return Err(refuse(format!("must be {form}, since http-url names none"))),
        };
        Ok(Self { organization, project: names.project, repository: names.repository })
    }

    /// The same for Git and for people.
    pub(crate) fn address(&self, kind: HostKind, base: &BaseUrl) -> String {
        let mut address = base.to_string();
        let organization = organization_below(kind, base, self.organization);
        for piece in organization.into_iter().chain([self.project, MARKER, self.repository]) {
            address.push('/');
            address.push_str(&escaped(piece));
        }
        address
    }
}

/// The organization as a piece of a path, unless the address leads to it already.
pub(crate) fn organization_below<'a>(kind: HostKind, base: &BaseUrl, organization: &'a str) -> Option<&'a str> {
    let is_there = organization_of(kind, base).is_some_and(|present| present.eq_ignore_ascii_case(organization));
    (!is_there).then_some(organization)
}

/// The organization or collection that the address itself seems to name: `https://dev.azure.com/acme`,
/// `https://acme.visualstudio.com`, `https://tfs.example.com/tfs/collection`.
pub(crate) fn organization_of(kind: HostKind, base: &BaseUrl) -> Option<&str> {
    if let (HostKind::AdoServices, Some(organization)) = (kind, base.host().strip_suffix(".visualstudio.com")) {
        return Some(organization);
    }
    let last = base.path().rsplit('/').next().filter(|last| !last.is_empty())?;
    let is_directory = kind == HostKind::AdoServer && last.eq_ignore_ascii_case(VIRTUAL_DIRECTORY);
    (!is_directory).then_some(last)
}
