//! From JSON to blocks and arguments. Every level may be an object or a list of objects, and `//` is a comment.

use std::borrow::Cow;

use super::{Json, Member};
use crate::limits;
use crate::problems::Problems;
use crate::tree::{Attribute, Block, Body, Expr};

/// The structure of a file that was read from `text`.
pub(crate) fn lower<'a>(text: &'a str, json: &'a Json<'a>, problems: &mut Problems) -> Body<'a> {
    let mut lowering = Lowering { text, breaks: line_breaks(text), items: 0, problems };
    let mut top = Body::default();
    lowering.file(json, &mut top);
    top
}

struct Lowering<'a, 'p> {
    text: &'a str,
    /// Positions of line ends.
    breaks: Vec<usize>,
    items: usize,
    problems: &'p mut Problems,
}

/// What is known of a block before its body is reached.
#[derive(Clone)]
struct Header<'a> {
    kind: &'a str,
    labels: Vec<Cow<'a, str>>,
    line: u32,
}

impl<'a> Lowering<'a, '_> {
    fn file(&mut self, json: &'a Json<'a>, top: &mut Body<'a>) {
        self.each_member(json, "the file", 1, |lowering, member, line| {
            let kind = member.name.as_ref();
            if let Some(labels) = label_count(kind) {
                lowering.blocks(Header { kind, labels: Vec::new(), line }, labels, &member.value, top);
            }
        });
        if self.items > limits::ITEMS {
            self.problems.error(0, format!("more than {} blocks and arguments; the rest is not read", limits::ITEMS));
        }
    }

    /// Goes down one level of names for each label that is still missing; then every object is a block.
    fn blocks(&mut self, header: Header<'a>, missing: usize, json: &'a Json<'a>, into: &mut Body<'a>) {
        if let Some(missing) = missing.checked_sub(1) {
            return self.each_member(json, header.kind, header.line, |lowering, member, line| {
                let mut header = Header { line, ..header.clone() };
                header.labels.push(Cow::Borrowed(member.name.as_ref()));
                lowering.blocks(header, missing, &member.value, into);
            });
        }
        for object in objects(json) {
            let mut body = Body::default();
            self.each_member(object, header.kind, header.line, |lowering, member, line| {
                let name = member.name.as_ref();
                if header.kind == "terraform" && name == "required_providers" {
                    let header = Header { kind: name, labels: Vec::new(), line };
                    return lowering.blocks(header, 0, &member.value, &mut body);
                }
                body.attributes.push(Attribute { name, line, expr: Expr::Json(&member.value) });
            });
            let Header { kind, labels, line } = header.clone();
            into.blocks.push(Block { kind, labels, line, source: "", body });
        }
    }

    /// Calls `visit` for every member of an object, or of every object of a list.
    fn each_member(
        &mut self,
        json: &'a Json<'a>,
        what: &str,
        line: u32,
        mut visit: impl FnMut(&mut Self, &'a Member<'a>, u32),
    ) {
        for object in objects(json) {
            let Json::Object(members) = object else {
                self.problems.error(line, format!("{what} has to be an object or a list of objects"));
                continue;
            };
            for member in members.iter().filter(|member| member.name != "//") {
                self.items += 1;
                if self.items > limits::ITEMS {
                    return;
                }
                let line = self.line(member).unwrap_or(line);
                visit(self, member, line);
            }
        }
    }

    /// `None` for a name with escapes, which is a copy and no longer points into the file.
    fn line(&self, member: &Member<'a>) -> Option<u32> {
        let Cow::Borrowed(name) = &member.name else {
            return None;
        };
        let at = (name.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        u32::try_from(self.breaks.partition_point(|position| *position < at) + 1).ok()
    }
}

fn objects<'a>(json: &'a Json<'a>) -> &'a [Json<'a>] {
    match json {
        Json::List(values) => values,
        value => std::slice::from_ref(value),
    }
}

fn line_breaks(text: &str) -> Vec<usize> {
    text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(position, _)| position).collect()
}

fn label_count(kind: &str) -> Option<usize> {
    match kind {
        "variable" | "output" | "module" | "provider" => Some(1),
        "resource" | "data" | "ephemeral" => Some(2),
        "terraform" => Some(0),
        _ => None,
    }
}
