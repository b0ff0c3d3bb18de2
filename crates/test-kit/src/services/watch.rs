//! Starts servers again that die while they are used.

use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use super::group::Group;
use super::process_tree::end_children_until;
use super::{Postgres, RabbitMq, S3Server, Services};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// A start may fail at first, because what the dead one left behind is not gone yet; after this long it is said.
const QUIET: Duration = Duration::from_secs(5);

/// A server that can be watched.
pub(super) trait Engine: Send + 'static {
    /// As in [`super::Kind`].
    const NAME: &'static str;

    /// How it ended, if it did so unasked since the last look.
    fn ended(&mut self) -> Result<Option<ExitStatus>>;

    /// With the data and the ports that it had.
    fn start_again(&mut self) -> Result<()>;

    /// Where its file `pid` is.
    fn folder(&self) -> &Path;
}

/// For [`Engine::ended`]: also forgets a group that has ended.
pub(super) fn take_ended(group: &mut Option<Group>) -> Result<Option<ExitStatus>> {
    let status = group.as_mut().map(Group::ended).transpose()?.flatten();
    if status.is_some() {
        *group = None;
    }
    Ok(status)
}

/// Servers that are started again when they die. Each is looked after by itself, so that none waits for another.
pub struct Watch {
    services: Services,
    postgres: Option<Watcher<Postgres>>,
    rabbitmq: Option<Watcher<RabbitMq>>,
    s3: Option<Watcher<S3Server>>,
}

impl Services {
    /// From now on what dies is started again, which is said on standard error.
    pub fn watch(mut self) -> Watch {
        Watch {
            postgres: self.postgres.take().map(Watcher::start),
            rabbitmq: self.rabbitmq.take().map(Watcher::start),
            s3: self.s3.take().map(Watcher::start),
            services: self,
        }
    }
}

impl Watch {
    /// Hands the servers back; those that are being started again have this long to finish, and are ended then.
    pub fn end(mut self, patience: Duration) -> Result<Services> {
        self.tell();
        let deadline = Instant::now() + patience;
        while !self.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        end_children_until(|| self.is_finished())?;
        self.services.postgres = self.postgres.take().map(Watcher::join).transpose()?;
        self.services.rabbitmq = self.rabbitmq.take().map(Watcher::join).transpose()?;
        self.services.s3 = self.s3.take().map(Watcher::join).transpose()?;
        Ok(self.services)
    }

    fn tell(&self) {
        self.postgres.iter().for_each(Watcher::tell);
        self.rabbitmq.iter().for_each(Watcher::tell);
        self.s3.iter().for_each(Watcher::tell);
    }

    fn is_finished(&self) -> bool {
        self.postgres.as_ref().is_none_or(Watcher::is_finished)
            && self.rabbitmq.as_ref().is_none_or(Watcher::is_finished)
            && self.s3.as_ref().is_none_or(Watcher::is_finished)
    }
}

/// The thread that looks after one server.
struct Watcher<E> {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<E>,
}

impl<E: Engine> Watcher<E> {
    fn start(engine: E) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_over);
        Self { is_over, thread: thread::spawn(move || watch(engine, &told)) }
    }

    /// Does not wait until it has noticed.
    fn tell(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.thread.thread().unpark();
    }

    fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    fn join(self) -> Result<E> {
        self.thread.join().map_err(|_| anyhow!("watching {} panicked", E::NAME))
    }
}

fn watch<E: Engine>(mut engine: E, is_over: &AtomicBool) -> E {
    let mut death: Option<Death> = None;
    loop {
        thread::park_timeout(LOOK);
        if is_over.load(Ordering::SeqCst) {
            return engine;
        }
        match engine.ended() {
            Ok(Some(status)) => death = Some(Death { how: how(status), at: Instant::now(), was_said: false }),
            Ok(None) => {}
            Err(error) => eprintln!("{} cannot be watched: {error:#}", E::NAME),
        }
        let Some(present) = &mut death else { continue };
        match engine.start_again() {
            Ok(()) => {
                let pid = std::fs::read_to_string(engine.folder().join("pid")).unwrap_or_default();
                eprintln!("{} ended ({}); started again, pid {}", E::NAME, present.how, pid.trim());
                death = None;
            }
            Err(error) if !is_over.load(Ordering::SeqCst) => present.say(E::NAME, &error),
            Err(_) => {}
        }
    }
}

struct Death {
    how: String,
    at: Instant,
    was_said: bool,
}

impl Death {
    fn say(&mut self, name: &str, error: &anyhow::Error) {
        if !self.was_said && self.at.elapsed() > QUIET {
            self.was_said = true;
            eprintln!("{name} ended ({}), and does not start again yet: {error:#}", self.how);
        }
    }
}

/// RabbitMQ's own script ends well whatever ended the node.
fn how(status: ExitStatus) -> String {
    if status.success() { "it is not told how".to_owned() } else { status.to_string() }
}
