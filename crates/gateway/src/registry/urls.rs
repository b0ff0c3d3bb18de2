//! Every URL of the registry protocol, with what it takes and gives.

use super::{
    discovery, download, download_latest, list_modules, list_namespace, list_providers, list_versions, search_modules,
    shapes, show_module,
};
use crate::{
    openapi::{Answer, Api, Envelope, Kind, Member, Unfit, flag, list, named, text, whole_from},
    route::{Access, Description, Section},
};

/// Below it is the protocol.
pub(super) const PREFIX: &str = "/api/registry/v1/modules";

/// What is the same for all of them.
pub(super) const API: Api = Api {
    title: "Quarry registry API",
    version: "1",
    description: "What OpenTofu, Terraform and browsers of modules call. Versions that cannot be installed are not here, \
                  and what the caller may not see is answered like what does not exist.",
    media_type: "application/json",
    error: &[list("errors", &Kind::Text)],
    refusals: &[],
    envelope: Envelope::Sparse,
    unfit: Unfit::Missing,
};

const LIMIT: Member =
    whole_from("limit", 0).optional().says("1 to 100; 0 means the default of 15, and more than 100 means 100");
const OFFSET: Member = whole_from("offset", 0).optional().says("From 0");
const PROVIDER: Member = text("provider").optional().says("One or several with commas between them, at most 100");
const VERIFIED: Member = flag("verified").optional().says("`true` finds nothing: nobody verifies modules here");
const FILTERS: &[Member] = &[LIMIT, OFFSET, PROVIDER, VERIFIED];

/// Those that stand outside the path of the protocol.
pub(super) fn beside() -> Section {
    let routes = vec![
        Description::get("/.well-known/terraform.json", "discover", Access::Open)
            .says("Which services there are, for clients that know only the name of the host")
            .answers(Answer::Json(200, "services", shapes::SERVICES))
            .to(discovery::show),
        Description::get("/api/registry/v1/openapi.json", "describe", Access::Open)
            .says("This document")
            .answers(Answer::OpenApi)
            .to(super::describe),
    ];
    Section { name: "Discovery", prefix: "", routes }
}

/// The first that fits wins: literal segments stand before `{version}`, and what `init` asks for before all the rest.
pub(super) fn modules() -> Section {
    let routes = vec![
        Description::get("/{namespace}/{name}/{provider}/versions", "list_versions", Access::Reader)
            .says("Every version that can be installed, newest first")
            .answers(Answer::Json(200, "versions", shapes::VERSIONS))
            .to(list_versions::list),
        Description::get("/{namespace}/{name}/{provider}/{version}/download", "download", Access::Reader)
            .says("Where the archive of a version is, as clients of both kinds read it")
            .answers(Answer::Json(200, "location", shapes::LOCATION))
            .headers(shapes::X_TERRAFORM_GET)
            .to(download::download),
        Description::get("", "list_modules", Access::Caller)
            .says("The modules that the caller may install")
            .query(FILTERS)
            .answers(Answer::Json(200, "modules", shapes::MODULES))
            .to(list_modules::list),
        Description::get("/", "list_modules_with_slash", Access::Caller)
            .says("The modules that the caller may install")
            .query(FILTERS)
            .answers(Answer::Json(200, "modules", shapes::MODULES))
            .to(list_modules::list),
        Description::get("/search", "search_modules", Access::Caller)
            .says("Those that have `q` in their namespace, name, provider or description")
            .query(&[named("q", r"\S").says("Not blank, at most 256 bytes"), text("namespace").optional()])
            .query(FILTERS)
            .answers(Answer::Json(200, "modules", shapes::MODULES))
            .to(search_modules::search),
        Description::get("/{namespace}", "list_namespace", Access::Reader)
            .says("Those of one namespace")
            .query(FILTERS)
            .answers(Answer::Json(200, "modules", shapes::MODULES))
            .to(list_namespace::list),
        Description::get("/{namespace}/{name}", "list_providers", Access::Reader)
            .says("The latest version for each provider")
            .query(FILTERS)
            .answers(Answer::Json(200, "modules", shapes::MODULES))
            .to(list_providers::list),
        Description::get("/{namespace}/{name}/{provider}", "show_latest", Access::Reader)
            .says("The latest version with its documentation")
            .answers(Answer::Json(200, "module", shapes::MODULE))
            .to(show_module::show_latest),
        Description::get("/{namespace}/{name}/{provider}/download", "download_latest", Access::Reader)
            .says("Sends the client on to the download of the latest version")
            .answers(Answer::Json(302, "location", shapes::LOCATION))
            .headers(shapes::REDIRECTION)
            .to(download_latest::redirect),
        Description::get("/{namespace}/{name}/{provider}/{version}", "show_version", Access::Reader)
            .says("One version with its documentation")
            .answers(Answer::Json(200, "module", shapes::MODULE))
            .to(show_module::show_version),
    ];
    Section { name: "Modules", prefix: PREFIX, routes }
}
