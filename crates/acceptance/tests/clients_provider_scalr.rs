//! The `scalr` provider on the PATH, run by the current OpenTofu: modules, namespaces, environments and VCS providers as code.
//! It speaks https alone, so a proxy that ends TLS is before the registry.

#[path = "clients/built.rs"]
mod built;
#[path = "clients/desk.rs"]
mod desk;
#[path = "clients/front.rs"]
#[expect(dead_code, reason = "others count requests, and speak http")]
mod front;

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use desk::{Desk, Provider};
use front::Front;

const SCALR: Provider = Provider {
    name: "scalr",
    source: "scalr/scalr",
    program: "terraform-provider-scalr",
    services: |_| String::new(),
    variables: ["SCALR_HOSTNAME", "SCALR_TOKEN"],
};

struct World {
    desk: Desk,
    /// Ids as the Scalr API has them.
    account: String,
    vcs_provider: String,
    _front: Front,
}

impl World {
    /// The account `acme` with a connection to the Git server: the provider knows no plain Git, so it cannot make that.
    async fn start() -> Self {
        let (desk, front) = Self::furnish().await;
        let token = desk.with_connection().await;
        Self::with(desk, front, "acme", &token).await
    }

    /// The same in the account that is there from the first start on, which is meant where no account can be named.
    async fn start_with_default() -> Self {
        let (desk, front) = Self::furnish().await;
        let token = desk.api.connect("default", &desk.git.url(), None).await.expect("a connection");
        Self::with(desk, front, "default", &token).await
    }

    async fn furnish() -> (Desk, Front) {
        let front = Front::start_secure().await.expect("a proxy");
        let mut desk = Desk::open(&SCALR);
        front.pass_on_to(desk.server.url());
        let file = desk.folder.path().join("authority.pem");
        std::fs::write(&file, front.certificate.as_deref().unwrap_or_default()).expect("a certificate");
        desk.host.clone_from(&front.address);
        desk.environment.push(("SSL_CERT_FILE", file));
        (desk, front)
    }

    async fn with(desk: Desk, front: Front, account: &str, token: &str) -> Self {
        let path = format!("/api/iacp/v3/accounts?filter%5Bname%5D={account}");
        let (_, found) = desk.api.get(&path).await.expect("an answer");
        let account = found["data"][0]["id"].as_str().expect("an account").to_owned();
        Self { desk, account, vcs_provider: token.replace("ot-", "vcs-"), _front: front }
    }

    /// A module of a repository: what goes beside and what goes into `vcs_repo`.
    fn module(&self, beside: &str, repo: &str) -> String {
        let provider = &self.vcs_provider;
        format!(
            "resource \"scalr_module\" \"it\" {{\n  vcs_provider_id = \"{provider}\"\n{beside}  vcs_repo {{\n{repo}  }}\n}}\n\
             output \"id\" {{\n  value = scalr_module.it.id\n}}\noutput \"source\" {{\n  value = scalr_module.it.source\n}}\n"
        )
    }

    fn text(&self, output: &str) -> String {
        self.desk.output(output).as_str().expect("a text").to_owned()
    }
}

