//! A browser: it keeps cookies, and sends what browsers send.

use std::collections::BTreeMap;

use actix_web::{
    http::header::{self, HeaderName},
    test::{self, TestRequest},
};
use gateway::Gateway;
use url::{Url, form_urlencoded};

use crate::test_gateway::{PASSWORD, PUBLIC_URL, TestGateway, call};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const TOKENS: &str = "/app/settings/tokens";

#[derive(Clone)]
pub(crate) struct Browser<'a> {
    gateway: &'a Gateway,
    pub(crate) cookies: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// A parameter of the address that this redirects to.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let url = Url::parse(PUBLIC_URL).unwrap().join(self.location()).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> &str {
        let start = format!("name=\"{name}\" value=\"");
        let at = self.text.find(&start).unwrap_or_else(|| panic!("no field {name} in {}", self.text)) + start.len();
        self.text[at..].split('"').next().unwrap()
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(gateway: &'a TestGateway) -> Self {
        Self { gateway: &gateway.gateway, cookies: BTreeMap::new() }
    }

    /// The same browser, served by another gateway.
    pub(crate) fn at<'b>(&self, gateway: &'b Gateway) -> Browser<'b> {
        Browser { gateway, cookies: self.cookies.clone() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(TestRequest::get().uri(path)).await
    }

    /// A form of one of our own pages.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let own = [(header::ORIGIN, PUBLIC_URL), (HeaderName::from_static("sec-fetch-site"), "same-origin")];
        self.post_with(path, form(fields), FORM, &own).await
    }

    pub(crate) async fn post_with(
        &mut self,
        path: &str,
        body: String,
        content_type: &str,
        headers: &[(HeaderName, &str)],
    ) -> Page {
        let mut request = TestRequest::post().uri(path).set_payload(body);
        if !content_type.is_empty() {
            request = request.insert_header((header::CONTENT_TYPE, content_type));
        }
        for (name, value) in headers {
            request = request.append_header((name.clone(), *value));
        }
        self.send(request).await
    }

    pub(crate) async fn send(&mut self, mut request: TestRequest) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.insert_header((header::COOKIE, cookies.join("; ")));
        }
        let response = call(self.gateway, request).await;
        let status = response.status().as_u16();
        let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers: Vec<_> = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        for (_, value) in headers.iter().filter(|(name, _)| name == "set-cookie") {
            self.keep(value);
        }
        let text = String::from_utf8(test::read_body(response).await.to_vec()).unwrap();
        Page { status, headers, text }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, rest) = cookie.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        if cookie.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// With the password of [`TestGateway::has_user`].
    pub(crate) async fn sign_in(&mut self, name: &str) -> Page {
        let page = self.sign_in_with(name, PASSWORD, TOKENS).await;
        assert_eq!((page.status, page.location()), (303, TOKENS), "{}", page.text);
        page
    }

    pub(crate) async fn sign_in_with(&mut self, name: &str, password: &str, next: &str) -> Page {
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = self.get(&format!("/app/sign-in?next={query}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let (token, next) = (page.hidden("form_token").to_owned(), page.hidden("next").replace("&#38;", "&"));
        let fields = [("form_token", token.as_str()), ("next", &next), ("username", name), ("password", password)];
        self.post("/app/sign-in", &fields).await
    }

    /// What forms of this session carry.
    pub(crate) async fn form_token(&mut self) -> String {
        let page = self.get(TOKENS).await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.hidden("form_token").to_owned()
    }

    pub(crate) async fn is_signed_in(&mut self) -> bool {
        self.get(TOKENS).await.status == 200
    }
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
