//! The program on the server, and what it says.

use bytes::Bytes;
use domain::Error;
use russh::client::{Handle, Msg};
use russh::{Channel, ChannelMsg};

use super::guard::Guard;
use crate::address::Address;
use crate::failure::{self, refused};

/// Of what a server says besides its answers, the last of it is kept to be shown: the reason comes after the greetings.
const MOST_KEPT: usize = 200;
/// And no more than this is listened to.
const MOST_SAID: usize = 1 << 20;

pub(super) struct Running {
    channel: Channel<Msg>,
    /// Ends the connection when it is dropped.
    _connection: Handle<Guard>,
    has_answered: bool,
    /// The end of what it complained of.
    said: Vec<u8>,
    said_bytes: usize,
}

impl Running {
    pub(super) fn new(channel: Channel<Msg>, connection: Handle<Guard>) -> Self {
        Self { channel, _connection: connection, has_answered: false, said: Vec::new(), said_bytes: 0 }
    }

    pub(super) async fn send(&self, request: Vec<u8>) -> Result<(), russh::Error> {
        self.channel.data_bytes(request).await
    }

    /// The next bytes of its answers, or nothing at their end.
    pub(super) async fn chunk(&mut self, address: &Address) -> Result<Option<Bytes>, Error> {
        while let Some(message) = self.channel.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    self.has_answered = true;
                    return Ok(Some(data));
                }
                ChannelMsg::ExtendedData { data, .. } => self.listen(address, &data)?,
                ChannelMsg::Failure => return Err(self.refusal(address)),
                ChannelMsg::Eof | ChannelMsg::Close if self.has_answered && self.said.is_empty() => return Ok(None),
                ChannelMsg::Eof | ChannelMsg::Close => return Err(self.refusal(address)),
                _ => {}
            }
        }
        Err(failure::unreachable(address, "its connection was lost"))
    }

    fn listen(&mut self, address: &Address, data: &[u8]) -> Result<(), Error> {
        self.said_bytes += data.len();
        if self.said_bytes > MOST_SAID {
            return Err(failure::too_large(address, "what is complained of", MOST_SAID as u64));
        }
        self.said.extend_from_slice(data);
        let surplus = self.said.len().saturating_sub(MOST_KEPT);
        self.said.drain(..surplus);
        Ok(())
    }

    /// It ended before its answers did.
    fn refusal(&self, address: &Address) -> Error {
        let said = String::from_utf8_lossy(&self.said).split_whitespace().collect::<Vec<_>>().join(" ");
        match (failure::said(said.as_bytes()).as_str(), self.has_answered) {
            ("", _) => refused(format!("the SSH server of {address} does not start git-upload-pack for this key")),
            (said, false) => refused(format!("the SSH server refused {address}: {said}")),
            // As at the end of an answer over http that was broken off, the next attempt may succeed.
            (said, true) => failure::unreachable(address, format!("it broke off: {said}")),
        }
    }
}
