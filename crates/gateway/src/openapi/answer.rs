//! What a route answers when all is well.

use utoipa::openapi::{ArrayBuilder, ContentBuilder, ObjectBuilder, RefOr, ResponseBuilder, Schema, Type};

use super::{Api, Envelope, Kind, Member, Resource, Schemas, free, list, object, schema, text, whole};

/// The good answer of a route.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// This status, without a body.
    Nothing(u16),
    /// This status with a document of one resource.
    One(u16, &'static Resource),
    /// 200 with a page of resources.
    Page(&'static Resource),
    /// 200 with all resources that there are.
    All(&'static Resource),
    /// This status with a JSON object.
    Json(u16, &'static str, &'static [Member]),
    /// 200 with a document about these URLs.
    OpenApi,
}

/// What stands beside the resources of a page.
const PAGE: &[Member] = &[
    object("links", &[text("self"), text("first"), text("prev").or_null(), text("next").or_null(), text("last")]),
    object(
        "meta",
        &[object(
            "pagination",
            &[
                whole("current-page"),
                whole("page-size"),
                whole("prev-page").or_null(),
                whole("next-page").or_null(),
                whole("total-pages"),
                whole("total-count"),
            ],
        )],
    ),
];

/// Resources that were asked for with `include`.
const INCLUDED: Member = list("included", &Kind::Object(&[text("id"), text("type")])).optional();
const INCLUDED_OR_NULL: Member = list("included", &Kind::Object(&[text("id"), text("type")])).or_null();

const FULL: &[Member] = &[INCLUDED_OR_NULL, free("meta").or_null()];

impl Answer {
    pub(super) const fn status(self) -> u16 {
        match self {
            Self::Nothing(status) | Self::One(status, _) | Self::Json(status, ..) => status,
            Self::Page(_) | Self::All(_) | Self::OpenApi => 200,
        }
    }

    pub(super) fn describe(self, api: &Api, schemas: &mut Schemas) -> ResponseBuilder {
        let response = ResponseBuilder::new().description(self.words());
        let Some(schema) = self.schema(api.envelope, schemas) else { return response };
        let media_type = if matches!(self, Self::OpenApi) { "application/json" } else { api.media_type };
        response.content(media_type, ContentBuilder::new().schema(Some(schema)).build())
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Nothing(202) => "It will be done.",
            Self::Nothing(_) => "It is done.",
            Self::One(201, _) => "It was made.",
            Self::Json(302, ..) => "It is elsewhere.",
            Self::One(..) | Self::Page(_) | Self::All(_) | Self::Json(..) | Self::OpenApi => "Here it is.",
        }
    }

    fn schema(self, envelope: Envelope, schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        match self {
            Self::Nothing(_) => None,
            Self::One(_, resource) => {
                Some(document(schema::of_resource(resource, schemas), beside_one(envelope)).into())
            }
            Self::All(resource) => {
                let items = ArrayBuilder::new().items(schema::of_resource(resource, schemas));
                Some(document(items, beside_one(envelope)).into())
            }
            Self::Page(resource) => {
                let items = ArrayBuilder::new().items(schema::of_resource(resource, schemas));
                let beside: Vec<Member> = PAGE.iter().copied().chain([included(envelope)]).collect();
                Some(document(items, &beside).into())
            }
            Self::Json(_, name, members) => {
                schemas.entry(name.to_owned()).or_insert_with(|| schema::of_members(members).into());
                Some(schema::refer(name))
            }
            Self::OpenApi => Some(schema::of_members(&[text("openapi")]).into()),
        }
    }
}

const fn included(envelope: Envelope) -> Member {
    match envelope {
        Envelope::Sparse => INCLUDED,
        Envelope::Full => INCLUDED_OR_NULL,
    }
}

const fn beside_one(envelope: Envelope) -> &'static [Member] {
    match envelope {
        Envelope::Sparse => &[INCLUDED],
        Envelope::Full => FULL,
    }
}

fn document(data: impl Into<RefOr<Schema>>, beside: &[Member]) -> ObjectBuilder {
    let start = ObjectBuilder::new().schema_type(Type::Object).property("data", data).required("data");
    beside.iter().fold(start, |object, member| {
        let object = object.property(member.name, schema::of_member(member));
        if member.is_required { object.required(member.name) } else { object }
    })
}
