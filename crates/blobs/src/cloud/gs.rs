//! Google Cloud Storage.

use std::sync::Arc;

use domain::Error;
use object_store::ClientConfigKey;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use url::Url;

use super::{Cloud, Variables};
use crate::backend::Backend;

const GS: Cloud = Cloud {
    example: "gs://bucket/prefix",
    bucket: "bucket",
    credentials: "GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT",
    endpoint: "GOOGLE_BASE_URL",
};

pub(crate) fn open(url: &Url, public_endpoint: Option<&str>, variables: &Variables) -> Result<Backend, Error> {
    let place = GS.place(url)?;
    let builder = builder(variables)?.with_bucket_name(place.bucket);
    let store = builder.clone().build().map_err(|error| GS.refused(&error))?;
    let signer = match public_endpoint {
        None => store.clone(),
        Some(endpoint) => builder
            .with_base_url(&super::endpoint("the public endpoint of the blobs", endpoint)?)
            .with_credentials(Arc::clone(store.credentials()))
            .with_signing_credentials(Arc::clone(store.signing_credentials()))
            .build()
            .map_err(|error| GS.refused(&error))?,
    };
    Ok(super::backend(&GS, store, Arc::new(signer), place.prefix))
}

/// Nothing is hashed on the way here: TLS and the length of the body stand for what arrives.
fn builder(variables: &Variables) -> Result<GoogleCloudStorageBuilder, Error> {
    let mut builder =
        GoogleCloudStorageBuilder::new().with_client_options(super::client_options()).with_retry(super::retries());
    // The oldest name of all, without the prefix.
    if let Some((_, path)) = variables.iter().find(|(name, _)| name == "SERVICE_ACCOUNT") {
        builder = builder.with_service_account_path(path);
    }
    for (name, value) in super::settings(variables, "GOOGLE_") {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(url) = builder.get_config_value(&GoogleConfigKey::BaseUrl) {
        let allowed = builder.get_config_value(&GoogleConfigKey::Client(ClientConfigKey::AllowHttp));
        super::check_endpoint("GOOGLE_BASE_URL", &url, "GOOGLE_ALLOW_HTTP", allowed)?;
    }
    Ok(builder)
}
