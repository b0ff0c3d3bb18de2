//! Module namespaces: names for addresses that are no account and no environment.

use super::{PAGE, accounts::NAME};
use crate::{
    openapi::{Answer, Member, Resource, flag, many, named, one, text},
    route::{Access, Content, Description, Route},
    scalr::{
        create_module_namespace, delete_module_namespace, list_module_namespaces, read_module_namespace,
        update_module_namespace,
    },
};

const MODULE_NAMESPACE: Resource = Resource::new(
    "module-namespaces",
    &[text("name"), flag("is-shared")],
    &[
        one("account", "accounts").or_null(),
        many("environments", "environments"),
        many("modules", "modules"),
        many("owners", "teams"),
    ],
);

const WANTED_RELATIONSHIPS: &[Member] = &[
    one("account", "accounts").optional().says("Without any, the one that the caller owns, or `default`"),
    many("environments", "environments").optional(),
    many("owners", "teams").optional().says("There are no teams, so none"),
];

const CHANGED_RELATIONSHIPS: &[Member] = &[
    one("account", "accounts").optional().says("The one it belongs to: it cannot be moved"),
    many("environments", "environments").optional().says("Those that may use it, instead of those before"),
    many("owners", "teams").optional().says("There are no teams, so none"),
];

const CREATED: Resource =
    Resource::new("module-namespaces", &[named("name", NAME), flag("is-shared").optional()], WANTED_RELATIONSHIPS);

const UPDATED: Resource = Resource::new("module-namespaces", &[flag("is-shared").optional()], CHANGED_RELATIONSHIPS);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Description::get("/module-namespaces", "list_module_namespaces", Access::Caller)
            .says("The module namespaces that the caller may see, by name")
            .query(&[text("filter[name]").optional(), text("filter[environment]").optional()])
            .query(PAGE)
            .answers(Answer::Page(&MODULE_NAMESPACE))
            .refuses(&[404])
            .to(list_module_namespaces::list),
        Description::post("/module-namespaces", "create_module_namespace", Access::Owner)
            .says("Makes a module namespace")
            .changes(create_module_namespace::ACTION)
            .body(Content::Resource(&CREATED))
            .answers(Answer::One(201, &MODULE_NAMESPACE))
            .to(create_module_namespace::create),
        Description::get("/module-namespaces/{id}", "read_module_namespace", Access::Reader)
            .says("One module namespace")
            .answers(Answer::One(200, &MODULE_NAMESPACE))
            .to(read_module_namespace::read),
        Description::patch("/module-namespaces/{id}", "update_module_namespace", Access::Owner)
            .says("Changes who may use it")
            .changes(update_module_namespace::ACTION)
            .body(Content::Resource(&UPDATED))
            .answers(Answer::One(200, &MODULE_NAMESPACE))
            .to(update_module_namespace::update),
        Description::delete("/module-namespaces/{id}", "delete_module_namespace", Access::Owner)
            .says("Deletes a module namespace that holds no module")
            .changes(delete_module_namespace::ACTION)
            .refuses(&[422])
            .to(delete_module_namespace::delete),
    ]
}
