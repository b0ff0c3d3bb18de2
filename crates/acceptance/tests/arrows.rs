//! The arrows between crates, the fences around libraries, and what must not enter the tree.
//! A new arrow is a design decision: change the table here and say why in the commit.

use std::process::Command;

use serde_json::Value;

/// Which crates of ours each crate may use, bottom layer first. Arrows point down, never sideways within a layer.
/// Dev-dependencies are free: a crate's `tests/` may use `test-kit`.
#[rustfmt::skip]
const LAYERS: &[&[(&str, &[&str])]] = &[
    &[
        ("domain", &[]),
    ],
    &[
        ("messages", &["domain"]),
        ("signed-link", &["domain"]),
        ("seal", &["domain"]),
        ("outbound", &["domain"]),
        ("archive", &["domain"]),
        ("hcl-reader", &["domain"]),
    ],
    &[
        ("store", &["domain", "messages"]),
        ("blobs", &["domain"]),
        ("broker", &["domain", "messages"]),
        ("git-source", &["domain", "outbound"]),
        ("vcs-hosts", &["domain", "outbound"]),
    ],
    &[
        ("job-runner", &["domain", "messages", "store", "broker"]),
        ("service-kit", &["domain", "signed-link", "seal", "outbound"]),
    ],
    &[
        ("gateway", &["domain", "messages", "signed-link", "seal", "outbound", "store", "broker", "vcs-hosts",
                      "service-kit"]),
        ("archivist", &["domain", "signed-link", "store", "blobs", "service-kit"]),
        ("ingestor", &["domain", "messages", "seal", "outbound", "archive", "hcl-reader", "store", "blobs", "broker",
                       "git-source", "vcs-hosts", "job-runner"]),
        ("parser", &["domain", "messages", "archive", "hcl-reader", "store", "blobs", "broker", "job-runner"]),
    ],
    &[
        ("quarry", &["domain", "signed-link", "seal", "outbound", "archive", "store", "blobs", "broker", "vcs-hosts",
                     "job-runner", "service-kit", "gateway", "archivist", "ingestor", "parser"]),
    ],
    // Dev only: no line above names them, so no crate above may use them outside its tests.
    &[
        ("test-kit", &[]),
    ],
    &[
        ("acceptance", &[]),
    ],
];

/// Libraries that only some crates may name, in any kind of dependency: the owners, then the crates that only test.
const FENCES: &[(&str, &[&str], &[&str])] = &[
    ("diesel", &["store"], &[]),
    ("diesel_migrations", &["store"], &[]),
    ("r2d2", &["store"], &[]),
    ("libsqlite3-sys", &["store"], &[]),
    ("pq-sys", &["store"], &[]),
    ("lapin", &["broker"], &[]),
    ("git2", &["git-source"], &[]),
    ("russh", &["git-source", "vcs-hosts"], &["test-kit"]),
    ("libgit2-sys", &["git-source"], &[]),
    ("libz-sys", &["git-source"], &[]),
    ("hcl-edit", &["hcl-reader"], &[]),
    ("hcl-rs", &["hcl-reader"], &[]),
    ("tar", &["archive"], &["test-kit", "acceptance"]),
    ("flate2", &["archive"], &["test-kit", "acceptance"]),
    ("object_store", &["blobs"], &[]),
    ("s3s", &[], &["test-kit"]),
    ("s3s-fs", &[], &["test-kit"]),
    ("pasetors", &["signed-link"], &[]),
    ("chacha20poly1305", &["seal"], &[]),
    ("config", &["service-kit"], &[]),
    ("utoipa", &["gateway"], &[]),
    ("actix-web", &["service-kit", "gateway", "archivist"], &[]),
    ("openidconnect", &["gateway"], &[]),
    ("argon2", &["seal"], &[]),
    ("askama", &["gateway"], &[]),
    ("wiremock", &[], &["vcs-hosts", "acceptance"]),
    // In `blobs` only to switch TLS on under `object_store`; in `gateway` only to ask the OpenID Connect provider that its
    // operator names.
    ("reqwest", &["blobs", "gateway", "git-source", "vcs-hosts", "quarry"], &["broker", "test-kit", "acceptance"]),
];

/// Must not be in the tree of the default features: TLS is rustls with ring, and PostgreSQL's TLS is a feature.
const BANNED: &[&str] = &["openssl-sys", "openssl-src", "native-tls", "aws-lc-sys", "aws-lc-rs"];

