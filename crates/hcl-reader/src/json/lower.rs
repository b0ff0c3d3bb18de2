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

impl<'a> Lowering<'a, '_> {
    fn file(&mut self, json: &'a Json<'a>, top: &mut Body<'a>) {
        self.each_member(json, 1, "the file", |lowering, member, line| {
            let kind = member.name.as_ref();
            match label_count(kind) {
                Some(labels) => lowering.labels(kind, labels, (member, line), &mut Vec::new(), top),
                None if KNOWN_ELSEWHERE.contains(&kind) => {}
                None => lowering.problems.warning(line, format!("\"{kind}\" is not a kind of block")),
            }
        });
        if self.items > limits::ITEMS {
            self.problems.error(0, format!("more than {} blocks and arguments; the rest is not read", limits::ITEMS));
        }
    }

    /// Goes down one level of names for each label that is still missing.
    #[expect(clippy::too_many_arguments, reason = "recursion over at most two levels")]
    fn labels(
        &mut self,
        kind: &'a str,
        missing: usize,
        (member, line): (&'a Member<'a>, u32),
        labels: &mut Vec<Cow<'a, str>>,
        into: &mut Body<'a>,
    ) {
        let Some(missing) = missing.checked_sub(1) else {
            return self.bodies(kind, (member, line), labels, into);
        };
        self.each_member(&member.value, line, kind, |lowering, inner, inner_line| {
            labels.push(Cow::Borrowed(inner.name.as_ref()));
            lowering.labels(kind, missing, (inner, inner_line), labels, into);
            labels.pop();
        });
    }

    /// One block for each object.
    fn bodies(
        &mut self,
        kind: &'a str,
        (member, line): (&'a Member<'a>, u32),
        labels: &[Cow<'a, str>],
        into: &mut Body<'a>,
    ) {
        let objects = match &member.value {
            Json::List(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for object in objects {
            let mut body = Body::default();
            self.each_member(object, line, kind, |lowering, inner, inner_line| {
                if kind == "terraform" && inner.name == "required_providers" {
                    return lowering.bodies("required_providers", (inner, inner_line), &[], &mut body);
                }
                let (name, expr) = (inner.name.as_ref(), Expr::Json(&inner.value));
                body.attributes.push(Attribute { name, line: inner_line, expr });
            });
            into.blocks.push(Block { kind, labels: labels.to_vec(), line, source: "", body });
        }
    }

    /// Calls `visit` for every member of an object, or of every object of a list.
    fn each_member(
        &mut self,
        json: &'a Json<'a>,
        line: u32,
        what: &str,
        mut visit: impl FnMut(&mut Self, &'a Member<'a>, u32),
    ) {
        let objects = match json {
            Json::List(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for object in objects {
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

/// Blocks that say nothing about the interface of a module.
const KNOWN_ELSEWHERE: &[&str] =
    &["locals", "moved", "removed", "import", "check", "action", "component", "language", "required_providers"];
