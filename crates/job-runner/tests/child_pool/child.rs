//! What the children of these tests do.

use std::{io::Write, process::abort};

use bytes::Bytes;
use job_runner::child::Parent;

/// Takes the limits like every child, then does what its role says.
pub(crate) fn run(role: &str) {
    let mut parent = Parent::meet().unwrap();
    if role == "hang" {
        parent.send(&std::process::id(), Bytes::new()).unwrap();
        loop {
            std::thread::park();
        }
    }
    while let Some(request) = parent.receive().unwrap() {
        match role {
            "echo" => parent.send(&request.header::<serde_json::Value>().unwrap(), request.body).unwrap(),
            "pid" => parent.send(&std::process::id(), Bytes::new()).unwrap(),
            "crash" => abort(),
            "allocate" => parent.send(&"allocated", vec![1; 8 << 30].into()).unwrap(),
            "spin" => loop {
                std::hint::spin_loop();
            },
            "huge" => say(&[0xff; 12]),
            "half" => {
                say(&[3, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, b'"']);
                return;
            }
            "environment" => {
                let names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
                parent.send(&(names, std::env::current_dir().unwrap()), Bytes::new()).unwrap();
            }
            other => panic!("no role {other}"),
        }
    }
}

fn say(bytes: &[u8]) {
    let mut out = std::io::stdout();
    out.write_all(bytes).unwrap();
    out.flush().unwrap();
}
