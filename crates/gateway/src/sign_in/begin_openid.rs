//! `GET /app/sign-in/openid`

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use domain::Error;
use url::form_urlencoded;

use super::{cookies::CookieKind, next::own_page, page::Refusal, signed_in::state_of};

/// To the provider, which sends the browser back.
pub(super) async fn begin(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    let state = state_of(&request)?;
    let Some(provider) = &state.pages.provider else { return super::not_found().await };
    let mut query = form_urlencoded::parse(request.query_string().as_bytes());
    let wanted = query.find(|(name, _)| name == "next").map(|(_, value)| value.into_owned()).unwrap_or_default();
    let (address, pending) = provider.begin(own_page(&wanted)).await.map_err(provider_is_down)?;
    let sealed = pending.seal(&state.config.seal_keys)?;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .cookie(state.pages.cookies.make(CookieKind::OpenId, sealed))
        .finish())
}

/// Local users can go on.
pub(super) fn provider_is_down(error: Error) -> Refusal {
    tracing::warn!(error = error.chain(), "Nobody can sign in at the OpenID Connect provider for now");
    let text = "The sign-in service of your organization does not answer. Please try again in a moment, or sign in with a \
                password of this registry.";
    Refusal::page(StatusCode::SERVICE_UNAVAILABLE, "Sign-in is not possible now", text)
}
