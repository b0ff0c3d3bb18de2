//! Azure Blob Storage.

use std::sync::Arc;

use domain::Error;
use object_store::ClientConfigKey;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use url::Url;

use super::{Cloud, Variables};
use crate::backend::Backend;

const AZ: Cloud = Cloud {
    example: "az://container/prefix",
    bucket: "container",
    credentials: "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    endpoint: "AZURE_STORAGE_ENDPOINT",
};

pub(crate) fn open(url: &Url, public_endpoint: Option<&str>, variables: &Variables) -> Result<Backend, Error> {
    let place = AZ.place(url)?;
    let builder = builder(variables)?.with_container_name(place.bucket);
    let store = builder.clone().build().map_err(|error| AZ.refused(&error))?;
    let signer = match public_endpoint {
        None => store.clone(),
        Some(endpoint) => builder
            .with_endpoint(super::endpoint("the public endpoint of the blobs", endpoint)?)
            .with_credentials(Arc::clone(store.credentials()))
            .build()
            .map_err(|error| AZ.refused(&error))?,
    };
    Ok(super::backend(&AZ, store, Arc::new(signer), place.prefix))
}

/// Nothing is hashed on the way here: TLS and the length of the body stand for what arrives.
fn builder(variables: &Variables) -> Result<MicrosoftAzureBuilder, Error> {
    let mut builder =
        MicrosoftAzureBuilder::new().with_client_options(super::client_options()).with_retry(super::retries());
    for (name, value) in super::settings(variables, "AZURE_") {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    // Where Azure runs us, it says here who gives out its tokens.
    if let Some((_, url)) = variables.iter().find(|(name, _)| name == "IDENTITY_ENDPOINT") {
        builder = builder.with_msi_endpoint(url);
    }
    if let Some(url) = builder.get_config_value(&AzureConfigKey::Endpoint) {
        let allowed = builder.get_config_value(&AzureConfigKey::Client(ClientConfigKey::AllowHttp));
        super::check_endpoint("AZURE_STORAGE_ENDPOINT", &url, "AZURE_ALLOW_HTTP", allowed)?;
    }
    Ok(builder)
}
