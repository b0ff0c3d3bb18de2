//! Serves the bare repositories below a directory over smart http, for a first try without a Git host.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use test_kit::{Login, serve};
use tokio::net::TcpListener;

const USAGE: &str = "git-http-server --root DIR --listen ADDRESS [--user NAME --password PASSWORD]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut root, mut listen, mut user, mut password) = (None, None, None, None);
    while let Some(name) = arguments.next() {
        let value = arguments.next();
        match name.as_str() {
            "--root" => root = value,
            "--listen" => listen = value,
            "--user" => user = value,
            "--password" => password = value,
            _ => bail!("{name} is not known; {USAGE}"),
        }
    }
    let login = match (user, password) {
        (Some(user), Some(password)) => Some(Login { user, password }),
        (None, None) => None,
        _ => bail!("--user and --password belong together; {USAGE}"),
    };

    let listener = TcpListener::bind(listen.context(USAGE)?).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, &PathBuf::from(root.context(USAGE)?), login).await
}
