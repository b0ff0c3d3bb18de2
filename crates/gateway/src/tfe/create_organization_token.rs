//! `POST /api/v2/organizations/{org}/authentication-token`

use actix_web::{HttpResponse, web::Data};
use domain::{Principal, Rights};
use service_kit::JsonApiError;
use store::{Connection, tokens};

use super::{body::Body, make_token::make, wanted_token::WantedToken};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "create-organization-token";

/// Makes the one token of an organization. The one before it is good for nothing from then on.
pub(super) async fn create(owner: Owner, body: Body, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let wanted = WantedToken::parse(&body.optional_attributes().await?, Rights::Admin)?;
    let Owner { principal, scope } = owner;
    let insert = move |session: &mut Connection, maker: &Principal, hash: &str| {
        let id = tokens::replace_of_organization(session, &scope, &maker.user, &wanted.to_row(None, hash))?;
        Ok((id, scope.name.to_string()))
    };
    Ok(make(&state, principal, ACTION, insert).await?)
}
