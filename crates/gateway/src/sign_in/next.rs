//! Where somebody goes after signing in: to a page of ours, never elsewhere.

/// Where people go who did not want to go anywhere.
pub(super) const HOME: &str = "/app/settings/tokens";
const CONSENT: &str = "/oauth/authorization";
/// With more, the cookie of a sign-in at the provider would be too large for browsers.
const LONGEST: usize = 2000;

/// `wanted` if it is one of the two pages that people are sent away from to sign in, else [`HOME`].
pub(super) fn own_page(wanted: &str) -> &str {
    let path = wanted.split_once('?').map_or(wanted, |(path, _)| path);
    let is_plain = wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if [HOME, CONSENT].contains(&path) && is_plain && wanted.len() <= LONGEST { wanted } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::{HOME, own_page};

    #[test]
    fn only_pages_of_ours_are_gone_to() {
        for own in [HOME, "/app/settings/tokens?source=terraform-login", "/oauth/authorization?state=a%20b&x=//y"] {
            assert_eq!(own_page(own), own);
        }
        let long = format!("/oauth/authorization?state={}", "a".repeat(2000));
        for other in [
            "",
            "/",
            "//evil.test",
            "https://evil.test/app/settings/tokens",
            "/\\evil.test",
            "/app/settings/tokens@evil.test",
            "/app/settings/tokens/../../x",
            "/oauth/authorization\\..\\x",
            "/oauth/authorization?\r\nSet-Cookie: a=b",
            "/app/settings/tokens?é",
            "/app/sign-out",
            "javascript:alert(1)",
            " /app/settings/tokens",
            &long,
        ] {
            assert_eq!(own_page(other), HOME, "{other}");
        }
    }
}
