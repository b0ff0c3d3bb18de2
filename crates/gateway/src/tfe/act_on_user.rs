//! `POST /api/v2/admin/users/{user}/actions/{grant_admin|revoke_admin|suspend|unsuspend}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Error, Id, Rights, kinds};
use service_kit::JsonApiError;
use store::{Connection, memberships, users};

use super::{answer, attempt::record_success, delete_user::load_changeable, user_view::UserView};
use crate::{caller::Administrator, state::State};

pub(super) const ACTION: &str = "change-user";

/// Makes a user an administrator of the installation, or no longer one; shuts a user out, or lets them in again.
pub(super) async fn act(
    Administrator { principal }: Administrator,
    path: Path<(String, String)>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let (id, action) = path.into_inner();
    let id: Id<kinds::User> = id.parse()?;
    let change = change_named(&action).ok_or_else(|| Error::not_found("This URL"))?;
    let view = state
        .store
        .write(move |session| {
            let user = load_changeable(session, &id)?;
            change(session, &id)?;
            record_success(session, &principal, ACTION, &format!("{id} {} {action}", user.username))?;
            let user = users::load(session, &id)?;
            UserView::load(session, user)
        })
        .await?;
    Ok(answer::ok(&view.document()))
}

type Change = fn(&mut Connection, &Id<kinds::User>) -> Result<(), Error>;

fn change_named(action: &str) -> Option<Change> {
    match action {
        "grant_admin" => Some(|session, id| memberships::set(session, id, None, Rights::Admin).map(drop)),
        "revoke_admin" => Some(|session, id| memberships::remove(session, id, None).map(drop)),
        "suspend" => Some(|session, id| users::set_disabled(session, id, true)),
        "unsuspend" => Some(|session, id| users::set_disabled(session, id, false)),
        _ => None,
    }
}
