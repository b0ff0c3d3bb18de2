//! The `tfe` provider on the PATH, run by the current OpenTofu: organizations, connections and modules as code.

#[path = "clients/built.rs"]
mod built;
#[path = "clients/desk.rs"]
mod desk;

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use desk::{Desk, HOST, Provider};

const TFE: Provider = Provider {
    name: "tfe",
    source: "hashicorp/tfe",
    program: "terraform-provider-tfe",
    services: |url| format!("host \"{HOST}\" {{\n  services = {{\n    \"tfe.v2.2\" = \"{url}/api/v2/\"\n  }}\n}}\n"),
    variables: ["TFE_HOSTNAME", "TFE_TOKEN"],
};

#[tokio::test]
async fn an_organization_is_applied_changed_imported_and_destroyed() {
    let desk = Desk::open(&TFE);
    let organization = |rest: &str| format!("resource \"tfe_organization\" \"acme\" {{\n  name = \"acme\"\n{rest}}}\n");
    let data = "data \"tfe_organization\" \"acme\" {\n  name = tfe_organization.acme.name\n}\n\
                data \"tfe_organizations\" \"all\" {\n  depends_on = [tfe_organization.acme]\n}\n\
                output \"id\" {\n  value = data.tfe_organization.acme.external_id\n}\n\
                output \"names\" {\n  value = data.tfe_organizations.all.names\n}\n";

    desk.apply(&organization("  email = \"platform@acme.test\"\n"));
    let every_flag = organization(
        "  email = \"other@acme.test\"\n  session_timeout_minutes = 30\n  session_remember_minutes = 40\n  \
           collaborator_auth_policy = \"two_factor_mandatory\"\n  owners_team_saml_role_id = \"owners\"\n  \
           cost_estimation_enabled = true\n  send_passing_statuses_for_untriggered_speculative_plans = true\n  \
           aggregated_commit_status_enabled = false\n  assessments_enforced = true\n  \
           allow_force_delete_workspaces = true\n  speculative_plan_management_enabled = false\n  \
           user_tokens_enabled = false\n  enforce_hyok = true\n  stacks_enabled = true\n  max_ttl_enabled = true\n",
    );
    desk.apply(&every_flag);
    desk.apply(&format!("{every_flag}{data}"));

    let (_, found) = desk.api.get("/api/v2/organizations/acme").await.expect("an answer");
    assert_eq!(found["data"]["attributes"]["email"], "other@acme.test");
    assert_eq!(desk.output("id"), found["data"]["attributes"]["external-id"]);
    assert!(desk.output("names").as_array().is_some_and(|names| names.contains(&json!("acme"))));

    desk.import(&every_flag, "tfe_organization.acme", "acme");
    desk.destroy();
    let (status, _) = desk.api.get("/api/v2/organizations/acme").await.expect("an answer");
    assert_eq!(status, 404);
}

