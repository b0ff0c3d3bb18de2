//! Files that were made to hurt: each ends, costs its own content at most, and leaves its neighbour alone.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic, also in its helpers")]

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::ModuleDocs;
use hcl_reader::Reader;

fn read(name: &str, text: impl Into<Bytes>) -> ModuleDocs {
    let files = BTreeMap::from([
        (name.to_owned(), text.into()),
        ("zz_neighbour.tf".to_owned(), Bytes::from_static(b"variable \"neighbour\" {}\n")),
    ]);
    let package = Reader::new().read(&files, "");
    let docs = (*package.parts[0].docs).clone();
    assert!(docs.inputs.iter().any(|input| input.name == "neighbour"), "the neighbour is lost");
    assert!(docs.diagnostics.len() <= 50);
    docs
}

fn default_of(docs: &ModuleDocs) -> &str {
    docs.inputs[0].default.as_deref().unwrap()
}

fn summaries(docs: &ModuleDocs) -> String {
    docs.diagnostics.iter().map(|diagnostic| diagnostic.summary.as_str()).collect::<Vec<_>>().join("; ")
}

#[test]
fn an_object_with_very_many_keys_is_read() {
    let keys: String = (0..40_000).map(|key| format!("k{key}=1\n")).collect();
    let docs = read("a.tf", format!("variable \"a\" {{\n default = {{\n{keys}}}\n}}\nvariable \"b\" {{}}"));

    // More values than are decoded: the source is kept, and cut.
    assert!(default_of(&docs).starts_with("{\nk0=1\n"));
    assert_eq!(default_of(&docs).len(), 64 << 10);
    assert_eq!(docs.inputs[1].name, "b");

    let keys: String = (0..5_000).map(|key| format!("k{key}=1\n")).collect();
    let docs = read("a.tf", format!("variable \"a\" {{\n default = {{\n{keys}}}\n}}"));

    assert!(default_of(&docs).starts_with("{\"k0\":1,\"k1\":1,\"k10\":1,"));
}

#[test]
fn an_object_with_very_many_computed_keys_is_read() {
    let keys: String = (0..20_000).map(|key| format!("(x.k{key})=1\n")).collect();
    let docs = read("a.tf", format!("variable \"a\" {{\n default = {{\n{keys}}}\n}}"));

    assert!(default_of(&docs).starts_with("{\n(x.k0)=1"));
}

#[test]
fn very_many_empty_heredocs_are_read() {
    let heredocs: String = (0..40_000).map(|number| format!("a{number} = <<E{number}\nE{number}\n")).collect();
    let docs = read("a.tf", format!("locals {{\n{heredocs}}}\nvariable \"b\" {{}}"));

    assert_eq!(docs.inputs[0].name, "b");
    assert!(docs.diagnostics.is_empty());
}

#[test]
fn nested_loops_are_not_run() {
    let list = "1,".repeat(100);
    let loops = "[for a in x : ".repeat(8) + "1" + &"]".repeat(8);
    let docs = read("a.tf", format!("variable \"a\" {{ default = {} }}", loops.replace('x', &format!("[{list}]"))));

    assert!(default_of(&docs).starts_with("[for a in"));
}

#[test]
fn deep_nesting_ends_the_file_and_nothing_else() {
    let openers = ["(", "[", "{a=", "-(", "f(", "\"${", "\"%{if ", "a ? (", "[for a in ", "{for a in "];
    for opener in openers {
        let deep = opener.repeat(100_000 / opener.len());
        let docs = read("a.tf", format!("variable \"a\" {{}}\nvariable \"b\" {{ default = {deep} }}"));

        assert_eq!(docs.inputs[0].name, "a", "{opener}");
        assert!(summaries(&docs).contains("nested too deeply"), "{opener}");
    }

    let docs = read("a.tf", "variable \"a\" {}\n".to_owned() + &"b {\n".repeat(100_000));
    assert_eq!(docs.inputs[0].name, "a");
    assert!(summaries(&docs).contains("nested too deeply"));
}

#[test]
fn values_nested_deeper_than_is_decoded_keep_their_source() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    let docs = read(
        "a.tf",
        format!("variable \"a\" {{ default = {deep} }}\nvariable \"b\" {{ default = {} }}", "-".repeat(100_000)),
    );

    assert_eq!(default_of(&docs), deep);
    assert_eq!(docs.inputs.len(), 3);
}

