//! The OpenAPI documents, made from the routes themselves.

mod answer;
mod member;
mod operation;
mod schema;

use std::collections::BTreeMap;

use bytes::Bytes;
use utoipa::openapi::{
    Components, InfoBuilder, OpenApi, OpenApiBuilder, Paths, RefOr, Schema,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

pub(crate) use answer::Answer;
pub(crate) use member::{
    Kind, Member, Resource, flag, free, joined, list, many, named, none, object, one, one_or_none, related, text, time,
    whole, whole_from, words,
};

use crate::route::Section;

/// How operations name the scheme of their tokens.
const TOKEN: &str = "token";

/// What is the same for all operations of one document.
pub(crate) struct Api {
    pub(crate) title: &'static str,
    pub(crate) version: &'static str,
    pub(crate) description: &'static str,
    /// Of its answers and errors.
    pub(crate) media_type: &'static str,
    /// What its errors look like.
    pub(crate) error: &'static [Member],
    /// Statuses that every operation may answer, also an open one.
    pub(crate) refusals: &'static [u16],
    /// What a document of resources says when there is nothing to say.
    pub(crate) envelope: Envelope,
    /// What somebody is told who may see a thing and not do what he wants with it.
    pub(crate) unfit: Unfit,
}

/// What stands beside the resources of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// Only what there is.
    Sparse,
    /// `included` and `meta` always, if only as `null`.
    Full,
}

/// How an API treats callers who see more than they may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// They are told that there is no such thing: 404.
    Missing,
    /// They are told so: 403.
    Forbidden,
}

/// The schemas that operations refer to by name.
type Schemas = BTreeMap<String, RefOr<Schema>>;

/// The document of an API, as it is served: everything in it sorted by name.
pub(crate) fn write(api: &Api, sections: &[Section]) -> Bytes {
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API token")).build();
    let mut named = Components::new();
    named.schemas.insert("error".to_owned(), schema::of_members(api.error).into());
    named.add_security_scheme(TOKEN, SecurityScheme::Http(token));
    let mut paths = Paths::new();
    for section in sections {
        for route in &section.routes {
            let method = operation::method(&route.description);
            let (path, operation) = operation::describe(api, section, &route.description, &mut named);
            paths.add_path_operation(path, vec![method], operation);
        }
    }
    let info = InfoBuilder::new().title(api.title).version(api.version).description(Some(api.description)).build();
    to_bytes(&OpenApiBuilder::new().info(info).paths(paths).components(Some(named)).build())
}

/// By way of a value, whose members are sorted. What a document holds can always be written.
fn to_bytes(document: &OpenApi) -> Bytes {
    let sorted = serde_json::to_value(document).unwrap_or_default();
    Bytes::from(format!("{sorted:#}\n"))
}
