//! The headers of a delivery, and what every host writes there under names of its own.

use std::fmt;

use domain::Error;

const LONGEST_NAME: usize = 100;
const LONGEST_DELIVERY_ID: usize = 200;

/// The headers of a request: names in any case, values as bytes, repeats kept. Collected from pairs of both.
/// Prints only the names, since some values are secrets.
#[derive(Clone, Default)]
pub struct Headers<'a>(Vec<(&'a str, &'a [u8])>);

/// How often a header came.
pub(super) enum Found<'a> {
    Never,
    Once(&'a [u8]),
    Repeatedly,
}

impl<'a> Headers<'a> {
    pub(super) fn find(&self, name: &str) -> Found<'a> {
        let mut values = self.0.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        match (values.next(), values.next()) {
            (None, _) => Found::Never,
            (Some((_, value)), None) => Found::Once(value),
            (Some(_), Some(_)) => Found::Repeatedly,
        }
    }

    /// What the first of `names` that came calls the event, made printable and cut to its first 100 characters.
    ///
    /// # Errors
    /// [`Error::Invalid`] when none of them came, or it came empty or repeatedly.
    pub(super) fn event_name(&self, names: &[&str]) -> Result<String, Error> {
        for name in names {
            match self.find(name) {
                Found::Never => {}
                Found::Once(value) if !value.is_empty() => return Ok(printable(value)),
                Found::Once(_) | Found::Repeatedly => {
                    return Err(Error::invalid(format!("The header {name}"), "must come once and name the event"));
                }
            }
        }
        Err(Error::invalid(format!("The header {}", names.join(" or ")), "is missing"))
    }

    /// The first of `names` that came once and holds a fit id.
    pub(super) fn delivery_id(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| match self.find(name) {
            Found::Once(value) => fit_delivery_id(value),
            Found::Never | Found::Repeatedly => None,
        })
    }
}

impl<'a> FromIterator<(&'a str, &'a [u8])> for Headers<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a [u8])>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// At most 100 printable ASCII characters, with `?` for every byte that is none.
pub(super) fn printable(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(LONGEST_NAME);
    shown.map(|byte| if is_printable(*byte) { char::from(*byte) } else { '?' }).collect()
}

/// The id itself if it can be kept: 1 to 200 printable ASCII characters.
pub(super) fn fit_delivery_id(bytes: &[u8]) -> Option<String> {
    let fits = (1..=LONGEST_DELIVERY_ID).contains(&bytes.len()) && bytes.iter().copied().all(is_printable);
    fits.then(|| bytes.iter().copied().map(char::from).collect())
}

fn is_printable(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' '
}
