//! Serves the bare repositories below a directory over SSH, to whoever has the right key.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey, run_stream};
use russh::{Channel, ChannelId};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::git_command::ENVIRONMENT;
use crate::listener::Listener;

/// Whom it lets in.
const USER: &str = "git";

/// A server on a free port of this machine, in a thread of its own; gone when dropped.
pub struct SshGitServer {
    listener: Listener,
    host_key: PublicKey,
    /// In the form of OpenSSH.
    pub client_key: String,
    commands: Arc<Mutex<Vec<String>>>,
}

impl SshGitServer {
    /// With new keys.
    pub fn start(root: &Path) -> Result<Self> {
        let (host_key, client_key) = (new_key()?, new_key()?);
        let config = Config {
            keys: vec![host_key.clone()],
            auth_rejection_time: std::time::Duration::ZERO,
            ..Config::default()
        };
        let site = Site {
            config: Arc::new(config),
            client_key: client_key.public_key().clone(),
            root: std::path::absolute(root)?,
            commands: Arc::default(),
        };
        let commands = Arc::clone(&site.commands);
        let listener = Listener::start(move |stream| site.clone().converse(stream))?;
        let client_key = client_key.to_openssh(LineEnding::LF)?.to_string();
        Ok(Self { listener, host_key: host_key.public_key().clone(), client_key, commands })
    }

    /// The address under which the root is served.
    pub fn url(&self) -> String {
        format!("ssh://{}", self.listener.address())
    }

    /// Its line in a file of known hosts.
    pub fn known_host(&self) -> Result<String> {
        let address = self.listener.address();
        Ok(format!("[{}]:{} {}\n", address.ip(), address.port(), self.host_key.to_openssh()?))
    }

    /// Every command so far, as it was sent.
    pub fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A key that no server knows.
pub fn new_ssh_key() -> Result<String> {
    Ok(new_key()?.to_openssh(LineEnding::LF)?.to_string())
}

fn new_key() -> Result<PrivateKey> {
    Ok(PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519)?)
}

#[derive(Clone)]
struct Site {
    config: Arc<Config>,
    client_key: PublicKey,
    root: PathBuf,
    commands: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn converse(self, stream: TcpStream) -> Result<()> {
        let config = Arc::clone(&self.config);
        run_stream(config, stream, Guest { site: self, channels: HashMap::new() }).await?.await
    }

    /// The program that a command names, on a repository below the root.
    fn program(&self, command: &str) -> Result<Command> {
        let path = command.strip_prefix("git-upload-pack '").and_then(|rest| rest.strip_suffix('\''));
        let path = path.with_context(|| format!("no such command: {command}"))?;
        let mut program = Command::new("git");
        program.arg("upload-pack").arg(self.root.join(path.trim_start_matches('/')));
        program
            .envs(ENVIRONMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(program)
    }
}

struct Guest {
    site: Site,
    channels: HashMap<ChannelId, Channel<Msg>>,
}

impl Handler for Guest {
    type Error = anyhow::Error;

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth> {
        let is_right = user == USER && key.public_key.key_data() == self.site.client_key.key_data();
        Ok(if is_right { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<()> {
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(&mut self, id: ChannelId, command: &[u8], session: &mut Session) -> Result<()> {
        let command = String::from_utf8_lossy(command).into_owned();
        self.site.commands.lock().unwrap_or_else(PoisonError::into_inner).push(command.clone());
        let channel = self.channels.remove(&id).context("no such channel")?;
        let program = self.site.program(&command)?;
        session.channel_success(id)?;
        tokio::spawn(run(program, channel));
        Ok(())
    }
}

/// Everything the program says goes to the client, and what the client says to the program.
async fn run(mut program: Command, mut channel: Channel<Msg>) -> Result<()> {
    let mut child = program.spawn()?;
    let mut input = child.stdin.take().context("no input")?;
    let mut output = child.stdout.take().context("no output")?;
    let mut complaints = child.stderr.take().context("no standard error")?;
    let (mut said, mut complained) = (channel.make_writer(), channel.make_writer_ext(Some(1)));
    let mut heard = channel.make_reader();
    let listen = tokio::io::copy(&mut heard, &mut input);
    let speak = async {
        tokio::join!(tokio::io::copy(&mut output, &mut said), tokio::io::copy(&mut complaints, &mut complained))
    };
    tokio::select! {
        _ = speak => {}
        // The client is gone.
        _ = listen => {}
    }
    let status = child.wait().await?;
    drop(heard);
    channel.exit_status(status.code().unwrap_or(1).unsigned_abs()).await?;
    channel.eof().await?;
    channel.close().await?;
    Ok(())
}
