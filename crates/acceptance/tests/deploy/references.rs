//! What the manifests name exists: settings, objects, ports, labels.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::pods::own_environment;
use crate::rendered::{
    OURS, RENDERINGS, compose, container, list, named, objects, of_kind, pod, read, role, text, title,
};

const ROLES: [&str; 4] = ["gateway", "archivist", "ingestor", "parser"];

#[test]
fn every_role_and_the_migration_are_there_and_run_their_own_command() {
    for rendering in RENDERINGS {
        let ours = of_kind(rendering, &OURS);
        let commands: BTreeSet<String> =
            ours.iter().flat_map(|it| list(&container(it)["args"])).map(|it| text(it).to_owned()).collect();
        assert_eq!(commands, ROLES.iter().chain(&["migrate"]).map(|it| (*it).to_owned()).collect(), "{rendering}");
        for object in &ours {
            assert_eq!(container(object)["args"], serde_json::json!([role(object)]), "{}", title(object));
            assert!(container(object)["command"].is_null(), "{} is not what the image starts", title(object));
        }
    }
}

#[test]
fn every_setting_is_one_of_the_example() {
    let example = read("deploy/env.example");
    let is_known = |name: &str| name.starts_with("AWS_") || example.contains(&format!("\n#{name}="));
    for rendering in RENDERINGS {
        for object in of_kind(rendering, &OURS) {
            for (name, _) in own_environment(container(&object)) {
                assert!(is_known(name), "{rendering}: {}: {name} is not in deploy/env.example", title(&object));
            }
        }
        for settings in of_kind(rendering, &["ConfigMap"]) {
            for name in settings["data"].as_object().unwrap().keys() {
                assert!(is_known(name), "{rendering}: {name} is not in deploy/env.example");
            }
        }
    }
    for name in ROLES.iter().chain(&["migrate"]) {
        for variable in compose()["services"][name]["environment"].as_object().unwrap().keys() {
            assert!(is_known(variable), "compose.yaml: {name}: {variable} is not in deploy/env.example");
        }
    }
}

#[test]
fn the_settings_of_a_pod_are_rendered_with_it() {
    for rendering in RENDERINGS {
        let objects = objects(rendering);
        for object in of_kind(rendering, &OURS) {
            for source in list(&container(&object)["envFrom"]) {
                named(&objects, "ConfigMap", text(&source["configMapRef"]["name"]));
            }
        }
    }
}

#[test]
fn every_selector_finds_the_pods_that_it_is_for() {
    for rendering in RENDERINGS {
        let pods = of_kind(rendering, &["Deployment"]);
        for object in &pods {
            let labels = &object["spec"]["template"]["metadata"]["labels"];
            assert!(selects(&object["spec"]["selector"]["matchLabels"], labels), "{}", title(object));
            for constraint in list(&pod(object)["topologySpreadConstraints"]) {
                assert!(selects(&constraint["labelSelector"]["matchLabels"], labels), "{}", title(object));
            }
        }
        for budget in of_kind(rendering, &["PodDisruptionBudget"]) {
            let found = pods.iter().filter(|it| {
                selects(&budget["spec"]["selector"]["matchLabels"], &it["spec"]["template"]["metadata"]["labels"])
            });
            assert_eq!(found.count(), 1, "{rendering}: {}", title(&budget));
            assert_eq!(budget["spec"]["minAvailable"], 1, "{}", title(&budget));
        }
    }
}

#[test]
fn every_service_leads_to_a_port_of_one_workload() {
    for rendering in RENDERINGS {
        let workloads = of_kind(rendering, &["Deployment", "StatefulSet"]);
        for service in of_kind(rendering, &["Service"]) {
            let behind: Vec<&Value> = workloads
                .iter()
                .filter(|it| selects(&service["spec"]["selector"], &it["spec"]["template"]["metadata"]["labels"]))
                .collect();
            assert_eq!(behind.len(), 1, "{rendering}: {}", title(&service));
            for port in list(&service["spec"]["ports"]) {
                let target = if port["targetPort"].is_null() { &port["port"] } else { &port["targetPort"] };
                let ports = list(&container(behind[0])["ports"]);
                let leads_there = ports.iter().any(|it| it["name"] == *target || it["containerPort"] == *target);
                assert!(leads_there, "{rendering}: {}: {target}", title(&service));
            }
        }
    }
}

#[test]
fn the_ingress_leads_to_the_addresses_that_links_are_made_from() {
    let objects = objects("small");
    let settings = &of_kind("small", &["ConfigMap"])[0]["data"];
    let ingress = named(&objects, "Ingress", "quarry");
    for (setting, service) in [("QUARRY_PUBLIC_URL", "quarry-gateway"), ("QUARRY_ARCHIVIST_URL", "quarry-archivist")] {
        let host = text(&settings[setting]).strip_prefix("https://").unwrap();
        let rules = list(&ingress["spec"]["rules"]);
        let rule =
            rules.iter().find(|rule| text(&rule["host"]) == host).unwrap_or_else(|| panic!("no rule for {host}"));
        let backend = &rule["http"]["paths"][0]["backend"]["service"];
        assert_eq!(text(&backend["name"]), service);
        let ports = list(&named(&objects, "Service", service)["spec"]["ports"]);
        assert!(ports.iter().any(|port| port["name"] == backend["port"]["name"]), "{service}");
        assert!(list(&ingress["spec"]["tls"][0]["hosts"]).iter().any(|it| text(it) == host), "no TLS for {host}");
    }
}

/// Whether labels fit; an empty selector would fit everything, and is a mistake here.
fn selects(selector: &Value, labels: &Value) -> bool {
    selector.as_object().is_some_and(|it| !it.is_empty() && it.iter().all(|(name, value)| labels[name] == *value))
}
