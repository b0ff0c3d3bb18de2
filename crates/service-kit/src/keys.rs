//! The keys of the installation: from settings, or made on the first start in `<data>/keys`, mode 0600.

use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use domain::Error;
use seal::{SealKeys, Secret, TokenKey};
use signed_link::LinkKeys;

use crate::Settings;

/// Where the keys of an installation come from: each is read only by who needs it.
#[derive(Clone, Copy)]
pub struct KeyRing<'a> {
    settings: &'a Settings,
}

impl<'a> KeyRing<'a> {
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }

    /// Makes and opens links.
    pub fn link(self) -> Result<LinkKeys, Error> {
        let text = self.text(KeyList::Link, LinkKeys::generate)?;
        LinkKeys::parse(text.reveal()).map_err(|error| named("QUARRY_LINK_KEYS", error))
    }

    /// Seals and opens the secrets in the database.
    pub fn seal(self) -> Result<SealKeys, Error> {
        let text = self.text(KeyList::Seal, SealKeys::generate)?;
        SealKeys::parse(text.reveal()).map_err(|error| named("QUARRY_SEAL_KEYS", error))
    }

    /// Hashes API tokens.
    pub fn token(self) -> Result<TokenKey, Error> {
        let text = match &self.settings.token_key {
            Some(text) => text.clone(),
            None => self.read_or_make_file("token-key", TokenKey::generate)?,
        };
        TokenKey::parse(text.reveal()).map_err(|error| named("QUARRY_TOKEN_KEY", error))
    }

    /// The first owner's token, in clear: its hash goes into the database at every start.
    pub fn admin_token(self) -> Result<Secret, Error> {
        let token = match &self.settings.admin_token {
            Some(text) => text.clone(),
            None => {
                let key = self.token()?;
                let make = || Ok(key.new_token()?.clear.reveal().to_owned());
                read_or_make(&self.settings.data_dir.join("admin-token"), make)?.into()
            }
        };
        if !seal::is_well_formed(token.reveal()) {
            return Err(Error::invalid(
                "QUARRY_ADMIN_TOKEN",
                "must be a token that `quarry` made (quarry_ and 33 letters and digits; `quarry keys new` makes one), or \
                 be left out where there is a data directory for it",
            ));
        }
        Ok(token)
    }

    /// The text of a list of keys as it is configured now, and the file that holds it unless it is a setting.
    ///
    /// # Errors
    /// [`Error::Invalid`] when neither is there.
    pub fn written(self, list: KeyList) -> Result<(Secret, Option<PathBuf>), Error> {
        if let Some(text) = list.setting(self.settings) {
            return Ok((text.clone(), None));
        }
        let path = self.folder().join(list.file());
        let missing = || Error::invalid(list.name(), format!("is not set, and there is no file {}", path.display()));
        let text = read(&path)?.ok_or_else(missing)?;
        Ok((text.into(), Some(path)))
    }

    fn text(self, list: KeyList, make: fn() -> Result<String, Error>) -> Result<Secret, Error> {
        match list.setting(self.settings) {
            Some(text) => Ok(text.clone()),
            None => self.read_or_make_file(list.file(), make),
        }
    }

    /// Reads a key in the data directory; makes it where there is no data yet.
    fn read_or_make_file(self, name: &str, make: fn() -> Result<String, Error>) -> Result<Secret, Error> {
        let path = self.folder().join(name);
        // A new key would be found at the next start, and what the old one protects would be lost for good.
        if self.settings.has_data() && !path.exists() {
            return Err(Error::invalid(
                format!("The file {}", path.display()),
                "is missing, but the database is there: restore it from the backup",
            ));
        }
        read_or_make(&path, make).map(Into::into)
    }

    fn folder(self) -> PathBuf {
        self.settings.data_dir.join("keys")
    }
}

/// Lists of keys that can be rotated: the first one makes, all of them open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyList {
    Link,
    Seal,
}

impl KeyList {
    /// The setting that holds it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "QUARRY_LINK_KEYS",
            Self::Seal => "QUARRY_SEAL_KEYS",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Link => "link-keys",
            Self::Seal => "seal-keys",
        }
    }

    fn setting(self, settings: &Settings) -> Option<&Secret> {
        match self {
            Self::Link => settings.link_keys.as_ref(),
            Self::Seal => settings.seal_keys.as_ref(),
        }
    }
}

fn named(setting: &str, error: Error) -> Error {
    match error {
        Error::Invalid { reason, .. } => Error::invalid(setting, format!("{reason}; `quarry keys new` makes keys")),
        other => other,
    }
}

fn read_or_make(path: &Path, make: impl FnOnce() -> Result<String, Error>) -> Result<String, Error> {
    if let Some(text) = read(path)? {
        return Ok(text);
    }
    let text = make()?;
    write_key_file(path, &text)?;
    Ok(text)
}

/// `None`: there is no such file.
fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => {
            refuse_open_to_others(path)?;
            Ok(Some(text.trim().to_owned()))
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::internal("reading the keys in the data directory", source)),
    }
}

/// Replaces a key file by `text`, for its owner alone; all of it or nothing.
pub fn write_key_file(path: &Path, text: &str) -> Result<(), Error> {
    write_private(path, text).map_err(|source| Error::internal("saving a new key", source))
}

fn refuse_open_to_others(path: &Path) -> Result<(), Error> {
    let mode = fs::metadata(path).map_err(|source| Error::internal("reading a key", source))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Error::invalid(
            format!("The file {}", path.display()),
            format!("must not be open to others: run chmod 600 {}", path.display()),
        ));
    }
    Ok(())
}

/// All of it or nothing: a half-written key would be found, and refused, at the next start.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let temporary = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    fs::File::open(folder)?.sync_all()
}
