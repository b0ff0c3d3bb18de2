//! The real client fetches twenty versions, from Quarry and from a registry of plain files behind nginx.

use std::{
    fmt::Write as _,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::{
    ROUNDS,
    load::Target,
    processes::{Background, finish, is_installed, plain},
    registry::{MODULE, Registry},
    serving::body,
    table::{Goal, Row, Samples},
};

/// `get`, not `init`: that would also fetch providers, from the internet.
const WHAT: &str = "tofu get of 20 versions : the same behind nginx, s";
const CALLS: usize = 20;

pub(crate) async fn measure(scratch: &Path, registry: &Registry) -> Result<Row> {
    let Some(tofu) = find_tofu() else {
        return Ok(Row::missing(WHAT, "tofu is missing: run `make clients`"));
    };
    if !is_installed("nginx") {
        return Ok(Row::missing(WHAT, "nginx is missing: apt-get install nginx-light"));
    }
    let mut versions = registry.stable_versions().await?;
    versions.truncate(CALLS);
    if versions.len() < CALLS {
        return Ok(Row::missing(WHAT, format!("it takes a repository with {CALLS} releases")));
    }
    let folder = scratch.join("clients");
    fs::create_dir(&folder)?;
    let (_nginx, nginx_url) = start_nginx(&folder, registry, &versions).await?;

    let config = folder.join("tofurc");
    let services = format!("{}/api/registry/v1/modules/", registry.server.url());
    fs::write(&config, [host("quarry.local", &services), host("nginx.local", &format!("{nginx_url}/"))].concat())?;
    let client = Client { tofu, folder, config, token: registry.token()?, versions };
    // The first run reads 100 MB of program.
    client.get("quarry.local")?;
    client.get("nginx.local")?;
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            ours.push(client.get("quarry.local")?.as_secs_f64());
        }
        theirs.push(client.get("nginx.local")?.as_secs_f64());
        if round % 2 == 1 {
            ours.push(client.get("quarry.local")?.as_secs_f64());
        }
    }
    Ok(Row::ratio(WHAT, ours, theirs, Goal::AtMost(1.1)))
}

struct Client {
    tofu: PathBuf,
    folder: PathBuf,
    config: PathBuf,
    token: String,
    versions: Vec<String>,
}

impl Client {
    /// In a new folder, with nothing cached.
    fn get(&self, host: &str) -> Result<Duration> {
        let work = self.folder.join("work");
        fs::create_dir(&work)?;
        let mut calls = String::new();
        for (number, version) in self.versions.iter().enumerate() {
            write!(calls, "module \"m{number}\" {{\n  source  = \"{host}/{MODULE}\"\n  version = \"{version}\"\n}}\n")?;
        }
        fs::write(work.join("main.tf"), calls)?;
        let mut command = plain(&self.tofu);
        command
            .arg("get")
            .current_dir(&work)
            .env("HOME", &self.folder)
            .env("TMPDIR", &self.folder)
            .env("TF_CLI_CONFIG_FILE", &self.config)
            .env("TF_TOKEN_quarry_local", &self.token)
            .env("CHECKPOINT_DISABLE", "1");
        let start = Instant::now();
        finish(&mut command)?;
        let time = start.elapsed();
        let installed =
            fs::read_dir(work.join(".terraform/modules"))?.flatten().filter(|it| it.path().is_dir()).count();
        ensure!(installed == self.versions.len(), "{installed} modules were installed");
        fs::remove_dir_all(&work)?;
        Ok(time)
    }
}

fn host(name: &str, modules: &str) -> String {
    format!("host \"{name}\" {{\n  services = {{ \"modules.v1\" = \"{modules}\" }}\n}}\n")
}

/// The same list, and the same archives with the same sums.
async fn start_nginx(folder: &Path, registry: &Registry, versions: &[String]) -> Result<(Background, String)> {
    let archives = folder.join("archives");
    fs::create_dir(&archives)?;
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let url = format!("http://127.0.0.1:{port}");
    let token = registry.token()?;
    let path = |rest: &str| format!("/api/registry/v1/modules/{MODULE}/{rest}");
    let list = Target::new(registry.server.url(), &path("versions"), &token)?.answer()?;
    fs::write(folder.join("versions.json"), body(&list))?;

    let mut locations = String::new();
    for version in versions {
        let (_, answer) = registry.api.get(&path(&format!("{version}/download"))).await?;
        let location = answer["location"].as_str().context("no location")?;
        let (_, query) = location.split_once('?').context("no checksum")?;
        let (status, bytes) = registry.api.download(location).await?;
        ensure!(status == 200, "{status}");
        fs::write(archives.join(format!("{version}.tar.gz")), bytes)?;
        writeln!(
            locations,
            "location = /{MODULE}/{version}/download {{ return 204; \
             add_header X-Terraform-Get {url}/archives/{version}.tar.gz?{query}; }}"
        )?;
    }
    let shown = folder.display();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {shown}/nginx.pid;\nerror_log {shown}/nginx.log;\n\
         events {{ worker_connections 256; }}\n\
         http {{\naccess_log off;\nsendfile on;\ntcp_nopush on;\ndefault_type application/octet-stream;\n\
         client_body_temp_path {shown}/t1;\nproxy_temp_path {shown}/t2;\nfastcgi_temp_path {shown}/t3;\n\
         uwsgi_temp_path {shown}/t4;\nscgi_temp_path {shown}/t5;\n\
         server {{\nlisten 127.0.0.1:{port};\nroot {shown};\n\
         location = /{MODULE}/versions {{ default_type application/json; alias {shown}/versions.json; }}\n\
         {locations}}}\n}}\n"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, config)?;
    let nginx =
        plain("nginx").arg("-p").arg(folder).arg("-c").arg(&file).arg("-e").arg(folder.join("nginx.log")).spawn()?;
    let nginx = Background(nginx);
    until_it_listens(&url).await?;
    Ok((nginx, url))
}

async fn until_it_listens(url: &str) -> Result<()> {
    let address = url.trim_start_matches("http://").to_owned();
    let start = Instant::now();
    while tokio::net::TcpStream::connect(&address).await.is_err() {
        ensure!(start.elapsed() < Duration::from_secs(10), "nginx does not start");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// What `make clients` built.
fn find_tofu() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let clients = fs::read_dir(root.join(".cache/clients")).ok()?;
    clients
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("tofu-")))
}
