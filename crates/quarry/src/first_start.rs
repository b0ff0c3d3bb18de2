//! What a database needs before the first request: the administrator, the installation's namespace, and the proof that
//! the keys belong to it.

use anyhow::Context;
use domain::Error;
use service_kit::{Keys, Settings};
use store::{Connection, Store, installation, jobs, scopes, tokens};

const KEY_PROOF: &str = "key-proof";
const ADMINISTRATOR: &str = "admin";
const ADMINISTRATOR_TOKEN: &str = "administrator";

/// Safe to repeat at every start; true if this is the first.
pub(crate) async fn prepare(store: &Store, settings: &Settings, keys: &Keys) -> anyhow::Result<bool> {
    let proof = keys.seal.seal(KEY_PROOF.as_bytes(), KEY_PROOF)?;
    let token_proof = keys.token.hash(KEY_PROOF);
    let known = store.read(|session| installation::find(session, KEY_PROOF)).await?;
    let is_first = known.is_none();
    if let Some(known) = known {
        let (seal_proof, known_token_proof) = known.split_once(' ').unwrap_or((&known, ""));
        keys.seal
            .open(seal_proof, KEY_PROOF)
            .context("QUARRY_SEAL_KEYS are not the keys of this database: what it holds could not be read any more")?;
        if known_token_proof != token_proof {
            anyhow::bail!("QUARRY_TOKEN_KEY is not the key of this database: no token would be valid any more");
        }
    }
    let namespace = settings.namespace.clone();
    let administrator = keys.token.hash(&keys.admin_token);
    let is_alone = settings.is_embedded();
    store
        .write(move |session| {
            installation::set(session, KEY_PROOF, &format!("{proof} {token_proof}"))?;
            make_installation_scope(session, &namespace)?;
            let user = tokens::find_or_insert_user(session, ADMINISTRATOR)?;
            tokens::set_administrator_token(session, &user, ADMINISTRATOR_TOKEN, &administrator)?;
            if is_alone {
                jobs::free_all_leases(session)?;
            }
            Ok(())
        })
        .await?;
    Ok(is_first)
}

fn make_installation_scope(session: &mut Connection, name: &domain::Namespace) -> Result<(), Error> {
    if scopes::find(session, name.as_str())?.is_some() {
        return Ok(());
    }
    let new = scopes::NewScope { kind: "installation", name, email: "", settings: "{}" };
    scopes::insert(session, &new).map(drop)
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
