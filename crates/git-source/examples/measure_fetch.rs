//! Fetches a repository and reads every file of every tag: `measure URL DIRECTORY`. Prints counts and wall times.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use git_source::{FetchLimits, Mirror, ObjectId, Remote, Trust};
use outbound::AddressPolicy;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (url, directory) = (arguments.next().context("URL")?, arguments.next().context("DIRECTORY")?);
    git_source::init(AddressPolicy::parse("127.0.0.0/8")?, Trust::default(), FetchLimits::default())?;
    let remote = Remote::anonymous(url);

    let start = Instant::now();
    let mirror = Mirror::open(&PathBuf::from(directory))?;
    let opened = start.elapsed();
    let refs = mirror.fetch(&remote, &[]).map_err(|error| anyhow::anyhow!(error.chain()))?;
    let fetched = start.elapsed();

    let mut blobs: HashMap<ObjectId, usize> = HashMap::new();
    let (mut files, mut bytes) = (0_usize, 0_usize);
    for tag in &refs.tags {
        for entry in mirror.list_tree(&tag.commit, "")? {
            let size = match blobs.get(&entry.id) {
                Some(size) => *size,
                None => mirror.read_blob(entry.id, 64 << 20)?.len(),
            };
            blobs.insert(entry.id, size);
            files += 1;
            bytes += size;
        }
    }
    let read = start.elapsed();
    println!("open {opened:?}, fetch {:?}, read {:?}, together {read:?}", fetched - opened, read - fetched);
    println!("{} tags, {files} files, {bytes} bytes, {} distinct blobs", refs.tags.len(), blobs.len());
    println!("head {:?}", refs.head);
    let peak = std::fs::read_to_string("/proc/self/status")?;
    println!("{}", peak.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}
