//! An archivist on a port of its own, and a client that sees every byte.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use archivist::{Archivist, Config};
use blobs::Blobs;
use domain::{Id, Publishing, VersionStatus, kinds};
use sha2::{Digest as _, Sha256};
use signed_link::{Grant, Link, LinkKeys};
use store::{
    Store,
    modules::{self, NewModule},
    scopes::{self, NewScope},
    versions::{self, ModuleVersion, NewVersion},
};
use test_kit::{TestBlobs, TestDatabase};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

pub(crate) const LIMIT: u64 = 100_000;

pub(crate) struct TestArchivist {
    address: String,
    keys: LinkKeys,
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    files: TestBlobs,
    stop: CancellationToken,
    _database: TestDatabase,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn error(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        body["errors"][0].as_str().unwrap().to_owned()
    }
}

impl TestArchivist {
    pub(crate) fn start() -> Self {
        let (database, files) = (TestDatabase::create().unwrap(), TestBlobs::create().unwrap());
        let (store, blobs) = (Store::open(database.url()).unwrap(), Blobs::open(files.url()).unwrap());
        let text = LinkKeys::generate().unwrap();
        let keys = || LinkKeys::parse(&text).unwrap();
        let archivist = Archivist::new(Config { link_keys: keys(), redirects: false }, store.clone(), blobs.clone());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stop = CancellationToken::new();
        let times = service_kit::StopTimes { stop: stop.clone(), drain: Duration::ZERO };
        std::thread::spawn(move || {
            let configure = move |app: &mut actix_web::web::ServiceConfig| archivist::configure(&archivist, app);
            actix_web::rt::System::new().block_on(service_kit::serve_http(listener, configure, times)).unwrap();
        });
        Self { address, keys: keys(), store, blobs, files, stop, _database: database }
    }

    /// Stores `bytes` and returns their hash.
    pub(crate) async fn has_blob(&self, bytes: &[u8]) -> String {
        let hash = hex::encode(Sha256::digest(bytes));
        self.blobs.put(&hash, bytes.to_vec().into()).await.unwrap();
        hash
    }

    pub(crate) fn blob_file(&self, hash: &str) -> PathBuf {
        self.files.path(hash).unwrap()
    }

    /// Names of uploads that are kept, and of what is half written.
    pub(crate) fn staged(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.files.dir().join("staging")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    /// The id of a version that waits for its upload.
    pub(crate) async fn has_version(&self) -> String {
        let id = Id::<kinds::ModuleVersion>::random();
        let version = id.to_string();
        self.store
            .write(move |session| {
                let name = "acme".parse()?;
                let scope = scopes::insert(session, &NewScope::account(&name))?;
                let module = modules::insert(
                    session,
                    &NewModule::new(&scope, &"vpc".parse()?, &"aws".parse()?, Publishing::Upload),
                )?;
                versions::insert(
                    session,
                    &NewVersion {
                        id: &id,
                        module: &module.id,
                        version: &"1.0.0".parse()?,
                        source: "tfe-api",
                        tag: None,
                        branch: None,
                        commit: None,
                        status: VersionStatus::NotUploaded,
                    },
                )
            })
            .await
            .unwrap();
        version
    }

    pub(crate) async fn version(&self, id: &str) -> ModuleVersion {
        let id = id.to_owned();
        self.store.read(move |session| versions::load(session, &id)).await.unwrap()
    }

    /// Path of a link to read.
    pub(crate) fn get_link(&self, blob: &str, size: usize, seconds: i64) -> String {
        self.link(Grant::Get { blob: blob.to_owned(), size: size as u64 }, seconds)
    }

    /// Path of a link to upload up to `LIMIT` bytes.
    pub(crate) fn put_link(&self, version: &str) -> String {
        self.link(Grant::Put { version: version.to_owned(), max_bytes: LIMIT }, 60)
    }

    fn link(&self, grant: Grant, seconds: i64) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
        format!("/v1/object/{}", self.keys.seal(&Link { grant, expires_at: now + seconds }).unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "", b"").await
    }

    pub(crate) async fn put(&self, path: &str, body: &[u8]) -> Answer {
        self.request("PUT", path, &format!("Content-Length: {}\r\n", body.len()), body).await
    }

    /// `headers` each with its line end.
    pub(crate) async fn request(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        parse(&self.exchange(method, path, headers, body).await)
    }

    /// Everything that comes until the server closes.
    pub(crate) async fn exchange(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let (mut incoming, mut outgoing) = self.connect().await.into_split();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: archivist\r\nConnection: close\r\n{headers}\r\n");
        let sent = [head.as_bytes(), body].concat();
        // A server that has answered early stops listening.
        let sending = tokio::spawn(async move { outgoing.write_all(&sent).await.map(|()| outgoing) });
        let mut received = Vec::new();
        let reading = incoming.read_to_end(&mut received);
        // How it ends does not matter: what came is what counts.
        let _ = tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the server answers");
        sending.abort();
        received
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Sends the beginning of an upload and hangs up.
    pub(crate) async fn break_off(&self, path: &str, sent: &[u8]) {
        let mut stream = self.connect().await;
        let head = format!("PUT {path} HTTP/1.1\r\nHost: archivist\r\nContent-Length: {}\r\n\r\n", sent.len() + 1);
        stream.write_all(&[head.as_bytes(), sent].concat()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
}

impl Drop for TestArchivist {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn parse(received: &[u8]) -> Answer {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8(received[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer { status, headers, body: received[end + 4..].to_vec() }
}

/// `length` bytes that begin like gzip and hold `seed`.
pub(crate) fn gzip_like(seed: u8, length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..length).map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed)).collect();
    bytes[..2].copy_from_slice(&[0x1f, 0x8b]);
    bytes
}
