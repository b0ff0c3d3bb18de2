//! As much of HTTP/1.1 as Git clients speak.

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const LONGEST_BODY: usize = 64 << 20;

/// A request with its whole body.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The next request of a connection, or nothing if the client is done.
    pub(crate) async fn read(
        reader: &mut (impl AsyncBufRead + Unpin),
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Option<Self>> {
        let first = line(reader).await?;
        if first.is_empty() {
            return Ok(None);
        }
        let mut words = first.split(' ');
        let (method, target) = (words.next().context("no method")?, words.next().context("no path")?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let header = line(reader).await?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').context("a header without a colon")?;
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if request.header("expect").eq_ignore_ascii_case("100-continue") {
            writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        request.body = read_body(&request, reader).await?;
        Ok(Some(request))
    }

    /// A header, or nothing in it.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn wants_close(&self) -> bool {
        self.header("connection").eq_ignore_ascii_case("close")
    }
}

async fn read_body(request: &Request, reader: &mut (impl AsyncBufRead + Unpin)) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if !request.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
        let length = request.header("content-length").parse().unwrap_or(0);
        ensure!(length <= LONGEST_BODY, "the body is too long");
        body.resize(length, 0);
        reader.read_exact(&mut body).await?;
        return Ok(body);
    }
    loop {
        let size = line(reader).await?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
        ensure!(body.len() + size <= LONGEST_BODY, "the body is too long");
        let start = body.len();
        body.resize(start + size, 0);
        reader.read_exact(&mut body[start..]).await?;
        let end = line(reader).await?;
        ensure!(end.is_empty(), "a chunk without an end");
        if size == 0 {
            return Ok(body);
        }
    }
}

async fn line(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<String> {
    let mut line = Vec::new();
    reader.take(64 << 10).read_until(b'\n', &mut line).await?;
    Ok(String::from_utf8(line)?.trim_end().to_owned())
}
