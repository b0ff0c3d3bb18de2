//! One URL with one method: how it is registered, who may call it, and what the OpenAPI document says of it. All of that
//! comes from the same value, so that nothing is served that is not described.

use actix_web::{
    FromRequest, Handler, Responder,
    body::MessageBody,
    guard,
    http::Method,
    web::{self, ServiceConfig},
};

use crate::openapi::{Answer, Member, Resource};

/// What an operation of a route does, in the words of the audit log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt(pub(crate) &'static str);

/// Who may call a route. Whoever may not is told what he would be told of a thing that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody, with or without a token.
    Open,
    /// Whoever has a valid token.
    Caller,
    /// Whoever may see the organization of the object.
    Reader,
    /// Whoever may publish there.
    Publisher,
    /// Whoever owns it.
    Owner,
    /// The user whom the path names, and whoever owns the whole installation.
    User,
    /// The same, with a token that allows all that its user may do.
    FullUser,
    /// Whoever has the object in hand: the user of a token, the owners of its organization, and whoever owns the whole
    /// installation.
    Holder,
    /// Whoever owns the whole installation.
    Administrator,
}

impl Access {
    /// As the document has it, under `x-access`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Caller => "caller",
            Self::Reader => "reader",
            Self::Publisher => "publisher",
            Self::Owner => "owner",
            Self::User => "user",
            Self::FullUser => "full-user",
            Self::Holder => "holder",
            Self::Administrator => "administrator",
        }
    }
}

/// What a request may carry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    /// A JSON:API document of one resource.
    Resource(&'static Resource),
    /// An object with these members.
    Members(&'static [Member]),
}

/// What is known of a route without its handler.
pub(crate) struct Description {
    pub(crate) method: Method,
    /// Below the prefix of its section.
    pub(crate) path: &'static str,
    /// Unique in its document.
    pub(crate) id: &'static str,
    pub(crate) access: Access,
    pub(crate) summary: &'static str,
    pub(crate) audit: Option<&'static str>,
    pub(crate) query: Vec<Member>,
    pub(crate) body: Option<Content>,
    pub(crate) is_body_required: bool,
    pub(crate) answer: Answer,
    /// Headers of the good answer.
    pub(crate) headers: &'static [Member],
    /// Statuses beside those that follow from the rest.
    pub(crate) refusals: &'static [u16],
}

/// A description with its handler.
pub(crate) struct Route {
    pub(crate) description: Description,
    register: Box<dyn FnOnce(&mut ServiceConfig)>,
}

/// Routes that belong together, below one prefix.
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) routes: Vec<Route>,
}

impl Description {
    fn new(method: Method, path: &'static str, id: &'static str, access: Access) -> Self {
        Self {
            method,
            path,
            id,
            access,
            summary: "",
            audit: None,
            query: Vec::new(),
            body: None,
            is_body_required: true,
            answer: Answer::Nothing(204),
            headers: &[],
            refusals: &[],
        }
    }

    pub(crate) fn get(path: &'static str, id: &'static str, access: Access) -> Self {
        Self::new(Method::GET, path, id, access)
    }

    pub(crate) fn post(path: &'static str, id: &'static str, access: Access) -> Self {
        Self::new(Method::POST, path, id, access)
    }

    pub(crate) fn patch(path: &'static str, id: &'static str, access: Access) -> Self {
        Self::new(Method::PATCH, path, id, access)
    }

    pub(crate) fn put(path: &'static str, id: &'static str, access: Access) -> Self {
        Self::new(Method::PUT, path, id, access)
    }

    pub(crate) fn delete(path: &'static str, id: &'static str, access: Access) -> Self {
        Self::new(Method::DELETE, path, id, access)
    }

    /// What it does, in one line.
    pub(crate) fn says(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// It changes something: what is refused is written to the audit log as `action`, like what succeeds.
    pub(crate) fn changes(self, action: &'static str) -> Self {
        Self { audit: Some(action), ..self }
    }

    /// What may stand in the query.
    pub(crate) fn query(mut self, parameters: &[Member]) -> Self {
        self.query.extend_from_slice(parameters);
        self
    }

    pub(crate) fn body(self, content: Content) -> Self {
        Self { body: Some(content), ..self }
    }

    /// A body that may be left out.
    pub(crate) fn optional_body(self, content: Content) -> Self {
        Self { body: Some(content), is_body_required: false, ..self }
    }

    pub(crate) fn answers(self, answer: Answer) -> Self {
        Self { answer, ..self }
    }

    pub(crate) fn headers(self, headers: &'static [Member]) -> Self {
        Self { headers, ..self }
    }

    pub(crate) fn refuses(self, refusals: &'static [u16]) -> Self {
        Self { refusals, ..self }
    }

    pub(crate) fn to<F, Args>(self, handler: F) -> Route
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
        <F::Output as Responder>::Body: MessageBody,
    {
        let (method, path, audit) = (self.method.clone(), self.path, self.audit);
        let register = move |app: &mut ServiceConfig| {
            let mut resource = web::resource(path).guard(guard::Method(method));
            if let Some(action) = audit {
                resource = resource.app_data(Attempt(action));
            }
            app.service(resource.to(handler));
        };
        Route { description: self, register: Box::new(register) }
    }
}

/// Registers everything, in its order: of several paths that fit, the first wins.
pub(crate) fn register(sections: Vec<Section>, app: &mut ServiceConfig) {
    for route in sections.into_iter().flat_map(|section| section.routes) {
        (route.register)(app);
    }
}
