//! `PATCH /api/v2/organizations/{org}`

use actix_web::{HttpResponse, web::Data};
use domain::{Error, Namespace};
use service_kit::JsonApiError;
use store::{
    Connection,
    scopes::{self, Changes, Scope},
};

use super::{
    answer,
    attempt::record_success,
    attributes::Attributes,
    body::Body,
    create_organization::email_from,
    organization_view::{self, merge, point_at, settings_from},
};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "update-organization";

/// Changes what is given: `null` takes a setting back to what it was before anybody set it. With another name, modules have
/// other addresses; the old ones go on until somebody else takes the name.
pub(super) async fn update(
    Owner { principal, scope }: Owner,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let attributes = body.attributes().await?;
    let wanted = Wanted::parse(&attributes)?;
    let owner = principal.clone();
    let scope = state
        .store
        .write(move |session| {
            let scope = wanted.apply(session, &scope)?;
            record_success(session, &owner, ACTION, &format!("{} {}", scope.id, scope.name))?;
            Ok(scope)
        })
        .await
        .map_err(|error| point_at(&attributes, error))?;
    Ok(answer::ok(&organization_view::document(&scope, &principal)))
}

/// Checked new values.
struct Wanted {
    name: Option<Namespace>,
    email: Option<String>,
    settings: serde_json::Map<String, serde_json::Value>,
}

impl Wanted {
    fn parse(attributes: &Attributes) -> Result<Self, JsonApiError> {
        let name = attributes.optional_string("name")?.map(str::parse).transpose();
        Ok(Self {
            name: name.map_err(|error| attributes.at("name", error))?,
            email: email_from(attributes)?.map(str::to_owned),
            settings: settings_from(attributes)?,
        })
    }

    fn apply(self, session: &mut Connection, scope: &Scope) -> Result<Scope, Error> {
        // Read anew: of two that change it together, the second sees what the first did.
        let scope = scopes::load_for_update(session, &scope.id)?;
        let settings = merge(&scope.settings, self.settings)?;
        let changes = Changes { email: self.email.as_deref(), settings: Some(&settings), ..Changes::default() };
        let scope = scopes::update(session, &scope, &changes)?;
        match self.name {
            Some(name) if name != scope.name => scopes::rename(session, &scope, &name),
            _ => Ok(scope),
        }
    }
}
