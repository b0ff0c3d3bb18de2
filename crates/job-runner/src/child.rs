//! The inside of a child process: takes its limits first, then answers requests until its standard input ends.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use domain::Error;
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use serde::{Deserialize, Serialize};

use crate::Frame;

/// What a child may use. Applied by the child itself, before it touches a foreign byte.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ChildLimits {
    /// Address space, in bytes.
    pub memory: u64,
    /// Processor time over its whole life, in seconds.
    pub cpu_seconds: u64,
    /// The largest file it may write, in bytes.
    pub file_size: u64,
}

/// The child's end of the conversation.
pub struct Parent {
    input: io::StdinLock<'static>,
    output: io::Stdout,
}

impl Parent {
    /// Reads the limits, which come as the first frame, and puts them into force.
    pub fn meet() -> io::Result<Self> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        let mut parent = Self { input: io::stdin().lock(), output: io::stdout() };
        let first = parent.receive()?.ok_or_else(|| io::Error::other("no limits came"))?;
        apply(first.header()?)?;
        Ok(parent)
    }

    /// The next request; `None` when the parent is done.
    pub fn receive(&mut self) -> io::Result<Option<Frame>> {
        Frame::read_blocking(&mut self.input)
    }

    /// Sends one answer.
    pub fn send(&mut self, header: &impl Serialize, body: Bytes) -> io::Result<()> {
        Frame::new(header, body)?.write_blocking(&mut self.output.lock())
    }
}

fn apply(limits: ChildLimits) -> io::Result<()> {
    let both = |value| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::As, both(limits.memory))?;
    setrlimit(Resource::Cpu, both(limits.cpu_seconds))?;
    setrlimit(Resource::Fsize, both(limits.file_size))?;
    setrlimit(Resource::Core, both(0))?;
    Ok(())
}

/// The cause of a failure of foreign bytes or servers: for the user to read, unlike causes inside the service.
#[derive(Debug)]
pub struct ForUser(pub String);

impl std::fmt::Display for ForUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ForUser {}

/// An error on its way out of a child: enough of it to be told apart and shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Failure {
    transient: bool,
    internal: bool,
    text: String,
    /// Seconds for which whoever failed wants to be left alone.
    wait: Option<u64>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let internal = matches!(error, Error::Internal { .. });
        let wait = error.wait().map(|wait| wait.as_secs());
        // The causes of a passing failure are what its reader can act on.
        let text = if error.is_transient() || internal { error.chain() } else { error.to_string() };
        Self { transient: error.is_transient(), internal, text, wait }
    }
}

impl Failure {
    /// What a user reads.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether another attempt may succeed.
    pub fn is_transient(&self) -> bool {
        self.transient
    }

    /// The same failure on the other side.
    pub fn into_error(self, during: &'static str) -> Error {
        match self {
            Self { transient: true, text, wait: Some(seconds), .. } => {
                Error::later(during, text, Duration::from_secs(seconds))
            }
            Self { transient: true, text, .. } => Error::unavailable(during, ForUser(text)),
            Self { internal: true, text, .. } => Error::internal(during, text),
            Self { text, .. } => Error::Refused { reason: text },
        }
    }
}