#[test]
fn every_crate_stands_in_the_table_and_uses_only_what_its_line_allows() {
    for package in Tree::load().ours() {
        let allowed = allowed_for(&package.name);
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.only_in_tests) {
            assert!(
                !lines().any(|(name, _)| *name == dependency.name) || allowed.contains(&dependency.name.as_str()),
                "`{}` must not use `{}`: no such arrow in the table of arrows.rs",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn every_line_of_the_table_names_a_crate_of_the_workspace() {
    let tree = Tree::load();
    for (name, _) in lines() {
        assert!(tree.ours().any(|package| package.name == *name), "`{name}` is in the table but not in the workspace");
    }
}

#[test]
fn the_table_itself_only_points_down() {
    for (height, layer) in LAYERS.iter().enumerate() {
        for (name, allowed) in layer.iter() {
            for target in allowed.iter() {
                let below = LAYERS[..height].iter().any(|lower| lower.iter().any(|(lower, _)| lower == target));
                assert!(below, "the arrow `{name}` → `{target}` does not point to a lower layer");
            }
        }
    }
}

#[test]
fn fenced_libraries_are_named_only_by_their_owners() {
    for package in Tree::load().ours() {
        for (library, owners, testers) in FENCES {
            let named = package.dependencies.iter().any(|dependency| dependency.name == *library);
            assert!(
                !named || owners.contains(&package.name.as_str()) || testers.contains(&package.name.as_str()),
                "`{}` must not use `{library}`, which is fenced in {owners:?}",
                package.name
            );
        }
    }
}

#[test]
fn banned_crates_are_not_in_the_tree() {
    for package in &Tree::load().packages {
        assert!(!BANNED.contains(&package.name.as_str()), "`{}` must not be in the tree", package.name);
    }
}

#[test]
fn every_package_can_be_used_without_accepting_a_gpl() {
    for package in &Tree::load().packages {
        let licence = &package.licence;
        assert!(free_of_gpl(licence), "`{}` has the licence `{licence}`, or names none", package.name);
    }
}

#[test]
fn a_licence_is_judged_by_its_freest_choice() {
    for free in ["MIT", "MIT/Apache-2.0", "MIT OR GPL-3.0-only", "(MIT OR LGPL-2.1-or-later) AND Unicode-3.0"] {
        assert!(free_of_gpl(free), "{free}");
    }
    for bound in ["", "AGPL-3.0-only", "MIT AND GPL-2.0", "GPL-2.0 OR LGPL-3.0", "MIT AND (GPL-3.0 OR AGPL-3.0)"] {
        assert!(!free_of_gpl(bound), "{bound}");
    }
}

fn lines() -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
    LAYERS.iter().flat_map(|layer| layer.iter())
}

fn allowed_for(name: &str) -> &'static [&'static str] {
    let line = lines().find(|(crate_name, _)| *crate_name == name);
    line.unwrap_or_else(|| panic!("`{name}` is missing from the table of arrows.rs")).1
}

/// Whether an SPDX expression (or the older `A/B`) leaves a choice without GPL, LGPL or AGPL.
fn free_of_gpl(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let choices = split_outside_parentheses(&expression, " OR ");
    if choices.len() > 1 {
        return choices.iter().any(|choice| free_of_gpl(choice));
    }
    let parts = split_outside_parentheses(&expression, " AND ");
    if parts.len() > 1 {
        return parts.iter().all(|part| free_of_gpl(part));
    }
    let name = expression.trim();
    match name.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => free_of_gpl(inner),
        None => !name.is_empty() && !name.contains("GPL"),
    }
}

fn split_outside_parentheses<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && text[at..].starts_with(separator) => {
                parts.push(&text[start..at]);
                start = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// What `cargo metadata` says: every package that the default features resolve to, on any platform.
struct Tree {
    packages: Vec<Package>,
}

struct Package {
    name: String,
    licence: String,
    is_ours: bool,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    only_in_tests: bool,
}

impl Tree {
    fn load() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        // Not `--offline`: a machine that has only built for itself lacks the packages of other platforms.
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
        let members = list(&metadata["workspace_members"]);
        let packages = list(&metadata["packages"]).iter().map(|package| Package::read(package, members)).collect();
        Self { packages }
    }

    fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_ours)
    }
}

impl Package {
    fn read(package: &Value, members: &[Value]) -> Self {
        Self {
            name: text(&package["name"]),
            licence: text(&package["license"]),
            is_ours: members.contains(&package["id"]),
            dependencies: list(&package["dependencies"]).iter().map(Dependency::read).collect(),
        }
    }
}

impl Dependency {
    fn read(dependency: &Value) -> Self {
        Self { name: text(&dependency["name"]), only_in_tests: dependency["kind"] == "dev" }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list in cargo metadata")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
