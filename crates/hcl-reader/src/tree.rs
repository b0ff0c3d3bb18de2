//! The structure of one file: blocks and arguments, their values still undecoded. Both syntaxes end here.

use std::borrow::Cow;

use crate::json::Json;

/// What stands between two braces, or in a whole file.
#[derive(Debug, Default)]
pub(crate) struct Body<'a> {
    pub(crate) attributes: Vec<Attribute<'a>>,
    pub(crate) blocks: Vec<Block<'a>>,
}

#[derive(Debug)]
pub(crate) struct Block<'a> {
    pub(crate) kind: &'a str,
    pub(crate) labels: Vec<Cow<'a, str>>,
    pub(crate) line: u32,
    /// The braces and everything between them; empty in JSON.
    pub(crate) source: &'a str,
    pub(crate) body: Body<'a>,
}

#[derive(Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: &'a str,
    pub(crate) line: u32,
    pub(crate) expr: Expr<'a>,
}

/// A value that nobody has looked at yet.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expr<'a> {
    /// Source text without surrounding blanks and comments.
    Source(&'a str),
    Json(&'a Json<'a>),
}
