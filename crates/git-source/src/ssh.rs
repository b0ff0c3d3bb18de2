//! Git over SSH: the program `git-upload-pack` on a server whose key is known, started with a deploy key.

mod guard;
mod known_hosts;
mod running;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use domain::Error;
use russh::Preferred;
use russh::client::{AuthResult, Config, Handle, connect_stream};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey, decode_secret_key};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::address::Address;
use crate::failure::{self, refused};
use crate::remote::Remote;
use crate::settings::Settings;

use guard::Guard;
use known_hosts::KnownKeys;
pub use known_hosts::check_known_hosts;
use running::Running;

/// Whom hosts of Git let in with deploy keys.
const USUAL_USER: &str = "git";

/// How long the end of a conversation is waited for that nobody needs any more.
const GOODBYE: Duration = Duration::from_secs(2);

/// One connection to one server, made when it is first needed.
pub(crate) struct Ssh {
    found: Vec<SocketAddr>,
    connect: Duration,
    user: String,
    key: Arc<PrivateKey>,
    known: KnownKeys,
    running: RefCell<Option<Running>>,
}

impl Ssh {
    pub(crate) fn new(
        remote: &Remote,
        address: &Address,
        found: Vec<SocketAddr>,
        settings: &Settings,
    ) -> Result<Self, Error> {
        if settings.trust.known_hosts.is_empty() {
            return Err(refused(format!(
                "{address} is read over SSH, and no server is known: an administrator can name a file of known hosts with \
                 QUARRY_VCS_KNOWN_HOSTS"
            )));
        }
        let Some(key) = &remote.private_key else {
            return Err(refused(format!("{address} is read over SSH, for which the connection needs a private key")));
        };
        let key = decode_secret_key(key, None)
            .map_err(|_| refused(format!("the private key for {address} cannot be read, or has a passphrase")))?;
        Ok(Self {
            found,
            connect: settings.limits.connect(),
            user: remote.username.clone().unwrap_or_else(|| USUAL_USER.to_owned()),
            key: Arc::new(key),
            known: KnownKeys::of(address, &settings.trust.known_hosts),
            running: RefCell::default(),
        })
    }

    /// Connects, checks who answers, shows the key, and starts the program, which begins with its list of refs.
    pub(crate) async fn start(&self, address: &Address) -> Result<(), Error> {
        let stream = self.dial(address).await?;
        let shown = Arc::<OnceLock<PublicKey>>::default();
        let guard = Guard { known: self.known.clone(), shown: Arc::clone(&shown) };
        let mut connection = connect_stream(Arc::new(self.config()), stream, guard).await.map_err(|error| {
            let refusal = shown.get().and_then(|key| self.known.refusal(address, key));
            refusal.unwrap_or_else(|| for_error(address, &error))
        })?;
        self.show_key(address, &mut connection).await?;

        let failed = |error: russh::Error| for_error(address, &error);
        let channel = connection.channel_open_session().await.map_err(failed)?;
        channel.exec(true, format!("git-upload-pack {}", quoted(&address.path()))).await.map_err(failed)?;
        self.running.replace(Some(Running::new(channel, connection)));
        Ok(())
    }

