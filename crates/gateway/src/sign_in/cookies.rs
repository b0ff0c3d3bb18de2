//! The cookies of the pages. Scripts cannot read them, and no other site's form sends them.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

/// What a cookie is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum CookieKind {
    /// The secret of a session.
    Session,
    /// The secret of somebody who has the sign-in page before them.
    Visit,
    /// What a sign-in at the provider has to come back with, sealed.
    OpenId,
}

/// The names, which depend on whether the installation is reached over HTTPS.
#[derive(Debug)]
pub(super) struct CookieNames {
    is_secure: bool,
}

/// As long as a session can last, and as long as somebody may take to sign in.
const SESSION_LIFE: Duration = Duration::hours(12);
const SIGN_IN_LIFE: Duration = Duration::hours(1);
/// As long as a sign-in at the provider may take.
pub(super) const OPENID_SECONDS: i64 = 600;

impl CookieNames {
    pub(super) fn for_public_url(public_url: &str) -> Self {
        Self { is_secure: public_url.starts_with("https://") }
    }

    pub(super) fn are_secure(&self) -> bool {
        self.is_secure
    }

    /// With the prefix, browsers take the cookie only from this very host, over HTTPS.
    fn name(&self, kind: CookieKind) -> &'static str {
        match (kind, self.is_secure) {
            (CookieKind::Session, true) => "__Host-quarry_session",
            (CookieKind::Session, false) => "quarry_session",
            (CookieKind::Visit, true) => "__Host-quarry_visit",
            (CookieKind::Visit, false) => "quarry_visit",
            (CookieKind::OpenId, true) => "__Host-quarry_openid",
            (CookieKind::OpenId, false) => "quarry_openid",
        }
    }

    pub(super) fn find(&self, request: &HttpRequest, kind: CookieKind) -> Option<String> {
        request.cookie(self.name(kind)).map(|cookie| cookie.value().to_owned())
    }

    pub(super) fn make(&self, kind: CookieKind, value: String) -> Cookie<'static> {
        let life = match kind {
            CookieKind::Session => SESSION_LIFE,
            CookieKind::Visit => SIGN_IN_LIFE,
            CookieKind::OpenId => Duration::seconds(OPENID_SECONDS),
        };
        self.build(kind, value, life)
    }

    /// Has the browser forget it.
    pub(super) fn clear(&self, kind: CookieKind) -> Cookie<'static> {
        self.build(kind, String::new(), Duration::ZERO)
    }

    /// `Lax`: a redirect from the provider, or from the page that a client opened, still brings it along.
    fn build(&self, kind: CookieKind, value: String, life: Duration) -> Cookie<'static> {
        Cookie::build(self.name(kind), value)
            .path("/")
            .http_only(true)
            .secure(self.is_secure)
            .same_site(SameSite::Lax)
            .max_age(life)
            .finish()
    }
}
