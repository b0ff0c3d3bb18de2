//! The single writer of a SQLite database: transactions that wait together are committed together.
//!
//! A commit costs a flush to disk, whatever it holds. So the writer takes all that is waiting, runs each in a savepoint
//! of its own, commits once, and only then answers.

use std::sync::{Arc, OnceLock};

use diesel::connection::TransactionManager;
use domain::Error;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Connection, Notice,
    db::Db,
    store::{tell, transaction},
};

type Listener = Box<dyn Fn(&[Notice]) + Send + Sync>;
/// Answers the caller once the outcome of the common commit is known.
type Answer = Box<dyn FnOnce(bool) + Send>;
type Work = Box<dyn FnOnce(&mut Connection) -> (Answer, Vec<Notice>) + Send>;

/// Enough to fill a flush, few enough that the first does not wait long for the last.
const MOST_TOGETHER: usize = 64;
/// More waiting than this means the disk is too slow; callers then wait for a place.
const QUEUE: usize = 1024;

#[derive(Clone)]
pub(crate) struct SqliteWriter {
    queue: mpsc::Sender<Work>,
}

impl SqliteWriter {
    pub(crate) fn start(connection: Connection, listeners: Arc<OnceLock<Vec<Listener>>>) -> Result<Self, Error> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || run(connection, waiting, &listeners))
            .map_err(|source| Error::internal("starting the writer thread", source))?;
        Ok(Self { queue })
    }

    pub(crate) async fn write<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let (outcome, notices) = match transaction(connection, run) {
                Ok((value, notices)) => (Ok(value), notices),
                Err(error) => (Err(error), Vec::new()),
            };
            let reply: Answer = Box::new(move |committed| {
                let outcome = outcome.and_then(|value| if committed { Ok(value) } else { Err(not_committed()) });
                // Nobody waits any more: the caller was cancelled, the transaction stands.
                let _ = answer.send(outcome);
            });
            (reply, notices)
        });
        self.queue.send(work).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

fn stopped() -> Error {
    Error::unavailable("writing to the database", "the writer has stopped")
}

fn not_committed() -> Error {
    Error::unavailable("committing a transaction", "the database refused; see the log")
}

fn run(mut connection: Connection, mut waiting: mpsc::Receiver<Work>, listeners: &OnceLock<Vec<Listener>>) {
    while let Some(first) = waiting.blocking_recv() {
        let mut works = vec![first];
        while works.len() < MOST_TOGETHER {
            let Ok(next) = waiting.try_recv() else { break };
            works.push(next);
        }
        commit_together(&mut connection, works, listeners);
    }
}

fn commit_together(connection: &mut Connection, works: Vec<Work>, listeners: &OnceLock<Vec<Listener>>) {
    let mut answers = Vec::with_capacity(works.len());
    let mut notices: Vec<Notice> = Vec::new();
    let outcome = transaction(connection, |connection| {
        for work in works {
            let (answer, told) = work(connection);
            answers.push(answer);
            notices.extend(told);
        }
        Ok(())
    });
    let committed = match outcome {
        Ok(_) => true,
        Err(error) => {
            tracing::error!(error = error.chain(), "A commit failed; its callers were told to try again");
            abandon(connection);
            false
        }
    };
    if committed {
        notices.dedup();
        tell(listeners, &notices);
    }
    for answer in answers {
        answer(committed);
    }
}

/// After a failed commit SQLite may still be inside the transaction.
fn abandon(connection: &mut Connection) {
    let manager = <Db as diesel::Connection>::TransactionManager::transaction_manager_status_mut(&mut connection.db);
    if matches!(manager.transaction_depth(), Ok(Some(_))) {
        let _ = <Db as diesel::Connection>::TransactionManager::rollback_transaction(&mut connection.db);
    }
}
