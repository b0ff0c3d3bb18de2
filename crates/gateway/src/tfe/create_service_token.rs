//! `POST /api/v2/organizations/{org}/service-tokens`: ours, for pipelines.

use actix_web::{HttpResponse, web::Data};
use domain::{Principal, Rights};
use service_kit::JsonApiError;
use store::{Connection, tokens};

use super::{body::Body, make_token::make, wanted_token::WantedToken};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "create-service-token";

/// Makes one more token of an organization; unless it says otherwise, for reading.
pub(super) async fn create(owner: Owner, body: Body, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let wanted = WantedToken::parse(&body.attributes().await?, Rights::Read)?;
    let Owner { principal, scope } = owner;
    let insert = move |session: &mut Connection, maker: &Principal, hash: &str| {
        let id = tokens::insert_for_organization(session, &scope, &maker.user, &wanted.to_row(None, hash))?;
        Ok((id, scope.name.to_string()))
    };
    Ok(make(&state, principal, ACTION, insert).await?)
}
