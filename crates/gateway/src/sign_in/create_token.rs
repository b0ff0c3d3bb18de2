//! `POST /app/settings/tokens`

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use domain::Rights;
use store::{
    Connection, audit,
    tokens::{self, NewToken},
};

use super::{
    form::Form,
    list_tokens::{News, show},
    page::Refusal,
    signed_in::SignedInForm,
};

const ACTION: &str = "create-token";
const LONGEST_DESCRIPTION: usize = 200;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What somebody wants, checked.
struct Wanted {
    description: String,
    rights: Rights,
    days: Option<i64>,
}

/// Makes a token and shows it, for the only time.
pub(super) async fn create(request: HttpRequest, sent: SignedInForm) -> Result<HttpResponse, Refusal> {
    let SignedInForm { who, form } = sent;
    let wanted = match read(&form) {
        Ok(wanted) => wanted,
        Err(failure) => {
            who.record_refusal(&request, ACTION, StatusCode::UNPROCESSABLE_ENTITY).await;
            let description = form.get("description");
            let news = News { status: StatusCode::UNPROCESSABLE_ENTITY, failure, description, made: None };
            return show(&request, &who, news).await;
        }
    };
    let new = who.state.config.token_key.new_token()?;
    let (principal, hash) = (who.principal(&request)?, new.hash);
    let make = move |session: &mut Connection| {
        let now = store::now(session)?;
        let new = NewToken {
            description: &wanted.description,
            rights: wanted.rights,
            scopes: None,
            expires_at: wanted.days.map(|days| now + days * DAY_MS),
            hash: &hash,
        };
        let id = tokens::insert_for_user(session, &principal.user, &new)?;
        audit::insert(session, &principal, ACTION, id.as_str(), "ok")
    };
    who.state.store.write(make).await?;
    let news = News { status: StatusCode::CREATED, made: Some(new.clear.reveal()), ..News::default() };
    show(&request, &who, news).await
}

fn read(form: &Form) -> Result<Wanted, &'static str> {
    let description = form.get("description").trim();
    let length = description.chars().count();
    if !(1..=LONGEST_DESCRIPTION).contains(&length) || description.chars().any(char::is_control) {
        return Err("Please say in 1 to 200 letters what the token is for.");
    }
    let rights = form.get("rights").parse().map_err(|_| "Please choose what the token may do.")?;
    let days = match form.get("days") {
        "30" => Some(30),
        "90" => Some(90),
        "365" => Some(365),
        "never" => None,
        _ => return Err("Please choose when the token ends."),
    };
    Ok(Wanted { description: description.to_owned(), rights, days })
}
