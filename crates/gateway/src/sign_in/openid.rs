//! The OpenID Connect provider: what it says of itself, and who it says that somebody is.

mod http;
mod pending;

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Error;
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, SignatureVerificationError, TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims,
        CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata,
    },
};
use serde_json::Value;
use service_kit::OpenIdSettings;
use tokio::sync::Mutex;

use http::ASKING;

pub(super) use pending::Pending;

/// Keys are changed now and then; an unknown key has it read anew at once.
const METADATA_LIFE: Duration = Duration::from_secs(60 * 60);
/// However many tokens name unknown keys, it is not read more often.
const RENEWAL_REST: Duration = Duration::from_secs(30);
/// After a failure nobody waits for the provider for so long.
const FAILURE_REST: Duration = Duration::from_secs(2);

/// Signatures that only the provider can make. Neither none at all, nor one under the client's secret.
const ALGORITHMS: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A provider, and what is known of it.
pub(super) struct Provider {
    pub(super) settings: OpenIdSettings,
    redirect: String,
    http: OnceLock<reqwest::Client>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    metadata: Option<(Arc<CoreProviderMetadata>, Instant)>,
    failed: Option<Instant>,
    /// When an unknown key last had it read anew.
    renewed: Option<Instant>,
}

/// Which metadata is good enough.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    Kept,
    /// Read anew, since it lacks a key.
    Fresh,
}

/// Who somebody is, as a signed token of the provider says.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) subject: String,
    /// What the claim of the settings holds.
    pub(super) username: Option<String>,
    pub(super) email: String,
}

impl Provider {
    pub(super) fn new(settings: OpenIdSettings, public_url: &str) -> Self {
        let redirect = format!("{public_url}/app/sign-in/openid/callback");
        Self { settings, redirect, http: OnceLock::new(), known: Mutex::default() }
    }

