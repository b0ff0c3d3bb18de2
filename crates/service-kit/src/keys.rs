//! The keys of the installation: from settings, or made on the first start in `<data>/keys`, mode 0600.

use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use domain::Error;
use seal::{SealKeys, TokenKey};
use signed_link::LinkKeys;

use crate::Settings;

/// Everything that must stay secret for as long as the installation lives.
#[derive(Debug)]
pub struct Keys {
    pub link: LinkKeys,
    pub seal: SealKeys,
    pub token: TokenKey,
    /// The first owner's token, in clear: it is hashed into the database at every start.
    pub admin_token: String,
}

/// Reads the keys that settings give, or those in the data directory; makes what is missing there.
pub fn load_keys(settings: &Settings) -> Result<Keys, Error> {
    let folder = settings.data_dir.join("keys");
    let has_data = settings.has_data();
    let key = |given: &Option<String>, name: &str, make: fn() -> Result<String, Error>| {
        let path = folder.join(name);
        match given {
            Some(text) => Ok(text.clone()),
            // A new key would be found at the next start, and what the old one protects would be lost for good.
            None if has_data && !path.exists() => Err(Error::invalid(
                format!("The file {}", path.display()),
                "is missing, but the database is there: restore it from the backup",
            )),
            None => read_or_make(&path, make),
        }
    };
    let link = LinkKeys::parse(&key(&settings.link_keys, "link-keys", LinkKeys::generate)?)
        .map_err(|error| named("QUARRY_LINK_KEYS", error))?;
    let seal = SealKeys::parse(&key(&settings.seal_keys, "seal-keys", SealKeys::generate)?)
        .map_err(|error| named("QUARRY_SEAL_KEYS", error))?;
    let token = TokenKey::parse(&key(&settings.token_key, "token-key", TokenKey::generate)?)
        .map_err(|error| named("QUARRY_TOKEN_KEY", error))?;
    let admin_token = match &settings.admin_token {
        Some(text) => text.clone(),
        None => {
            let make = || Ok(token.new_token()?.clear.reveal().to_owned());
            read_or_make(&settings.data_dir.join("admin-token"), make)?
        }
    };
    if !seal::is_well_formed(&admin_token) {
        return Err(Error::invalid(
            "QUARRY_ADMIN_TOKEN",
            "must be a token that `quarry` made (quarry_ and 33 letters and digits); leave it out to have one made",
        ));
    }
    Ok(Keys { link, seal, token, admin_token })
}

fn named(setting: &str, error: Error) -> Error {
    match error {
        Error::Invalid { reason, .. } => Error::invalid(setting, reason),
        other => other,
    }
}

fn read_or_make(path: &Path, make: impl FnOnce() -> Result<String, Error>) -> Result<String, Error> {
    let during = "reading the keys in the data directory";
    match fs::read_to_string(path) {
        Ok(text) => {
            refuse_open_to_others(path)?;
            Ok(text.trim().to_owned())
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            let text = make()?;
            write_private(path, &text).map_err(|source| Error::internal("saving a new key", source))?;
            Ok(text)
        }
        Err(source) => Err(Error::internal(during, source)),
    }
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
