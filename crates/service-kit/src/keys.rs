//! The keys of the installation: from settings, or made on the first start in `<data>/keys`, mode 0600.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
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
    /// Whether anything was made just now: a first start.
    pub are_new: bool,
}

/// Reads the keys that settings give, or those in the data directory; makes what is missing there.
pub fn load_keys(settings: &Settings) -> Result<Keys, Error> {
    let folder = settings.data_dir.join("keys");
    let mut are_new = false;
    let mut key = |given: &Option<String>, name: &str, make: fn() -> Result<String, Error>| match given {
        Some(text) => Ok(text.clone()),
        None => read_or_make(&folder.join(name), make, &mut are_new),
    };
    let link = LinkKeys::parse(&key(&settings.link_keys, "link-keys", LinkKeys::generate)?)?;
    let seal = SealKeys::parse(&key(&settings.seal_keys, "seal-keys", SealKeys::generate)?)?;
    let token = TokenKey::parse(&key(&settings.token_key, "token-key", TokenKey::generate)?)?;
    let admin_token = match &settings.admin_token {
        Some(text) => text.clone(),
        None => {
            let make = || Ok(token.new_token()?.clear.reveal().to_owned());
            read_or_make(&settings.data_dir.join("admin-token"), make, &mut are_new)?
        }
    };
    if !seal::is_well_formed(&admin_token) {
        return Err(Error::invalid(
            "QUARRY_ADMIN_TOKEN",
            "must be a token that `quarry` made (quarry_ and 33 letters and digits); leave it out to have one made",
        ));
    }
    Ok(Keys { link, seal, token, admin_token, are_new })
}

fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> Result<String, Error>,
    are_new: &mut bool,
) -> Result<String, Error> {
    let during = "reading the keys in the data directory";
    match fs::read_to_string(path) {
        Ok(text) => {
            refuse_open_to_others(path)?;
            Ok(text.trim().to_owned())
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            let text = make()?;
            write_private(path, &text).map_err(|source| Error::internal("saving a new key", source))?;
            *are_new = true;
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
    fs::create_dir_all(folder)?;
    let temporary = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    fs::File::open(folder)?.sync_all()
}
