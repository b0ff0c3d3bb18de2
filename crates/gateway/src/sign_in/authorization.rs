//! What `terraform login` asks for in the browser (wire-spec 2.2, step 1), checked.

use std::ops::RangeInclusive;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use url::form_urlencoded;

use super::page::Refusal;

/// The one client there is: the CLIs, which keep no secret.
pub(super) const CLIENT: &str = "terraform-cli";
/// Where the CLIs listen for their code.
const PORTS: RangeInclusive<u16> = 10000..=10010;

const LONGEST_STATE: usize = 1024;
/// SHA-256 in base64url without padding.
const CHALLENGE_LENGTH: usize = 43;

/// A request that can be granted.
pub(super) struct AuthorizationRequest {
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) challenge: String,
}

impl AuthorizationRequest {
    /// Reads the fields of a query or a form. The refusal is a page as long as it is not sure where a redirect would lead,
    /// else the client is told.
    pub(super) fn read(fields: &[(String, String)]) -> Result<Self, Asked> {
        let unsure = |text: &'static str| {
            Asked::Nobody(Refusal::page(StatusCode::BAD_REQUEST, "This sign-in cannot go on", text))
        };
        if only(fields, "client_id") != Some(CLIENT) {
            return Err(unsure("The program that sent you here is not known to this registry (client_id)."));
        }
        let redirect_uri = only(fields, "redirect_uri").filter(|text| is_of_this_computer(text)).ok_or_else(|| {
            unsure(
                "The program that sent you here wants the answer where this registry never sends one (redirect_uri).",
            )
        })?;
        let state = only(fields, "state")
            .filter(|state| (1..=LONGEST_STATE).contains(&state.len()) && !state.chars().any(char::is_control));
        let refuse = |error: &'static str, description: &'static str| {
            let mut pairs = vec![("error", error), ("error_description", description)];
            pairs.extend(state.map(|state| ("state", state)));
            Err(Asked::Client(with_query(redirect_uri, &pairs)))
        };
        let Some(state) = state else {
            return refuse("invalid_request", "state is required, once, with at most 1024 characters");
        };
        match only(fields, "response_type") {
            Some("code") => {}
            Some("") | None => return refuse("invalid_request", "response_type is required, once"),
            Some(_) => return refuse("unsupported_response_type", "response_type must be code"),
        }
        if only(fields, "code_challenge_method") != Some("S256") {
            return refuse("invalid_request", "code_challenge_method must be S256");
        }
        let Some(challenge) = only(fields, "code_challenge").filter(|text| is_challenge(text)) else {
            return refuse("invalid_request", "code_challenge must be a SHA-256 in base64url without padding");
        };
        let [redirect_uri, state, challenge] = [redirect_uri, state, challenge].map(str::to_owned);
        Ok(Self { redirect_uri, state, challenge })
    }

    /// Sends the browser back to the client, with these and the client's state.
    pub(super) fn answer(&self, pairs: &[(&str, &str)]) -> HttpResponse {
        let with_state: Vec<_> = pairs.iter().copied().chain([("state", self.state.as_str())]).collect();
        redirect(&with_query(&self.redirect_uri, &with_state))
    }

    /// What a browser calls the origin of the client.
    pub(super) fn client_origin(&self) -> &str {
        self.redirect_uri.trim_end_matches(PATH)
    }
}

/// Who is told that a request cannot be granted.
pub(super) enum Asked {
    /// Nobody but the person before the browser.
    Nobody(Refusal),
    /// The client, at this address.
    Client(String),
}

const PATH: &str = "/login";

/// `http://localhost:PORT/login`, as the CLIs write it: anything else might be another program, or another computer.
fn is_of_this_computer(text: &str) -> bool {
    ["http://localhost:", "http://127.0.0.1:"]
        .iter()
        .find_map(|start| text.strip_prefix(start))
        .and_then(|rest| rest.strip_suffix(PATH))
        .filter(|port| port.len() == 5 && port.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|port| port.parse().ok())
        .is_some_and(|port| PORTS.contains(&port))
}

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_LENGTH
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The value of a field that is there exactly once.
pub(super) fn only<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut values = fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    values.next().filter(|_| values.next().is_none())
}

fn with_query(address: &str, pairs: &[(&str, &str)]) -> String {
    format!("{address}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

/// Back to the client, with an answer in the address.
pub(super) fn redirect(address: &str) -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, address)).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ports_of_this_computer_get_an_answer() {
        for right in ["http://localhost:10000/login", "http://127.0.0.1:10010/login", "http://localhost:10007/login"] {
            assert!(is_of_this_computer(right), "{right}");
        }
        for wrong in [
            "",
            "http://localhost/login",
            "http://localhost:9999/login",
            "http://localhost:10011/login",
            "http://localhost:+10000/login",
            "http://localhost:010000/login",
            "http://localhost:10000",
            "http://localhost:10000/",
            "http://localhost:10000/login/",
            "http://localhost:10000/login?x=y",
            "http://localhost:10000/login#x",
            "http://localhost:10000/x/../login",
            "http://localhost:10000@evil.test/login",
            "http://localhost:10000.evil.test/login",
            "http://localhost.evil.test:10000/login",
            "http://user@localhost:10000/login",
            "https://localhost:10000/login",
            "http://LOCALHOST:10000/login",
            "http://127.0.0.2:10000/login",
            "http://[::1]:10000/login",
            "http://evil.test:10000/login",
            "javascript:alert(1)//login",
            " http://localhost:10000/login",
        ] {
            assert!(!is_of_this_computer(wrong), "{wrong}");
        }
    }
}