#[test]
fn brackets_that_never_match_cost_one_pass() {
    let docs = read("a.tf", "variable \"a\" { default = \"${".to_owned() + &"[".repeat(250) + &")".repeat(500_000));
    assert_eq!(docs.inputs[0].name, "a");

    let docs = read("a.tf", "a = [\"x\n".repeat(100_000));
    assert!(summaries(&docs).contains("more diagnostics are not listed") || docs.diagnostics.len() < 50);

    let docs = read("a.tf", "a\n".repeat(400_000));
    assert!(summaries(&docs).contains("more diagnostics are not listed"));
}

#[test]
fn very_many_items_end_the_file() {
    let attributes: String = (0..70_000).map(|number| format!("a{number} = 1\n")).collect();
    assert!(summaries(&read("a.tf", attributes)).contains("more than 50000 blocks and arguments"));

    assert!(summaries(&read("a.tf", "b {}\n".repeat(200_000))).contains("more than 50000 blocks and arguments"));

    let members: String = (0..70_000).map(|number| format!("\"a{number}\":1,")).collect();
    let docs = read("a.tf.json", format!("{{\"variable\":{{\"v\":{{{members}\"z\":1}}}}}}"));
    assert!(summaries(&docs).contains("more than 50000 blocks and arguments"));

    let docs = read("a.tf", "variable \"a\" ".to_owned() + &"\"l\" ".repeat(200_000) + "{}");
    assert!(summaries(&docs).contains("too many labels"));
}

#[test]
fn very_many_declarations_of_a_directory_are_cut() {
    let variables =
        |file: usize| (0..15_000).map(|number| format!("variable \"v{file}-{number}\" {{}}\n")).collect::<String>();
    let files: BTreeMap<String, Bytes> =
        (0..3).map(|file| (format!("{file}.tf"), Bytes::from(variables(file)))).collect();

    let package = Reader::new().read(&files, "");

    let docs = &package.parts[0].docs;
    assert_eq!(docs.inputs.len(), 20_000);
    assert!(summaries(docs).contains("25000 declarations are above the limit"));
}

#[test]
fn files_above_the_limit_are_not_read() {
    let docs = read("a.tf", "# padding\n".repeat(150_000));
    assert!(summaries(&docs).contains("larger than 1 MiB"));

    let files: BTreeMap<String, Bytes> =
        (0..40).map(|file| (format!("modules/m{file:02}/a.tf"), Bytes::from("# x\n".repeat(250_000)))).collect();
    let package = Reader::new().read(&files, "");
    assert!(!package.unreadable);
    assert!(summaries(&package.parts[0].docs).contains("some files are left out"));
}

#[test]
fn very_many_parts_are_cut() {
    let files: BTreeMap<String, Bytes> =
        (0..1_200).map(|part| (format!("examples/e{part}/a.tf"), Bytes::from_static(b"locals {}"))).collect();

    let package = Reader::new().read(&files, "");

    assert_eq!(package.parts.len(), 1_001);
    assert!(package.unreadable, "examples alone are no module");
    assert!(summaries(&package.parts[0].docs).contains("only the first 1000"));
}

#[test]
fn deep_or_broken_json_costs_its_file() {
    let docs = read("a.tf.json", "[".repeat(500_000));
    assert!(summaries(&docs).contains("not JSON"));

    let docs = read(
        "a.tf.json",
        "{\"variable\":{\"a\":{\"default\":".to_owned() + &"[".repeat(100) + &"]".repeat(100) + "}}}",
    );
    assert!(default_of(&docs).starts_with("[[[["));

    let docs = read("a.tf.json", "[".to_owned() + &"[],".repeat(300_000) + "{}]");
    assert!(summaries(&docs).contains("has to be an object"));
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let docs = read("a.tf", format!("variable \"a\" {{ description = \"{}\" }}", "ä".repeat(40_000)));
    assert_eq!(docs.inputs[0].description.len(), 64 << 10);

    let docs = read("a.tf", format!("variable \"a\" {{ description = <<E\n{}\nE\n}}", "x".repeat(1_000_000)));
    assert_eq!(docs.inputs[0].description.len(), 64 << 10);
    assert!(summaries(&docs).contains("its first 64 KiB are kept"));
}
