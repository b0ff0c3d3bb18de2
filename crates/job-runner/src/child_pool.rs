//! The outside of child processes: starts them, talks to them, and kills them when time is over.

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use domain::Error;
use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

use crate::{
    Frame,
    child::{ChildLimits, ForUser},
};

/// So many conversations, and a child is replaced: what it keeps in memory starts afresh.
const CONVERSATIONS: u32 = 500;

/// Of what a child writes to its standard error, in bytes.
const MOST_LAST_WORDS: u64 = 16 * 1024;

/// All that a child gets of the environment: where the certificates of authorities are.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Children of one role. At most `size` live at a time; idle ones are used again.
pub struct ChildPool {
    program: PathBuf,
    role: &'static str,
    limits: ChildLimits,
    /// How long one conversation may take.
    time: Duration,
    /// How many idle children are kept.
    keep: usize,
    places: Semaphore,
    idle: Mutex<Vec<Running>>,
}

/// How many children, and what each conversation may take.
#[derive(Debug, Clone, Copy)]
pub struct PoolSize {
    /// At the same time.
    pub children: usize,
    /// Of those, kept when idle.
    pub keep: usize,
    /// Wall-clock time of one conversation.
    pub time: Duration,
}

struct Running {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    conversations: u32,
    last_used: Instant,
}

/// A child that is ours for a while. Dropped before `done`, it is killed: nobody knows what state it is in.
pub struct Conversation<'a> {
    pool: &'a ChildPool,
    running: Option<Running>,
    deadline: Instant,
    _place: SemaphorePermit<'a>,
}

impl ChildPool {
    /// Children are `program child <role>`.
    pub fn new(program: PathBuf, role: &'static str, limits: ChildLimits, size: PoolSize) -> Self {
        Self {
            program,
            role,
            limits,
            time: size.time,
            keep: size.keep,
            places: Semaphore::new(size.children),
            idle: Mutex::default(),
        }
    }

    /// Waits for a place; the time of the conversation starts then.
    pub async fn converse(&self) -> Result<Conversation<'_>, Error> {
        let place =
            self.places.acquire().await.map_err(|source| Error::internal("waiting for a child process", source))?;
        let deadline = Instant::now() + self.time;
        let running = match self.pop_idle() {
            Some(running) => running,
            None => self.start().await?,
        };
        Ok(Conversation { pool: self, running: Some(running), deadline, _place: place })
    }

    /// One that died while idle costs nobody an attempt.
    fn pop_idle(&self) -> Option<Running> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop())
            .find_map(|mut running| matches!(running.process.try_wait(), Ok(None)).then_some(running))
    }

    /// Ends the children that were idle for so long, to give their memory back.
    pub fn release_idle(&self, time: Duration) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).retain(|child| child.last_used.elapsed() < time);
    }

    async fn start(&self) -> Result<Running, Error> {
        let during = "starting a child process";
        let mut process = Command::new(&self.program)
            .args(["child", self.role])
            .env_clear()
            .envs(CERTIFICATES.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Error::unavailable(during, source))?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(Error::internal(during, "it has no pipes"));
        };
        tokio::spawn(log_errors(self.role, errors));
        let mut running = Running {
            process,
            input,
            output: BufReader::with_capacity(64 * 1024, output),
            conversations: 0,
            last_used: Instant::now(),
        };
        Frame::new(&self.limits, Bytes::new())
            .map_err(|source| Error::internal(during, source))?
            .write_to(&mut running.input)
            .await
            .map_err(|source| Error::unavailable(during, source))?;
        Ok(running)
    }
}

impl Conversation<'_> {
    /// Sends a request.
    pub async fn send(&mut self, header: &impl Serialize, body: Bytes) -> Result<(), Error> {
        let frame = Frame::new(header, body).map_err(|source| Error::internal("talking to a child process", source))?;
        let deadline = self.deadline;
        let Some(running) = self.running.as_mut() else { return Err(ended("it is gone")) };
        match timeout_at(deadline, frame.write_to(&mut running.input)).await {
            Err(_) => Err(self.kill("it took too long").await),
            Ok(Err(_)) => Err(self.kill("it went away").await),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Waits for an answer. A child that dies or takes too long is a failed attempt (`Unavailable`).
    pub async fn receive(&mut self) -> Result<Frame, Error> {
        let deadline = self.deadline;
        let Some(running) = self.running.as_mut() else { return Err(ended("it is gone")) };
        match timeout_at(deadline, Frame::read_from(&mut running.output)).await {
            Err(_) => Err(self.kill("it took too long").await),
            Ok(Ok(Some(frame))) => Ok(frame),
            Ok(_) => Err(self.kill("it went away").await),
        }
    }

    /// A long conversation goes on: from now on it may take this long.
    pub fn extend(&mut self, time: Duration) {
        self.deadline = Instant::now() + time;
    }

    /// The child has answered all and can be used again.
    pub fn done(mut self) {
        let Some(mut running) = self.running.take() else { return };
        running.conversations += 1;
        running.last_used = Instant::now();
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if running.conversations < CONVERSATIONS && idle.len() < self.pool.keep {
            idle.push(running);
        }
    }

    async fn kill(&mut self, why: &str) -> Error {
        let Some(mut running) = self.running.take() else { return ended(why) };
        let _ = running.process.start_kill();
        match running.process.wait().await {
            Ok(status) if why == "it went away" && status.code().is_none() => {
                ended(&format!("it aborted ({status}): too much memory or time was needed"))
            }
            Ok(status) if why == "it went away" => {
                ended(&format!("it failed ({status}); the log of the server says more"))
            }
            _ => ended(why),
        }
    }
}

/// The last words of a child. Bounded, because hostile input may make it say a lot.
async fn log_errors(role: &'static str, errors: ChildStderr) {
    let mut lines = BufReader::new(errors.take(MOST_LAST_WORDS)).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        tracing::warn!(role, "A child process says: {line}");
    }
}

fn ended(why: &str) -> Error {
    Error::unavailable("working on this in a child process", ForUser(why.to_owned()))
}
