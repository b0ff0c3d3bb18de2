//! PAX records, read by their lengths: a value may hold line breaks.

use domain::Error;

const WHAT: &str = "the archive";

/// The records of one extended header that change what an entry is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pax {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) size: Option<u64>,
}

impl Pax {
    /// Refuses what readers understand differently: a key given twice, broken lengths, sparse files.
    pub(crate) fn parse(records: &[u8]) -> Result<Self, Error> {
        let mut pax = Self::default();
        let mut rest = records;
        while !rest.is_empty() {
            let (key, value, after) = record(rest).ok_or_else(|| broken("has a broken PAX header: pack it again"))?;
            rest = after;
            let again = match key {
                b"path" => pax.path.replace(value.to_vec()).is_some(),
                b"linkpath" => pax.link.replace(value.to_vec()).is_some(),
                b"size" => {
                    let size = number(value).ok_or_else(|| broken("has a broken PAX size: pack it again"))?;
                    pax.size.replace(size).is_some()
                }
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(broken("holds a sparse file: pack without --sparse"));
                }
                _ => false,
            };
            if again {
                return Err(broken("has a PAX header that says one thing twice: pack it again"));
            }
        }
        Ok(pax)
    }

    /// A global header may hold comments only; extractors skip it.
    pub(crate) fn check_global(records: &[u8]) -> Result<(), Error> {
        if Self::parse(records)? != Self::default() {
            return Err(broken("names files in a global PAX header: pack it again without"));
        }
        Ok(())
    }
}

fn broken(reason: &str) -> Error {
    Error::invalid(WHAT, reason)
}

/// `<length> <key>=<value>\n`, where the length counts all of it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(number(bytes.get(..space)?)?).ok()?;
    let (whole, after) = bytes.split_at_checked(length)?;
    let text = whole.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = text.iter().position(|byte| *byte == b'=')?;
    let (key, value) = text.split_at_checked(equals)?;
    Some((key, value.get(1..)?, after))
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_records_are_found_between_others() {
        let pax =
            Pax::parse(b"30 mtime=1700000000.123456789\n10 path=a\n19 SCHILY.xattr=\n\n\n14 linkpath=b\n9 size=7\n")
                .unwrap();

        assert_eq!(pax.path.as_deref(), Some(&b"a"[..]));
        assert_eq!(pax.link.as_deref(), Some(&b"b"[..]));
        assert_eq!(pax.size, Some(7));
    }

    #[test]
    fn broken_records_are_refused() {
        for bytes in [
            &b"x"[..],
            b"10 path=a",
            b"11 path=a\n",
            b"8 path=a\n",
            b"0 path=a\n",
            b"-1 path=a\n",
            b"99999999999999999999 path=a\n",
            b"7 path\n",
            b" path=a\n",
            b"10 size=x\n",
            b"11 size=-1\n",
            b"\0\0\0",
            b"10 path=a\n10 path=b\n",
            b"22 GNU.sparse.major=1\n",
        ] {
            Pax::parse(bytes).unwrap_err();
        }
    }

    #[test]
    fn global_headers_hold_comments_only() {
        Pax::check_global(b"18 comment=abcdef\n").unwrap();
        Pax::check_global(b"13 path=../x\n").unwrap_err();
        Pax::check_global(b"9 size=1\n").unwrap_err();
    }
}
