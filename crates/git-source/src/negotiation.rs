//! Asks for what is missing in a single round: what the server offers and we hold is all it needs to know of us.

use std::io::Write;

use bytes::Bytes;
use domain::Error;

use crate::advertisement::Advertisement;
use crate::failure;
use crate::object_id::ObjectId;
use crate::pkt_line::{Line, Lines};
use crate::session::Session;

/// More would only make the request longer: the newest history is reached from a few of them.
const MOST_HAVES: usize = 4096;

/// Sends one request and passes the pack on to `sink`. A failure of the sink comes back as it is.
pub(crate) fn receive_pack(
    session: &Session,
    advertisement: &Advertisement,
    wants: &[ObjectId],
    haves: &[ObjectId],
    sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    if !advertisement.can("side-band-64k") {
        return Err(failure::refused(format!(
            "the Git server of {} is too old: it lacks side-band-64k",
            session.address
        )));
    }
    let request = request(advertisement, wants, haves);
    let mut lines = Lines::new(session.upload_pack(request)?);
    skip_acknowledgements(&mut lines)?;
    while let Line::Data(frame) = lines.next()? {
        match frame.split_first() {
            Some((1, pack)) => sink(pack)?,
            Some((2, _)) | None => {} // Progress.
            Some((3, message)) => return Err(gave_up(session, message)),
            Some(_) => return Err(failure::not_git(&session.address)),
        }
    }
    Ok(())
}

fn request(advertisement: &Advertisement, wants: &[ObjectId], haves: &[ObjectId]) -> Vec<u8> {
    // Of the three ways to acknowledge at most one may be asked for; Azure DevOps insists on the first.
    let acknowledge = ["multi_ack_detailed", "multi_ack"].into_iter().find(|way| advertisement.can(way));
    let others = ["side-band-64k", "ofs-delta", "no-progress"].into_iter().filter(|other| advertisement.can(other));
    let mut capabilities = acknowledge.into_iter().chain(others).collect::<Vec<_>>().join(" ");
    if advertisement.capabilities.iter().any(|known| known.starts_with("agent=")) {
        capabilities.push_str(" agent=quarry");
    }

    let mut request = Vec::with_capacity(64 + 50 * (wants.len() + haves.len().min(MOST_HAVES)));
    for (position, want) in wants.iter().enumerate() {
        let capabilities = if position == 0 { format!(" {capabilities}") } else { String::new() };
        frame(&mut request, &format!("want {want}{capabilities}\n"));
    }
    request.extend_from_slice(b"0000");
    for have in haves.iter().take(MOST_HAVES) {
        frame(&mut request, &format!("have {have}\n"));
    }
    frame(&mut request, "done\n");
    request
}

fn frame(request: &mut Vec<u8>, line: &str) {
    // Writing to memory does not fail.
    let _ = write!(request, "{:04x}{line}", line.len() + 4);
}

/// Reads up to the last acknowledgement: `NAK`, or an `ACK` that promises no further one.
fn skip_acknowledgements(lines: &mut Lines<'_>) -> Result<(), Error> {
    loop {
        let Line::Data(line) = lines.next()? else { continue };
        if let Some(message) = line.strip_prefix(b"ERR ") {
            let text = format!("{}: {}", lines.address(), failure::said(message));
            return Err(Error::unavailable("receiving a pack", text));
        }
        match words(&line).as_slice() {
            ["NAK"] | ["ACK", _] => return Ok(()),
            ["ACK", _, "common" | "ready" | "continue"] => {}
            _ => return Err(failure::not_git(lines.address())),
        }
    }
}

fn words(line: &Bytes) -> Vec<&str> {
    std::str::from_utf8(line).unwrap_or_default().split_ascii_whitespace().collect()
}

/// The usual reason is that the refs moved since they were listed, so the next attempt may succeed.
fn gave_up(session: &Session, message: &[u8]) -> Error {
    Error::unavailable("receiving a pack", format!("{}: {}", session.address, failure::said(message)))
}
