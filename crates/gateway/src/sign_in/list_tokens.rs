//! `GET /app/settings/tokens`: the page that clients without `login.v1` send people to (wire-spec 2.3).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use askama::Template;
use domain::Error;
use store::tokens::{self, Token};
use url::form_urlencoded;

use super::{
    page::{Refusal, page},
    signed_in::SignedIn,
};
use crate::timestamp::format_millis;

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage<'a> {
    username: &'a str,
    form_token: &'a str,
    /// Whether `terraform login` waits for a token to be pasted.
    is_for_login: bool,
    made: Option<&'a str>,
    failure: &'a str,
    description: &'a str,
    tokens: Vec<Row>,
}

struct Row {
    id: String,
    description: String,
    rights: &'static str,
    made: String,
    used: String,
    ends: String,
}

/// What the page says besides the list.
#[derive(Default)]
pub(super) struct News<'a> {
    pub(super) status: StatusCode,
    /// A token that was just made.
    pub(super) made: Option<&'a str>,
    pub(super) failure: &'a str,
    pub(super) description: &'a str,
}

/// The tokens of who is signed in, and a form for another one.
pub(super) async fn list(request: HttpRequest, who: SignedIn) -> Result<HttpResponse, Refusal> {
    show(&request, &who, News::default()).await
}

pub(super) async fn show(request: &HttpRequest, who: &SignedIn, news: News<'_>) -> Result<HttpResponse, Refusal> {
    let user = who.user.clone();
    let read = move |session: &mut store::Connection| {
        let now = store::now(session)?;
        Ok::<_, Error>((tokens::list_of_user(session, &user, (0, tokens::MOST))?.0, now))
    };
    let (tokens, now) = who.state.store.read(read).await?;
    let mut query = form_urlencoded::parse(request.query_string().as_bytes());
    let shown = TokensPage {
        username: &who.username,
        form_token: &who.form_token,
        is_for_login: query.any(|(name, value)| name == "source" && value == "terraform-login"),
        made: news.made,
        failure: news.failure,
        description: news.description,
        tokens: tokens.into_iter().map(|token| Row::new(token, now)).collect(),
    };
    Ok(page(news.status, &shown))
}

impl Row {
    fn new(token: Token, now: i64) -> Self {
        let ends = match token.expires_at {
            None => "never".to_owned(),
            Some(at) if at <= now => format!("ended on {}", day(at)),
            Some(at) => day(at),
        };
        Self {
            id: token.id.to_string(),
            description: if token.description.is_empty() { "(none)".to_owned() } else { token.description },
            rights: match token.rights.as_str() {
                "admin" => "all that you may",
                "publish" => "read, publish",
                _ => "read",
            },
            made: day(token.created_at),
            used: token.last_used_at.map_or_else(|| "never".to_owned(), minute),
            ends,
        }
    }
}

/// `2026-03-02`
pub(super) fn day(millis: i64) -> String {
    format_millis(millis).chars().take("2026-03-02".len()).collect()
}

/// `2026-03-02 09:14 UTC`
fn minute(millis: i64) -> String {
    let text: String = format_millis(millis).chars().take("2026-03-02T09:14".len()).collect();
    format!("{} UTC", text.replace('T', " "))
}
