//! Clients that never stop: some upload, replace and delete; some install what is there.

mod catalog;
mod installer;
mod uploader;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinHandle;

use super::client::Client;
use super::random::Random;
use catalog::Catalog;

pub(crate) use uploader::{archive, content};

/// All clients of a scenario.
pub(crate) struct Workload {
    client: Client,
    catalog: Arc<Catalog>,
    ends: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
    /// So far: each has modules of its own.
    uploaders: usize,
}

impl Workload {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, catalog: Arc::default(), ends: Arc::default(), tasks: Vec::new(), uploaders: 0 }
    }

    /// From now on this module is installed.
    pub(crate) fn knows(&self, address: &str, id: &str) {
        self.catalog.add(address, Some(id));
    }

    pub(crate) fn start_uploaders(&mut self, count: usize, random: &mut Random) {
        for _ in 0..count {
            self.uploaders += 1;
            let uploader = uploader::Uploader::new(self.uploaders, self.client.clone(), Arc::clone(&self.catalog));
            self.tasks.push(tokio::spawn(uploader.run(random.fork(), Arc::clone(&self.ends))));
        }
    }

    pub(crate) fn start_installers(&mut self, count: usize, random: &mut Random) {
        for _ in 0..count {
            let installer = installer::Installer::new(self.client.clone(), Arc::clone(&self.catalog));
            self.tasks.push(tokio::spawn(installer.run(random.fork(), Arc::clone(&self.ends))));
        }
    }

    /// Each client finishes what it began.
    pub(crate) async fn end(&mut self) {
        self.ends.store(true, Ordering::Release);
        for task in self.tasks.drain(..) {
            let _ = task.await;
        }
        self.ends.store(false, Ordering::Release);
    }
}
