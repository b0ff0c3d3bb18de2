//! Members and resources as JSON Schema.

use utoipa::openapi::{
    ArrayBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat, Type,
    schema::{AnyOfBuilder, SchemaType},
};

use super::{Kind, Member, Resource, Schemas};

/// A reference to what is described under `name`.
pub(super) fn refer(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

/// An object with these members, and perhaps others.
pub(super) fn of_members(members: &[Member]) -> ObjectBuilder {
    members.iter().fold(ObjectBuilder::new().schema_type(Type::Object), |object, member| {
        let object = object.property(member.name, of_member(member));
        if member.is_required { object.required(member.name) } else { object }
    })
}

/// What stands under the name of `member`.
pub(super) fn of_member(member: &Member) -> RefOr<Schema> {
    let described = |builder: ObjectBuilder| match member.description {
        "" => builder,
        text => builder.description(Some(text)),
    };
    match simple(member.kind) {
        Some((types, builder)) => described(builder.schema_type(with_null(types, member.is_nullable))).into(),
        None if member.is_nullable => or_null(of_kind(member.kind)),
        None => of_kind(member.kind),
    }
}

fn with_null(kind: Type, is_nullable: bool) -> SchemaType {
    if is_nullable { SchemaType::Array(vec![kind, Type::Null]) } else { SchemaType::Type(kind) }
}

/// Types that are one word of JSON Schema.
fn simple(kind: Kind) -> Option<(Type, ObjectBuilder)> {
    let new = ObjectBuilder::new;
    match kind {
        Kind::Text => Some((Type::String, new())),
        Kind::Name(pattern) => Some((Type::String, new().pattern(Some(pattern)))),
        Kind::Time => Some((Type::String, new().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))))),
        Kind::Whole => Some((Type::Integer, new())),
        Kind::WholeFrom(least) => Some((Type::Integer, new().minimum(Some(f64::from(least))))),
        Kind::Flag => Some((Type::Boolean, new())),
        Kind::Object(members) => Some((Type::Object, of_members(members))),
        _ => None,
    }
}

pub(super) fn of_kind(kind: Kind) -> RefOr<Schema> {
    if let Some((of, builder)) = simple(kind) {
        return builder.schema_type(of).into();
    }
    match kind {
        Kind::Words(words) => ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.to_vec())).into(),
        Kind::List(item) => ArrayBuilder::new().items(of_kind(*item)).into(),
        Kind::One(of) => relationship(identifier(of)).into(),
        Kind::OneOrNone(of) => relationship(or_null(identifier(of))).into(),
        Kind::Many(of) => relationship(ArrayBuilder::new().items(identifier(of))).into(),
        Kind::None => relationship(null()).into(),
        Kind::Related => related().into(),
        _ => ObjectBuilder::new().schema_type(SchemaType::AnyValue).into(),
    }
}

fn relationship(data: impl Into<RefOr<Schema>>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Object).property("data", data).required("data")
}

fn related() -> ObjectBuilder {
    let links = ObjectBuilder::new().schema_type(Type::Object).property("related", string()).required("related");
    ObjectBuilder::new().schema_type(Type::Object).property("links", links).required("links")
}

/// Type and id of a resource.
fn identifier(kind: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("id", string())
        .property("type", constant(kind))
        .required("id")
        .required("type")
}

fn or_null(schema: impl Into<RefOr<Schema>>) -> RefOr<Schema> {
    AnyOfBuilder::new().item(schema).item(null()).into()
}

fn null() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Null)
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn constant(text: &str) -> ObjectBuilder {
    string().enum_values(Some([text]))
}

/// Describes `resource` under its name, with whatever its attributes refer to, and gives a reference to it.
pub(super) fn of_resource(resource: &Resource, schemas: &mut Schemas) -> RefOr<Schema> {
    if !schemas.contains_key(resource.name) {
        let links = ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(Schema::from(string())));
        let described = identifier(resource.kind)
            .property("attributes", of_members(resource.attributes))
            .required("attributes")
            .property("relationships", of_members(resource.relationships))
            .property("links", links);
        let described = if resource.relationships.is_empty() { described } else { described.required("relationships") };
        schemas.insert(resource.name.to_owned(), described.into());
    }
    refer(resource.name)
}

/// A document of one resource as clients send it: what may be absent may be `null`, and nobody looks at its type.
pub(super) fn of_request(resource: &Resource) -> ObjectBuilder {
    let mut data = ObjectBuilder::new().schema_type(Type::Object).property("type", string());
    for (name, members) in [("attributes", resource.attributes), ("relationships", resource.relationships)] {
        if !members.is_empty() {
            data = data.property(name, of_given(members));
        }
        if members.iter().any(|member| member.is_required) {
            data = data.required(name);
        }
    }
    ObjectBuilder::new().schema_type(Type::Object).property("data", data).required("data")
}

/// An object that clients send.
pub(super) fn of_given(members: &[Member]) -> ObjectBuilder {
    let given: Vec<Member> =
        members.iter().map(|member| Member { is_nullable: !member.is_required, ..*member }).collect();
    of_members(&given)
}
