//! `quarry keys`: fresh keys, one step of a rotation, and sealing anew what an old key sealed.

use domain::Error;
use seal::{SealKeys, TokenKey};
use service_kit::{KeyList, KeyRing, Role, Settings, write_key_file};
use signed_link::LinkKeys;
use store::{Connection, Store, connections, installation, webhooks};

use crate::{
    command_line::{KeysCommand, KeysOptions, RotatedList, RotationStep},
    installation::{KEY_PROOF, rewrap_proof},
};

/// Prints what is asked for on standard output, and what to do next on standard error.
pub(crate) async fn run(options: &KeysOptions) -> anyhow::Result<()> {
    if let KeysCommand::New = options.command {
        return Ok(new()?);
    }
    let settings = Settings::load(options.config.as_deref(), Role::Keys)?;
    service_kit::init_logging(&settings.log, &settings.log_format)?;
    match options.command {
        KeysCommand::New => Ok(()),
        KeysCommand::Rotate { list, step } => Ok(rotate(&settings, list, step).await?),
        KeysCommand::Rewrap => {
            let rewrapped = rewrap(&settings).await?;
            println!("sealed anew: {rewrapped}");
            Ok(())
        }
    }
}

fn new() -> Result<(), Error> {
    let token_key = TokenKey::generate()?;
    println!("QUARRY_LINK_KEYS={}", LinkKeys::generate()?);
    println!("QUARRY_SEAL_KEYS={}", SealKeys::generate()?);
    println!("QUARRY_TOKEN_KEY={token_key}");
    println!("QUARRY_ADMIN_TOKEN={}", TokenKey::parse(&token_key)?.new_token()?.clear.reveal());
    Ok(())
}

async fn rotate(settings: &Settings, list: RotatedList, step: RotationStep) -> Result<(), Error> {
    let list = match list {
        RotatedList::Link => KeyList::Link,
        RotatedList::Seal => KeyList::Seal,
    };
    let (written, file) = KeyRing::new(settings).written(list)?;
    if matches!((list, step), (KeyList::Seal, RotationStep::Retire)) {
        refuse_while_needed(settings, written.reveal()).await?;
    }
    let next = next_list(written.reveal(), step, list.name())?;
    match file {
        Some(path) => {
            write_key_file(&path, &next)?;
            println!("{} now holds {} keys", path.display(), next.split(',').count());
        }
        None => println!("{}={next}", list.name()),
    }
    eprintln!("{}", advice(list, step));
    Ok(())
}

/// The list after one step.
fn next_list(written: &str, step: RotationStep, name: &str) -> Result<String, Error> {
    let mut keys: Vec<String> = written.split(',').map(|key| key.trim().to_owned()).collect();
    match (step, keys.len()) {
        (RotationStep::Prepare, 1) => keys.push(domain::key_text::generate()?),
        (RotationStep::Prepare, _) => {
            return Err(Error::invalid(name, "holds several keys already: go on with --step switch, or --step retire"));
        }
        (RotationStep::Switch | RotationStep::Retire, 1) => {
            return Err(Error::invalid(name, "holds one key: begin with --step prepare"));
        }
        (RotationStep::Switch, _) => keys.rotate_right(1),
        (RotationStep::Retire, _) => keys.truncate(1),
    }
    Ok(keys.join(","))
}

fn advice(list: KeyList, step: RotationStep) -> &'static str {
    match (list, step) {
        (_, RotationStep::Prepare) => {
            "Start every process anew with this list, one after the other; then --step switch. Nothing uses the new key yet."
        }
        (KeyList::Link, RotationStep::Switch) => {
            "Start every process anew with this list; then --step retire, but not before 26 hours are over: until then links \
             of the old key may be used."
        }
        (KeyList::Seal, RotationStep::Switch) => {
            "Start every process anew with this list; then `quarry keys rewrap`, and then --step retire."
        }
        (_, RotationStep::Retire) => {
            "Start every process anew with this list. What the old key made is refused from then on."
        }
    }
}

/// Seals what the database holds under the first key. Safe to repeat, and while everything runs.
async fn rewrap(settings: &Settings) -> Result<usize, Error> {
    let keys = SealKeys::parse(KeyRing::new(settings).written(KeyList::Seal)?.0.reveal())?;
    let store = Store::connect(settings.database_url.reveal(), settings.database_sessions)?;
    store.check_schema().await?;
    store.write(move |session| rewrap_all(session, &keys)).await
}

fn rewrap_all(session: &mut Connection, keys: &SealKeys) -> Result<usize, Error> {
    let mut rewrapped = 0;
    if let Some(proof) = installation::find(session, KEY_PROOF)?
        && let Some(anew) = rewrap_proof(&proof, keys)?
    {
        installation::set(session, KEY_PROOF, &anew)?;
    }
    for (id, sealed) in connections::list_sealed(session)? {
        if let Some(anew) = sealed_anew(keys, &sealed, &connections::secret_binding(&id))? {
            // Somebody else may have given it another secret meanwhile, sealed by the first key.
            rewrapped += connections::replace_sealed(session, &id, &sealed, &anew)?;
        }
    }
    for (id, sealed) in webhooks::list_sealed(session)? {
        if let Some(anew) = sealed_anew(keys, &sealed, &webhooks::secret_binding(&id))? {
            rewrapped += webhooks::replace_sealed(session, &id, &sealed, &anew)?;
        }
    }
    Ok(rewrapped)
}

/// The same secret under the first key; `None` if it is under that already.
fn sealed_anew(keys: &SealKeys, sealed: &str, binding: &str) -> Result<Option<String>, Error> {
    if !keys.needs_rewrap(sealed) {
        return Ok(None);
    }
    keys.seal(&keys.open(sealed, binding)?, binding).map(Some)
}

/// An old key must stay as long as anything is sealed with it.
async fn refuse_while_needed(settings: &Settings, written: &str) -> Result<(), Error> {
    let first = written.split(',').next().unwrap_or_default();
    let keys = SealKeys::parse(first)?;
    let store = Store::connect(settings.database_url.reveal(), settings.database_sessions)?;
    store.check_schema().await?;
    let needed = store
        .read(move |session| {
            let proof = installation::find(session, KEY_PROOF)?.unwrap_or_default();
            let proof = proof.split_once(' ').map_or(proof.as_str(), |(sealed, _)| sealed).to_owned();
            let of_connections = connections::list_sealed(session)?.into_iter().map(|(_, sealed)| sealed);
            let of_webhooks = webhooks::list_sealed(session)?.into_iter().map(|(_, sealed)| sealed);
            let sealed = of_connections.chain(of_webhooks);
            Ok(sealed.chain([proof]).filter(|sealed| keys.needs_rewrap(sealed)).count())
        })
        .await?;
    if needed == 0 {
        return Ok(());
    }
    let reason = format!("must keep the old key: {needed} secrets are sealed with it; run `quarry keys rewrap` first");
    Err(Error::invalid("QUARRY_SEAL_KEYS", reason))
}
