//! The inside of an unpacking child: checks an upload and packs it again, canonically.

use std::io;

use archive::{Limits, Note};
use bytes::Bytes;
use domain::Error;
use job_runner::child::{Failure, Parent};
use serde::{Deserialize, Serialize};

/// The body of the request is the upload.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RepackRequest {
    pub(crate) limits: Limits,
}

/// The body of the answer is the canonical archive.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum RepackAnswer {
    Repacked { sha256: String, tar_sha256: String, notes: Vec<Note> },
    Rejected(Failure),
}

/// Answers one parent until it goes.
pub fn run() -> io::Result<()> {
    let mut parent = Parent::meet()?;
    while let Some(frame) = parent.receive()? {
        let RepackRequest { limits } = frame.header()?;
        let (answer, body) =
            repack(&frame.body, &limits).unwrap_or_else(|error| (RepackAnswer::Rejected(error.into()), Bytes::new()));
        parent.send(&answer, body)?;
    }
    Ok(())
}

fn repack(upload: &[u8], limits: &Limits) -> Result<(RepackAnswer, Bytes), Error> {
    let tree = archive::unpack(upload, limits)?;
    let mut notes = tree.notes().to_vec();
    let followed = archive::follow_links(tree)?;
    notes.extend(followed.notes.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
    archive::check_layout(&followed.files)?;
    let packed = archive::pack(&followed.files, limits)?;
    let answer = RepackAnswer::Repacked {
        sha256: hex::encode(packed.sha256),
        tar_sha256: hex::encode(packed.tar_sha256),
        notes,
    };
    Ok((answer, packed.bytes.into()))
}
