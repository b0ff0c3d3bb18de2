//! The compose file: what Compose itself would only find out on a machine that has it.

use serde_json::Value;

use crate::pods::is_pinned;
use crate::rendered::{compose, list, read, text};

/// The services that are ours, `migrate` last.
const OURS: [&str; 5] = ["gateway", "archivist", "ingestor", "parser", "migrate"];

#[test]
fn every_role_is_a_service_and_runs_its_own_command() {
    let compose = compose();
    for name in OURS {
        let service = &compose["services"][name];
        assert_eq!(service["command"], serde_json::json!([name]));
        assert_eq!(text(&service["image"]), concat!("${QUARRY_IMAGE:-quarry:", env!("CARGO_PKG_VERSION"), "}"));
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(service["security_opt"], serde_json::json!(["no-new-privileges:true"]), "{name}");
        assert!(service["user"].is_null(), "{name} has another user than the image");
        assert_eq!(text(&service["stop_grace_period"]), "40s", "{name}");
    }
}

#[test]
fn every_image_is_pinned_and_every_engine_says_when_it_is_ready() {
    for (name, service) in compose()["services"].as_object().unwrap() {
        let is_ours = OURS.contains(&name.as_str());
        assert!(is_ours || is_pinned(text(&service["image"])), "{name}: {}", service["image"]);
        assert!(is_ours || service["healthcheck"]["test"].is_array(), "{name} has no health check");
    }
}

#[test]
fn the_roles_start_after_the_migration_and_that_after_the_database() {
    let compose = compose();
    for name in &OURS[..4] {
        assert_eq!(text(&waits_for(&compose, name, "migrate")), "service_completed_successfully", "{name}");
    }
    assert_eq!(text(&waits_for(&compose, "migrate", "database")), "service_healthy");
    for (name, service) in compose["services"].as_object().unwrap() {
        for awaited in service["depends_on"].as_object().into_iter().flat_map(|it| it.keys()) {
            assert!(compose["services"][awaited].is_object(), "{name} waits for {awaited}, which is not there");
        }
    }
}

#[test]
fn nothing_is_open_to_other_machines_and_only_single_processes_have_a_port_of_this_one() {
    for (name, service) in compose()["services"].as_object().unwrap() {
        for port in list(&service["ports"]) {
            assert!(text(port).starts_with("127.0.0.1:"), "{name}: {port}");
        }
        // Several processes cannot share a port.
        let may_be_many = ["ingestor", "parser"].contains(&name.as_str());
        assert!(!may_be_many || (service["ports"].is_null() && service["container_name"].is_null()), "{name}");
    }
}

#[test]
fn every_volume_is_declared() {
    let compose = compose();
    for (name, service) in compose["services"].as_object().unwrap() {
        for volume in list(&service["volumes"]) {
            let source = text(volume).split(':').next().unwrap_or_default();
            assert!(compose["volumes"].as_object().unwrap().contains_key(source), "{name}: {source}");
        }
    }
}

#[test]
fn a_wanted_secret_is_one_that_the_script_makes() {
    let script = read("deploy/make-secrets.sh");
    // What `quarry keys new` prints.
    let keys = ["QUARRY_LINK_KEYS", "QUARRY_SEAL_KEYS", "QUARRY_TOKEN_KEY", "QUARRY_ADMIN_TOKEN"];
    let file = read("deploy/compose.yaml");
    let wanted: Vec<&str> =
        file.split("${").skip(1).filter_map(|rest| rest.split_once(":?")).map(|(name, _)| name).collect();
    assert!(wanted.len() > 5, "{wanted:?}");
    for name in wanted.into_iter().filter(|name| name.chars().all(|it| it.is_ascii_uppercase() || it == '_')) {
        assert!(keys.contains(&name) || script.contains(&format!("\"{name}=")), "nobody makes {name}");
    }
}

fn waits_for(compose: &Value, name: &str, awaited: &str) -> Value {
    compose["services"][name]["depends_on"][awaited]["condition"].clone()
}
