//! A directory as a store: what `object_store::local` leaves open.
//! With `with_fsync` it writes to `<name>#<n>`, syncs, links or renames, and syncs the directory. Missing are the
//! sync for who lost a race, chunks larger than 8 KiB, an end for files cut short while read, and the leftovers of
//! a process that died between write and rename.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use domain::Error;
use futures::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use url::Url;

use crate::ByteStream;
use crate::backend::Backend;
use crate::failure::translate_io;

const CHUNK_BYTES: usize = 256 * 1024;
const PART_BYTES: usize = 1024 * 1024;

/// Marks a file that is being written. No key of ours contains it.
const UNFINISHED: char = '#';

#[derive(Clone)]
pub(crate) struct Disk {
    files: Arc<LocalFileSystem>,
    root: PathBuf,
}

/// Makes the directory where it is missing, for its owner alone.
pub(crate) fn open(url: &Url) -> Result<Backend, Error> {
    let root = url.to_file_path().map_err(|()| {
        Error::invalid("the address of the blobs", "must be absolute, as file:///var/lib/quarry/blobs")
    })?;
    create_private(&root).map_err(|source| translate_io("making the directory for blobs", source))?;
    let files = LocalFileSystem::new_with_prefix(&root)
        .map_err(|source| Error::unavailable("opening the directory for blobs", source))?;
    let files = Arc::new(files.with_fsync(true));
    Ok(Backend {
        store: files.clone(),
        disk: Some(Disk { files, root }),
        cloud: None,
        presigner: None,
        part_bytes: PART_BYTES,
    })
}

impl Disk {
    /// Makes the name of a file durable that another call may have linked a moment ago.
    pub(crate) async fn sync_directory_of(&self, key: &Key) -> Result<(), Error> {
        const SYNCING: &str = "syncing the directory of a blob";
        let path = self.files.path_to_filesystem(key).map_err(|source| Error::internal(SYNCING, source))?;
        blocking(SYNCING, move || match path.parent() {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        })
        .await
    }

    /// Removes what dead processes left half written before `before`. Returns how many files that were.
    pub(crate) async fn remove_leftovers(&self, before: SystemTime) -> Result<usize, Error> {
        let root = self.root.clone();
        blocking("removing unfinished blobs", move || remove_unfinished(&root, before)).await
    }
}

/// `left` bytes of `file`, in chunks.
pub(crate) fn chunks(file: File, left: u64) -> ByteStream {
    futures::stream::try_unfold((file, left), |(file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let (chunk, file) = blocking("reading a blob", move || read_chunk(file, left)).await?;
        let left = left.saturating_sub(chunk.len() as u64);
        Ok(Some((chunk, (file, left))))
    })
    .boxed()
}

fn read_chunk(mut file: File, left: u64) -> io::Result<(Bytes, File)> {
    let wanted = left.min(CHUNK_BYTES as u64);
    let mut buffer = Vec::with_capacity(CHUNK_BYTES.min(usize::try_from(left).unwrap_or(CHUNK_BYTES)));
    file.by_ref().take(wanted).read_to_end(&mut buffer)?;
    if buffer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file was cut short while it was read"));
    }
    Ok((buffer.into(), file))
}

fn remove_unfinished(directory: &Path, before: SystemTime) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            removed += remove_unfinished(&path, before)?;
        } else if entry.file_name().to_string_lossy().contains(UNFINISHED) && is_older(&path, before) {
            // Its writer may be alive after all, and have just renamed it.
            removed += usize::from(fs::remove_file(&path).is_ok());
        }
    }
    Ok(removed)
}

fn is_older(path: &Path, before: SystemTime) -> bool {
    fs::metadata(path).and_then(|metadata| metadata.modified()).is_ok_and(|modified| modified < before)
}

fn create_private(root: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(root)
}

async fn blocking<T, F>(during: &'static str, work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    let finished = tokio::task::spawn_blocking(work).await.map_err(|source| Error::internal(during, source))?;
    finished.map_err(|source| translate_io(during, source))
}
