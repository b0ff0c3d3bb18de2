//! The inside of a reading child: from the archive to documentation. What it has read once it remembers, because most
//! files do not change from tag to tag.

use std::{collections::HashMap, io, sync::Arc};

use archive::{Limits, Note};
use bytes::Bytes;
use domain::{Diagnostic, Error, ModuleDocs, PartKind, Severity};
use hcl_reader::{ReadPart, Reader};
use job_runner::child::{Failure, Parent};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::summary::summarize;

/// The body of the request is the archive.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReadRequest {
    pub(crate) limits: Limits,
    /// Where in the archive the module lives.
    pub(crate) directory: String,
    /// What was left out of the archive.
    pub(crate) notes: Vec<Note>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ReadAnswer {
    Read { summary: String, parts: Vec<PartAnswer> },
    Rejected(Failure),
}

/// A part, with texts as digest and body.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PartAnswer {
    pub(crate) kind: PartKind,
    pub(crate) path: String,
    pub(crate) docs: (String, Arc<str>),
    pub(crate) readme: Option<(String, Arc<str>)>,
}

/// Answers one parent until it goes.
pub fn run() -> io::Result<()> {
    let mut parent = Parent::meet()?;
    let mut memory = Memory::default();
    while let Some(frame) = parent.receive()? {
        let request: ReadRequest = frame.header()?;
        let answer =
            read(&mut memory, &request, &frame.body).unwrap_or_else(|error| ReadAnswer::Rejected(error.into()));
        parent.send(&answer, Bytes::new())?;
    }
    Ok(())
}

/// Documentation that was written out before, by the address of what the reader keeps.
#[derive(Default)]
struct Memory {
    reader: Reader,
    texts: HashMap<usize, WrittenOut>,
}

/// Docs, and the digest and text that they were written out as.
type WrittenOut = (Arc<ModuleDocs>, (String, Arc<str>));

/// More remembered texts than this are forgotten together.
const MOST_TEXTS: usize = 4_096;

fn read(memory: &mut Memory, request: &ReadRequest, archive: &[u8]) -> Result<ReadAnswer, Error> {
    let files = archive::read_files(archive, &request.limits, |path| hcl_reader::is_wanted(path, &request.directory))?;
    let mut package = memory.reader.read(&files, &request.directory);
    if package.unreadable {
        return Err(Error::invalid("The module", unreadable_reason(&package.parts)));
    }
    add_notes(&mut package.parts, &request.notes);
    let parts = package.parts.iter().map(|part| memory.write_out(part)).collect::<Result<_, _>>()?;
    Ok(ReadAnswer::Read { summary: summarize(&package.parts), parts })
}

fn unreadable_reason(parts: &[ReadPart]) -> String {
    let base = "holds no configuration file (*.tf, *.tf.json, *.tofu, *.tofu.json) that can be read, neither at its root \
                nor under modules/";
    let first = parts.iter().flat_map(|part| &part.docs.diagnostics).next();
    first.map_or_else(|| base.to_owned(), |it| format!("{base}; {}:{}: {}", it.file, it.line, it.summary))
}

/// What was left out of the archive is shown where its reader looks: with the root.
fn add_notes(parts: &mut [ReadPart], notes: &[Note]) {
    let Some(root) = parts.iter_mut().find(|part| part.kind == PartKind::Root).filter(|_| !notes.is_empty()) else {
        return;
    };
    let docs = Arc::make_mut(&mut root.docs);
    docs.diagnostics.extend(notes.iter().map(|note| Diagnostic {
        severity: Severity::Warning,
        summary: format!("left out of the archive: {}", note.reason),
        file: note.path.clone(),
        line: 0,
    }));
}

impl Memory {
    fn write_out(&mut self, part: &ReadPart) -> Result<PartAnswer, Error> {
        if self.texts.len() > MOST_TEXTS {
            self.texts.clear();
        }
        // The entry keeps the docs alive, so that their address cannot come to mean others.
        let key = Arc::as_ptr(&part.docs).addr();
        let docs = match self.texts.get(&key) {
            Some((_, text)) => text.clone(),
            None => {
                let json = serde_json::to_string(&*part.docs)
                    .map_err(|source| Error::internal("writing out documentation", source))?;
                let text = with_digest(json.into());
                self.texts.insert(key, (Arc::clone(&part.docs), text.clone()));
                text
            }
        };
        Ok(PartAnswer { kind: part.kind, path: part.path.clone(), docs, readme: part.readme.clone().map(with_digest) })
    }
}

fn with_digest(text: Arc<str>) -> (String, Arc<str>) {
    (hex::encode(Sha256::digest(text.as_bytes())), text)
}
