//! What links become.

use archive::{Entry, Files, Limits, Tree, follow_links};
use bytes::Bytes;

/// `a -> b` is a link; everything else is a file that holds its own path.
fn follow(entries: &[&str]) -> Files {
    follow_links(tree(entries, Limits::default())).unwrap()
}

fn tree(entries: &[&str], limits: Limits) -> Tree {
    let mut tree = Tree::new(limits);
    for entry in entries {
        match entry.split_once(" -> ") {
            Some((path, target)) => tree.insert(path, Entry::Link(target.to_owned())),
            None => tree.insert(entry, Entry::File(Bytes::copy_from_slice(entry.as_bytes()))),
        }
        .unwrap();
    }
    tree
}

/// Each file as `path=content`, where the content is the path it came from.
fn shown(files: &Files) -> Vec<String> {
    let one = |(path, body): (&String, &Bytes)| format!("{path}={}", String::from_utf8_lossy(body));
    files.files.iter().map(one).collect()
}

fn left_out(entries: &[&str], because: &str) {
    let files = follow(entries);
    let links: Vec<_> = entries.iter().filter_map(|entry| Some(entry.split_once(" -> ")?.0)).collect();
    let told: Vec<_> = files.notes.iter().map(|note| note.path.as_str()).collect();
    assert_eq!(told, links);
    assert!(files.notes.iter().all(|note| note.reason.contains(because)), "{:?}", files.notes);
    assert!(links.iter().all(|link| !files.files.contains_key(*link)));
}

#[test]
fn a_link_to_a_file_becomes_the_file() {
    let files = follow(&["main.tf", "a/main.tf -> ../main.tf", "a/b/x -> ../.././main.tf"]);

    assert_eq!(shown(&files), ["a/b/x=main.tf", "a/main.tf=main.tf", "main.tf=main.tf"]);
    assert_eq!(files.notes, []);
}

#[test]
fn a_link_to_a_directory_becomes_its_files() {
    let files = follow(&["m/a/x.tf", "m/y.tf", "examples/m -> ../m/"]);

    assert_eq!(
        shown(&files),
        ["examples/m/a/x.tf=m/a/x.tf", "examples/m/y.tf=m/y.tf", "m/a/x.tf=m/a/x.tf", "m/y.tf=m/y.tf"]
    );
}

#[test]
fn chains_and_links_on_the_way_are_followed() {
    let files = follow(&["c -> b", "b -> a", "a", "dir/f", "d -> dir", "e -> d/f", "g -> d/../a"]);

    assert_eq!(shown(&files), ["a=a", "b=a", "c=a", "d/f=dir/f", "dir/f=dir/f", "e=dir/f", "g=a"]);
}

#[test]
fn links_inside_a_linked_directory_are_read_where_they_stand() {
    let files = follow(&["m/x -> ../y", "y", "z/deep/m -> ../../m", "m/w -> v", "m/v"]);

    assert_eq!(
        shown(&files),
        ["m/v=m/v", "m/w=m/v", "m/x=y", "y=y", "z/deep/m/v=m/v", "z/deep/m/w=m/v", "z/deep/m/x=y"]
    );
}

#[test]
fn links_that_leave_are_left_out() {
    left_out(&["a -> ../x", "b/c -> ../../x", "d -> /etc/passwd", "e -> b/../../x", "x"], "leaves");
    left_out(&["a -> ..", "x"], "leaves");
}

#[test]
fn links_to_nothing_are_left_out() {
    left_out(&["a -> missing", "b -> x/y", "c -> x/", "d -> x/.", "e -> ", "x"], "nothing");
    left_out(&["a -> x\n", "b -> \0", "x"], "nothing");
}

#[test]
fn a_text_too_long_for_a_path_points_at_nothing() {
    left_out(&[&format!("a -> {}x", "./".repeat(600)), "x"], "nothing");
}

#[test]
fn loops_are_left_out() {
    left_out(&["a -> a", "b -> c", "c -> b", "d -> ./e/../d", "e/x"], "back to itself");
    left_out(&["a/b/top -> ../..", "a/b/up -> ..", "a/self -> .", "x -> ."], "back to itself");
}

#[test]
fn long_chains_end_at_the_hop_limit() {
    let mut entries: Vec<String> = (0..60).map(|n| format!("l{n} -> l{}", n + 1)).collect();
    entries.push("l60".to_owned());
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();

    let files = follow(&entries);

    assert_eq!(files.files.len(), 42);
    assert_eq!(files.notes.len(), 19);
}

#[test]
fn directories_that_link_to_each_other_are_copied_once() {
    let files = follow(&["a/x -> ../b", "a/f", "b/y -> ../a", "b/g"]);

    assert_eq!(shown(&files), ["a/f=a/f", "a/x/g=b/g", "b/g=b/g", "b/y/f=a/f"]);
    let told: Vec<_> = files.notes.iter().map(|note| note.path.as_str()).collect();
    assert_eq!(told, ["a/x/y", "b/y/x"]);
}

#[test]
fn a_link_that_would_pass_a_limit_is_left_out_whole() {
    let limits = Limits { entries: 12, ..Limits::default() };
    let entries = ["d/1", "d/2", "d/3", "d/4", "x -> d", "y -> d", "z -> d/1"];

    let files = follow_links(tree(&entries, limits)).unwrap();

    let told: Vec<_> = files.notes.iter().map(|note| note.path.as_str()).collect();
    assert_eq!(told, ["x", "y"]);
    assert!(files.notes[0].reason.contains("limits"), "{:?}", files.notes);
    assert!(files.files.contains_key("z") && !files.files.contains_key("x/1"));
}

#[test]
fn doubling_directories_stay_within_the_limits() {
    let mut entries = vec!["d0/f".to_owned()];
    for level in 1..30 {
        entries.push(format!("d{level}/a -> ../d{}", level - 1));
        entries.push(format!("d{level}/b -> ../d{}", level - 1));
    }
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();

    // Either everything beyond the limits is left out, or the whole tree is refused for its endless work.
    match follow_links(tree(&entries, Limits::default())) {
        Ok(files) => assert!(files.files.len() <= 20_000),
        Err(error) => assert!(error.to_string().contains("too many links"), "{error}"),
    }
}

#[test]
fn paths_that_grow_too_long_leave_the_link_out() {
    let deep = format!("d/{}f", "s/".repeat(62));
    let files = follow(&[&deep, "a/b/c -> ../../d"]);

    assert_eq!(files.files.len(), 1);
    assert_eq!(files.notes[0].path, "a/b/c");
}

#[test]
fn links_into_git_point_at_nothing() {
    let files = follow(&[".git/config", "a -> .git/config", "x"]);

    assert_eq!(shown(&files), ["x=x"]);
    assert_eq!(files.notes.len(), 2);
}
