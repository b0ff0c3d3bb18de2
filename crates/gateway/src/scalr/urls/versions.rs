//! Versions of modules.

use super::PAGE;
use crate::{
    openapi::{Answer, Kind, Member, Resource, flag, free, list, none, one, text, time, whole, words},
    route::{Access, Description, Route},
    scalr::{list_versions, read_version, resync_version},
};

pub(super) const STATUSES: &[&str] = &["not_uploaded", "pending", "ok", "errored", "pending_delete"];

const INCLUDE: Member =
    words("include", &["module", "vcs-revision"]).optional().says("One, or both with a comma between");

const ATTRIBUTES: &[Member] = &[
    time("created-at"),
    time("updated-at"),
    text("version"),
    words("status", STATUSES),
    text("error-message").or_null(),
    words("source", &["vcs", "upload"]),
    flag("is-root-module"),
    text("is-forbidden-by").or_null(),
    whole("size").or_null().says("Of its archive, in bytes"),
    text("details").or_null().says("The README"),
    free("dependencies").or_null().says("Modules that it calls, by the name of the call"),
    list("inputs", &Kind::Object(&[text("name"), text("type"), text("description"), free("default").or_null()]))
        .or_null(),
    list(
        "outputs",
        &Kind::Object(&[
            text("name"),
            text("description"),
            flag("sensitive"),
            text("value").or_null().says("Its source text: expressions are not evaluated"),
        ]),
    )
    .or_null(),
    list("resources", &Kind::Object(&[text("type"), text("address")])).or_null(),
];

const VERSION: Resource = Resource::new(
    "module-versions",
    ATTRIBUTES,
    &[
        one("module", "modules"),
        one("registry-module", "modules"),
        none("submodules").or_null(),
        one("vcs-revision", "vcs-revisions").or_null(),
    ],
);

pub(super) fn routes() -> Vec<Route> {
    let resync = |description: Description| {
        description
            .says("Has one version from Git tried again, or its documentation read anew")
            .changes(resync_version::ACTION)
            .refuses(&[422])
            .to(resync_version::resync)
    };
    let path = "/module-versions/{id}/actions/resync";
    vec![
        Description::get("/module-versions", "list_versions", Access::Reader)
            .says("The versions of one module, newest first unless told otherwise")
            .query(&[
                text("filter[module]"),
                words("filter[status]", STATUSES).optional(),
                text("filter[version]").optional(),
                words("sort", &["version", "-version", "created-at", "-created-at"]).optional(),
                INCLUDE,
            ])
            .query(PAGE)
            .answers(Answer::Page(&VERSION))
            .to(list_versions::list),
        Description::get("/module-versions/{id}", "read_version", Access::Reader)
            .says("One version with its documentation")
            .query(&[INCLUDE])
            .answers(Answer::One(200, &VERSION))
            .to(read_version::read),
        resync(Description::post(path, "resync_version", Access::Publisher)),
        // As go-scalr asks for it.
        resync(Description::get(path, "resync_version_by_get", Access::Publisher)),
    ]
}
