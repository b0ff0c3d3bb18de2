//! What the answers of the registry protocol hold, for its document (wire-spec 2.1, 3.2, 4.1, 4.2).

use crate::openapi::{Kind, Member, flag, joined, list, object, text, whole};

pub(super) const SERVICES: &[Member] =
    &[text("modules.v1"), text("tfe.v2"), text("tfe.v2.1"), text("tfe.v2.2"), object("login.v1", LOGIN).optional()];

const LOGIN: &[Member] =
    &[text("client"), list("grant_types", &Kind::Text), text("authz"), text("token"), list("ports", &Kind::Whole)];

/// Where an archive is, or the download of a version.
pub(super) const LOCATION: &[Member] = &[text("location")];
pub(super) const X_TERRAFORM_GET: &[Member] = &[text("X-Terraform-Get").says("The same location")];
pub(super) const REDIRECTION: &[Member] = &[text("Location").says("The download of the latest version")];

const DEPRECATION: &[Member] = &[text("reason"), text("link")];

pub(super) const VERSIONS: &[Member] =
    &[list("modules", &Kind::Object(&[text("source"), list("versions", &Kind::Object(VERSION))]))];

const VERSION: &[Member] = &[
    text("version"),
    object("root", SUMMARY),
    list("submodules", &Kind::Object(SUBMODULE)),
    object("deprecation", DEPRECATION).or_null(),
];
const SUMMARY: &[Member] =
    &[list("providers", &Kind::Object(PROVIDER)), list("dependencies", &Kind::Object(DEPENDENCY))];
const SUBMODULE: &[Member] =
    &[text("path"), list("providers", &Kind::Object(PROVIDER)), list("dependencies", &Kind::Object(DEPENDENCY))];
const PROVIDER: &[Member] = &[text("name"), text("version")];
const DEPENDENCY: &[Member] = &[text("name"), text("source"), text("version")];

pub(super) const MODULES: &[Member] = &[
    object(
        "meta",
        &[
            whole("limit"),
            whole("current_offset"),
            whole("next_offset").optional(),
            text("next_url").optional(),
            whole("prev_offset").optional(),
            text("prev_url").optional(),
        ],
    ),
    list("modules", &Kind::Object(ITEM)),
];

const ITEM: &[Member] = &[
    text("id"),
    text("owner"),
    text("namespace"),
    text("name"),
    text("version"),
    text("provider"),
    text("provider_logo_url"),
    text("description"),
    text("source"),
    text("tag"),
    text("published_at"),
    whole("downloads"),
    flag("verified"),
];

pub(super) const MODULE: &[Member] = &joined::<19>(
    ITEM,
    &[
        object("root", PART),
        list("submodules", &Kind::Object(PART)),
        list("examples", &Kind::Object(PART)),
        list("providers", &Kind::Text),
        list("versions", &Kind::Text),
        object("deprecation", DEPRECATION).or_null(),
    ],
);

/// One directory of a version.
const PART: &[Member] = &[
    text("path"),
    text("name"),
    text("readme"),
    flag("empty"),
    list(
        "inputs",
        &Kind::Object(&[text("name"), text("type"), text("description"), text("default"), flag("required")]),
    ),
    list("outputs", &Kind::Object(&[text("name"), text("description")])),
    list("dependencies", &Kind::Object(DEPENDENCY)),
    list("provider_dependencies", &Kind::Object(&[text("name"), text("namespace"), text("source"), text("version")])),
    list("resources", &Kind::Object(&[text("name"), text("type")])),
];