    /// Each address in turn, so that one that is dead does not hide the next.
    async fn dial(&self, address: &Address) -> Result<TcpStream, Error> {
        let patience = self.connect / u32::try_from(self.found.len().max(1)).unwrap_or(u32::MAX);
        let mut reason = "it has no address".to_owned();
        for place in &self.found {
            match timeout(patience, TcpStream::connect(place)).await {
                Ok(Ok(stream)) => {
                    // Small packets go to and fro until the program runs; without it they only take longer.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => reason = error.to_string(),
                Err(_) => "it did not answer".clone_into(&mut reason),
            }
        }
        Err(failure::unreachable(address, reason))
    }

    async fn show_key(&self, address: &Address, connection: &mut Handle<Guard>) -> Result<(), Error> {
        let failed = |error: russh::Error| for_error(address, &error);
        let hash = match self.key.algorithm() {
            // Never with SHA-1, whatever the server says: what knows nothing else is refused.
            Algorithm::Rsa { .. } => {
                connection.best_supported_rsa_hash().await.map_err(failed)?.flatten().or(Some(HashAlg::Sha256))
            }
            _ => None,
        };
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&self.key), hash);
        match connection.authenticate_publickey(&self.user, key).await.map_err(failed)? {
            AuthResult::Success => Ok(()),
            // A server that refuses says what it would take instead; this one is gone.
            AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => {
                Err(failure::unreachable(address, "it ended the connection before it had looked at the key"))
            }
            AuthResult::Failure { .. } => {
                let (user, print) = (&self.user, self.key.fingerprint(HashAlg::Sha256));
                let text = format!("the SSH server of {address} did not accept the key {print} of the user {user:?}");
                Err(refused(text))
            }
        }
    }

    /// A server may have keys that are not known beside one that is: the latter is asked for first.
    fn config(&self) -> Config {
        let mut preferred = Preferred::default();
        let mut wanted: Vec<Algorithm> = self.known.algorithms().into_iter().flat_map(signatures).collect();
        let others = preferred.key.iter().cloned().flat_map(signatures);
        wanted.extend(others.filter(|other| !wanted.contains(other)).collect::<Vec<_>>());
        preferred.key = wanted.into();
        Config { preferred, ..Config::default() }
    }

    pub(crate) async fn send(&self, address: &Address, request: Vec<u8>) -> Result<(), Error> {
        let running = self.take(address)?;
        let sent = running.send(request).await;
        self.running.replace(Some(running));
        sent.map_err(|error| for_error(address, &error))
    }

    /// The next bytes, or nothing at the end.
    pub(crate) async fn chunk(&self, address: &Address) -> Result<Option<Bytes>, Error> {
        let mut running = self.take(address)?;
        let chunk = running.chunk(address).await;
        self.running.replace(Some(running));
        chunk
    }

    /// Says that nothing is wanted, and waits a moment for the program to end by itself.
    pub(crate) async fn leave(&self, address: &Address) -> Result<(), Error> {
        let goodbye = async {
            self.send(address, b"0000".to_vec()).await?;
            self.chunk(address).await.map(drop)
        };
        timeout(GOODBYE, goodbye).await.unwrap_or(Ok(()))
    }

    /// Whoever uses it puts it back. One that was interrupted does not, and is of no use any more.
    fn take(&self, address: &Address) -> Result<Running, Error> {
        self.running.take().ok_or_else(|| failure::unreachable(address, "its connection is gone"))
    }
}

/// What a key can be proved with. Not the oldest of RSA, which is broken.
fn signatures(key: Algorithm) -> Vec<Algorithm> {
    match key {
        Algorithm::Rsa { .. } => {
            [HashAlg::Sha512, HashAlg::Sha256].map(|hash| Algorithm::Rsa { hash: Some(hash) }).into()
        }
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => vec![key],
        _ => Vec::new(),
    }
}

/// For the shell that runs the command there, as Git itself writes it.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''").replace('!', r"'\!'"))
}

fn for_error(address: &Address, error: &russh::Error) -> Error {
    match error {
        russh::Error::NoCommonAlgo { kind, theirs, .. } => refused(format!(
            "the SSH server of {address} offers nothing that is safe of the kind {kind:?}: only {}",
            failure::said(theirs.join(", ").as_bytes())
        )),
        russh::Error::WrongServerSig => refused(format!("the SSH server of {address} does not have the key it shows")),
        russh::Error::ChannelOpenFailure(_) => refused(format!("the SSH server of {address} starts no programs")),
        russh::Error::Version | russh::Error::Disconnect => {
            failure::unreachable(address, "it ended the connection, or is no SSH server")
        }
        error => failure::unreachable(address, failure::said(error.to_string().as_bytes())),
    }
}
