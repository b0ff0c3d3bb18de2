//! Connections to Git hosts, by both of their faces.

use crate::{
    openapi::{Answer, Kind, Member, Resource, flag, list, many, named, none, one, text, time, whole},
    route::{Access, Content, Description, Route},
    tfe::{
        connection_projects, create_connection, delete_connection, delete_oauth_token, github_app_installations,
        list_connection_tokens, list_connections, list_oauth_tokens, read_connection, read_oauth_token,
        update_connection, update_oauth_token,
    },
};

const INCLUDE: Member = named("include", "^(oauth_tokens|projects)(,(oauth_tokens|projects))*$").optional();

const CLIENT: Resource = Resource::new(
    "oauth-clients",
    &[
        text("name").or_null(),
        time("created-at"),
        text("callback-url"),
        text("connect-path").or_null(),
        text("service-provider"),
        text("service-provider-display-name"),
        text("http-url"),
        text("api-url"),
        text("key").or_null(),
        text("rsa-public-key").or_null(),
        flag("organization-scoped"),
    ],
    &[
        one("organization", "organizations"),
        many("projects", "projects"),
        many("oauth-tokens", "oauth-tokens"),
        none("agent-pool"),
    ],
);

const CREATED: Resource = Resource::new("oauth-clients", WANTED, &[]);
const CREATED_ANYWHERE: Resource = Resource::new("oauth-clients", WANTED, &[one("organization", "organizations")]);
const ADDRESS: &str = "^(https?|ssh)://";
const WANTED: &[Member] = &[
    text("service-provider")
        .says("`git`, any server with smart HTTP or SSH, or the kind of a host with an API, such as `github`"),
    named("http-url", ADDRESS),
    named("api-url", ADDRESS).optional(),
    text("name").optional(),
    text("key").optional().says("The user name, over SSH `git` if there is none; of a GitHub App its id"),
    text("rsa-public-key").optional(),
    text("oauth-token-string").optional().says("The token, password or private key, which is never given back"),
    text("private-key")
        .optional()
        .says("The key for plain Git servers whose `http-url` begins with `ssh://`, which is never given back; checked and not kept for `ado_server`"),
    flag("organization-scoped").optional(),
];

const UPDATED: Resource = Resource::new(
    "oauth-clients",
    &[
        text("name").optional(),
        text("key").optional(),
        text("secret").optional(),
        text("rsa-public-key").optional(),
        text("oauth-token-string").optional(),
        text("private-key").optional(),
        flag("organization-scoped").optional(),
    ],
    &[],
);

const TOKEN: Resource = Resource::new(
    "oauth-tokens",
    &[text("uid"), time("created-at"), flag("has-ssh-key"), text("service-provider-user").or_null()],
    &[one("oauth-client", "oauth-clients")],
);

const TOKEN_UPDATED: Resource = Resource::new("oauth-tokens", &[text("ssh-key").optional()], &[]);

const INSTALLATION: Resource = Resource::new(
    "github-app-installations",
    &[
        text("name"),
        whole("installation-id").says("Always 0: a connection serves all installations of its App"),
        text("icon-url").or_null(),
        text("installation-type").or_null(),
        text("installation-url"),
    ],
    &[],
);

/// References to projects, of which there are none.
const PROJECTS: &[Member] = &[list("data", &Kind::Object(&[text("type"), text("id")]))];

pub(super) fn routes() -> Vec<Route> {
    let mut routes = clients();
    routes.extend(tokens());
    routes.extend([
        Description::get("/github-app/installations", "list_github_app_installations", Access::Caller)
            .says("Connections that are GitHub Apps, as modules name them")
            .query(super::PAGE)
            .answers(Answer::Page(&INSTALLATION))
            .to(github_app_installations::list),
        Description::get("/github-app/installation/{id}", "read_github_app_installation", Access::Reader)
            .says("One connection that is a GitHub App")
            .answers(Answer::One(200, &INSTALLATION))
            .to(github_app_installations::read),
    ]);
    routes
}

