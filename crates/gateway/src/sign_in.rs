//! The pages where people sign in and keep their tokens, and `terraform login` (wire-spec 2.2, 2.3): every URL of them.

mod answer_consent;
mod attempts;
mod authorization;
mod begin_openid;
mod cookies;
mod create_token;
mod finish_openid;
mod form;
mod headers;
mod list_tokens;
mod next;
mod openid;
mod page;
mod password_checks;
mod redeem_code;
mod revoke_token;
mod show_consent;
mod show_sign_in;
mod sign_in_with_password;
mod sign_out;
mod signed_in;
mod visitor;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    middleware::from_fn,
    web::{self, ServiceConfig, get, post},
};

use crate::Config;
use attempts::Attempts;
use cookies::CookieNames;
use openid::Provider;
use page::Refusal;
use password_checks::PasswordChecks;

/// What the pages share besides the store.
pub(crate) struct Pages {
    attempts: Attempts,
    passwords: PasswordChecks,
    cookies: CookieNames,
    provider: Option<Provider>,
}

impl Pages {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            attempts: Attempts::new(config.rates.failed_logins_per_minute),
            passwords: PasswordChecks::default(),
            cookies: CookieNames::for_public_url(&config.public_url),
            provider: config.sign_in.openid.clone().map(|it| Provider::new(it, &config.public_url)),
        }
    }
}

pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(
        web::scope("/app")
            .route("/style.css", get().to(page::style))
            .route("/sign-in", get().to(show_sign_in::show))
            .route("/sign-in", post().to(sign_in_with_password::sign_in))
            .route("/sign-in/openid", get().to(begin_openid::begin))
            .route("/sign-in/openid/callback", get().to(finish_openid::finish))
            .route("/sign-out", get().to(sign_out::show))
            .route("/sign-out", post().to(sign_out::sign_out))
            .route("/settings/tokens", get().to(list_tokens::list))
            .route("/settings/tokens", post().to(create_token::create))
            .route("/settings/tokens/{id}/revoke", post().to(revoke_token::revoke))
            .default_service(web::to(not_found))
            .wrap(from_fn(headers::protect)),
    )
    .service(
        web::scope("/oauth")
            .route("/authorization", get().to(show_consent::show))
            .route("/authorization", post().to(answer_consent::answer))
            .route("/token", post().to(redeem_code::redeem))
            .default_service(web::to(not_found))
            .wrap(from_fn(headers::protect)),
    );
}

async fn not_found() -> Result<HttpResponse, Refusal> {
    Err(Refusal::page(StatusCode::NOT_FOUND, "There is no such page", "The address may be misspelled."))
}