#[tokio::test]
async fn an_organization_is_renamed() {
    let desk = Desk::open(&TFE);
    let named = |name: &str| {
        format!("resource \"tfe_organization\" \"acme\" {{\n  name = \"{name}\"\n  email = \"a@acme.test\"\n}}\n")
    };

    desk.apply(&named("acme"));
    desk.apply(&named("acme-two"));

    let (status, _) = desk.api.get("/api/v2/organizations/acme-two").await.expect("an answer");
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_module_that_is_uploaded_is_applied_changed_imported_and_destroyed() {
    let desk = Desk::open(&TFE);
    desk.api.make_organization("acme").await.expect("an organization");
    let module = |provider: &str, rest: &str| {
        format!(
            "resource \"tfe_registry_module\" \"vpc\" {{\n  organization = \"acme\"\n  name = \"vpc\"\n  \
             module_provider = \"{provider}\"\n  registry_name = \"private\"\n{rest}}}\n"
        )
    };
    let data = found("vpc", "aws");

    desk.apply(&module("aws", ""));
    let first = read(&desk, "acme/vpc/aws").await;
    assert_eq!(first["attributes"]["publishing-mechanism"], "non_vcs");
    desk.apply(&module("aws", "  no_code = true\n"));
    desk.apply(&(module("aws", "  no_code = true\n") + &data));
    let changed = read(&desk, "acme/vpc/aws").await;
    assert_eq!((&changed["id"], &changed["attributes"]["no-code"]), (&first["id"], &json!(true)));
    let found = desk.output("found");
    assert_eq!(
        (&found["id"], &found["namespace"], &found["status"]),
        (&first["id"], &json!("acme"), &json!("pending"))
    );
    assert_eq!(found["permissions"][0]["can_delete"], true);

    let id = first["id"].as_str().expect("an id");
    desk.import(
        &module("aws", "  no_code = true\n"),
        "tfe_registry_module.vpc",
        &format!("acme/private/acme/vpc/aws/{id}"),
    );
    // Another address is another module.
    desk.apply(&module("google", ""));
    assert_ne!(read(&desk, "acme/vpc/google").await["id"], first["id"]);
    assert_missing(&desk, "acme/vpc/aws").await;

    desk.destroy();
    assert_missing(&desk, "acme/vpc/google").await;
}

#[tokio::test]
async fn a_module_from_tags_is_applied_imported_and_destroyed() {
    let desk = Desk::open(&TFE);
    let token = desk.with_connection().await;
    let repo = format!("    identifier = \"terraform-demo-sample\"\n    oauth_token_id = \"{token}\"\n");

    desk.apply(&from_git("", &repo));

    let module = read(&desk, "acme/sample/demo").await;
    let id = module["id"].as_str().expect("an id");
    let module = desk.api.settled(id).await.expect("versions");
    assert_eq!(test_kit::Api::version_statuses(&module), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]);
    desk.nothing_is_left_to_do();
    desk.apply(&(from_git("", &repo) + &found("sample", "demo")));
    let found = desk.output("found");
    assert_eq!((&found["id"], found["version_statuses"].as_array().map(Vec::len)), (&module["id"], Some(3)));
    let seen = &found["vcs_repo"][0];
    assert_eq!((&seen["identifier"], &seen["tags"]), (&json!("terraform-demo-sample"), &json!(true)));

    desk.import(&from_git("", &repo), "tfe_registry_module.it", &format!("acme/private/acme/sample/demo/{id}"));
    desk.destroy();
    assert_missing(&desk, "acme/sample/demo").await;
    desk.destroy();
}

#[tokio::test]
async fn a_module_is_changed_between_tags_and_a_branch() {
    let desk = Desk::open(&TFE);
    let token = desk.with_connection().await;
    let connection = format!("    identifier = \"terraform-demo-sample\"\n    oauth_token_id = \"{token}\"\n");
    let version = "  initial_version = \"0.1.0\"\n";
    let branch = format!("{connection}    branch = \"main\"\n    tags = false\n");
    let tags = format!("{connection}    branch = \"\"\n    tags = true\n");

    desk.apply(&from_git(version, &branch));
    let module = read(&desk, "acme/sample/demo").await;
    assert_eq!(module["attributes"]["publishing-mechanism"], "branch");
    let settled = desk.api.settled(module["id"].as_str().expect("an id")).await.expect("versions");
    assert_eq!(test_kit::Api::version_statuses(&settled), ["0.1.0 ok"]);

    desk.apply(&from_git(version, &tags));
    let changed = read(&desk, "acme/sample/demo").await;
    assert_eq!((&changed["id"], &changed["attributes"]["publishing-mechanism"]), (&module["id"], &json!("git_tag")));

    desk.apply(&from_git(version, &branch));
    let back = read(&desk, "acme/sample/demo").await;
    assert_eq!((&back["id"], &back["attributes"]["publishing-mechanism"]), (&module["id"], &json!("branch")));
    desk.destroy();
}

#[tokio::test]
async fn a_module_is_changed_to_another_prefix_directory_and_repository() {
    let desk = Desk::open(&TFE);
    let token = desk.with_connection().await;
    let names = "  name = \"many\"\n  module_provider = \"demo\"\n";
    let repo = |identifier: &str, rest: &str| {
        from_git(names, &format!("    identifier = \"{identifier}\"\n    oauth_token_id = \"{token}\"\n{rest}"))
    };

    desk.apply(&repo("terraform-demo-many", ""));
    let first = read(&desk, "acme/many/demo").await;
    desk.apply(&repo("terraform-demo-many", "    source_directory = \"apps/web\"\n    tag_prefix = \"web-\"\n"));

    let id = first["id"].as_str().expect("an id");
    let changed = desk.api.settled(id).await.expect("versions");
    assert_eq!(changed["attributes"]["vcs-repo"]["tag-prefix"], "web-");
    assert_eq!(changed["attributes"]["vcs-repo"]["source-directory"], "apps/web");
    assert!(test_kit::Api::version_statuses(&changed).contains(&"3.0.0 ok".to_owned()), "{changed}");

    desk.apply(&repo("terraform-demo-sample", "    source_directory = \"\"\n    tag_prefix = \"\"\n"));
    let moved = read(&desk, "acme/many/demo").await;
    assert_eq!(
        (&moved["id"], &moved["attributes"]["vcs-repo"]["identifier"]),
        (&first["id"], &json!("terraform-demo-sample"))
    );
    desk.destroy();
}

