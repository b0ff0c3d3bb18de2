//! A database for one test.

use std::process::Command;

use anyhow::{Context, Result, bail};
use reqwest::Url;

use super::contract::{POSTGRES_URL, random_name, variable};
use super::install::find_psql;

/// An empty database of the server that `QUARRY_TEST_POSTGRES_URL` names. Dropped on drop, whoever still uses it.
pub struct Database {
    server: Url,
    name: String,
}

impl Database {
    pub fn create() -> Result<Self> {
        let server = Url::parse(&variable(POSTGRES_URL)?).with_context(|| format!("{POSTGRES_URL} is no address"))?;
        Self::create_on(&server)
    }

    /// On a server of the caller's.
    pub fn create_at(server: &str) -> Result<Self> {
        Self::create_on(&Url::parse(server).context("this is no address of a PostgreSQL server")?)
    }

    fn create_on(server: &Url) -> Result<Self> {
        let name = random_name()?;
        // Nobody can be connected with `template0`, which would make this fail.
        psql(server, &format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        Ok(Self { server: server.clone(), name })
    }

    pub fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.to_string()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs one statement in this database; the answer has a line for each row, with `|` between columns.
    pub fn ask(&self, statement: &str) -> Result<String> {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        psql(&url, statement)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = psql(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

fn psql(database: &Url, statement: &str) -> Result<String> {
    let program = find_psql().context("the program psql is missing: install PostgreSQL's client")?;
    let output = Command::new(program)
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
        .args(["--dbname", database.as_str(), "--command", statement])
        .output()?;
    if !output.status.success() {
        bail!("psql failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
