//! What parent and child say to each other: a JSON header and raw bytes, both with their length before them.

use std::io::{self, Read, Write};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A longer header is a broken or hostile partner.
const LONGEST_HEADER: u32 = 64 * 1024 * 1024;
/// A longer body likewise: no archive or module is so large.
const LONGEST_BODY: u64 = 1024 * 1024 * 1024;

/// One message.
#[derive(Debug, Clone)]
pub struct Frame {
    header: Vec<u8>,
    pub body: Bytes,
}

impl Frame {
    pub fn new(header: &impl Serialize, body: Bytes) -> io::Result<Self> {
        Ok(Self { header: serde_json::to_vec(header)?, body })
    }

    /// The header as the type that both sides agreed on.
    pub fn header<T: DeserializeOwned>(&self) -> io::Result<T> {
        Ok(serde_json::from_slice(&self.header)?)
    }

    fn lengths(&self) -> io::Result<[u8; 12]> {
        let header = u32::try_from(self.header.len()).map_err(io::Error::other)?.to_le_bytes();
        let body = (self.body.len() as u64).to_le_bytes();
        let mut lengths = [0; 12];
        let (first, second) = lengths.split_at_mut(4);
        first.copy_from_slice(&header);
        second.copy_from_slice(&body);
        Ok(lengths)
    }

    pub(crate) async fn write_to(&self, out: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        out.write_all(&self.lengths()?).await?;
        out.write_all(&self.header).await?;
        out.write_all(&self.body).await?;
        out.flush().await
    }

    /// `None` at the end of the stream.
    pub(crate) async fn read_from(input: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut lengths = [0; 12];
        match input.read_exact(&mut lengths).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            outcome => outcome?,
        };
        let (mut header, mut body) = buffers(lengths)?;
        input.read_exact(&mut header).await?;
        input.read_exact(&mut body).await?;
        Ok(Some(Self { header, body: body.into() }))
    }

    pub(crate) fn write_blocking(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.lengths()?)?;
        out.write_all(&self.header)?;
        out.write_all(&self.body)?;
        out.flush()
    }

    pub(crate) fn read_blocking(input: &mut impl Read) -> io::Result<Option<Self>> {
        let mut lengths = [0; 12];
        match input.read_exact(&mut lengths) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            outcome => outcome?,
        }
        let (mut header, mut body) = buffers(lengths)?;
        input.read_exact(&mut header)?;
        input.read_exact(&mut body)?;
        Ok(Some(Self { header, body: body.into() }))
    }
}

fn buffers(lengths: [u8; 12]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let [a, b, c, d, body @ ..] = lengths;
    let header = u32::from_le_bytes([a, b, c, d]);
    let body = u64::from_le_bytes(body);
    if header > LONGEST_HEADER || body > LONGEST_BODY {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the other process sent no frame"));
    }
    Ok((vec![0; header as usize], vec![0; usize::try_from(body).map_err(io::Error::other)?]))
}