const SAMPLE: &str = "    identifier = \"terraform-demo-sample\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_module_is_applied_read_replaced_imported_and_destroyed() {
    let world = World::start().await;
    let desk = &world.desk;

    desk.apply(&world.module("", SAMPLE));

    let id = world.text("id");
    let settled = desk.api.settled(&id).await.expect("versions");
    assert_eq!(test_kit::Api::version_statuses(&settled), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]);
    desk.nothing_is_left_to_do();
    let source = world.text("source");
    assert_eq!(source, format!("{}/sample/demo", world.account));
    let data = format!(
        "data \"scalr_module_version\" \"newest\" {{\n  source = \"{source}\"\n}}\n\
         data \"scalr_module_version\" \"old\" {{\n  source = \"{source}\"\n  version = \"1.0.0\"\n}}\n\
         data \"scalr_module_versions\" \"all\" {{\n  source = \"{source}\"\n}}\n\
         data \"scalr_module_versions\" \"same\" {{\n  id = \"{id}\"\n}}\n\
         output \"newest\" {{\n  value = data.scalr_module_version.newest.version\n}}\n\
         output \"old\" {{\n  value = data.scalr_module_version.old.id\n}}\n\
         output \"all\" {{\n  value = data.scalr_module_versions.all.versions\n}}\n\
         output \"same\" {{\n  value = data.scalr_module_versions.same.versions\n}}\n"
    );
    desk.apply(&(world.module("", SAMPLE) + &data));
    assert_eq!(desk.output("newest"), "1.10.0");
    assert!(world.text("old").starts_with("modver-"));
    let all = desk.output("all");
    assert_eq!(all.as_array().map(Vec::len), Some(3), "{all}");
    assert!(all.as_array().is_some_and(|all| all.iter().all(|version| version["status"] == "ok")), "{all}");
    assert_eq!(desk.output("same"), all);

    desk.import(&world.module("", SAMPLE), "scalr_module.it", &id);
    // Every change replaces; what is written stays as it is written.
    let many = "    identifier = \"terraform-demo-many\"\n    path = \"apps/web/\"\n    tag_prefix = \"web-\"\n";
    desk.apply(&world.module("  name = \"web\"\n  module_provider = \"demo\"\n", many));
    assert_ne!(world.text("id"), id);
    let settled = desk.api.settled(&world.text("id")).await.expect("versions");
    assert!(test_kit::Api::version_statuses(&settled).contains(&"3.0.0 ok".to_owned()), "{settled}");
    desk.nothing_is_left_to_do();

    let last = world.text("id");
    desk.destroy();
    let (status, _) = desk.api.get(&format!("/api/iacp/v3/modules/{last}")).await.expect("an answer");
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_are_applied_in_an_environment_and_in_a_namespace() {
    let world = World::start_with_default().await;
    let (desk, account) = (&world.desk, &world.account);
    let body = json!({"data": {
        "type": "environments", "attributes": {"name": "acme-prod"},
        "relationships": {"account": {"data": {"type": "accounts", "id": account}}},
    }});
    let (_, made) = desk.api.post("/api/iacp/v3/environments", body).await.expect("an answer");
    let environment = made["data"]["id"].as_str().expect("an id");

    desk.apply(&world.module(&format!("  environment_id = \"{environment}\"\n"), SAMPLE));
    assert_eq!(world.text("source"), format!("{environment}/sample/demo"));

    let namespace = "resource \"scalr_module_namespace\" \"platform\" {\n  name = \"platform\"\n  is_shared = true\n}\n\
                     data \"scalr_module_namespace\" \"found\" {\n  name = scalr_module_namespace.platform.name\n}\n\
                     output \"found\" {\n  value = data.scalr_module_namespace.found.id\n}\n";
    let within = world.module("  namespace_id = scalr_module_namespace.platform.id\n", SAMPLE);
    desk.apply(&format!("{namespace}{within}"));
    assert_eq!(world.text("source"), "platform/sample/demo");
    assert!(world.text("found").starts_with("modns-"));
    let unshared = namespace.replace("is_shared = true", "is_shared = false");
    desk.apply(&format!("{unshared}{within}"));
    desk.destroy();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vcs_provider_that_is_not_there_is_said_in_the_words_that_are_expected() {
    let world = World::start().await;

    let refusal = world.desk.refused(
        "resource \"scalr_module\" \"it\" {\n  vcs_provider_id = \"vcs-v0nothing\"\n  vcs_repo {\n    identifier = \"a/terraform-b-c\"\n  }\n}\n",
    );

    assert!(refusal.contains("VcsProvider with ID 'vcs-v0nothing' not found or user unauthorized."), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vcs_provider_is_applied_changed_and_destroyed() {
    let world = World::start().await;
    let desk = &world.desk;
    let host = MockServer::start().await;
    for token in ["a-secret-token", "another-token"] {
        let authorization = format!("Bearer {token}");
        let who = Mock::given(method("GET")).and(path("/api/v3/user"));
        let who = who.and(header("authorization", authorization.as_str()));
        who.respond_with(ResponseTemplate::new(200).set_body_json(json!({"login": "bot"}))).mount(&host).await;
    }
    let provider = |name: &str, token: &str| {
        format!(
            "resource \"scalr_vcs_provider\" \"hub\" {{\n  name = \"{name}\"\n  account_id = \"{}\"\n  \
             vcs_type = \"github_enterprise\"\n  url = \"{}\"\n  token = \"{token}\"\n}}\n\
             data \"scalr_vcs_provider\" \"found\" {{\n  name = scalr_vcs_provider.hub.name\n}}\n\
             output \"id\" {{\n  value = data.scalr_vcs_provider.found.id\n}}\n",
            world.account,
            host.uri()
        )
    };

    desk.apply(&provider("hub", "a-secret-token"));
    let id = world.text("id");
    desk.apply(&provider("our-hub", "another-token"));

    let (_, found) = desk.api.get(&format!("/api/iacp/v3/vcs-providers/{id}")).await.expect("an answer");
    assert_eq!(found["data"]["attributes"]["name"], "our-hub", "{found}");
    assert_eq!(found["data"]["attributes"]["token"], Value::Null);
    desk.destroy();
    let (status, _) = desk.api.get(&format!("/api/iacp/v3/vcs-providers/{id}")).await.expect("an answer");
    assert_eq!(status, 404);
}
