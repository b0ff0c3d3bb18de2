//! Whatever the bytes are, reading ends without a panic and says the same twice.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic, also in its helpers")]

use std::collections::BTreeMap;

use bytes::Bytes;
use hcl_reader::{Reader, local_calls};

const ROUNDS: usize = 6_000;

const NATIVE: &str = r#"
terraform {
  required_version = ">= 1.5"
  required_providers {
    example = { source = "acme/example", version = "~> 2", configuration_aliases = [example.a] }
  }
}
variable "a" {
  description = <<-EOT
    Text with ${x["y"]} and $${z} ä.
  EOT
  type    = object({ b = list(string), c = optional(number, -1.5e3) })
  default = { "b" = ["x\n\u00e4", <<E
E
  ], (1) = null } /* c */
}
resource "example_host" "b" {
  provider = example.a
  name     = "%{ if true }${[for k in v : "${k}"][0]}%{ endif }" # c
  inner "l" { d = 1 }
}
module "m" { source = "./m" }
"#;

const JSON: &str = r#"{"//": "c", "variable": {"a": {"default": [1, {"b": null}], "type": "string"}, "\u00e4": {}},
 "module": [{"m": {"source": "./m"}}], "terraform": {"required_providers": {"e": {"source": "a/e"}}}}"#;

/// Pieces that change what everything behind them means.
const PIECES: [&[u8]; 24] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"${",
    b"%{",
    b"$${",
    b"<<E\n",
    b"<<-E\nE\n",
    b"/*",
    b"*/",
    b"#",
    b"\n",
    b"\r",
    b"\\",
    b"\0",
    b"\xff",
    b"\xc3",
    b"=",
    b",",
    b"\\u12",
];

/// xorshift: the same mutations on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(4) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
            2 => {
                let copy = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                drop(bytes.splice(to..to, copy));
            }
            _ => bytes.truncate(if random.below(8) == 0 { at } else { bytes.len() }),
        }
    }
}

fn survives(name: &str, seed: &str) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..ROUNDS {
        let mut bytes = seed.as_bytes().to_vec();
        mutate(&mut bytes, &mut random);
        let files = BTreeMap::from([(name.to_owned(), Bytes::from(bytes))]);

        let package = Reader::new().read(&files, "");

        let docs = &package.parts[0].docs;
        assert_eq!(*docs, Reader::new().read(&files, "").parts[0].docs, "round {round}");
        let lines = files[name].iter().filter(|byte| **byte == b'\n').count() + 1;
        let said = docs.inputs.iter().map(|input| input.line).chain(docs.diagnostics.iter().map(|said| said.line));
        assert!(said.max().unwrap_or(0) as usize <= lines, "round {round}: a line outside the file");
        let text = serde_json::to_string(&**docs).unwrap();
        assert!(!text.contains('\0') && !text.replace("\\\\", "").contains("\\u0000"), "round {round}: U+0000 is left");
        local_calls(&files);
    }
}

#[test]
fn mutated_native_files_are_survived() {
    survives("main.tf", NATIVE);
}

#[test]
fn mutated_json_files_are_survived() {
    survives("main.tf.json", JSON);
}
