//! Serves a folder as S3, in this process.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Result, anyhow};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

use super::s3_server::S3Server;

/// Until the process ends. Each folder in `root` is a bucket. Requests must be signed with the keys of [`S3Server`].
pub fn serve_s3(root: &Path, address: SocketAddr) -> Result<()> {
    let files = FileSystem::new(root).map_err(|error| anyhow!("{} cannot be served: {error:?}", root.display()))?;
    let mut service = S3ServiceBuilder::new(files);
    service.set_auth(SimpleAuth::from_single(S3Server::ACCESS_KEY_ID, S3Server::SECRET_ACCESS_KEY));
    let service = service.build();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        loop {
            let (connection, _) = listener.accept().await?;
            // Head and body are written apart: without this, the body waits 40 ms for the client's acknowledgement.
            connection.set_nodelay(true)?;
            let service = service.clone();
            tokio::spawn(async move {
                // A client that goes away is none of the server's business.
                let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), service).await;
            });
        }
    })
}
