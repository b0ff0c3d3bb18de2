//! Which hosts may be called, and how they prove who they are.

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use vcs_hosts::HostKind::Github;
use vcs_hosts::api::HostApi;

use crate::fake_host::{FakeHost, callable, identifier, passing, refusal};

#[tokio::test]
async fn an_address_is_called_only_if_it_is_allowed() {
    let case = crate::github::case();
    let mut host = case.start().await;
    case.knows_repository(&host).await;
    let id = identifier(case.identifier);
    let port = host.server.address().port();

    for name in ["127.0.0.1", "localhost", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"] {
        host.api_url = format!("http://{name}:{port}").parse().unwrap();
        host.api = callable("10.0.0.0/8");

        let refusal = refusal(host.api.find_repository(&host.access(), &id).await);

        assert!(refusal.contains("loopback") && refusal.contains("may not be called"), "{name}: {refusal}");
    }
    assert_eq!(host.asked().await, Vec::<String>::new());

    for name in ["127.0.0.1", "localhost"] {
        host.api_url = format!("http://{name}:{port}").parse().unwrap();
        host.api = callable("127.0.0.0/8");

        assert!(host.api.find_repository(&host.access(), &id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_name_without_an_address_may_have_one_later() {
    let mut host = FakeHost::start(Github).await;
    host.api_url = "http://nowhere.invalid".parse().unwrap();

    let reason = passing(host.api.find_repository(&host.access(), &identifier("acme/vpc")).await);

    assert!(reason.contains("nowhere.invalid"), "{reason}");
}

#[tokio::test]
async fn a_host_that_does_not_listen_may_do_so_later() {
    let mut host = FakeHost::start(Github).await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    host.api_url = format!("http://{free}").parse().unwrap();

    let reason = passing(host.api.find_repository(&host.access(), &identifier("acme/vpc")).await);

    assert!(reason.contains(&free.to_string()), "{reason}");
}

#[tokio::test]
async fn a_certificate_counts_if_its_authority_is_known() {
    let (address, certificate) = start_encrypted().await;
    let mut host = FakeHost::start(Github).await;
    host.api_url = format!("https://localhost:{}", address.port()).parse().unwrap();
    let id = identifier("acme/vpc");

    // On a machine without any authorities the words are others.
    let refusal = refusal(host.api.find_repository(&host.access(), &id).await);
    assert!(refusal.contains("is not trusted") || refusal.contains("no certificate authorities"), "{refusal}");

    let policy = outbound::AddressPolicy::parse("127.0.0.0/8").unwrap();
    host.api = HostApi::new(policy, certificate.as_bytes()).unwrap();
    let facts = host.api.find_repository(&host.access(), &id).await.unwrap().unwrap();
    assert_eq!(facts.remote_id, "7");
}

#[test]
fn authorities_have_to_be_certificates() {
    for wrong in ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let result = HostApi::new(outbound::AddressPolicy::default(), wrong.as_bytes());
        let error = result.err().unwrap();
        assert!(matches!(error, domain::Error::Invalid { .. }), "{error:?}");
        assert!(error.to_string().contains("PEM"), "{error}");
    }
}

/// Answers every request with the same repository; and the certificate that it shows.
async fn start_encrypted() -> (std::net::SocketAddr, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = builder.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(socket).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\nconnection: close\r\n\r\n{\"id\":7}").await;
            let _ = stream.shutdown().await;
        }
    });
    (address, made.cert.pem())
}
