//! Proofs in the database that the keys of a process are those of the installation: a wrong key would make secrets
//! unreadable, tokens invalid and links refused, each only when somebody needs it.

use std::time::SystemTime;

use domain::Error;
use seal::{SealKeys, TokenKey};
use service_kit::{KeyRing, Role, Settings};
use signed_link::{Grant, Link, LinkError, LinkKeys};
use store::{Store, installation};

/// Under this name: a sealed text and a hash, with a space between.
pub(crate) const KEY_PROOF: &str = "key-proof";
/// Under this name: a link that points at nothing.
const LINK_PROOF: &str = "link-proof";
const NO_BLOB: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The keys that one role has.
pub(crate) struct RoleKeys {
    link: Option<LinkKeys>,
    seal: Option<SealKeys>,
    token: Option<TokenKey>,
    /// Whether it makes links, or only opens them.
    signs: bool,
}

impl RoleKeys {
    /// Those that `role` needs, and no other.
    pub(crate) fn load(role: Role, settings: &Settings) -> Result<Self, Error> {
        let keys = KeyRing::new(settings);
        let (links, seals) =
            (matches!(role, Role::Gateway | Role::Archivist), matches!(role, Role::Gateway | Role::Ingestor));
        Ok(Self {
            link: links.then(|| keys.link()).transpose()?,
            seal: seals.then(|| keys.seal()).transpose()?,
            token: (role == Role::Gateway).then(|| keys.token()).transpose()?,
            signs: role == Role::Gateway,
        })
    }
}

/// Refuses keys that are not those of this database.
pub(crate) async fn verify(store: &Store, keys: &RoleKeys) -> Result<(), Error> {
    let (proof, link_proof) = store
        .read(|session| Ok((installation::find(session, KEY_PROOF)?, installation::find(session, LINK_PROOF)?)))
        .await?;
    let Some(proof) = proof else {
        return Err(Error::invalid("The database", "was not set up: run `quarry migrate` against it"));
    };
    if let Some(seal) = &keys.seal {
        check_sealing(&proof, seal)?;
    }
    if let Some(token) = &keys.token {
        check_tokens(&proof, token)?;
    }
    let Some(link) = &keys.link else { return Ok(()) };
    if let Some(link_proof) = link_proof {
        check_links(&link_proof, link)?;
    }
    if keys.signs {
        let fresh = make_link_proof(link)?;
        store.write(move |session| installation::set(session, LINK_PROOF, &fresh)).await?;
    }
    Ok(())
}

/// What [`check_sealing`] and [`check_tokens`] look at.
pub(crate) fn make(seal: &SealKeys, token: &TokenKey) -> Result<String, Error> {
    Ok(format!("{} {}", seal.seal(KEY_PROOF.as_bytes(), KEY_PROOF)?, token.hash(KEY_PROOF)))
}

/// The same proof, sealed by the first of `seal`.
pub(crate) fn rewrap(proof: &str, seal: &SealKeys) -> Result<Option<String>, Error> {
    let (sealed, rest) = proof.split_once(' ').unwrap_or((proof, ""));
    if !seal.needs_rewrap(sealed) {
        return Ok(None);
    }
    check_sealing(proof, seal)?;
    Ok(Some(format!("{} {rest}", seal.seal(KEY_PROOF.as_bytes(), KEY_PROOF)?)))
}

pub(super) fn check_sealing(proof: &str, seal: &SealKeys) -> Result<(), Error> {
    let (sealed, _) = proof.split_once(' ').unwrap_or((proof, ""));
    seal.open(sealed, KEY_PROOF).map(drop).map_err(|_| {
        Error::invalid(
            "QUARRY_SEAL_KEYS",
            "are not the keys of this database: what it holds could not be read any more. Keep the old key in the list \
             until `quarry keys rewrap` has run",
        )
    })
}

pub(super) fn check_tokens(proof: &str, token: &TokenKey) -> Result<(), Error> {
    let known = proof.split_once(' ').map_or("", |(_, hash)| hash);
    if token.matches(KEY_PROOF, known) {
        return Ok(());
    }
    Err(Error::invalid("QUARRY_TOKEN_KEY", "is not the key of this database: no token would be valid any more"))
}

fn check_links(proof: &str, link: &LinkKeys) -> Result<(), Error> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    match link.open(proof, i64::try_from(now).unwrap_or(0)) {
        Ok(_) | Err(LinkError::Expired) => Ok(()),
        Err(LinkError::Invalid) => Err(Error::invalid(
            "QUARRY_LINK_KEYS",
            "do not hold the key that makes the links of this installation: they would be refused. To rotate, add the new \
             key everywhere first (`quarry keys rotate link --step prepare`)",
        )),
    }
}

fn make_link_proof(link: &LinkKeys) -> Result<String, Error> {
    let grant = Grant::Get { blob: NO_BLOB.to_owned(), size: 0 };
    link.seal(&Link { grant, expires_at: i64::from(u32::MAX) })
}
