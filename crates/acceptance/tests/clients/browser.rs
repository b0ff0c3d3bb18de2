//! As much of a browser as signing in needs: cookies, redirects, and forms.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use reqwest::{Certificate, Client, Method, StatusCode, Url, header, redirect::Policy};

pub(crate) struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
}

/// What is shown after all redirects.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) address: Url,
    pub(crate) status: StatusCode,
    pub(crate) html: String,
}

/// More in a row are a circle.
const MOST_REDIRECTS: usize = 10;

impl Browser {
    /// One that trusts this certificate, in PEM, and no other.
    pub(crate) fn new(certificate: &str) -> Result<Self> {
        let trusted = Certificate::from_pem(certificate.as_bytes())?;
        let client = Client::builder().redirect(Policy::none()).tls_certs_only([trusted]).build()?;
        Ok(Self { client, cookies: BTreeMap::new() })
    }

    pub(crate) async fn open(&mut self, address: &str) -> Result<Page> {
        self.go(Method::GET, address.parse()?, None).await
    }

    /// Sends the form of a page that leads to `action`, with these fields filled in, or with a button of that name and
    /// value pressed.
    pub(crate) async fn submit(&mut self, page: &Page, action: &str, filled: &[(&str, &str)]) -> Result<Page> {
        let mut fields = form(&page.html, action).with_context(|| format!("no form for {action}: {page:?}"))?;
        fields.extend(filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut body = Url::parse("form:")?;
        body.query_pairs_mut().extend_pairs(&fields);
        self.go(Method::POST, page.address.join(action)?, body.query().map(str::to_owned)).await
    }

    async fn go(&mut self, mut method: Method, mut address: Url, mut body: Option<String>) -> Result<Page> {
        for _ in 0..MOST_REDIRECTS {
            let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut request = self.client.request(method, address.clone()).header(header::COOKIE, cookies.join("; "));
            if let Some(body) = body.take() {
                request = request
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .header(header::ORIGIN, address.origin().ascii_serialization())
                    .header("Sec-Fetch-Site", "same-origin")
                    .body(body);
            }
            let response = request.send().await?;
            for cookie in response.headers().get_all(header::SET_COOKIE) {
                let (name, rest) = cookie.to_str()?.split_once('=').context("a cookie without a value")?;
                self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
            }
            let status = response.status();
            if !status.is_redirection() {
                return Ok(Page { address, status, html: response.text().await? });
            }
            let location = response.headers().get(header::LOCATION).context("a redirect without a location")?;
            address = address.join(location.to_str()?)?;
            method = Method::GET;
        }
        anyhow::bail!("redirects without an end, at last to {address}")
    }
}

/// Names and values of the inputs of the form that leads to `action`.
fn form(html: &str, action: &str) -> Result<BTreeMap<String, String>> {
    let forms = html.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next());
    let found = forms.into_iter().find(|form| attribute(form, "action").is_some_and(|it| it == action));
    let inputs = found.context("no such form")?.split("<input").skip(1);
    let mut fields = BTreeMap::new();
    for input in inputs {
        if let Some(name) = attribute(input, "name") {
            fields.insert(name, attribute(input, "value").unwrap_or_default());
        }
    }
    ensure!(!fields.is_empty(), "a form without inputs");
    Ok(fields)
}

/// The value of an attribute of the tag that `text` is in the middle of.
fn attribute(text: &str, name: &str) -> Option<String> {
    let tag = text.split('>').next()?;
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(value.split('"').next()?))
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, entity)) = rest.split_once('&') {
        let (name, after) = entity.split_once(';').unwrap_or((entity, ""));
        let letter = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            _ => name.strip_prefix('#').and_then(|number| number.parse().ok()).and_then(char::from_u32),
        };
        plain.push_str(before);
        plain.extend(letter);
        rest = after;
    }
    plain + rest
}
