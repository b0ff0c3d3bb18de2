//! `DELETE /api/v2/admin/users/{user}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Error, Id, kinds};
use service_kit::JsonApiError;
use store::{
    Connection, tokens,
    users::{self, User},
};

use super::{answer, attempt::record_success};
use crate::{caller::Administrator, state::State};

pub(super) const ACTION: &str = "delete-user";

/// Deletes a user with all tokens. What the user made stays, and the audit log keeps the name.
pub(super) async fn delete(
    Administrator { principal }: Administrator,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::User> = id.parse()?;
    state
        .store
        .write(move |session| {
            let user = load_changeable(session, &id)?;
            users::delete(session, &user.id)?;
            record_success(session, &principal, ACTION, &format!("{} {}", user.id, user.username))
        })
        .await?;
    Ok(answer::no_content())
}

/// A person, but not the one for whom `QUARRY_ADMIN_TOKEN` stands: the installation could not be managed any more.
pub(super) fn load_changeable(session: &mut Connection, id: &Id<kinds::User>) -> Result<User, Error> {
    let user = users::load_person(session, id)?;
    if tokens::is_administrator(session, id)? {
        let what = "The user of QUARRY_ADMIN_TOKEN must stay what it is";
        return Err(Error::Conflict { what: what.to_owned() });
    }
    Ok(user)
}
