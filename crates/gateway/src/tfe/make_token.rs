//! Making a token: what is the same for those of users, organizations and services.

use std::sync::Arc;

use actix_web::HttpResponse;
use domain::{Error, Id, Principal, kinds};
use store::{Connection, tokens};

use super::{answer, attempt::record_success, token_view::TokenView};
use crate::state::State;

/// Has `insert` save the row for the hash of a new token, records that as done to what it names, and shows the token, for
/// the only time. It lives no longer than the one it was made with: else that one would have no end.
pub(super) async fn make(
    state: &State,
    principal: Arc<Principal>,
    action: &'static str,
    insert: impl FnOnce(&mut Connection, &Principal, &str) -> Result<(Id<kinds::Token>, String), Error> + Send + 'static,
) -> Result<HttpResponse, Error> {
    let made = state.config.token_key.new_token()?;
    let hash = made.hash;
    let write = move |session: &mut Connection| {
        let (id, whose) = insert(session, &principal, &hash)?;
        tokens::end_with(session, &id, &principal.token)?;
        record_success(session, &principal, action, &format!("{id} {whose}"))?;
        TokenView::load(session, &id)
    };
    let view = state.store.write(write).await?;
    Ok(answer::created(&view.document_with(&made.clear)))
}
