//! `POST /api/v2/registry-modules/{id}/actions/new-webhook-secret`: ours, for webhooks that are made by hand.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Error, Id, key_text, kinds};
use seal::Secret;
use serde_json::json;
use service_kit::JsonApiError;
use store::{Connection, repositories, webhooks};

use super::{answer, attempt::record_success, module_access::load_with_repository};
use crate::{caller::Caller, state::State};

pub(super) const ACTION: &str = "create-webhook-secret";

/// Gives the repository of a module a new webhook secret, and shows it for the only time. What knows the one before is
/// refused from then on.
pub(super) async fn make(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Module> = id.parse()?;
    let secret = Secret::new(key_text::generate_key()?);
    let (clear, keys) = (secret.clone(), state.clone());
    let write = move |session: &mut Connection| {
        let (module, repository) = load_with_repository(session, &principal, id.as_str())?;
        let repository = match repository {
            Some(repository) => repository,
            None => return Err(Error::invalid("The module", "has no repository, so nothing tells of it")),
        };
        let binding = webhooks::secret_binding(&repository.id);
        let sealed = keys.config.seal_keys.seal(secret.reveal().as_bytes(), &binding)?;
        // The job before its repository. Our own webhook at the host has to learn it.
        repositories::visit_host(session, repository.id.as_str())?;
        webhooks::set_secret(session, &repository.id, &sealed)?;
        let object = format!("{} {}", repository.id, repository.identifier);
        record_success(session, &principal.about(&module.scope_id), ACTION, &object)?;
        Ok(repository)
    };
    let repository = state.store.write(write).await?;
    let url = format!("{}/webhooks/vcs/{}", state.config.public_url, repository.webhook_uuid);
    Ok(answer::created(&json!({"data": {
        "id": repository.id.as_str(),
        "type": "webhook-secrets",
        "attributes": {"webhook-url": url, "secret": clear.reveal()},
    }})))
}
