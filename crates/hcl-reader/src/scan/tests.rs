//! The structure that is found, written as text: `kind label… { … }` and `name=source`.

use super::scan;
use crate::problems::Problems;
use crate::tree::{Body, Expr};

fn describe(body: &Body<'_>) -> String {
    let mut items: Vec<(u32, String)> = Vec::new();
    for attribute in &body.attributes {
        if let Expr::Source(source) = attribute.expr {
            items.push((attribute.line, format!("{}={source}@{}", attribute.name, attribute.line)));
        }
    }
    for block in &body.blocks {
        let labels: String = block.labels.iter().map(|label| format!(" {label}")).collect();
        items.push((block.line, format!("{}{labels}{{{}}}@{}", block.kind, describe(&block.body), block.line)));
    }
    items.sort_by_key(|(line, _)| *line);
    items.into_iter().map(|(_, item)| item).collect::<Vec<_>>().join(" ")
}

fn read(text: &str) -> (String, Vec<String>) {
    let mut problems = Problems::default();
    let body = scan(text, &mut problems);
    (
        describe(&body),
        problems.kept.into_iter().map(|problem| format!("{}: {}", problem.line, problem.summary)).collect(),
    )
}

#[test]
fn what_the_language_allows_is_read_without_a_problem() {
    let table = [
        ("", ""),
        ("\n # only\n // comments\n /* of every\n kind */\n", ""),
        ("a=1", "a=1@1"),
        ("a = 1\nb = 2 # c\n", "a=1@1 b=2@2"),
        ("a = 1 // c\nb = 2 /* c */ /* d */\n", "a=1@1 b=2@2"),
        ("a = 1 /* c */ + 2 /* d\n e */\nb = 3", "a=1 /* c */ + 2@1 b=3@3"),
        ("a = b / c\nd = e", "a=b / c@1 d=e@2"),
        ("a {}", "a{}@1"),
        ("a b \"c d\" e-f {\n g = 1\n}", "a b c d e-f{g=1@2}@1"),
        ("a { b = 1 }\nc {\n d {\n }\n}\n", "a{b=1@1}@1 c{d{}@3}@2"),
        ("a \"${\" {}", "a ${{}@1"),
        ("a \"$${x}\\n\" { }", "a ${x}\n{}@1"),
        ("ünï-cödé = 1", "ünï-cödé=1@1"),
        ("a = {\n b = [\n (1 +\n 2)\n ]\n}\nc = 1", "a={\n b = [\n (1 +\n 2)\n ]\n}@1 c=1@7"),
        ("a = \"}\" \nb = 1", "a=\"}\"@1 b=1@2"),
        ("a = \"\\\"}\"\nb = 1", "a=\"\\\"}\"@1 b=1@2"),
        ("a = \"${b[\"}\"]} $${ %{ if c }\"\nd = 1", "a=\"${b[\"}\"]} $${ %{ if c }\"@1 d=1@2"),
        ("a = \"${\nb\n}\"\nc = 1", "a=\"${\nb\n}\"@1 c=1@4"),
        ("a = [ # ]\n1, // ]\n2 /* ] */ ]\nb = 1", "a=[ # ]\n1, // ]\n2 /* ] */ ]@1 b=1@4"),
        ("a = <<E\n}\" ${b}\n E \nb = 1", "a=<<E\n}\" ${b}\n E@1 b=1@4"),
        ("a = <<-E\nE x\n  xE\n\tE\nb = 1", "a=<<-E\nE x\n  xE\n\tE@1 b=1@5"),
        ("a = <<E\n${<<F\nE\nF\n}\nE\nb = 1", "a=<<E\n${<<F\nE\nF\n}\nE@1 b=1@7"),
        ("a = f(<<E\nx\nE\n)\nb = 1", "a=f(<<E\nx\nE\n)@1 b=1@5"),
        ("a = 1 << 2\nb = c <<d", "a=1 << 2@1 b=c <<d@2"),
    ];
    for (text, expected) in table {
        assert_eq!(read(text), (expected.to_owned(), vec![]), "{text}");
    }
}

#[test]
fn what_is_broken_costs_as_little_as_possible() {
    let table = [
        ("!\na = 1", "a=1@2", "1: an argument or a block is expected here"),
        ("a\nb = 1", "b=1@2", "1: neither an argument nor a block"),
        ("a \"b\nc = 1", "c=1@2", "1: the label of a block is not closed"),
        ("a == 1\nb = 1", "b=1@2", "1: neither an argument nor a block"),
        ("a =\nb = 1", "b=1@2", "1: argument \"a\" has no value"),
        ("a = \"x\nb = 1", "a=\"x@1 b=1@2", "1: a string is not closed on its line"),
        ("a = [\"x\n]\nb = 1", "a=[\"x\n]@1 b=1@3", "1: a string is not closed on its line"),
        ("a = (1]\nb = 2)\nc = 1", "a=(1]\nb = 2)@1 c=1@3", "1: brackets do not match"),
        ("a {\n b = [1\n}\nc = 1", "a{b=[1@2}@1 c=1@4", "2: brackets do not match"),
        ("a = 1)\nb = 1", "a=1)@1 b=1@2", "1: brackets do not match"),
        ("}\na = 1", "a=1@2", "1: a closing brace without an opening one"),
        ("a = [1\nb = 1", "a=[1\nb = 1@1", "1: a bracket is never closed"),
        ("a = <<E\nb = 1", "a=<<E\nb = 1@1", "1: a heredoc is never closed"),
        ("a {\nb = 1", "a{b=1@2}@1", "1: block \"a\" is never closed"),
        ("a = \"${b", "a=\"${b@1", "1: a bracket is never closed"),
        ("“a” = 1\nb = 1", "b=1@2", "1: an argument or a block is expected here"),
    ];
    for (text, expected, problem) in table {
        assert_eq!(read(text), (expected.to_owned(), vec![problem.to_owned()]), "{text}");
    }
}
