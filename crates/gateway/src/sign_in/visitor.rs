//! Somebody who is about to sign in. The secret in their browser binds the sign-in form to it, so that no other site can
//! sign them in as somebody else.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, cookie::Cookie, dev::Payload, web::Data};
use domain::{Error, key_text};

use super::{
    cookies::CookieKind,
    form::{FORM_TOKEN, Form, foreign, refuse_foreign},
    page::Refusal,
    signed_in::{is_secret, state_of},
};
use crate::state::State;

/// Who asks for the sign-in page.
pub(super) struct Visitor {
    secret: String,
    is_new: bool,
}

impl Visitor {
    /// As the request says, or a new one.
    pub(super) fn find(request: &HttpRequest, state: &State) -> Result<Self, Error> {
        match state.pages.cookies.find(request, CookieKind::Visit).filter(|text| is_secret(text)) {
            Some(secret) => Ok(Self { secret, is_new: false }),
            None => Ok(Self { secret: key_text::generate_key()?, is_new: true }),
        }
    }

    pub(super) fn form_token(&self, state: &State) -> String {
        state.config.token_key.hash(&format!("visit-form|{}", self.secret))
    }

    /// What the browser has to remember, if it does not already.
    pub(super) fn cookie(self, state: &State) -> Option<Cookie<'static>> {
        self.is_new.then(|| state.pages.cookies.make(CookieKind::Visit, self.secret))
    }
}

/// The sign-in form, from our own page in the same browser.
pub(super) struct VisitorForm {
    pub(super) state: Data<State>,
    pub(super) visitor: Visitor,
    pub(super) form: Form,
}

impl FromRequest for VisitorForm {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state_of(&request)?;
            refuse_foreign(&request, &state.config.public_url)?;
            let form = Form::read(&request, payload).await?;
            let visitor = Visitor::find(&request, &state)?;
            let is_ours = seal::same(form.get(FORM_TOKEN).as_bytes(), visitor.form_token(&state).as_bytes());
            if visitor.is_new || !is_ours {
                return Err(foreign());
            }
            Ok(Self { state, visitor, form })
        })
    }
}
