//! The single writer of a SQLite database: transactions that wait together are committed together.
//!
//! A commit costs a flush to disk, whatever it holds. So the writer takes all that is waiting, runs each in a savepoint
//! of its own, commits once, and only then answers.

use std::sync::{Arc, OnceLock};

use domain::Error;
use tokio::sync::{mpsc, oneshot};

use crate::{Connection, Notice, connection::Sessions, store::tell, transaction::transaction};

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
    /// Opens its session with the first work.
    pub(crate) fn start(sessions: Sessions, listeners: Arc<OnceLock<Vec<Listener>>>) -> Result<Self, Error> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || run(&sessions, waiting, &listeners))
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
        self.queue.send(work).await.map_err(|_| not_run())?;
        answered.await.map_err(|_| not_run())?
    }
}

fn not_run() -> Error {
    Error::unavailable("writing to the database", "it could not be opened; see the log")
}

fn not_committed() -> Error {
    Error::unavailable("committing a transaction", "the database refused; see the log")
}

fn run(sessions: &Sessions, mut waiting: mpsc::Receiver<Work>, listeners: &OnceLock<Vec<Listener>>) {
    let mut connection: Option<Connection> = None;
    while let Some(first) = waiting.blocking_recv() {
        let mut works = vec![first];
        while works.len() < MOST_TOGETHER {
            let Ok(next) = waiting.try_recv() else { break };
            works.push(next);
        }
        let open = match connection.take() {
            Some(open) => open,
            None => match sessions.open_now() {
                Ok(open) => open,
                Err(error) => {
                    tracing::error!(error = error.chain(), "The database could not be opened for writing");
                    // Their callers hear of it, because nobody will answer them.
                    drop(works);
                    continue;
                }
            },
        };
        connection = commit_together(open, works, listeners);
    }
}

/// Gives the connection back, unless the commit failed: then it may still be inside the transaction, or have lost count
/// of its savepoints. Closing it ends both.
fn commit_together(
    mut connection: Connection,
    works: Vec<Work>,
    listeners: &OnceLock<Vec<Listener>>,
) -> Option<Connection> {
    let mut answers = Vec::with_capacity(works.len());
    let mut notices: Vec<Notice> = Vec::new();
    let outcome = transaction(&mut connection, |connection| {
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
            false
        }
    };
    // Before anybody is told: whoever tries again at once must not meet its locks.
    let connection = Some(connection).filter(|_| committed);
    if committed {
        notices.dedup();
        tell(listeners, &notices);
    }
    for answer in answers {
        answer(committed);
    }
    connection
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::{Store, installation};

    fn open(directory: &Path) -> Store {
        Store::open(&format!("sqlite://{}", directory.join("quarry.db").display())).unwrap()
    }

    /// Ends the common transaction behind the back of everybody: neither commit nor rollback can succeed.
    fn sabotage(connection: &mut Connection) -> Result<(), Error> {
        connection.db.batch_execute("ROLLBACK").unwrap();
        Ok(())
    }

    #[tokio::test]
    async fn the_writer_goes_on_after_a_commit_and_its_rollback_failed() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());

        let outcome = store.write(sabotage).await;
        assert!(matches!(outcome, Err(Error::Unavailable { .. })), "{outcome:?}");

        store.write(|session| installation::set(session, "key", "after")).await.unwrap();
        let found = store.read(|session| installation::find(session, "key")).await.unwrap();
        assert_eq!(found.as_deref(), Some("after"));
    }
}
