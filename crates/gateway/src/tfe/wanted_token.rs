//! What a request for a new token says.

use std::time::SystemTime;

use domain::{Action, Error, Id, Principal, Rights, kinds};
use service_kit::JsonApiError;
use store::{Connection, scopes, tokens::NewToken};

use super::attributes::Attributes;
use crate::timestamp::parse_millis;

const LONGEST_DESCRIPTION: usize = 255;

/// A checked request.
pub(super) struct WantedToken {
    description: String,
    rights: Rights,
    /// Milliseconds since 1970 UTC.
    expires_at: Option<i64>,
    /// Names; `None`: all, as far as its user goes.
    organizations: Option<Vec<String>>,
}

impl WantedToken {
    /// `default` are the rights of one that does not say any.
    pub(super) fn parse(attributes: &Attributes, default: Rights) -> Result<Self, JsonApiError> {
        let description = attributes.optional_string("description")?.unwrap_or_default();
        if description.chars().count() > LONGEST_DESCRIPTION {
            return Err(attributes.refuse("description", "must not be longer than 255 characters"));
        }
        let rights = match attributes.non_empty_string("rights")? {
            Some(text) => text.parse().map_err(|error| attributes.at("rights", error))?,
            None => default,
        };
        let organizations = attributes.optional_strings("organizations")?;
        if organizations.as_ref().is_some_and(Vec::is_empty) {
            return Err(attributes.refuse("organizations", "must not be empty; leave it out for all of them"));
        }
        Ok(Self {
            description: description.to_owned(),
            rights,
            expires_at: expiry(attributes)?,
            organizations: organizations.map(|names| names.into_iter().map(str::to_owned).collect()),
        })
    }

    /// The scopes that were named. What the caller may not see is refused as what does not exist.
    pub(super) fn scopes(
        &self,
        session: &mut Connection,
        principal: &Principal,
    ) -> Result<Option<Vec<Id<kinds::Scope>>>, Error> {
        let Some(names) = &self.organizations else { return Ok(None) };
        let found = scopes::find_organizations(session, names)?;
        let visible = found.into_iter().map(|scope| scope.filter(|scope| principal.may(Action::Read, &scope.id)));
        let ids: Option<Vec<_>> = visible.map(|scope| scope.map(|scope| scope.id)).collect();
        ids.map(Some).ok_or_else(|| Error::invalid("organizations", "must be names of organizations that you can see"))
    }

    /// What is stored of it.
    pub(super) fn to_row<'a>(&'a self, scopes: Option<&'a [Id<kinds::Scope>]>, hash: &'a str) -> NewToken<'a> {
        NewToken { description: &self.description, rights: self.rights, scopes, expires_at: self.expires_at, hash }
    }
}

fn expiry(attributes: &Attributes) -> Result<Option<i64>, JsonApiError> {
    let name = "expired-at";
    let Some(text) = attributes.non_empty_string(name)? else { return Ok(None) };
    let at = parse_millis(text).ok_or_else(|| {
        attributes.refuse(name, "must be a time such as 2030-01-31T09:00:00Z, not after the year 9999")
    })?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    if at <= i64::try_from(now.as_millis()).unwrap_or(i64::MAX) {
        return Err(attributes.refuse(name, "must be in the future"));
    }
    Ok(Some(at))
}
