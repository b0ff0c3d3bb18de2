//! Amazon S3, and everything that speaks like it.

use std::sync::Arc;

use domain::Error;
use object_store::ClientConfigKey;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum, S3ConditionalPut};
use url::Url;

use super::{Cloud, Variables};
use crate::backend::Backend;

const S3: Cloud = Cloud {
    example: "s3://bucket/prefix",
    bucket: "bucket",
    credentials: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    endpoint: "AWS_ENDPOINT_URL and AWS_REGION",
};

pub(crate) fn open(url: &Url, public_endpoint: Option<&str>, variables: &Variables) -> Result<Backend, Error> {
    let place = S3.place(url)?;
    let builder = builder(variables)?.with_bucket_name(place.bucket);
    let store = builder.clone().build().map_err(|error| S3.refused(&error))?;
    let signer = match public_endpoint {
        None => store.clone(),
        Some(endpoint) => builder
            .with_config(AmazonS3ConfigKey::S3Endpoint, super::endpoint("the public endpoint of the blobs", endpoint)?)
            .with_credentials(Arc::clone(store.credentials()))
            .build()
            .map_err(|error| S3.refused(&error))?,
    };
    Ok(super::backend(&S3, store, Arc::new(signer), place.prefix))
}

fn builder(variables: &Variables) -> Result<AmazonS3Builder, Error> {
    let mut builder = AmazonS3Builder::new().with_client_options(super::client_options()).with_retry(super::retries());
    for (name, value) in super::settings(variables, "AWS_") {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    let endpoints =
        [("AWS_ENDPOINT_URL_S3", AmazonS3ConfigKey::S3Endpoint), ("AWS_ENDPOINT_URL", AmazonS3ConfigKey::Endpoint)];
    for (name, key) in endpoints {
        if let Some(endpoint) = builder.get_config_value(&key) {
            let allowed = builder.get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
            super::check_endpoint(name, &endpoint, "AWS_ALLOW_HTTP", allowed)?;
        }
    }
    Ok(builder
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        // What arrives cut short or altered is refused by the server: it checks the hash that is part of the
        // signature, and the checksum that goes with each put and part for servers that do not look at the former.
        .with_unsigned_payload(false)
        .with_checksum_algorithm(Checksum::SHA256)
        // One key at a time is what we delete, and not every server knows the call for many.
        .with_disable_bulk_delete(true))
}
