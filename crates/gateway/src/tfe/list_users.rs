//! `GET /api/v2/admin/users`

use actix_web::{HttpResponse, web::Data};
use service_kit::JsonApiError;
use store::users;

use super::{answer, page::Page, query::Query, user_view::UserView};
use crate::{caller::Administrator, state::State};

/// The people of the installation by name; `q` is looked for in names and addresses.
pub(super) async fn list(_: Administrator, query: Query, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let page = Page::parse(&query)?;
    let search = query.find("q").unwrap_or_default().to_owned();
    let (found, total) = state
        .store
        .read(move |session| {
            let (found, total) = users::list(session, &search, page.window())?;
            Ok((UserView::of(session, found)?, total))
        })
        .await?;
    let data = found.iter().map(UserView::resource).collect();
    Ok(answer::ok(&page.document(data, total, &query, &state.config.public_url)))
}