    /// Where to send a browser, and what it has to come back with.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the provider does not say where it is.
    pub(super) async fn begin(&self, next: &str) -> Result<(String, Pending), Error> {
        let client = self.client(&*self.metadata(Age::Kept).await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            // `openid` goes with it anyway.
            .add_scopes(self.settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        let (state, nonce, verifier) = (state.into_secret(), nonce.secret().clone(), verifier.into_secret());
        Ok((url.to_string(), Pending::new(state, nonce, verifier, next.to_owned())))
    }

    /// Exchanges the code that the browser came back with.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the provider does not answer; [`Error::Refused`] when it does not know the code, or its
    /// token is not good.
    pub(super) async fn identify(&self, code: String, pending: &Pending) -> Result<Identity, Error> {
        let metadata = self.metadata(Age::Kept).await?;
        let client = self.client(&metadata)?;
        let http = self.http()?;
        let send = |request| http::send(http.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|source| Error::unavailable(ASKING, source))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request_async(&send)
            .await
            .map_err(|source| match source {
                RequestTokenError::Request(error) => error,
                RequestTokenError::ServerResponse(answer) => refused(format!("it does not accept the code: {answer}")),
                // The text of these may hold the answer, and that a token.
                RequestTokenError::Parse(..) => refused("its answer is not understood"),
                RequestTokenError::Other(text) => refused(text),
            })?;
        let token = answer.id_token().ok_or_else(|| refused("it sent no id token"))?;
        let nonce = Nonce::new(pending.nonce.clone());
        match self.check(&client, &metadata, token, &nonce) {
            // It may have changed its keys since it was asked for them.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                let metadata = self.metadata(Age::Fresh).await?;
                let client = self.client(&metadata)?;
                let checked = self.check(&client, &metadata, token, &nonce).map(|claims| self.identity(token, claims));
                checked.map_err(|cause| refused(cause.to_string()))?
            }
            checked => {
                checked.map(|claims| self.identity(token, claims)).map_err(|cause| refused(cause.to_string()))?
            }
        }
    }

    /// Issuer, audience, signature, expiry, nonce, and for whom it was made.
    fn check<'a>(
        &self,
        client: &Client,
        metadata: &CoreProviderMetadata,
        token: &'a CoreIdToken,
        nonce: &Nonce,
    ) -> Result<&'a CoreIdTokenClaims, ClaimsVerificationError> {
        let said = metadata.id_token_signing_alg_values_supported();
        let algorithms = ALGORITHMS.into_iter().filter(|known| said.contains(known));
        let claims = token.claims(&client.id_token_verifier().set_allowed_algs(algorithms), nonce)?;
        match claims.authorized_party() {
            Some(party) if party.as_str() != self.settings.client_id => {
                Err(ClaimsVerificationError::InvalidAudience("it was made for another client (azp)".to_owned()))
            }
            _ => Ok(claims),
        }
    }

    /// What a token says whose signature was checked.
    fn identity(&self, token: &CoreIdToken, claims: &CoreIdTokenClaims) -> Result<Identity, Error> {
        let text = token.to_string();
        let all: Value = text
            .split('.')
            .nth(1)
            .and_then(|payload| URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok())
            .and_then(|payload| serde_json::from_slice(&payload).ok())
            .ok_or_else(|| refused("its id token is not understood"))?;
        let username = all.get(&self.settings.username_claim).and_then(Value::as_str).map(str::to_owned);
        let email = claims.email().map(|email| email.to_string()).unwrap_or_default();
        Ok(Identity { subject: claims.subject().to_string(), username, email })
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Result<Client, Error> {
        let redirect = RedirectUrl::new(self.redirect.clone())
            .map_err(|source| Error::internal("setting up the OpenID Connect client", source))?;
        let secret = self.settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()));
        let id = ClientId::new(self.settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret).set_redirect_uri(redirect);
        let takes = |method| metadata.token_endpoint_auth_methods_supported().is_none_or(|all| all.contains(&method));
        let by_header = takes(CoreClientAuthMethod::ClientSecretBasic);
        Ok(client.set_auth_type(if by_header { AuthType::BasicAuth } else { AuthType::RequestBody }))
    }

    /// What the provider says of itself, or what it last said if it does not answer any more.
    async fn metadata(&self, age: Age) -> Result<Arc<CoreProviderMetadata>, Error> {
        // Whoever comes meanwhile waits for the same answer.
        let mut known = self.known.lock().await;
        let may_renew = known.renewed.is_none_or(|at| at.elapsed() >= RENEWAL_REST);
        if let Some((metadata, since)) = &known.metadata
            && since.elapsed() < METADATA_LIFE
            && (age == Age::Kept || !may_renew)
        {
            return Ok(Arc::clone(metadata));
        }
        if age == Age::Fresh {
            known.renewed = Some(Instant::now());
        }
        let rests = known.failed.is_some_and(|at| at.elapsed() < FAILURE_REST);
        let found = if rests { Err(Error::unavailable(ASKING, "it failed just now")) } else { self.discover().await };
        match (found, &known.metadata) {
            (Ok(metadata), _) => {
                let metadata = Arc::new(metadata);
                known.metadata = Some((Arc::clone(&metadata), Instant::now()));
                known.failed = None;
                Ok(metadata)
            }
            (Err(error), former) => {
                let former = former.as_ref().map(|(metadata, _)| Arc::clone(metadata));
                if !rests {
                    tracing::warn!(
                        error = error.chain(),
                        "The configuration of the OpenID Connect provider is not to be had"
                    );
                    known.failed = Some(Instant::now());
                }
                former.ok_or(error)
            }
        }
    }

    /// Asks twice, so that one lost packet stops nobody.
    async fn discover(&self) -> Result<CoreProviderMetadata, Error> {
        let http = self.http()?;
        let send = |request| http::send(http.clone(), request);
        let issuer = IssuerUrl::new(self.settings.issuer.clone())
            .map_err(|source| Error::internal("reading the address of the OpenID Connect provider", source))?;
        match CoreProviderMetadata::discover_async(issuer.clone(), &send).await {
            Ok(metadata) => Ok(metadata),
            Err(first) => {
                tracing::debug!(error = %first, "The OpenID Connect provider is asked once more");
                let second = CoreProviderMetadata::discover_async(issuer, &send).await;
                second.map_err(|error| Error::unavailable(ASKING, error.to_string()))
            }
        }
    }

    fn http(&self) -> Result<reqwest::Client, Error> {
        if let Some(client) = self.http.get() {
            return Ok(client.clone());
        }
        let client = http::client()?;
        Ok(self.http.get_or_init(|| client).clone())
    }
}

fn refused(reason: impl Into<String>) -> Error {
    Error::Refused { reason: reason.into() }
}
