//! `PATCH /api/v2/oauth-clients/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use seal::Secret;
use service_kit::JsonApiError;
use store::connections::{self, Changes, Connection};
use vcs_hosts::BaseUrl;

use super::{
    answer,
    attempt::record_success,
    attributes::Attributes,
    body::Body,
    connection_access::load_client,
    connection_secret::{Place, seal_secret},
    connection_view::{self, NAMES},
    host::{Shown, check_token, open_token},
    public_key::public_key,
    query::Query,
};
use crate::{caller::Caller, state::State};

pub(super) const ACTION: &str = "update-connection";

/// Changes what is given. With another user name or token its repositories are looked at anew; kind and addresses of the
/// host stay as they are.
pub(super) async fn update(
    Caller(principal): Caller,
    id: Path<String>,
    body: Body,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Connection> = id.parse()?;
    let (caller, wanted_id) = (principal.clone(), id.clone());
    let (known, _) = state.store.read(move |session| load_client(session, &caller, Action::Own, &wanted_id)).await?;
    query.check_includes(&connection_view::INCLUDES)?;
    // Of a GitHub App the id and the private key belong together, so it is needed to check either.
    let present = open_token(&state, &known)?;
    let wanted = Wanted::parse(&body.attributes().await?, &known, present.as_ref().map(Secret::reveal))?;
    if let Some(token) = &wanted.token {
        let key = wanted.key.as_ref().map_or(known.client_key.as_deref(), Option::as_deref);
        let place = (known.kind.as_str(), known.http_url.as_str(), known.api_url.as_str());
        if let Shown::Unanswered(error) = check_token(&state, place, (key, Some(token.reveal()))).await? {
            // Its modules say whether it is taken, once the host is back.
            tracing::info!(connection = %id, error = error.chain(), "A new token was not tried: its host does not answer");
        }
    }
    let sealed = seal_secret(&state.config.seal_keys, &id, wanted.token.as_ref().map(Secret::reveal))?;
    let (connection, scope) = state
        .store
        .write(move |session| {
            let (connection, scope) = load_client(session, &principal, Action::Own, &id)?;
            let connection = connections::update(session, &connection, &wanted.changes(sealed.as_deref()))?;
            record_success(session, &principal.about(&scope.id), ACTION, &format!("{id} {}", scope.name))?;
            Ok((connection, scope))
        })
        .await?;
    Ok(answer::ok(&connection_view::document(&connection, &scope, &state.config.public_url, &query)))
}

/// Checked new values: `None` where none was given, `Some(None)` where it was empty, which takes away what there is.
struct Wanted {
    name: Option<Option<String>>,
    key: Option<Option<String>>,
    rsa_public_key: Option<Option<String>>,
    token: Option<Secret>,
    organization_scoped: Option<bool>,
}

impl Wanted {
    fn parse(attributes: &Attributes, known: &Connection, present: Option<&str>) -> Result<Self, JsonApiError> {
        // Of an OAuth application, which no host that is offered has.
        attributes.optional_string("secret")?;
        let key = text(attributes, "key")?;
        let http_url: BaseUrl = known.http_url.parse()?;
        let place = Place { kind: known.kind.parse()?, http_url: &http_url, names: &NAMES };
        let token = place.secret(attributes)?;
        if key.is_some() || token.is_some() {
            let key = key.as_ref().map_or(known.client_key.as_deref(), Option::as_deref);
            place.check(attributes, key, token.or(present))?;
        }
        Ok(Self {
            name: text(attributes, "name")?,
            key,
            rsa_public_key: public_key(attributes)?,
            token: token.map(Secret::new),
            organization_scoped: attributes.optional_bool("organization-scoped")?,
        })
    }

    fn changes<'a>(&'a self, sealed: Option<&'a str>) -> Changes<'a> {
        Changes {
            name: self.name.as_ref().map(Option::as_deref),
            client_key: self.key.as_ref().map(Option::as_deref),
            rsa_public_key: self.rsa_public_key.as_ref().map(Option::as_deref),
            secret_sealed: sealed,
            organization_scoped: self.organization_scoped,
        }
    }
}

fn text(attributes: &Attributes, name: &str) -> Result<Option<Option<String>>, JsonApiError> {
    let given = attributes.optional_string(name)?;
    Ok(given.map(|text| (!text.is_empty()).then(|| text.to_owned())))
}
