//! Paging of lists (wire-spec 5.4).

use serde_json::{Value, json};
use service_kit::JsonApiError;
use url::form_urlencoded;

use super::query::Query;

const NUMBER: &str = "page[number]";
const SIZE: &str = "page[size]";
const DEFAULT_SIZE: i64 = 20;
const LARGEST_SIZE: i64 = 100;
const LARGEST_NUMBER: i64 = i32::MAX as i64;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    number: i64,
    /// `None`: everything on one page.
    size: Option<i64>,
}

impl Page {
    /// The page that the query names, by default the first of 20.
    pub(crate) fn parse(query: &Query) -> Result<Self, JsonApiError> {
        let number = number_of(query, NUMBER)?.unwrap_or(1);
        if number > LARGEST_NUMBER {
            return Err(JsonApiError::bad_request(format!("{NUMBER} must not be greater than {LARGEST_NUMBER}")));
        }
        let size = number_of(query, SIZE)?.unwrap_or(DEFAULT_SIZE).min(LARGEST_SIZE);
        Ok(Self { number, size: Some(size) })
    }

    /// Everything, unless the query asks for a page.
    pub(crate) fn parse_or_all(query: &Query) -> Result<Self, JsonApiError> {
        if query.pairs.iter().any(|(key, _)| is_paging(key)) {
            return Self::parse(query);
        }
        Ok(Self { number: 1, size: None })
    }

    /// Offset and limit of the rows.
    pub(crate) fn window(self) -> (i64, i64) {
        match self.size {
            Some(size) => ((self.number - 1) * size, size),
            None => (0, i64::MAX),
        }
    }

    /// The part of `all` that is on this page.
    pub(crate) fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        let (offset, limit) = self.window();
        let count = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        all.into_iter().skip(count(offset)).take(count(limit)).collect()
    }

    /// The document of a list of which `data` is this page and `total` the whole number.
    pub(crate) fn document(self, data: Vec<Value>, total: i64, query: &Query, public_url: &str) -> Value {
        let size = self.size.unwrap_or_else(|| total.max(DEFAULT_SIZE));
        let last = total.max(1).div_euclid(size) + i64::from(total.max(1) % size > 0);
        let previous = (self.number > 1).then(|| (self.number - 1).min(last));
        let next = (self.number < last).then(|| self.number + 1);
        let link = |number: i64| self.link(number, query, public_url);
        json!({
            "data": data,
            "links": {
                "self": link(self.number),
                "first": link(1),
                "prev": previous.map(link),
                "next": next.map(link),
                "last": link(last),
            },
            "meta": {"pagination": {
                "current-page": self.number,
                "page-size": size,
                "prev-page": previous,
                "next-page": next,
                "total-pages": last,
                "total-count": total,
            }},
        })
    }

    /// The same list at another page, with all filters kept.
    fn link(self, number: i64, query: &Query, public_url: &str) -> String {
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        for (key, value) in query.pairs.iter().filter(|(key, _)| !is_paging(key)) {
            encoded.append_pair(key, value);
        }
        if let Some(size) = self.size {
            encoded.append_pair(NUMBER, &number.to_string()).append_pair(SIZE, &size.to_string());
        }
        let encoded = encoded.finish();
        let separator = if encoded.is_empty() { "" } else { "?" };
        format!("{public_url}{}{separator}{encoded}", query.path)
    }
}

fn is_paging(key: &str) -> bool {
    key == NUMBER || key == SIZE
}

/// A number from 1, however large.
fn number_of(query: &Query, name: &str) -> Result<Option<i64>, JsonApiError> {
    let Some((_, text)) = query.pairs.iter().find(|(key, _)| key == name) else { return Ok(None) };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // What has only digits and does not fit is too large, not malformed.
    match is_number.then(|| text.parse().unwrap_or(i64::MAX)) {
        Some(number) if number >= 1 => Ok(Some(number)),
        _ => Err(JsonApiError::bad_request(format!("{name} must be a whole number from 1"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Query { path: "/api/v2/organizations".to_owned(), pairs }
    }

    fn check(text: &str, expected: Option<(i64, i64)>) {
        assert_eq!(Page::parse(&query(text)).ok().map(Page::window), expected, "{text}");
    }

    #[test]
    fn pages_are_windows() {
        check("", Some((0, 20)));
        check("page[number]=3&page[size]=10", Some((20, 10)));
        check("page%5Bnumber%5D=2", Some((20, 20)));
        check("page[size]=1000", Some((0, 100)));
        check("page[size]=99999999999999999999999", Some((0, 100)));
        check("page[number]=1000000000&page[size]=100", Some((99_999_999_900, 100)));
        for bad in
            ["page[number]=0", "page[size]=0", "page[size]=-1", "page[number]=x", "page[number]=", "page[size]=+5"]
        {
            check(bad, None);
        }
        check("page[number]=99999999999999999999999", None);
    }

    #[test]
    fn links_keep_filters_and_encode_brackets() {
        let query = query("q=a b&filter[provider]=aws&page[number]=2&page[size]=10");
        let document = Page::parse(&query).unwrap().document(Vec::new(), 25, &query, "https://registry.acme.test");
        let link = |number| {
            format!(
                "https://registry.acme.test/api/v2/organizations?q=a+b&filter%5Bprovider%5D=aws\
                 &page%5Bnumber%5D={number}&page%5Bsize%5D=10"
            )
        };
        assert_eq!(
            document["links"],
            json!({"self": link(2), "first": link(1), "prev": link(1), "next": link(3), "last": link(3)})
        );
        assert_eq!(
            document["meta"]["pagination"],
            json!({"current-page": 2, "page-size": 10, "prev-page": 1, "next-page": 3, "total-pages": 3, "total-count": 25})
        );
    }

    #[test]
    fn a_page_past_the_end_is_no_error() {
        let query = query("page[number]=1000000000");
        let document = Page::parse(&query).unwrap().document(Vec::new(), 0, &query, "http://h");
        assert_eq!(
            document["meta"]["pagination"],
            json!({
                "current-page": 1_000_000_000, "page-size": 20, "prev-page": 1, "next-page": null, "total-pages": 1,
                "total-count": 0
            })
        );
    }
}
