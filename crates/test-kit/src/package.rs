//! What a consumer of a module gets: a location, and the archive behind it.

use std::io::Read as _;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use reqwest::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::Api;

/// One downloaded archive. Nothing is checked on the way: that is for tests to do.
pub struct Package {
    /// What the registry answered, a go-getter address.
    pub location: String,
    pub bytes: Vec<u8>,
}

impl Api {
    /// Where the archive of a version is; `module` is `namespace/name/provider`.
    pub async fn location(&self, module: &str, version: &str) -> Result<String> {
        let path = format!("/api/registry/v1/modules/{module}/{version}/download");
        let response = self.send(Method::GET, &path, None).await?;
        ensure!(response.status().is_success(), "{path}: {}", response.status());
        let location = response.headers().get("X-Terraform-Get").context("no X-Terraform-Get")?;
        Ok(location.to_str()?.to_owned())
    }

    /// The numbers of the versions that can be installed, in the order of the answer.
    pub async fn installable(&self, module: &str) -> Result<Vec<String>> {
        let (status, answer) = self.get(&format!("/api/registry/v1/modules/{module}/versions")).await?;
        ensure!(status == StatusCode::OK, "{status} {answer}");
        let versions = answer["modules"][0]["versions"].as_array().context("no versions")?;
        Ok(versions.iter().map(|it| it["version"].as_str().unwrap_or("?").to_owned()).collect())
    }

    /// Downloads a version as a client of the registry protocol does.
    pub async fn package(&self, module: &str, version: &str) -> Result<Package> {
        let location = self.location(module, version).await?;
        let (status, bytes) = self.download(&archive_address(&location)).await?;
        ensure!(status == StatusCode::OK, "{location}: {status}");
        Ok(Package { location, bytes })
    }
}

/// The address without what go-getter keeps to itself: the directory after `//` and the query.
pub fn archive_address(location: &str) -> String {
    let plain = location.split('?').next().unwrap_or_default();
    let (scheme, rest) = plain.split_once("://").unwrap_or(("", plain));
    format!("{scheme}://{}", rest.split("//").next().unwrap_or_default())
}

impl Package {
    /// What the location promises, in hexadecimal.
    pub fn promised_sha256(&self) -> &str {
        let promised = self.location.split_once("checksum=sha256:").map_or("", |(_, rest)| rest);
        promised.split('&').next().unwrap_or_default()
    }

    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.bytes))
    }

    /// Of what is inside the gzip.
    pub fn tar_sha256(&self) -> Result<String> {
        Ok(hex::encode(Sha256::digest(self.tar()?)))
    }

    /// The directory in the archive that holds the module; empty for its root.
    pub fn directory(&self) -> &str {
        let plain = self.location.split('?').next().unwrap_or_default();
        plain.splitn(3, "//").nth(2).unwrap_or_default()
    }

    /// Path and content of every file, in the order of the archive. An error where anything else is in it.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let tar = self.tar()?;
        let mut files = Vec::new();
        for entry in tar::Archive::new(tar.as_slice()).entries()? {
            let mut entry = entry?;
            let path = String::from_utf8(entry.path_bytes().into_owned())?;
            let kind = entry.header().entry_type();
            ensure!(kind.is_file() || kind.is_dir(), "{path} is a {kind:?}");
            if kind.is_file() {
                let mut content = Vec::new();
                entry.read_to_end(&mut content)?;
                files.push((path, content));
            }
        }
        Ok(files)
    }

    pub fn paths(&self) -> Result<Vec<String>> {
        Ok(self.files()?.into_iter().map(|(path, _)| path).collect())
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Result<String> {
        let found = self.files()?.into_iter().find(|(known, _)| known == path);
        Ok(String::from_utf8(found.with_context(|| format!("{path} is not in the archive"))?.1)?)
    }

    fn tar(&self) -> Result<Vec<u8>> {
        let mut tar = Vec::new();
        GzDecoder::new(self.bytes.as_slice()).read_to_end(&mut tar)?;
        Ok(tar)
    }
}
