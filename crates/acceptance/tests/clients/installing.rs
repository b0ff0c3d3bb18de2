//! What every command line that installs modules must be able to do. `installs_with!` makes tests of it for one.

use std::fs;
use std::path::Path;

use super::world::{World, text};

/// One test for each function that is named here, with the client that the expression gives.
macro_rules! installs_with {
    ($client:expr) => {
        crate::clients::installing::installs_with! {
            $client;
            installing::the_version_that_fits_is_installed,
            installing::short_versions_and_versions_with_a_build_are_installed,
            installing::a_link_is_installed_as_what_it_points_at,
            installing::a_module_that_calls_its_neighbour_finds_it_in_the_same_archive,
            installing::an_upgrade_takes_a_new_release_and_a_plain_init_does_not,
            installing::get_installs_and_updates,
            installing::ten_calls_of_a_module_fetch_its_archive_once,
            installing::one_changed_byte_in_the_store_makes_init_fail,
            installing::a_wrong_token_and_an_unknown_module_are_told_apart,
            installing::over_https_the_services_are_discovered,
            login::login_gets_a_token_that_installs,
        }
    };
    ($client:expr; $($module:ident::$body:ident,)*) => {
        $(
            #[tokio::test]
            async fn $body() {
                crate::clients::$module::$body(&$client).await;
            }
        )*
    };
}
pub(crate) use installs_with;

pub(crate) async fn the_version_that_fits_is_installed(client: &Path) {
    let world = World::start().await;

    let output = world
        .init(
            client,
            &[
                ("latest", "acme/sample/demo", "~> 1.0"),
                ("pinned", "acme/sample/demo", "1.0.0"),
                ("part", "acme/sample/demo//modules/part", ">= 1.0, < 2.0"),
                ("candidate", "acme/sample/demo", "2.0.0-rc1"),
            ],
        )
        .await;

    assert!(output.status.success(), "{}", text(&output));
    assert!(world.installed("latest/main.tf").contains("release v1.1.0"), "{}", text(&output));
    assert!(world.installed("pinned/main.tf").contains("release v1.0.0"));
    assert!(world.installed("candidate/main.tf").contains("release v2.0.0-rc1"));
    assert!(world.installed("part/modules/part/main.tf").contains("variable \"size\""));
    assert_eq!(world.installed("latest/.git/HEAD"), "");
}

pub(crate) async fn short_versions_and_versions_with_a_build_are_installed(client: &Path) {
    let world = World::start().await;

    let output = world
        .init(client, &[("short", "acme/sample/demo", "1.0"), ("built", "acme/built/demo", "1.0.0+build.7")])
        .await;

    assert!(output.status.success(), "{}", text(&output));
    assert!(world.installed("short/main.tf").contains("release v1.0.0"));
    assert!(world.installed("built/main.tf").contains("release v1.0.0+build.7"));
}

pub(crate) async fn a_link_is_installed_as_what_it_points_at(client: &Path) {
    let world = World::start().await;

    let output = world.init(client, &[("linked", "acme/linked/demo", "1.0.0")]).await;

    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(world.installed("linked/main.tf"), "# what the link points at\n");
}

pub(crate) async fn a_module_that_calls_its_neighbour_finds_it_in_the_same_archive(client: &Path) {
    let world = World::start().await;

    let output = world.init(client, &[("outer", "acme/outer/demo", "1.0.0")]).await;

    assert!(output.status.success(), "{}", text(&output));
    assert_ne!(world.installed("outer/lib/terraform-demo-outer/main.tf"), "", "{}", text(&output));
    assert_ne!(world.installed("outer/lib/inner/main.tf"), "");
}

pub(crate) async fn an_upgrade_takes_a_new_release_and_a_plain_init_does_not(client: &Path) {
    let world = World::start().await;
    let first = world.init(client, &[("latest", "acme/sample/demo", "~> 1.0")]).await;
    assert!(first.status.success(), "{}", text(&first));
    world.release("v1.2.0").await;

    let plain = world.run(client, &["init", "-backend=false"]).await;
    assert!(plain.status.success(), "{}", text(&plain));
    assert!(world.installed("latest/main.tf").contains("release v1.1.0"));

    let upgrade = world.run(client, &["init", "-backend=false", "-upgrade"]).await;
    assert!(upgrade.status.success(), "{}", text(&upgrade));
    assert!(world.installed("latest/main.tf").contains("release v1.2.0"));
}

pub(crate) async fn get_installs_and_updates(client: &Path) {
    let world = World::start().await;
    world.configure(&[("latest", "acme/sample/demo", "~> 1.0")]);

    let get = world.run(client, &["get"]).await;
    assert!(get.status.success(), "{}", text(&get));
    assert!(world.installed("latest/main.tf").contains("release v1.1.0"));

    world.release("v1.2.0").await;
    let update = world.run(client, &["get", "-update"]).await;
    assert!(update.status.success(), "{}", text(&update));
    assert!(world.installed("latest/main.tf").contains("release v1.2.0"));
}

pub(crate) async fn ten_calls_of_a_module_fetch_its_archive_once(client: &Path) {
    let world = World::start().await;
    let names: Vec<_> = (0..10).map(|number| format!("call_{number}")).collect();
    let calls: Vec<_> = names.iter().map(|name| (name.as_str(), "acme/sample/demo", "~> 1.0")).collect();

    let output = world.init(client, &calls).await;

    assert!(output.status.success(), "{}", text(&output));
    for name in &names {
        assert!(world.installed(&format!("{name}/main.tf")).contains("release v1.1.0"), "{name}");
    }
    assert_eq!(world.front.count("GET /v1/object/"), 1);
}

pub(crate) async fn one_changed_byte_in_the_store_makes_init_fail(client: &Path) {
    let world = World::start().await;
    for blob in world.blobs() {
        let mut bytes = fs::read(&blob).expect("the blob can be read");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&blob, bytes).expect("the blob can be written");
    }

    let output = world.init(client, &[("altered", "acme/sample/demo", "1.0.0")]).await;

    assert!(!output.status.success(), "an altered archive was installed: {}", text(&output));
    assert_eq!(world.installed("altered/main.tf"), "");
}

pub(crate) async fn a_wrong_token_and_an_unknown_module_are_told_apart(client: &Path) {
    let world = World::start().await;

    let unknown = world.init(client, &[("unknown", "acme/nothing/demo", "1.0.0")]).await;
    world.configure(&[("x", "acme/sample/demo", "1.0.0")]);
    let token = "quarry_000000000000000000000000000000000";
    let stranger = world.run_as(client, token, &["init", "-backend=false"]).await;

    assert!(text(&unknown).contains("Module not found"), "{}", text(&unknown));
    assert!(text(&stranger).contains("401"), "{}", text(&stranger));
}

pub(crate) async fn over_https_the_services_are_discovered(client: &Path) {
    let world = World::start_secure().await;

    let output = world.init(client, &[("part", "acme/sample/demo//modules/part", "~> 1.0")]).await;

    assert!(output.status.success(), "{}", text(&output));
    assert!(world.installed("part/modules/part/main.tf").contains("variable \"size\""));
    assert_ne!(world.front.count("GET /.well-known/terraform.json"), 0);
}
