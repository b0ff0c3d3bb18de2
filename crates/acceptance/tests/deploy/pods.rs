//! What every pod must be like: without rights, and stopped and probed so that nothing is lost.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::rendered::{OURS, RENDERINGS, container, list, of_kind, pod, text, title};

/// What a stop may take: 5 s until nobody calls any more, 25 s to finish or hand back work. A lease is 15 s.
const LONGEST_STOP_SECONDS: u64 = 30;

#[test]
fn a_pod_has_no_right_that_it_does_not_need() {
    for object in RENDERINGS.iter().flat_map(|it| of_kind(it, &["Deployment", "Job", "StatefulSet"])) {
        let (title, pod, container) = (title(&object), pod(&object), container(&object));
        assert_eq!(pod["automountServiceAccountToken"], false, "{title}");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{title}");
        assert!(pod["securityContext"]["runAsUser"].as_u64() > Some(0), "{title}");
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{title}");
        assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false, "{title}");
        assert_eq!(container["securityContext"]["capabilities"], json!({ "drop": ["ALL"] }), "{title}");
        for forbidden in ["hostNetwork", "hostPID", "hostIPC", "initContainers", "serviceAccountName"] {
            assert!(pod[forbidden].is_null(), "{title} has {forbidden}");
        }
    }
}

#[test]
fn ours_write_to_nothing_but_their_own_folders() {
    for object in RENDERINGS.iter().flat_map(|it| of_kind(it, &OURS)) {
        let (title, pod, container) = (title(&object), pod(&object), container(&object));
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{title}");
        assert_eq!(pod["securityContext"]["runAsUser"], 65532, "{title}");
        let mounts: BTreeSet<&str> =
            list(&container["volumeMounts"]).iter().map(|mount| text(&mount["mountPath"])).collect();
        assert_eq!(mounts, ["/tmp", "/var/lib/quarry"].into(), "{title}");
        for volume in list(&pod["volumes"]) {
            assert!(volume["emptyDir"]["sizeLimit"].is_string(), "{title}: {volume} may fill the node");
        }
    }
}

#[test]
fn ours_ask_for_what_they_need_and_may_take_so_much() {
    for object in RENDERINGS.iter().flat_map(|it| of_kind(it, &OURS)) {
        let resources = &container(&object)["resources"];
        for (kind, what) in [("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory")] {
            assert!(resources[kind][what].is_string(), "{}: {kind} of {what}", title(&object));
        }
    }
}

#[test]
fn an_outage_of_a_dependency_restarts_nothing() {
    for deployment in RENDERINGS.iter().flat_map(|it| of_kind(it, &["Deployment"])) {
        let (title, container) = (title(&deployment), container(&deployment));
        let path = |probe: &str| text(&container[probe]["httpGet"]["path"]);
        assert_eq!(path("livenessProbe"), "/healthz", "{title}");
        assert_eq!(path("startupProbe"), "/healthz", "{title}");
        assert_eq!(path("readinessProbe"), "/readyz", "{title}");
        for probe in ["livenessProbe", "startupProbe", "readinessProbe"] {
            let port = &container[probe]["httpGet"]["port"];
            assert!(list(&container["ports"]).iter().any(|it| it["name"] == *port), "{title}: port of the {probe}");
        }
        // A database that is back is used again within 5 s.
        let period = container["readinessProbe"]["periodSeconds"].as_u64().unwrap();
        assert!(period * container["readinessProbe"]["successThreshold"].as_u64().unwrap_or(1) < 5, "{title}");
    }
}

#[test]
fn a_pod_has_the_time_that_a_stop_takes() {
    for deployment in RENDERINGS.iter().flat_map(|it| of_kind(it, &["Deployment"])) {
        let grace = pod(&deployment)["terminationGracePeriodSeconds"].as_u64();
        assert!(grace > Some(LONGEST_STOP_SECONDS), "{}: {grace:?}", title(&deployment));
    }
}

#[test]
fn a_rollout_takes_nobody_away_before_the_next_is_ready() {
    for deployment in RENDERINGS.iter().flat_map(|it| of_kind(it, &["Deployment"])) {
        assert_eq!(deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0, "{}", title(&deployment));
        assert!(!list(&pod(&deployment)["topologySpreadConstraints"]).is_empty(), "{}", title(&deployment));
    }
}

#[test]
fn every_image_has_a_tag_and_ours_that_of_this_release() {
    for object in RENDERINGS.iter().flat_map(|it| of_kind(it, &["Deployment", "Job", "StatefulSet"])) {
        let image = text(&container(&object)["image"]);
        assert!(is_pinned(image), "{}: {image}", title(&object));
        if OURS.contains(&text(&object["kind"])) {
            assert_eq!(image.rsplit(':').next(), Some(env!("CARGO_PKG_VERSION")), "{}: {image}", title(&object));
        }
    }
}

/// Whether it names a tag, and another than `latest`.
pub fn is_pinned(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    name.split_once(':').is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest")
}

/// Names and values that the container has of its own, without what it gets from elsewhere.
pub fn own_environment(container: &Value) -> impl Iterator<Item = (&str, &Value)> {
    list(&container["env"]).iter().map(|variable| (text(&variable["name"]), variable))
}
