//! Literals by every way through the decoder, and what is no literal.

use super::{Text, decode, literal, parsed};
use crate::tree::Expr;
use crate::value::Value;

/// `None`: no literal.
const TABLE: &[(&str, Option<&str>)] = &[
    ("null", Some("null")),
    ("true", Some("true")),
    ("\"\"", Some("\"\"")),
    ("\"plain\"", Some("\"plain\"")),
    (r#""a\n\t\"\\\u00e9\U0001F600""#, Some("\"a\\n\\t\\\"\\\\é😀\"")),
    (r#""$${a} %%{b} $a 5%""#, Some("\"${a} %{b} $a 5%\"")),
    (r#""${a}""#, None),
    (r#""a" == "b""#, None),
    ("0", Some("0")),
    ("18446744073709551615", Some("18446744073709551615")),
    ("18446744073709551616", Some("1.8446744073709552e+19")),
    ("1.50", Some("1.5")),
    ("1.0", Some("1")),
    ("2e3", Some("2000")),
    ("1e999", None),
    ("-5", Some("-5")),
    ("- 5", Some("-5")),
    ("-0.5", Some("-0.5")),
    ("-18446744073709551615", Some("-1.8446744073709552e+19")),
    ("(1)", Some("1")),
    ("((\"a\"))", Some("\"a\"")),
    ("1 + 1", None),
    ("!true", None),
    ("var.x", None),
    ("f(1)", None),
    ("[]", Some("[]")),
    ("{}", Some("{}")),
    ("[\n]", Some("[]")),
    ("[1, \"b\", [true],]", Some("[1,\"b\",[true]]")),
    ("[\n1, # one\n2 // two\n, /* three */ 3\n]", Some("[1,2,3]")),
    ("[1 2]", None),
    ("[for a in b : a]", None),
    ("[a, 1]", None),
    ("[1][0]", None),
    ("{ a = 1, b : 2 }", Some("{\"a\":1,\"b\":2}")),
    ("{\n a = 1\n\n b = 2 # c\n \"c d\" = 3,\n}", Some("{\"a\":1,\"b\":2,\"c d\":3}")),
    ("{ (\"a\") = 1, 2 = 3, true = 4, null = 5 }", Some("{\"2\":3,\"a\":1,\"null\":5,\"true\":4}")),
    ("{ a = { b = {} } }", Some("{\"a\":{\"b\":{}}}")),
    ("{ a = b }", None),
    ("{ (a) = 1 }", None),
    ("{ for a in b : a => 1 }", None),
    ("{ a.b = 1 }", None),
    ("{ a = 1 b = 2 }", None),
];

fn json(value: &Value) -> Option<String> {
    value.to_json()
}

#[test]
fn literals_become_json_and_nothing_else_does() {
    for (source, expected) in TABLE {
        assert_eq!(json(&decode(source)).as_deref(), *expected, "{source}");
    }
}

#[test]
fn the_decoder_of_literals_agrees_with_the_parser_where_the_parser_is_used() {
    let mut compared = 0;
    for (source, expected) in TABLE {
        assert_eq!(json(&literal::decode(source)).as_deref(), *expected, "{source}");
        if let Some(value) = parsed::fits(source).then(|| parsed::decode(source)).flatten() {
            assert_eq!(json(&value).as_deref(), *expected, "{source} by hcl-edit");
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} went to hcl-edit");
}

#[test]
fn only_the_decoder_of_literals_reads_these() {
    let table = [
        ("{ a = 1, a = 2 }", "{\"a\":2}"),
        ("[<<E\nE\n, <<-E\n  x\n   y\n  E\n]", "[\"\",\"x\\n y\\n\"]"),
        ("{\n a = <<E\n$${x}\nE\n b = 1\n}", "{\"a\":\"${x}\\n\",\"b\":1}"),
    ];
    for (source, expected) in table {
        assert!(!parsed::fits(source) || parsed::decode(source).is_none(), "{source}");
        assert_eq!(json(&decode(source)).as_deref(), Some(expected), "{source}");
    }
}

#[test]
fn only_the_parser_reads_templates_of_literals() {
    let table = [(r#""${true}""#, "true"), (r#""a${1}b${"c"}""#, "\"a1bc\""), (r#"["${[]}"]"#, "[[]]")];
    for (source, expected) in table {
        assert_eq!(json(&decode(source)).as_deref(), Some(expected), "{source}");
    }
}

#[test]
fn a_non_literal_part_leaves_the_rest_readable() {
    let source = "{ source = \"acme/a\", configuration_aliases = [a.x, a.y], version = \"1\" }";
    for value in [decode(source), literal::decode(source)] {
        let Value::Object(members) = value else { panic!("not an object") };
        assert_eq!(members.get("source"), Some(&Value::String("acme/a".to_owned())));
        assert_eq!(members.get("version"), Some(&Value::String("1".to_owned())));
    }
}

#[test]
fn where_a_string_is_due_an_expression_keeps_its_source() {
    let literal = |text: &str| Text::Literal(text.to_owned());
    let source = |text: &str| Text::Source(text.to_owned());
    let table = [
        ("\"a\"", literal("a")),
        ("true", literal("true")),
        ("1.50", literal("1.5")),
        ("null", Text::Null),
        ("\"a ${b} \\\"c\\\"\"", source("a ${b} \\\"c\\\"")),
        ("\"${a}\" == \"b\"", source("\"${a}\" == \"b\"")),
        ("<<-E\n  a ${b}\n  E", source("a ${b}\n")),
        ("<<-E\n  a\n\n    b\n  E", literal("a\n\n  b\n")),
        ("var.x", source("var.x")),
        ("\"\\d \\u12 \\ud800\"", literal("\\d \\u12 \u{fffd}")),
        ("[]", Text::Wrong("a list")),
        ("{}", Text::Wrong("an object")),
    ];
    for (text, expected) in table {
        assert_eq!(Expr::Source(text).text(), expected, "{text}");
    }
}

#[test]
fn what_would_be_slow_to_parse_is_not_parsed() {
    let keys: String = (0..300).map(|key| format!("k{key} = 1\n")).collect();
    for source in [
        format!("{{\n{keys}}}"),
        format!("[{}]", "\"x\",".repeat(10_000)),
        format!("{}{}", "[".repeat(17), "]".repeat(17)),
        "{ a = <<E\nE\n}".to_owned(),
        "var.x".to_owned(),
    ] {
        assert!(!parsed::fits(&source));
    }
}
