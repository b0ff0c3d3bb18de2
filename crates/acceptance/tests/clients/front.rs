//! A proxy before the registry that remembers what was asked for, and that ends TLS where it is told to.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// On a free port of this machine, as long as the runtime of the test lives.
pub(crate) struct Front {
    /// Host and port.
    pub(crate) address: String,
    /// Whom to trust, in PEM, if it speaks https.
    pub(crate) certificate: Option<String>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Host and port of the registry, once it has started.
    registry: Mutex<String>,
    /// Method and path of every request, without the query.
    requests: Mutex<Vec<String>>,
}

impl Front {
    pub(crate) async fn start() -> Result<Self> {
        Self::start_with(None, None).await
    }

    /// The same over https, with a certificate that nobody knows yet.
    pub(crate) async fn start_secure() -> Result<Self> {
        // A second time is no harm: the first provider stays.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![made.cert.der().clone()], key)?;
        Self::start_with(Some(TlsAcceptor::from(Arc::new(config))), Some(made.cert.pem())).await
    }

    async fn start_with(acceptor: Option<TlsAcceptor>, certificate: Option<String>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let shared = Arc::<Shared>::default();
        let own = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (shared, acceptor) = (Arc::clone(&own), acceptor.clone());
                // A client that goes away is its own business.
                tokio::spawn(async move {
                    match acceptor {
                        None => shared.pass_on(client).await,
                        Some(acceptor) => shared.pass_on(acceptor.accept(client).await?).await,
                    }
                });
            }
        });
        Ok(Self { address, certificate, shared })
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn pass_on_to(&self, url: &str) {
        let mut registry = self.shared.registry.lock().unwrap_or_else(PoisonError::into_inner);
        *registry = url.trim_start_matches("http://").to_owned();
    }

    /// How many requests so far began with this, as `GET /v1/object/`.
    pub(crate) fn count(&self, beginning: &str) -> usize {
        let requests = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().filter(|request| request.starts_with(beginning)).count()
    }
}

impl Shared {
    /// One request for each connection, so that each is seen.
    async fn pass_on(&self, mut client: impl AsyncRead + AsyncWrite + Unpin) -> Result<()> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at;
            }
            if client.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        };
        let (head, rest) = bytes.split_at(end);
        let head = std::str::from_utf8(head)?;
        let mut words = head.split([' ', '?']);
        let (method, path) = (words.next().context("no method")?, words.next().context("no path")?);
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{method} {path}"));
        let lines = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let head = lines.chain(["Connection: close"]).collect::<Vec<_>>().join("\r\n");

        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut server = TcpStream::connect(registry).await?;
        server.write_all(head.as_bytes()).await?;
        server.write_all(rest).await?;
        copy_bidirectional(&mut client, &mut server).await?;
        Ok(())
    }
}
