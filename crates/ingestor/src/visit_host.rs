//! `visit-host`: asks the host of a repository what it is, and has our webhook there registered or removed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{Error, JobKind, WebhookState, key_text};
use job_runner::{JobHandle, Outcome, Worker};
use seal::Secret;
use store::{
    Connection,
    jobs::ClaimedJob,
    repositories::{self, Facts, Repository},
    webhooks,
};
use vcs_hosts::{
    Host, Identifier,
    api::{NewWebhook, Registered, RepositoryFacts},
};

use crate::{
    Ingestor,
    remote::open_token,
    sync_repository::{Loaded, load},
};

pub(crate) struct VisitHost(pub(crate) Arc<Ingestor>);

/// Between two visits to a host that does not answer, or wants to be left alone.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// A repository, and whether a module comes from it.
type Visited = (Loaded, bool);

fn load_visited(session: &mut Connection, id: &str) -> Result<Option<Visited>, Error> {
    let Some(loaded) = load(session, id)? else { return Ok(None) };
    Ok(Some((loaded, repositories::is_used(session, id)?)))
}

#[async_trait]
impl Worker for VisitHost {
    const KIND: JobKind = JobKind::VisitHost;

    async fn handle(&self, job: &JobHandle) -> Result<Outcome, Error> {
        let target = job.job().target.clone();
        let visited = job.store().read(move |session| load_visited(session, &target)).await?;
        match visited {
            None => job.finish(|_| Ok(Outcome::Finished)).await,
            Some((loaded, true)) => self.settle(job, &loaded).await,
            Some((loaded, false)) => self.leave(job, &loaded).await,
        }
    }

    /// Nothing hangs on it but how soon new tags are seen.
    fn gave_up(&self, session: &mut Connection, job: &ClaimedJob, message: &str) -> Result<(), Error> {
        let Some((loaded, is_used)) = load_visited(session, &job.target)? else { return Ok(()) };
        let Repository { id, webhook_state, webhook_id, .. } = &loaded.repository;
        if is_used {
            return repositories::set_webhook(session, id, (*webhook_state, webhook_id.as_deref()), message);
        }
        tracing::warn!(repository = job.target, message, "A webhook that nobody needs may stay at its host");
        repositories::delete_unused(session, id)
    }
}

impl VisitHost {
    /// Asks, registers and records. What a host refuses is nothing to try again: its owners read why.
    async fn settle(&self, job: &JobHandle, loaded: &Loaded) -> Result<Outcome, Error> {
        let (connection, repository) = (&loaded.connection, &loaded.repository);
        let host = Host::parse(&connection.kind, &connection.http_url, &connection.api_url)?;
        if !host.has_api() {
            return job.finish(|_| Ok(Outcome::Finished)).await;
        }
        let (id, known) = (repository.id.clone(), repository.webhook_id.clone());
        let (state, webhook_id, message) = match self.ask_and_register(job, loaded, &host).await {
            Ok(Registered::Made { hook_id }) => (WebhookState::Registered, Some(hook_id), String::new()),
            Ok(Registered::Manual { reason }) => (WebhookState::Manual, known, reason),
            Err(error @ (Error::Refused { .. } | Error::Invalid { .. })) => {
                (WebhookState::Manual, known, error.to_string())
            }
            Err(error) if !error.is_transient() => return Err(error),
            Err(error) => {
                tracing::info!(repository = %id, error = error.chain(), "A Git host does not answer; visiting it later");
                let (state, message) = (repository.webhook_state, error.chain());
                let note = move |session: &mut Connection| {
                    repositories::set_webhook(session, &id, (state, known.as_deref()), &message)
                };
                job.write(note).await?;
                return Ok(Outcome::Later(PAUSE));
            }
        };
        let record = move |session: &mut Connection| {
            repositories::set_webhook(session, &id, (state, webhook_id.as_deref()), &message)?;
            Ok(Outcome::Finished)
        };
        job.finish(record).await
    }