fn clients() -> Vec<Route> {
    let projects = "/oauth-clients/{id}/relationships/projects";
    vec![
        Description::get("/organizations/{org}/oauth-clients", "list_connections", Access::Reader)
            .says("The connections of an organization")
            .query(&[INCLUDE])
            .query(super::PAGE_OR_ALL)
            .answers(Answer::Page(&CLIENT))
            .to(list_connections::list),
        Description::post("/organizations/{org}/oauth-clients", "create_connection", Access::Owner)
            .says("Makes a connection; what is wrong with it shows at the first module")
            .changes(create_connection::ACTION)
            .query(&[INCLUDE])
            .body(Content::Resource(&CREATED))
            .answers(Answer::One(201, &CLIENT))
            .to(create_connection::create),
        Description::post("/oauth-clients", "create_connection_without_organization", Access::Owner)
            .says("The same in the organization that the body names")
            .changes(create_connection::ACTION)
            .query(&[INCLUDE])
            .body(Content::Resource(&CREATED_ANYWHERE))
            .answers(Answer::One(201, &CLIENT))
            .to(create_connection::create_without_organization),
        Description::get("/oauth-clients/{id}", "read_connection", Access::Reader)
            .says("One connection")
            .query(&[INCLUDE])
            .answers(Answer::One(200, &CLIENT))
            .to(read_connection::read),
        Description::patch("/oauth-clients/{id}", "update_connection", Access::Owner)
            .says("Changes what is given; kind and addresses of the host stay as they are")
            .changes(update_connection::ACTION)
            .query(&[INCLUDE])
            .body(Content::Resource(&UPDATED))
            .answers(Answer::One(200, &CLIENT))
            .to(update_connection::update),
        Description::delete("/oauth-clients/{id}", "delete_connection", Access::Owner)
            .says("Deletes a connection; its modules stay, with what is published")
            .changes(delete_connection::ACTION)
            .to(delete_connection::delete),
        Description::post(projects, "add_connection_projects", Access::Owner)
            .says("Accepted and without effect: there are no projects")
            .changes(connection_projects::ACTION)
            .body(Content::Members(PROJECTS))
            .to(connection_projects::change),
        Description::delete(projects, "remove_connection_projects", Access::Owner)
            .says("Accepted and without effect: there are no projects")
            .changes(connection_projects::ACTION)
            .body(Content::Members(PROJECTS))
            .to(connection_projects::change),
    ]
}

fn tokens() -> Vec<Route> {
    vec![
        Description::get("/oauth-clients/{id}/oauth-tokens", "list_connection_tokens", Access::Reader)
            .says("The one token of a connection, or none if it was deleted")
            .query(super::PAGE_OR_ALL)
            .answers(Answer::Page(&TOKEN))
            .to(list_connection_tokens::list),
        Description::get("/organizations/{org}/oauth-tokens", "list_oauth_tokens", Access::Reader)
            .says("The tokens of an organization's connections")
            .query(&[text("filter[provider]").optional()])
            .query(super::PAGE_OR_ALL)
            .answers(Answer::Page(&TOKEN))
            .to(list_oauth_tokens::list),
        Description::get("/oauth-tokens/{id}", "read_oauth_token", Access::Reader)
            .says("The token of a connection, without what it holds")
            .answers(Answer::One(200, &TOKEN))
            .to(read_oauth_token::read),
        Description::patch("/oauth-tokens/{id}", "update_oauth_token", Access::Owner)
            .says("Changes the key of a connection that reads repositories over SSH; elsewhere a key is refused")
            .changes(update_oauth_token::ACTION)
            .body(Content::Resource(&TOKEN_UPDATED))
            .answers(Answer::One(200, &TOKEN))
            .to(update_oauth_token::update),
        Description::delete("/oauth-tokens/{id}", "delete_oauth_token", Access::Owner)
            .says("Takes the token of a connection away; nothing is fetched until it is given another one")
            .changes(delete_oauth_token::ACTION)
            .to(delete_oauth_token::delete),
    ]
}
