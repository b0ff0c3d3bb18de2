//! Who owns the number of pods, and what it is measured by. KEDA's kinds have no schema in the check, so their shape is
//! looked at here.

use std::collections::BTreeSet;

use domain::JobKind;
use serde_json::Value;

use crate::rendered::{RENDERINGS, list, named, objects, of_kind, role, text, title};

/// Which queues tell how much each worker has to do. Purging may wait.
const QUEUES: &[(&str, &[JobKind])] = &[
    ("ingestor", &[JobKind::SyncRepository, JobKind::IngestVersion, JobKind::IngestUpload]),
    ("parser", &[JobKind::ParseVersion]),
];

#[test]
fn exactly_one_owns_the_number_of_pods() {
    for rendering in RENDERINGS {
        let objects = objects(rendering);
        let targets: Vec<&Value> =
            objects.iter().map(|it| &it["spec"]["scaleTargetRef"]).filter(|it| !it.is_null()).collect();
        for deployment in of_kind(rendering, &["Deployment"]) {
            let fixed = usize::from(!deployment["spec"]["replicas"].is_null());
            let scaled = targets.iter().filter(|it| it["name"] == deployment["metadata"]["name"]).count();
            assert_eq!(
                fixed + scaled,
                1,
                "{rendering}: {} has {fixed} number and {scaled} autoscalers",
                title(&deployment)
            );
        }
    }
}

#[test]
fn clients_find_two_of_each_unless_one_says_otherwise() {
    for scaler in of_kind("base", &["HorizontalPodAutoscaler"]) {
        assert_eq!(scaler["spec"]["minReplicas"], 2, "{}", title(&scaler));
        assert!(scaler["spec"]["maxReplicas"].as_u64() > Some(2), "{}", title(&scaler));
        let deployment = target(&scaler);
        let container = crate::rendered::container(&deployment);
        // Utilisation is a share of what was asked for.
        assert!(container["resources"]["requests"]["cpu"].is_string(), "{}", title(&scaler));
    }
    let budgets = of_kind("small", &["PodDisruptionBudget"]);
    assert_eq!(budgets.len(), 2);
    for budget in budgets {
        let objects = objects("small");
        let replicas = &named(&objects, "Deployment", text(&budget["metadata"]["name"]))["spec"]["replicas"];
        assert!(replicas.as_u64() > budget["spec"]["minAvailable"].as_u64(), "{} lets nobody go", title(&budget));
    }
}

#[test]
fn workers_are_counted_by_the_queues_that_they_work_on() {
    let scaled = of_kind("base", &["ScaledObject"]);
    assert_eq!(scaled.len(), QUEUES.len());
    for (name, kinds) in QUEUES {
        let object =
            scaled.iter().find(|it| role(&target(it)) == *name).unwrap_or_else(|| panic!("no scaler for {name}"));
        let queues: BTreeSet<&str> =
            list(&object["spec"]["triggers"]).iter().map(|it| text(&it["metadata"]["queueName"])).collect();
        let wanted: Vec<String> = kinds.iter().map(|kind| format!("quarry.{}", kind.as_str())).collect();
        assert_eq!(queues, wanted.iter().map(String::as_str).collect(), "{name}");
    }
}

#[test]
fn scalers_of_keda_have_the_shape_that_keda_reads() {
    let objects = objects("base");
    for object in of_kind("base", &["ScaledObject"]) {
        let (title, spec) = (title(&object), &object["spec"]);
        let known = [
            "scaleTargetRef",
            "minReplicaCount",
            "maxReplicaCount",
            "pollingInterval",
            "fallback",
            "advanced",
            "triggers",
        ];
        assert!(spec.as_object().unwrap().keys().all(|it| known.contains(&it.as_str())), "{title}: {spec}");
        // One stays: it looks at repositories by the clock.
        assert!(spec["minReplicaCount"].as_u64() >= Some(1), "{title}");
        assert!(spec["maxReplicaCount"].as_u64() > spec["minReplicaCount"].as_u64(), "{title}");
        for trigger in list(&spec["triggers"]) {
            let metadata = trigger["metadata"].as_object().unwrap();
            assert_eq!(text(&trigger["type"]), "rabbitmq", "{title}");
            // Only so are the jobs in hand counted too.
            assert_eq!(text(&trigger["metadata"]["protocol"]), "http", "{title}");
            assert_eq!(text(&trigger["metadata"]["mode"]), "QueueLength", "{title}");
            assert!(text(&trigger["metadata"]["value"]).parse::<u32>().is_ok_and(|it| it > 0), "{title}: {metadata:?}");
            assert!(metadata.values().all(Value::is_string), "{title}: KEDA wants text: {metadata:?}");
            assert!(!metadata.contains_key("host"), "{title}: the password belongs into the Secret");
            named(&objects, "TriggerAuthentication", text(&trigger["authenticationRef"]["name"]));
        }
    }
    for login in of_kind("base", &["TriggerAuthentication"]) {
        let wanted = serde_json::json!([{ "parameter": "host", "name": "quarry", "key": "RABBITMQ_API_URL" }]);
        assert_eq!(login["spec"]["secretTargetRef"], wanted);
    }
}

/// What it scales.
fn target(scaler: &Value) -> Value {
    let target = &scaler["spec"]["scaleTargetRef"];
    assert_eq!((text(&target["apiVersion"]), text(&target["kind"])), ("apps/v1", "Deployment"), "{}", title(scaler));
    named(&objects("base"), "Deployment", text(&target["name"])).clone()
}
