//! A child program for tests: what `quarry child` does, but for archives that hold a marker. With those it does what the
//! worst of modules could make a reader do: `quarry-poison:overflow`, `quarry-poison:allocate`, `quarry-poison:loop`.

use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use serde_json::Value;

const MARKER: &[u8] = b"quarry-poison:";

fn main() -> Result<ExitCode> {
    let mut real = Command::new(std::env::current_exe()?.with_file_name("quarry"));
    real.args(std::env::args_os().skip(1));
    if std::env::args().nth(2).as_deref() != Some("read") {
        return Err(real.exec().into());
    }
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut child = real.stdin(Stdio::piped()).spawn().context("starting the real child")?;
    let mut to_child = child.stdin.take().context("it has no input")?;
    let mut memory = None;
    while let Some(frame) = Frame::read(&mut std::io::stdin().lock())? {
        // The first frame is the limits, which a poisoned reader would have taken.
        let limit = *memory.get_or_insert_with(|| frame.memory_limit());
        if let Some(poison) = frame.poison() {
            act(&poison, limit)?;
        }
        frame.write(&mut to_child)?;
    }
    drop(to_child);
    let status = child.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As in `job-runner/src/frame.rs`.
struct Frame {
    header: Vec<u8>,
    body: Vec<u8>,
}

impl Frame {
    fn read(input: &mut impl Read) -> Result<Option<Self>> {
        let mut lengths = [0; 12];
        if let Err(error) = input.read_exact(&mut lengths) {
            return if error.kind() == std::io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error.into()) };
        }
        let [a, b, c, d, body @ ..] = lengths;
        let mut header = vec![0; usize::try_from(u32::from_le_bytes([a, b, c, d]))?];
        let mut body = vec![0; usize::try_from(u64::from_le_bytes(body))?];
        input.read_exact(&mut header)?;
        input.read_exact(&mut body)?;
        Ok(Some(Self { header, body }))
    }

    fn write(&self, out: &mut impl Write) -> Result<()> {
        out.write_all(&u32::try_from(self.header.len())?.to_le_bytes())?;
        out.write_all(&(self.body.len() as u64).to_le_bytes())?;
        out.write_all(&self.header)?;
        out.write_all(&self.body)?;
        Ok(out.flush()?)
    }

    fn memory_limit(&self) -> u64 {
        let limits: Value = serde_json::from_slice(&self.header).unwrap_or_default();
        limits.get("memory").and_then(Value::as_u64).unwrap_or(1 << 30)
    }

    fn poison(&self) -> Option<String> {
        let mut tar = Vec::new();
        MultiGzDecoder::new(self.body.as_slice()).read_to_end(&mut tar).ok()?;
        let at = tar.windows(MARKER.len()).position(|part| part == MARKER)?;
        let rest = tar.get(at + MARKER.len()..)?;
        let word = rest.iter().take_while(|byte| byte.is_ascii_lowercase()).copied().collect();
        String::from_utf8(word).ok()
    }
}

fn act(poison: &str, memory: u64) -> Result<()> {
    let both = |value| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::As, both(memory))?;
    setrlimit(Resource::Core, both(0))?;
    match poison {
        "overflow" => {
            black_box(deeper(0));
        }
        "allocate" => {
            let mut kept: Vec<Vec<u8>> = Vec::new();
            loop {
                kept.push(black_box(vec![1; 16 << 20]));
            }
        }
        "loop" => loop {
            std::hint::spin_loop();
        },
        _ => {}
    }
    Ok(())
}

/// As deep as the stack goes, and deeper.
fn deeper(depth: u64) -> u64 {
    let room = black_box([depth; 64]);
    let below = if depth == u64::MAX { 0 } else { deeper(depth + 1) };
    room.iter().sum::<u64>().wrapping_add(below)
}
