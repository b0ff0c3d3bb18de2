//! `POST /api/v2/users/{user}/authentication-tokens`

use actix_web::{HttpResponse, web::Data};
use domain::{Error, Principal, Rights};
use service_kit::JsonApiError;
use store::{Connection, tokens};

use super::{body::Body, make_token::make, wanted_token::WantedToken};
use crate::{caller::TokenMaker, state::State};

pub(super) const ACTION: &str = "create-user-token";

/// Makes a token of a user. Whatever it says, it allows no more than the user may do when it is used.
pub(super) async fn create(maker: TokenMaker, body: Body, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let attributes = body.attributes().await?;
    let wanted = WantedToken::parse(&attributes, Rights::Admin)?;
    let TokenMaker { principal, user } = maker;
    let insert = move |session: &mut Connection, maker: &Principal, hash: &str| {
        let scopes = wanted.scopes(session, maker)?;
        let id = tokens::insert_for_another(session, &user.id, &maker.user, &wanted.to_row(scopes.as_deref(), hash))?;
        Ok((id, format!("{} {}", user.id, user.username)))
    };
    make(&state, principal, ACTION, insert).await.map_err(|error| match error {
        Error::Invalid { .. } => attributes.at("organizations", error),
        other => other.into(),
    })
}
