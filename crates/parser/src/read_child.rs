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
    /// Followed by a [`WantedTexts`] from the parent.
    Read {
        summary: String,
        parts: Vec<PartAnswer>,
    },
    Rejected(Failure),
}

/// A part, with the digests of its texts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PartAnswer {
    pub(crate) kind: PartKind,
    pub(crate) path: String,
    pub(crate) docs: String,
    pub(crate) readme: Option<String>,
}

/// Which of the texts the parent does not have yet: few, because most are those of the tag before.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WantedTexts(pub(crate) Vec<String>);

/// Digest and length of each wanted text; the body is the texts, one after the other.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TextsAnswer(pub(crate) Vec<(String, usize)>);

/// Answers one parent until it goes.
pub fn run() -> io::Result<()> {
    let mut parent = Parent::meet()?;
    let mut memory = Memory::default();
    while let Some(frame) = parent.receive()? {
        let request: ReadRequest = frame.header()?;
        match read(&mut memory, &request, &frame.body) {
            Err(error) => parent.send(&ReadAnswer::Rejected(error.into()), Bytes::new())?,
            Ok((answer, texts)) => {
                parent.send(&answer, Bytes::new())?;
                let Some(frame) = parent.receive()? else { return Ok(()) };
                send_texts(&mut parent, &texts, &frame.header()?)?;
            }
        }
    }
    Ok(())
}

fn send_texts(parent: &mut Parent, texts: &Texts, WantedTexts(wanted): &WantedTexts) -> io::Result<()> {
    let found = || wanted.iter().filter_map(|digest| Some((digest, texts.get(digest)?)));
    let lengths = found().map(|(digest, text)| (digest.clone(), text.len())).collect();
    let body = found().map(|(_, text)| text.as_bytes()).collect::<Vec<_>>().concat();
    parent.send(&TextsAnswer(lengths), body.into())
}

/// The texts of one version by their digest.
type Texts = HashMap<String, Arc<str>>;

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

fn read(memory: &mut Memory, request: &ReadRequest, archive: &[u8]) -> Result<(ReadAnswer, Texts), Error> {
    let files = archive::read_files(archive, &request.limits, |path| hcl_reader::is_wanted(path, &request.directory))?;
    let mut package = memory.reader.read(&files, &request.directory);
    if package.unreadable {
        return Err(Error::invalid("The module", unreadable_reason(&package.parts)));
    }
    add_notes(&mut package.parts, &request.notes);
    let mut texts = Texts::new();
    let parts = package.parts.iter().map(|part| memory.write_out(part, &mut texts)).collect::<Result<_, _>>()?;
    Ok((ReadAnswer::Read { summary: summarize(&package.parts), parts }, texts))
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
    fn write_out(&mut self, part: &ReadPart, texts: &mut Texts) -> Result<PartAnswer, Error> {
        if self.texts.len() > MOST_TEXTS {
            self.texts.clear();
        }
        // The entry keeps the docs alive, so that their address cannot come to mean others.
        let key = Arc::as_ptr(&part.docs).addr();
        let (digest, text) = match self.texts.get(&key) {
            Some((_, text)) => text.clone(),
            None => {
                let json = serde_json::to_string(&*part.docs)
                    .map_err(|source| Error::internal("writing out documentation", source))?;
                let text = with_digest(json.into());
                self.texts.insert(key, (Arc::clone(&part.docs), text.clone()));
                text
            }
        };
        texts.insert(digest.clone(), text);
        let readme = part.readme.clone().map(|readme| {
            let (digest, text) = with_digest(readme);
            texts.insert(digest.clone(), text);
            digest
        });
        Ok(PartAnswer { kind: part.kind, path: part.path.clone(), docs: digest, readme })
    }
}

fn with_digest(text: Arc<str>) -> (String, Arc<str>) {
    (hex::encode(Sha256::digest(text.as_bytes())), text)
}
