//! Tar headers: the one form that is written, and the strict reading of any.

use domain::Error;
use tar::{EntryType, Header};

/// Everything in a tar starts at a multiple of this.
pub(crate) const BLOCK: usize = 512;

/// 1980-01-01: some tools warn about the epoch itself, and zip knows nothing older.
const MODIFIED: u64 = 315_532_800;

/// A header as it was found; names are bytes.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) name: Vec<u8>,
    pub(crate) link: Vec<u8>,
    pub(crate) kind: u8,
    pub(crate) size: u64,
}

/// Reads one block; `None` if it is all zero. Sizes above 8 GiB are not read at all.
pub(crate) fn read(block: &[u8; BLOCK]) -> Result<Option<Raw>, Error> {
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let header = Header::from_byte_slice(block);
    let stored = octal(&header.as_old().cksum);
    let (unsigned, signed) = sums(block);
    if stored != Some(unsigned) && stored.and_then(|sum| i64::try_from(sum).ok()) != Some(signed) {
        return Err(Error::invalid("the archive", "holds no tar, or a damaged one: pack with `tar -czf`"));
    }
    let name = header.path_bytes().into_owned();
    let Some(size) = octal(&header.as_old().size) else {
        let shown = crate::path::entry(&String::from_utf8_lossy(&name));
        return Err(Error::invalid(shown, "has a size that cannot be read: pack it again"));
    };
    Ok(Some(Raw {
        name,
        link: header.link_name_bytes().unwrap_or_default().into_owned(),
        kind: header.entry_type().as_byte(),
        size,
    }))
}

/// The sum of the block with blanks for the sum itself. Old writers summed signed bytes.
fn sums(block: &[u8; BLOCK]) -> (u64, i64) {
    let (mut unsigned, mut signed) = (0, 0);
    for (place, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&place) { b' ' } else { *byte };
        unsigned += u64::from(byte);
        signed += i64::from(byte.cast_signed());
    }
    (unsigned, signed)
}

fn octal(field: &[u8]) -> Option<u64> {
    let start = field.trim_ascii_start();
    let end = start.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(start.len());
    start.get(..end)?.iter().try_fold(0u64, |sum, byte| match byte {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// The headers of the canonical form, made once and filled in for each entry.
pub(crate) struct Template(Header);

impl Template {
    pub(crate) fn new() -> Self {
        let mut header = Header::new_ustar();
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(MODIFIED);
        header.set_device_major(0).ok();
        header.set_device_minor(0).ok();
        Self(header)
    }

    /// A script stays executable: what starts with `#!` is 0755, every other file 0644.
    pub(crate) fn file(&self, path: &str, body: &[u8]) -> Written {
        let mode = if body.starts_with(b"#!") { 0o755 } else { 0o644 };
        self.entry(path, EntryType::Regular, mode, body.len() as u64)
    }

    /// `path` ends with a slash.
    pub(crate) fn directory(&self, path: &str) -> Written {
        self.entry(path, EntryType::Directory, 0o755, 0)
    }

    fn entry(&self, path: &str, kind: EntryType, mode: u32, size: u64) -> Written {
        let (prefix, name, pax) = match split(path) {
            Some((prefix, name)) => (prefix, name, None),
            None => ("", "long-name", Some(self.pax(path))),
        };
        Written { pax, header: self.block(prefix, name, kind, (mode, size)) }
    }

    /// A name that is long or not ASCII: the header that says it, and its padded record.
    fn pax(&self, path: &str) -> Vec<u8> {
        let text = format!(" path={path}\n");
        let mut length = text.len();
        while length != text.len() + length.to_string().len() {
            length = text.len() + length.to_string().len();
        }
        let header = self.block("", "pax", EntryType::XHeader, (0o644, length as u64));
        let mut out = header.as_bytes().to_vec();
        out.extend_from_slice(length.to_string().as_bytes());
        out.extend_from_slice(text.as_bytes());
        out.resize(out.len().next_multiple_of(BLOCK), 0);
        out
    }

    fn block(&self, prefix: &str, name: &str, kind: EntryType, (mode, size): (u32, u64)) -> Header {
        let mut header = self.0.clone();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        if let Some(ustar) = header.as_ustar_mut() {
            fill(&mut ustar.name, name);
            fill(&mut ustar.prefix, prefix);
        }
        header.set_cksum();
        header
    }
}

/// What stands before the body of an entry.
pub(crate) struct Written {
    pub(crate) pax: Option<Vec<u8>>,
    pub(crate) header: Header,
}

/// Where the plain format has room for a path, if at all.
fn split(path: &str) -> Option<(&str, &str)> {
    if !path.is_ascii() {
        return None;
    }
    if path.len() <= 100 {
        return Some(("", path));
    }
    let earliest = path.len() - 101;
    let slash = earliest + path.get(earliest..)?.find('/')?;
    let (prefix, name) = (path.get(..slash)?, path.get(slash + 1..)?);
    (prefix.len() <= 155 && !prefix.is_empty() && !name.is_empty()).then_some((prefix, name))
}

fn fill(field: &mut [u8], text: &str) {
    for (place, byte) in field.iter_mut().zip(text.as_bytes()) {
        *place = *byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_where_the_format_has_room() {
        let exactly = "x".repeat(100);
        let both = format!("{}/{}", "p".repeat(155), "n".repeat(100));
        let long_name = format!("p/{}", "n".repeat(101));
        let long_prefix = format!("{}/n", "p".repeat(156));

        assert_eq!(split(&exactly), Some(("", exactly.as_str())));
        assert_eq!(split(&both), both.split_once('/'));
        assert_eq!(split(&long_name), None);
        assert_eq!(split(&long_prefix), None);
        assert_eq!(split("ü"), None);
    }

    #[test]
    fn numbers_are_octal_and_nothing_else() {
        assert_eq!(octal(b"0000644\0"), Some(0o644));
        assert_eq!(octal(b"    12 \0"), Some(0o12));
        assert_eq!(octal(b"\0\0\0\0"), Some(0));
        assert_eq!(octal(b"777777777777"), Some(0o777_777_777_777));
        assert_eq!(octal(b"-1\0"), None);
        assert_eq!(octal(b"9\0"), None);
        assert_eq!(octal(&[0xff; 12]), None);
        assert_eq!(octal(&[0x80, 0, 0, 1]), None);
    }
}
