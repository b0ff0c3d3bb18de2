//! What a database needs before the first request: the administrator, the installation's namespace, and the proofs that
//! keys and the store of blobs belong to it.

mod key_proofs;

use blobs::Blobs;
use domain::Error;
use seal::{SealKeys, Secret, TokenKey};
use service_kit::{KeyRing, Settings};
use store::{Connection, Store, installation, jobs, scopes, tokens, users};

pub(crate) use key_proofs::{KEY_PROOF, RoleKeys, rewrap as rewrap_proof, verify};

const ADMINISTRATOR: &str = "admin";
const ADMINISTRATOR_TOKEN: &str = "administrator";
const HAS_STORE: &str = "has-store";

/// Who sets a database up: keys that seal and hash, and the administrator's token.
pub(crate) struct Founder {
    seal: SealKeys,
    token: TokenKey,
    admin_token: Secret,
}

impl Founder {
    /// From the settings; those of the embedded mode are made where there is no data yet.
    pub(crate) fn load(settings: &Settings) -> Result<Self, Error> {
        let keys = KeyRing::new(settings);
        Ok(Self { seal: keys.seal()?, token: keys.token()?, admin_token: keys.admin_token()? })
    }
}

/// Safe to repeat at every start, and by several at once; true if this is the first.
pub(crate) async fn prepare(store: &Store, settings: &Settings, founder: Founder) -> Result<bool, Error> {
    let known = store.read(|session| installation::find(session, KEY_PROOF)).await?;
    if let Some(known) = &known {
        key_proofs::check_sealing(known, &founder.seal)?;
        key_proofs::check_tokens(known, &founder.token)?;
    }
    let proof = key_proofs::make(&founder.seal, &founder.token)?;
    let namespace = settings.namespace.clone();
    let administrator = founder.token.hash(founder.admin_token.reveal());
    let is_alone = settings.is_embedded();
    store
        .write(move |session| {
            // Several may start at once, and only one of them is the first.
            let is_first = installation::find(session, KEY_PROOF)?.is_none();
            installation::set(session, KEY_PROOF, &proof)?;
            make_installation_scope(session, &namespace)?;
            if is_first {
                make_default_account(session)?;
            }
            let user = users::find_or_insert(session, ADMINISTRATOR)?;
            tokens::set_administrator_token(session, &user, ADMINISTRATOR_TOKEN, &administrator)?;
            if is_alone {
                jobs::free_all_leases(session)?;
            }
            Ok(())
        })
        .await?;
    Ok(known.is_none())
}

/// Whoever deletes it does not get it back.
fn make_default_account(session: &mut Connection) -> Result<(), Error> {
    let name = scopes::DEFAULT_ACCOUNT.parse()?;
    match scopes::insert(session, &scopes::NewScope::account(&name)) {
        // The installation may be called so.
        Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn make_installation_scope(session: &mut Connection, name: &domain::Namespace) -> Result<(), Error> {
    if scopes::find(session, name.as_str())?.is_some() {
        return Ok(());
    }
    let new = scopes::NewScope { kind: scopes::INSTALLATION, ..scopes::NewScope::account(name) };
    scopes::insert(session, &new).map(drop)
}

/// A store of blobs belongs to one database, since two would delete each other's blobs; and a database to one store, since
/// its archives are there.
pub(crate) async fn claim_blobs(store: &Store, blobs: &Blobs) -> Result<(), Error> {
    let (id, has_store) = store
        .write(|session| {
            Ok((installation::find_or_make_id(session)?, installation::find(session, HAS_STORE)?.is_some()))
        })
        .await?;
    if has_store && blobs.owner().await?.is_none() {
        let reason = format!(
            "names a store that this database never used: its archives are elsewhere. To begin with an empty store on \
             purpose, put an object `installation` with the content `{id}` into it"
        );
        return Err(Error::invalid("QUARRY_BLOBS_URL", reason));
    }
    blobs.claim(&id).await?;
    if has_store {
        return Ok(());
    }
    store.write(|session| installation::set(session, HAS_STORE, "yes")).await
}

/// Said once, on standard output, to the person who started it.
pub(crate) fn greet(settings: &Settings, public_url: &str) {
    let data = settings.data_dir.display();
    println!(
        "Quarry is set up in {data}\n\
         \n\
         \x20 keys                   {data}/keys           back them up: without them the data cannot be used\n\
         \x20 administrator's token  {data}/admin-token\n\
         \n\
         Next, publish a repository:\n\
         \n\
         \x20 quarry publish https://git.example.org/acme/terraform-aws-vpc.git \\\n\
         \x20   --server {public_url} --token-file {data}/admin-token --organization acme\n"
    );
}
