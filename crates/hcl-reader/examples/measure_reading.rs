//! How fast modules are read: `cargo run --release -p hcl-reader --example measure_reading -- <directory>…`
//!
//! Every directory is taken for one package. Cold: a new reader each time. Warm: the same reader again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

use bytes::Bytes;
use hcl_reader::{Reader, is_wanted};

const ROUNDS: u32 = 20;

fn main() -> io::Result<()> {
    let mut packages = Vec::new();
    for root in std::env::args().skip(1) {
        let mut files = BTreeMap::new();
        load(Path::new(&root), "", &mut files)?;
        packages.push(files);
    }
    let bytes: usize = packages.iter().flat_map(BTreeMap::values).map(Bytes::len).sum();
    let files: usize = packages.iter().map(BTreeMap::len).sum();
    println!("{} packages, {files} files, {bytes} bytes", packages.len());

    let (mut cold, mut warm) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        for package in &packages {
            let mut reader = Reader::new();
            cold += timed(&mut reader, package);
            warm += timed(&mut reader, package);
        }
    }
    println!("cold {:.0} MB/s, warm {:.0} MB/s", speed(bytes, cold), speed(bytes, warm));
    Ok(())
}

fn timed(reader: &mut Reader, package: &BTreeMap<String, Bytes>) -> Duration {
    let start = Instant::now();
    let read = reader.read(package, "");
    let time = start.elapsed();
    assert!(!read.parts.is_empty(), "the root is always a part");
    time
}

fn speed(bytes: usize, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "printed without decimals")]
    let megabytes = bytes as f64 * f64::from(ROUNDS) / 1e6;
    megabytes / time.as_secs_f64()
}

/// Everything that the reader would want from an archive of this directory, but no READMEs: they are only copied.
fn load(directory: &Path, prefix: &str, files: &mut BTreeMap<String, Bytes>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            load(&entry.path(), &format!("{path}/"), files)?;
        } else if is_wanted(&path, "") && !path.to_lowercase().contains("readme") {
            files.insert(path, fs::read(entry.path())?.into());
        }
    }
    Ok(())
}
