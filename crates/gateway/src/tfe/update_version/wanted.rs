//! What a request to change a version asks for (wire-spec 6.7), checked.

use service_kit::JsonApiError;
use store::versions::{Verdict, Warning};
use url::Url;

use crate::tfe::{attributes::Attributes, tag_bindings};

const LONGEST_TEXT: usize = 1000;
const LONGEST_LINK: usize = 2000;

/// At least one of the two.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) verdict: Option<Verdict>,
    /// Key and value of each.
    pub(super) tags: Option<Vec<(String, String)>>,
}

impl Wanted {
    pub(super) fn parse(attributes: &Attributes, relationships: &Attributes) -> Result<Self, JsonApiError> {
        let deprecation = attributes.optional_object("deprecation")?;
        let revocation = attributes.optional_object("revocation")?;
        let tags = tag_bindings::parse(relationships)?;
        let verdict = match (deprecation, revocation) {
            (Some(_), Some(_)) => return Err(attributes.refuse("revocation", "must not be given with deprecation")),
            (Some(deprecation), None) => Some(parse_deprecation(&deprecation)?),
            (None, Some(revocation)) => Some(parse_revocation(&revocation)?),
            (None, None) if tags.is_none() => {
                return Err(attributes.refuse("deprecation", "must be given, or revocation, or tag bindings"));
            }
            (None, None) => None,
        };
        Ok(Self { verdict, tags })
    }

    /// In the words of the audit log.
    pub(super) fn action(&self) -> &'static str {
        match self.verdict {
            Some(Verdict::Deprecate(_)) => "deprecate-version",
            Some(Verdict::Undeprecate) => "undeprecate-version",
            Some(Verdict::Revoke(_)) => "revoke-version",
            Some(Verdict::Unrevoke) => "unrevoke-version",
            None => "tag-version",
        }
    }

    /// What is at fault if the state of the version does not allow it.
    pub(super) fn pointer(&self) -> &'static str {
        match self.verdict {
            Some(Verdict::Revoke(_) | Verdict::Unrevoke) => "/data/attributes/revocation/status",
            Some(Verdict::Deprecate(_) | Verdict::Undeprecate) | None => {
                "/data/attributes/deprecation/deprecated-status"
            }
        }
    }
}

fn parse_deprecation(given: &Attributes) -> Result<Verdict, JsonApiError> {
    let status = "deprecated-status";
    let word = given.required_string(status)?.to_owned();
    let warning = warning(given, "reason")?;
    match word.as_str() {
        "Deprecated" => Ok(Verdict::Deprecate(warning)),
        "Undeprecated" => Ok(Verdict::Undeprecate),
        _ => Err(given.refuse(status, "must be Deprecated or Undeprecated")),
    }
}

fn parse_revocation(given: &Attributes) -> Result<Verdict, JsonApiError> {
    let word = given.required_string("status")?.to_owned();
    let warning = warning(given, "message")?;
    match word.as_str() {
        "Revoked" => Ok(Verdict::Revoke(warning)),
        "Unrevoked" => Ok(Verdict::Unrevoke),
        _ => Err(given.refuse("status", "must be Revoked or Unrevoked")),
    }
}

/// Both are optional.
fn warning(given: &Attributes, name: &str) -> Result<Warning, JsonApiError> {
    let text = given.optional_string(name)?.unwrap_or_default().to_owned();
    if text.chars().count() > LONGEST_TEXT {
        return Err(given.refuse(name, "must not be longer than 1,000 characters"));
    }
    Ok(Warning { text, link: link(given)? })
}

/// People click on it: an address of the web, without credentials in it.
fn link(given: &Attributes) -> Result<String, JsonApiError> {
    let Some(text) = given.non_empty_string("link")? else { return Ok(String::new()) };
    let is_link = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    };
    if text.len() > LONGEST_LINK || !Url::parse(text).is_ok_and(|url| is_link(&url)) {
        return Err(given.refuse("link", "must be an http or https URL of at most 2,000 bytes, without credentials"));
    }
    Ok(text.to_owned())
}
