//! Who may call whom, read from the network policies of a rendering as the cluster would read them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::rendered::{RENDERINGS, list, of_kind, text, title};

/// Each role with the engines that it may reach.
const REACHES: &[(&str, &[&str])] = &[
    ("gateway", &["database", "broker"]),
    ("archivist", &["database", "broker", "objects"]),
    ("ingestor", &["database", "broker", "objects"]),
    ("parser", &["database", "broker", "objects"]),
    ("migrate", &["database"]),
];

#[test]
fn a_role_reaches_its_engines_and_no_other() {
    for rendering in RENDERINGS {
        for (role, engines) in REACHES {
            let rules = rules_of(rendering, role, "Egress", "egress");
            let peers = rules.iter().flat_map(|rule| list(&rule["to"]));
            let reached: BTreeSet<&str> = peers
                .map(|it| text(&it["podSelector"]["matchLabels"]["quarry.engine"]))
                .filter(|it| !it.is_empty())
                .collect();
            assert_eq!(reached, engines.iter().copied().collect(), "{rendering}: {role}");
            for rule in &rules {
                assert!(!list(&rule["to"]).is_empty(), "{rendering}: {role} may call anybody: {rule}");
                assert!(!list(&rule["ports"]).is_empty(), "{rendering}: {role} may use any port: {rule}");
            }
        }
    }
}

/// The ports outside the cluster that each role needs: hosts are asked over HTTP by whoever looks something up there, and Git is
/// fetched over SSH as well.
const OUTSIDE: &[(&str, &[u64])] =
    &[("gateway", &[80, 443]), ("archivist", &[]), ("ingestor", &[22, 80, 443]), ("parser", &[]), ("migrate", &[])];

#[test]
fn who_talks_to_git_hosts_leaves_the_cluster_and_never_for_the_metadata_of_a_cloud() {
    for rendering in RENDERINGS {
        for (role, ports) in OUTSIDE {
            let mut reached = BTreeSet::new();
            for rule in rules_of(rendering, role, "Egress", "egress") {
                let blocks = list(&rule["to"]).iter().map(|it| &it["ipBlock"]).filter(|it| !it.is_null());
                for block in blocks {
                    assert!(!list(&block["except"]).is_empty(), "{rendering}: {role}: {block}");
                    reached.extend(list(&rule["ports"]).iter().filter_map(|it| it["port"].as_u64()));
                }
            }
            assert_eq!(reached, ports.iter().copied().collect(), "{rendering}: {role}");
        }
    }
}

#[test]
fn only_gateway_and_archivist_are_called() {
    for rendering in RENDERINGS {
        for (role, _) in REACHES {
            let called = !rules_of(rendering, role, "Ingress", "ingress").is_empty();
            assert_eq!(called, ["gateway", "archivist"].contains(role), "{rendering}: {role}");
        }
    }
}

/// The rules for a role in one direction. That direction must be closed by some policy, or no rule would mean anything.
fn rules_of(rendering: &str, role: &str, direction: &str, field: &str) -> Vec<Value> {
    let policies: Vec<Value> = of_kind(rendering, &["NetworkPolicy"])
        .into_iter()
        .filter(|policy| is_for(policy, role) && list(&policy["spec"]["policyTypes"]).iter().any(|it| it == direction))
        .collect();
    assert!(!policies.is_empty(), "{rendering}: {direction} of {role} is open");
    policies.iter().flat_map(|policy| list(&policy["spec"][field]).to_vec()).collect()
}

/// Only the two operators that are in use.
fn is_for(policy: &Value, role: &str) -> bool {
    let selector = &policy["spec"]["podSelector"];
    assert!(selector["matchLabels"].is_null(), "{} selects in a way that this test does not know", title(policy));
    list(&selector["matchExpressions"]).iter().all(|it| match (text(&it["key"]), text(&it["operator"])) {
        ("quarry.role", "Exists") => true,
        ("quarry.role", "In") => list(&it["values"]).iter().any(|value| value == role),
        ("quarry.engine", "Exists") => false,
        _ => panic!("{} selects in a way that this test does not know", title(policy)),
    })
}
