//! Serves the bare repositories below a directory over smart http.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::http_backend;
use crate::listener::{Listener, accept};
use crate::request::Request;

/// What a client must send to be let in.
#[derive(Debug, Clone)]
pub struct Login {
    pub user: String,
    pub password: String,
}

/// A server on a free port of this machine, in a thread of its own; gone when dropped.
pub struct GitServer {
    listener: Listener,
    site: Arc<Site>,
}

impl GitServer {
    /// Everybody may read.
    pub fn start(root: &Path) -> Result<Self> {
        Self::start_site(Site::new(root, None)?)
    }

    /// Only who sends this user and password may read.
    pub fn start_with_login(root: &Path, user: &str, password: &str) -> Result<Self> {
        let login = Login { user: user.to_owned(), password: password.to_owned() };
        Self::start_site(Site::new(root, Some(login))?)
    }

    /// The address under which the root is served.
    pub fn url(&self) -> String {
        self.listener.url()
    }

    /// Method and path of every request so far, as `GET /name/info/refs`.
    pub fn requests(&self) -> Vec<String> {
        self.site.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn start_site(site: Site) -> Result<Self> {
        let site = Arc::new(site);
        let shared = Arc::clone(&site);
        let listener = Listener::start(move |stream| Arc::clone(&shared).converse(stream))?;
        Ok(Self { listener, site })
    }
}

/// Serves on a listener for ever.
pub async fn serve(listener: TcpListener, root: &Path, login: Option<Login>) -> Result<()> {
    let site = Arc::new(Site::new(root, login)?);
    accept(&listener, move |stream| Arc::clone(&site).converse(stream)).await;
    Ok(())
}

struct Site {
    program: PathBuf,
    root: PathBuf,
    /// The only `Authorization` that opens.
    authorization: Option<String>,
    requests: Mutex<Vec<String>>,
}

impl Site {
    fn new(root: &Path, login: Option<Login>) -> Result<Self> {
        let authorization = login
            .map(|login| format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", login.user, login.password))));
        let root = std::path::absolute(root)?;
        Ok(Self { program: http_backend::program()?, root, authorization, requests: Mutex::default() })
    }

    async fn converse(self: Arc<Self>, mut stream: TcpStream) -> Result<()> {
        let (reader, mut writer) = stream.split();
        let mut reader = BufReader::new(reader);
        while let Some(request) = Request::read(&mut reader, &mut writer).await? {
            let line = format!("{} {}", request.method, request.path);
            self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            if self.authorization.as_deref().is_some_and(|wanted| wanted != request.header("authorization")) {
                let refusal = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\n";
                writer.write_all(format!("{refusal}Content-Length: 0\r\n\r\n").as_bytes()).await?;
            } else {
                http_backend::answer(&self.program, &self.root, &request, &mut writer).await?;
            }
            if request.wants_close() {
                break;
            }
        }
        writer.shutdown().await?;
        Ok(())
    }
}
