//! The circumstances of a call that may change something: what the audit log says beside who did what.

use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest, http::header::HeaderValue, web::Data};
use domain::{Call, Id, Principal, kinds};

use crate::{client_address::client_address, state::State};

/// In requests, where a proxy may set it, and in answers.
pub(crate) const REQUEST_ID: &str = "x-request-id";
const LONGEST_ID: usize = 64;

/// Remembers the circumstances of `request` with it, and returns them.
pub(crate) fn begin(request: &HttpRequest) -> Call {
    let given = request.headers().get(REQUEST_ID).and_then(sane);
    let address = request.app_data::<Data<State>>().map(|state| client_address(request, &state.config.trusted_proxies));
    let known = address.map(|address| address.to_canonical()).filter(|address| !address.is_unspecified());
    let call = Call {
        request_id: given.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        address: known.map(|address| address.to_string()).unwrap_or_default(),
        scope: None,
    };
    request.extensions_mut().insert(call.clone());
    call
}

/// Ids of others end up in our log, so only what can do no harm there is taken.
fn sane(given: &HeaderValue) -> Option<String> {
    let text = given.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/=+".contains(&byte);
    ((1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(is_plain)).then(|| text.to_owned())
}

/// The caller in this call; the same one where nothing can be changed.
pub(crate) fn within(request: &HttpRequest, caller: Arc<Principal>) -> Arc<Principal> {
    match request.extensions().get::<Call>() {
        None => caller,
        Some(call) => Arc::new(Principal { call: call.clone(), ..Principal::clone(&caller) }),
    }
}

/// The call is about `scope`, which the caller may see.
pub(crate) fn set_scope(request: &HttpRequest, scope: &Id<kinds::Scope>) {
    if let Some(call) = request.extensions_mut().get_mut::<Call>() {
        call.scope = Some(scope.clone());
    }
}
