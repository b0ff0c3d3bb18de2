//! The broker of the embedded mode: queues in the memory of one process.
//!
//! What is lost with the process is sent again from the `jobs` table at the next start.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{Error, JobKind};
use messages::{ChangeNotice, JobDue};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast};

use crate::{Acknowledge, Broker, Consumer, Delivery, Listener};

/// A listener that is so far behind is told to assume that everything changed.
const NOTICES_KEPT: usize = 1024;

/// See the module.
#[derive(Clone)]
pub struct MemoryBroker {
    queues: Arc<HashMap<JobKind, Arc<Queue>>>,
    notices: broadcast::Sender<ChangeNotice>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<VecDeque<JobDue>>,
    arrived: Notify,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<JobDue>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, message: JobDue) {
        self.waiting().push_back(message);
        self.arrived.notify_one();
    }
}

impl Default for MemoryBroker {
    fn default() -> Self {
        let queues = JobKind::ALL.into_iter().map(|kind| (kind, Arc::default())).collect();
        Self { queues: Arc::new(queues), notices: broadcast::Sender::new(NOTICES_KEPT) }
    }
}

impl MemoryBroker {
    fn queue(&self, kind: JobKind) -> Result<Arc<Queue>, Error> {
        self.queues.get(&kind).cloned().ok_or_else(|| Error::internal("looking for a queue", kind.as_str()))
    }
}

#[async_trait]
impl Broker for MemoryBroker {
    async fn publish(&self, kind: JobKind, message: &JobDue) -> Result<(), Error> {
        self.queue(kind)?.push(message.clone());
        Ok(())
    }

    async fn consume(&self, kind: JobKind, prefetch: u16) -> Result<Box<dyn Consumer>, Error> {
        let places = Arc::new(Semaphore::new(usize::from(prefetch.max(1))));
        Ok(Box::new(MemoryConsumer { queue: self.queue(kind)?, places }))
    }

    async fn announce(&self, notice: &ChangeNotice) -> Result<(), Error> {
        // Without listeners there is nobody to tell.
        let _ = self.notices.send(notice.clone());
        Ok(())
    }

    fn is_connected(&self) -> bool {
        true
    }

    async fn listen(&self) -> Result<Box<dyn Listener>, Error> {
        Ok(Box::new(MemoryListener(self.notices.subscribe())))
    }
}

struct MemoryConsumer {
    queue: Arc<Queue>,
    places: Arc<Semaphore>,
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self) -> Result<Delivery, Error> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|source| Error::internal("waiting for a place", source))?;
        loop {
            // Asked for before looking, so that an arrival between the two is not missed.
            let arrived = self.queue.arrived.notified();
            let message = self.queue.waiting().pop_front();
            if let Some(message) = message {
                // One permit of `Notify` may stand for several arrivals.
                if !self.queue.waiting().is_empty() {
                    self.queue.arrived.notify_one();
                }
                let held = Held { queue: Arc::clone(&self.queue), message: Some(message.clone()), _place: place };
                return Ok(Delivery { message, acknowledge: Box::new(held) });
            }
            arrived.await;
        }
    }
}

/// A delivery under way: goes back to the queue unless acknowledged.
struct Held {
    queue: Arc<Queue>,
    message: Option<JobDue>,
    _place: OwnedSemaphorePermit,
}

#[async_trait]
impl Acknowledge for Held {
    async fn acknowledge(mut self: Box<Self>) -> Result<(), Error> {
        self.message = None;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(message) = self.message.take() {
            self.queue.push(message);
        }
    }
}

struct MemoryListener(broadcast::Receiver<ChangeNotice>);

#[async_trait]
impl Listener for MemoryListener {
    async fn next(&mut self) -> Result<Option<ChangeNotice>, Error> {
        match self.0.recv().await {
            Ok(notice) => Ok(Some(notice)),
            Err(broadcast::error::RecvError::Lagged(_)) => Ok(None),
            Err(source) => Err(Error::unavailable("listening for notices", source)),
        }
    }
}
