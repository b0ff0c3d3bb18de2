//! Who knows which secret: the same in Kubernetes and in the compose file.

use std::collections::BTreeSet;
use std::process::Command;

use crate::pods::own_environment;
use crate::rendered::{
    OURS, RENDERINGS, compose, container, environment_lines, list, named, objects, of_kind, read, role, root, text,
};

/// Each role with the secrets that it needs. Whoever reads hostile text has no key of ours.
#[rustfmt::skip]
const KNOWN_TO: &[(&str, &[&str])] = &[
    ("gateway", &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "QUARRY_LINK_KEYS", "QUARRY_SEAL_KEYS", "QUARRY_TOKEN_KEY"]),
    ("archivist", &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "QUARRY_LINK_KEYS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
    ("ingestor", &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "QUARRY_SEAL_KEYS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
    ("parser", &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
    ("migrate", &["QUARRY_DATABASE_URL", "QUARRY_SEAL_KEYS", "QUARRY_TOKEN_KEY", "QUARRY_ADMIN_TOKEN"]),
];

#[test]
fn a_pod_gets_the_secrets_that_it_needs_and_no_other() {
    for rendering in RENDERINGS {
        for (name, secrets) in KNOWN_TO {
            let ours = of_kind(rendering, &OURS);
            let object = ours.iter().find(|object| role(object) == *name).unwrap_or_else(|| panic!("no {name}"));
            let container = container(object);
            let from_secret = own_environment(container).filter(|(_, it)| !it["valueFrom"].is_null());
            let known: BTreeSet<&str> = from_secret
                .map(|(variable, it)| {
                    assert_eq!(it["valueFrom"]["secretKeyRef"]["name"], "quarry", "{name}: {variable}");
                    assert_eq!(it["valueFrom"]["secretKeyRef"]["key"], variable, "{name}");
                    variable
                })
                .collect();
            assert_eq!(known, secrets.iter().copied().collect(), "secrets of the {name} in {rendering}");
            // Never the whole Secret.
            assert!(list(&container["envFrom"]).iter().all(|source| source["secretRef"].is_null()), "{name}");
        }
    }
}

#[test]
fn a_service_of_the_compose_file_gets_the_same_secrets() {
    let all: BTreeSet<&str> = KNOWN_TO.iter().flat_map(|(_, secrets)| secrets.iter().copied()).collect();
    for (name, secrets) in KNOWN_TO {
        let compose = compose();
        let service = &compose["services"][name];
        let environment = service["environment"].as_object().unwrap_or_else(|| panic!("no service {name}"));
        let known: BTreeSet<&str> = environment.keys().map(String::as_str).filter(|it| all.contains(it)).collect();
        assert_eq!(known, secrets.iter().copied().collect(), "secrets of the {name} in compose.yaml");
        assert!(service["env_file"].is_null(), "{name} gets a whole file of secrets");
    }
}

#[test]
fn no_secret_is_among_the_settings() {
    let all: BTreeSet<&str> = KNOWN_TO.iter().flat_map(|(_, secrets)| secrets.iter().copied()).collect();
    for settings in RENDERINGS.iter().flat_map(|it| of_kind(it, &["ConfigMap"])) {
        for name in settings["data"].as_object().unwrap().keys() {
            assert!(!all.contains(name.as_str()), "{name} is a secret and stands in a ConfigMap");
        }
    }
}

#[test]
fn real_secrets_are_in_no_file_of_the_repository() {
    for file in ["deploy/compose.env", "deploy/kubernetes/overlays/small/secrets.env"] {
        let ignored = Command::new("git").args(["check-ignore", "--quiet", file]).current_dir(root()).status().unwrap();
        assert!(ignored.success(), "{file} is not in .gitignore");
    }
    let example = environment_lines(&read("deploy/kubernetes/overlays/small/secrets.env.example"));
    for (name, value) in &example {
        assert!(value.contains("example"), "{name} of secrets.env.example looks like a real one: {value}");
    }
    let objects = objects("small");
    let secret = named(&objects, "Secret", "quarry");
    let rendered: BTreeSet<&String> = secret["data"].as_object().unwrap().keys().collect();
    assert_eq!(rendered, example.keys().collect());
}

#[test]
fn the_example_has_every_secret_that_somebody_wants() {
    let objects = objects("small");
    let secret = &named(&objects, "Secret", "quarry")["data"];
    let engines = of_kind("small", &["Deployment", "Job", "StatefulSet"]);
    let in_pods = engines.iter().flat_map(|object| own_environment(container(object)));
    let wanted = in_pods.map(|(_, it)| text(&it["valueFrom"]["secretKeyRef"]["key"])).filter(|key| !key.is_empty());
    let logins = of_kind("base", &["TriggerAuthentication"]);
    let by_keda = logins.iter().flat_map(|login| list(&login["spec"]["secretTargetRef"])).map(|it| text(&it["key"]));
    for key in wanted.chain(by_keda) {
        assert!(secret[key].is_string(), "secrets.env.example has no {key}");
    }
}
