//! Filters and paging of the lists, as they stand in the query.

use domain::Error;
use service_kit::RegistryError;
use url::form_urlencoded;

const DEFAULT_LIMIT: i64 = 15;
const LARGEST_LIMIT: i64 = 100;
const LONGEST_SEARCH: usize = 256;
const MOST_PROVIDERS: usize = 100;

/// What is asked for. Unknown parameters are ignored; of one that may not repeat, the first counts.
#[derive(Debug)]
pub(super) struct ListQuery {
    /// Path of the request, for links to other pages.
    path: String,
    /// 1 to 100. 0 means the default, and more than 100 means 100.
    pub(super) limit: i64,
    pub(super) offset: i64,
    pub(super) providers: Vec<String>,
    pub(super) namespace: Option<String>,
    pub(super) search: Option<String>,
    /// Only verified modules, of which there are none: nobody verifies modules here.
    pub(super) verified: bool,
}

impl ListQuery {
    pub(super) fn parse(path: &str, query: &str) -> Result<Self, RegistryError> {
        let first = |wanted: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let limit = parse_number("limit", first("limit"))?.filter(|limit| *limit > 0).unwrap_or(DEFAULT_LIMIT);
        let parsed = Self {
            path: path.to_owned(),
            limit: limit.min(LARGEST_LIMIT),
            offset: parse_number("offset", first("offset"))?.unwrap_or(0),
            providers: parse_providers(query)?,
            namespace: first("namespace").filter(|namespace| !namespace.is_empty()),
            search: first("q"),
            verified: first("verified").is_some_and(|value| value == "true"),
        };
        parsed.check()?;
        Ok(parsed)
    }

    /// Neither database takes everything: such text could only fail there.
    fn check(&self) -> Result<(), RegistryError> {
        if self.search.as_deref().is_some_and(|search| search.len() > LONGEST_SEARCH) {
            return Err(RegistryError::bad_request(format!("q must not be longer than {LONGEST_SEARCH} bytes")));
        }
        let texts = [("q", &self.search), ("namespace", &self.namespace)].into_iter();
        let texts = texts.filter_map(|(name, text)| text.as_deref().map(|text| (name, text)));
        let providers = self.providers.iter().map(|provider| ("provider", provider.as_str()));
        match texts.chain(providers).find(|(_, text)| text.contains(char::is_control)) {
            Some((name, _)) => Err(RegistryError::bad_request(format!("{name} must not hold control characters"))),
            None => Ok(()),
        }
    }

    /// Where the page at `offset` is: the same list, with all its filters.
    pub(super) fn page_url(&self, offset: i64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &self.limit.to_string()).append_pair("offset", &offset.to_string());
        if let Some(search) = &self.search {
            query.append_pair("q", search);
        }
        if let Some(namespace) = &self.namespace {
            query.append_pair("namespace", namespace);
        }
        for provider in &self.providers {
            query.append_pair("provider", provider);
        }
        if self.verified {
            query.append_pair("verified", "true");
        }
        format!("{}?{}", self.path, query.finish())
    }
}

/// What is larger than any number we count with is the largest.
fn parse_number(name: &str, value: Option<String>) -> Result<Option<i64>, RegistryError> {
    match value {
        None => Ok(None),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Some(digits.parse().unwrap_or(i64::MAX)))
        }
        Some(_) => {
            Err(RegistryError::bad_request(Error::invalid(name, "must be a whole number, not negative").to_string()))
        }
    }
}

/// `provider=aws,google` means the same as `provider=aws&provider=google`.
fn parse_providers(query: &str) -> Result<Vec<String>, RegistryError> {
    let mut providers: Vec<String> = Vec::new();
    for (_, value) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "provider") {
        for provider in value.split(',').map(str::trim).filter(|provider| !provider.is_empty()) {
            if providers.len() == MOST_PROVIDERS {
                return Err(RegistryError::bad_request(format!("provider must not name more than {MOST_PROVIDERS}")));
            }
            if !providers.iter().any(|known| known == provider) {
                providers.push(provider.to_owned());
            }
        }
    }
    Ok(providers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> ListQuery {
        ListQuery::parse("/api/registry/v1/modules", query).unwrap()
    }

    #[test]
    fn limits_have_a_default_and_a_maximum() {
        for (query, limit) in
            [("", 15), ("limit=0", 15), ("limit=2", 2), ("limit=101", 100), ("limit=9999999999999999999999", 100)]
        {
            assert_eq!(parse(query).limit, limit, "{query}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let long = format!("q={}", "a".repeat(257));
        let many = format!("provider={}", (0..101).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
        for (query, named) in [
            ("limit=-1", "limit"),
            ("limit=ten", "limit"),
            ("offset=", "offset"),
            ("offset=1.5", "offset"),
            ("q=a%00", "q"),
            ("namespace=%00", "namespace"),
            ("provider=a%00", "provider"),
            (long.as_str(), "q"),
            (many.as_str(), "provider"),
        ] {
            let error = ListQuery::parse("/", query).unwrap_err().to_string();
            assert!(error.starts_with(&format!("400 Bad Request {named} ")), "{query}: {error}");
        }
    }

    #[test]
    fn page_urls_keep_the_filters() {
        let query = parse("offset=2&q=a%26b+c&provider=aws,google&provider=aws&verified=true&limit=2&other=1");

        assert_eq!(
            query.page_url(4),
            "/api/registry/v1/modules?limit=2&offset=4&q=a%26b+c&provider=aws&provider=google&verified=true"
        );
    }
}