    async fn ask_and_register(&self, job: &JobHandle, loaded: &Loaded, host: &Host) -> Result<Registered, Error> {
        let config = &self.0.config;
        let token = open_token(&config.seal_keys, &loaded.connection)?;
        let access = host.access(loaded.connection.client_key.as_deref(), token.as_ref().map(Secret::reveal));
        let identifier: Identifier = loaded.repository.identifier.parse()?;
        if let Some(facts) = config.hosts.find_repository(&access, &identifier).await? {
            record_facts(job, loaded, facts).await?;
        }
        let Some(url) = self.webhook_url(loaded) else {
            let reason = "the address under which hosts reach this registry is not known: an administrator has to set \
                          QUARRY_PUBLIC_URL";
            return Ok(Registered::Manual { reason: reason.to_owned() });
        };
        let secret = self.secret(job, loaded).await?;
        let hook = NewWebhook { url: &url, secret: secret.reveal() };
        let done = config.hosts.register_webhook(&access, &identifier, &hook).await?;
        // One of another address, from before ours changed.
        if let (Registered::Made { hook_id }, Some(known)) = (&done, &loaded.repository.webhook_id)
            && hook_id != known
            && let Err(error) = config.hosts.remove_webhook(&access, &identifier, known).await
        {
            tracing::warn!(repository = %loaded.repository.id, error = error.chain(), "A former webhook stays at its host");
        }
        Ok(done)
    }

    fn webhook_url(&self, loaded: &Loaded) -> Option<String> {
        let public_url = self.0.config.public_url.as_ref()?;
        Some(format!("{public_url}/webhooks/vcs/{}", loaded.repository.webhook_uuid))
    }

    /// Saved before the host knows it, so that its first delivery is believed.
    async fn secret(&self, job: &JobHandle, loaded: &Loaded) -> Result<Secret, Error> {
        let keys = &self.0.config.seal_keys;
        let (id, binding) = (loaded.repository.id.clone(), webhooks::secret_binding(&loaded.repository.id));
        let new = keys.seal(key_text::generate_key()?.as_bytes(), &binding)?;
        let sealed = job
            .write(move |session| {
                webhooks::set_first_secret(session, &id, &new)?;
                webhooks::find_secret(session, &id)
            })
            .await?;
        let sealed = sealed.ok_or_else(|| Error::not_found("Repository"))?;
        keys.open_text(&sealed, &binding)
    }

    /// Nobody needs the repository any more: its webhook goes, and then it.
    async fn leave(&self, job: &JobHandle, loaded: &Loaded) -> Result<Outcome, Error> {
        let id = loaded.repository.id.clone();
        match self.remove_webhook(loaded).await {
            Ok(()) => {}
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                tracing::warn!(repository = %id, error = error.chain(), "A webhook that nobody needs may stay at its host");
            }
        }
        let conclude = move |session: &mut Connection| {
            // A module may have come meanwhile, for which it is to be registered anew.
            if repositories::is_used(session, id.as_str())? {
                repositories::set_webhook(session, &id, (WebhookState::Unset, None), "")?;
                repositories::visit_host(session, id.as_str())?;
            } else {
                repositories::delete_unused(session, &id)?;
            }
            Ok(Outcome::Finished)
        };
        job.finish(conclude).await
    }

    /// By its id, or, if a visit was interrupted before that was known, by its address.
    async fn remove_webhook(&self, loaded: &Loaded) -> Result<(), Error> {
        let (connection, repository) = (&loaded.connection, &loaded.repository);
        let host = Host::parse(&connection.kind, &connection.http_url, &connection.api_url)?;
        let token = open_token(&self.0.config.seal_keys, connection)?;
        let access = host.access(connection.client_key.as_deref(), token.as_ref().map(Secret::reveal));
        let (hosts, identifier) = (&self.0.config.hosts, repository.identifier.parse()?);
        let webhook = match (&repository.webhook_id, self.webhook_url(loaded)) {
            (Some(known), _) => Some(known.clone()),
            (None, Some(url)) => hosts.find_webhook(&access, &identifier, &url).await?,
            (None, None) => None,
        };
        match webhook {
            Some(webhook) => hosts.remove_webhook(&access, &identifier, &webhook).await,
            None => Ok(()),
        }
    }
}

async fn record_facts(job: &JobHandle, loaded: &Loaded, facts: RepositoryFacts) -> Result<(), Error> {
    let id = loaded.repository.id.clone();
    job.write(move |session| {
        let RepositoryFacts { remote_id, description, web_url, default_branch } = &facts;
        let default_branch = default_branch.as_deref();
        repositories::set_facts(session, &id, &Facts { remote_id, description, web_url, default_branch })
    })
    .await
}
