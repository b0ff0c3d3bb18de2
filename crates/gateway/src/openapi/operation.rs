//! A route as an operation: parameters, body, and every status that it may answer.

use actix_web::http::Method;
use utoipa::openapi::{
    Components, ContentBuilder, HttpMethod, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
    extensions::ExtensionsBuilder,
    header::HeaderBuilder,
    path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    request_body::{RequestBody, RequestBodyBuilder},
    security::SecurityRequirement,
};

use super::{Api, Kind, Member, Schemas, TOKEN, Unfit, schema, text};
use crate::route::{Access, Content, Description, Section};

const JSON_API: &str = "application/vnd.api+json";
const JSON: &str = "application/json";

/// The method of a route in the words of the document; the table of routes has no other ones.
pub(super) fn method(description: &Description) -> HttpMethod {
    match description.method {
        Method::POST => HttpMethod::Post,
        Method::PATCH => HttpMethod::Patch,
        Method::PUT => HttpMethod::Put,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// The whole path of a route and what the document says of it.
pub(super) fn describe(
    api: &Api,
    section: &Section,
    description: &Description,
    named: &mut Components,
) -> (String, Operation) {
    let path = format!("{}{}", section.prefix, description.path);
    let security = match description.access {
        Access::Open => SecurityRequirement::default(),
        _ => SecurityRequirement::new(TOKEN, Vec::<String>::new()),
    };
    let mut operation = OperationBuilder::new()
        .tag(section.name)
        .operation_id(Some(description.id))
        .summary(Some(description.summary))
        .parameters(Some(parameters(description)))
        .request_body(request_body(description))
        .security(security)
        .extensions(Some(ExtensionsBuilder::new().add("x-access", description.access.as_str()).build()));
    operation = operation.response(description.answer.status().to_string(), good(api, description, &mut named.schemas));
    for status in refusals(api, description) {
        let name = format!("refusal-{status}");
        operation = operation.response(status.to_string(), Ref::from_response_name(&name));
        named.responses.entry(name).or_insert_with(|| refusal(api, status).into());
    }
    (path, operation.build())
}

fn good(api: &Api, description: &Description, schemas: &mut Schemas) -> Response {
    let response = description.answer.describe(api, schemas);
    let with_headers = description.headers.iter().fold(response, |response, header| {
        let described = HeaderBuilder::new().schema(Some(schema::of_kind(header.kind))).description(said(header));
        response.header(header.name, described.build())
    });
    with_headers.build()
}

fn parameters(description: &Description) -> Vec<Parameter> {
    let in_path = path_parameters(description.path).map(|name| parameter(&segment(name), ParameterIn::Path));
    in_path.chain(description.query.iter().map(|member| parameter(member, ParameterIn::Query))).collect()
}

fn parameter(member: &Member, place: ParameterIn) -> Parameter {
    ParameterBuilder::new()
        .name(member.name)
        .parameter_in(place)
        .required(if member.is_required { Required::True } else { Required::False })
        .description(said(member))
        .schema(Some(schema::of_kind(member.kind)))
        .build()
}

fn said(member: &Member) -> Option<&'static str> {
    Some(member.description).filter(|text| !text.is_empty())
}

/// The names between braces, in their order.
fn path_parameters(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

fn segment(name: &'static str) -> Member {
    let meaning = match name {
        "org" => "Name or id of the organization",
        "registry" => "Always `private`",
        "namespace" => "Name or id of the organization, or another name that it had",
        "name" => "Name of the module",
        "provider" => "Provider, or system, of the module",
        "user" => "Id of the user",
        "action" => "`grant_admin`, `revoke_admin`, `suspend` or `unsuspend`",
        "version" => "A semantic version, with or without `v`",
        _ => "",
    };
    Member { kind: Kind::Name("^[^/]+$"), ..text(name).says(meaning) }
}

fn request_body(description: &Description) -> Option<RequestBody> {
    let required = if description.is_body_required { Required::True } else { Required::False };
    let body = RequestBodyBuilder::new().required(Some(required));
    let add = |body: RequestBodyBuilder, media_type: &str, schema: RefOr<Schema>| {
        body.content(media_type, ContentBuilder::new().schema(Some(schema)).build())
    };
    let schema: RefOr<Schema> = match description.body? {
        Content::Resource(resource) => schema::of_request(resource).into(),
        Content::Members(members) => schema::of_given(members).into(),
    };
    let both = [JSON_API, JSON];
    Some(both.into_iter().fold(body, |body, media_type| add(body, media_type, schema.clone())).build())
}

/// Every status but the good one, in order. Whoever may not do a thing is told that it is not there.
fn refusals(api: &Api, description: &Description) -> Vec<u16> {
    let is_open = description.access == Access::Open;
    let may_be_hidden = description.path.contains('{') || !matches!(description.access, Access::Open | Access::Caller);
    let changes = matches!(description.access, Access::Publisher | Access::Owner);
    let all = [
        (true, api.refusals),
        (!is_open, &[401, 429, 503]),
        (may_be_hidden, &[404]),
        (api.unfit == Unfit::Forbidden && changes, &[403]),
        (!description.query.is_empty(), &[400]),
        (description.body.is_some(), &[400, 413, 415, 422]),
        (true, description.refusals),
    ];
    let mut statuses =
        all.into_iter().filter(|(is_so, _)| *is_so).flat_map(|(_, of)| of.to_vec()).collect::<Vec<u16>>();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

fn refusal(api: &Api, status: u16) -> Response {
    let meaning = match status {
        400 => "The request cannot be read.",
        401 => "There is no token, or none of ours.",
        403 => "The caller may see it and not do this with it.",
        404 => "It does not exist, or the caller may not see it or do this with it.",
        409 => "It is in the way of something that is already there.",
        413 => "The body is too large.",
        415 => "The body is of another type.",
        422 => "A value is wrong or taken; `source.pointer` names it.",
        429 => "Too many calls; `Retry-After` says when to come again.",
        503 => "Not now; `Retry-After` says when to come again.",
        _ => "It cannot be done.",
    };
    let content = ContentBuilder::new().schema(Some(schema::refer("error"))).build();
    ResponseBuilder::new().description(meaning).content(api.media_type, content).build()
}