#[tokio::test]
async fn a_connection_is_found_by_its_name_and_by_its_id() {
    let desk = Desk::open(&TFE);
    let token = desk.with_connection().await;
    desk.apply(
        "data \"tfe_oauth_client\" \"git\" {\n  organization = \"acme\"\n  name = \"company git\"\n}\n\
         output \"token\" {\n  value = data.tfe_oauth_client.git.oauth_token_id\n}\n\
         data \"tfe_oauth_client\" \"same\" {\n  oauth_client_id = data.tfe_oauth_client.git.oauth_client_id\n}\n",
    );
    assert_eq!(desk.output("token"), token);
}

#[tokio::test]
async fn a_connection_to_a_host_is_applied_changed_and_destroyed() {
    let desk = Desk::open(&TFE);
    desk.api.make_organization("acme").await.expect("an organization");
    let host = MockServer::start().await;
    for token in ["a-secret-token", "another-token"] {
        let authorization = format!("Bearer {token}");
        let who = Mock::given(method("GET")).and(path("/api/v3/user"));
        let who = who.and(header("authorization", authorization.as_str()));
        who.respond_with(ResponseTemplate::new(200).set_body_json(json!({"login": "bot"}))).mount(&host).await;
    }
    let refuse = Mock::given(method("GET")).respond_with(ResponseTemplate::new(401)).with_priority(200);
    refuse.mount(&host).await;
    let connection = |name: &str, token: &str| {
        format!(
            "resource \"tfe_oauth_client\" \"hub\" {{\n  name = \"{name}\"\n  organization = \"acme\"\n  \
             service_provider = \"github_enterprise\"\n  http_url = \"https://ghe.example.com\"\n  api_url = \"{}\"\n  \
             oauth_token = \"{token}\"\n}}\noutput \"id\" {{\n  value = tfe_oauth_client.hub.id\n}}\n\
             output \"token\" {{\n  value = tfe_oauth_client.hub.oauth_token_id\n}}\n",
            host.uri()
        )
    };

    let refusal = desk.refused(&connection("hub", "a-wrong-token"));
    assert!(refusal.contains("oauth-token-string") && !refusal.contains("a-wrong-token"), "{refusal}");
    desk.apply(&connection("hub", "a-secret-token"));
    let id = desk.output("id");
    assert_eq!(desk.output("token").as_str().map(|it| it.starts_with("ot-")), Some(true));
    desk.apply(&connection("our hub", "another-token"));

    let (_, found) = desk.api.get("/api/v2/organizations/acme/oauth-clients").await.expect("an answer");
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["data"][0]["attributes"]["service-provider"], "github_enterprise");
    desk.destroy();
    let path = format!("/api/v2/oauth-clients/{}", id.as_str().expect("an id"));
    assert_eq!(desk.api.get(&path).await.expect("an answer").0, 404);
}

/// What a data source says of a module that is there already, as an output.
fn found(name: &str, provider: &str) -> String {
    format!(
        "data \"tfe_registry_module\" \"found\" {{\n  organization = \"acme\"\n  name = \"{name}\"\n  \
         module_provider = \"{provider}\"\n}}\noutput \"found\" {{\n  value = data.tfe_registry_module.found\n}}\n"
    )
}

/// A module of a repository: what goes beside and what goes into `vcs_repo`.
fn from_git(beside: &str, repo: &str) -> String {
    let organization = "  organization = \"acme\"\n";
    format!("resource \"tfe_registry_module\" \"it\" {{\n{organization}{beside}  vcs_repo {{\n{repo}  }}\n}}\n")
}

async fn read(desk: &Desk, address: &str) -> Value {
    let path = format!("/api/v2/organizations/acme/registry-modules/private/{address}");
    let (status, mut answer) = desk.api.get(&path).await.expect("an answer");
    assert_eq!(status, 200, "{answer}");
    answer["data"].take()
}

async fn assert_missing(desk: &Desk, address: &str) {
    let path = format!("/api/v2/organizations/acme/registry-modules/private/{address}");
    let (status, answer) = desk.api.get(&path).await.expect("an answer");
    assert_eq!(status, 404, "{answer}");
}
