//! A small OpenID Connect provider: right in everything, but for what a test wants to be wrong.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::header,
    rt,
    web::{self, Data, Form},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey as _,
    core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

pub(crate) const CLIENT_ID: &str = "quarry";
pub(crate) const CLIENT_SECRET: &str = "s3cret-of-the-client";

type Wrong = Box<dyn Fn(&mut Value, &mut Value) + Send>;

/// What a test may change.
struct Script {
    key: CoreEdDsaPrivateSigningKey,
    /// In place of `key`, if the published one is not that which signs.
    signs_with: Option<CoreEdDsaPrivateSigningKey>,
    /// Changes the header and the claims of a token before it is signed.
    wrong: Option<Wrong>,
    /// Who signs in next.
    claims: Value,
    /// What was asked for, by code.
    asked: HashMap<String, HashMap<String, String>>,
    /// How often the configuration was asked for.
    discoveries: u32,
}

pub(crate) struct FakeProvider {
    pub(crate) issuer: String,
    script: Arc<Mutex<Script>>,
    server: ServerHandle,
}

impl FakeProvider {
    pub(crate) fn start() -> Self {
        // Requests need it, although these are not encrypted. A second time is no harm: the first one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let script = Arc::new(Mutex::new(Script {
            key: new_key("first", 1),
            signs_with: None,
            wrong: None,
            claims: json!({"sub": "248289761001", "preferred_username": "jane", "email": "jane@acme.test"}),
            asked: HashMap::new(),
            discoveries: 0,
        }));
        let state = Data::from(Arc::clone(&script));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .route("/.well-known/openid-configuration", web::get().to(configuration))
                .route("/keys", web::get().to(keys))
                .route("/token", web::post().to(token))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
        let issuer = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        rt::spawn(server);
        Self { issuer, script, server: handle }
    }

    /// Nobody answers any more.
    pub(crate) async fn stop(&self) {
        self.server.stop(false).await;
    }

    pub(crate) fn says(&self, claims: Value) {
        self.script.lock().unwrap().claims = claims;
    }

    /// Every token from now on has its header and claims changed by this.
    pub(crate) fn is_wrong(&self, wrong: impl Fn(&mut Value, &mut Value) + Send + 'static) {
        self.script.lock().unwrap().wrong = Some(Box::new(wrong));
    }

    /// Signs with a key that it does not publish, under the name of the published one.
    pub(crate) fn has_lost_its_key(&self) {
        self.script.lock().unwrap().signs_with = Some(new_key("first", 9));
    }

    /// Signs with another key from now on, and publishes that one.
    pub(crate) fn has_a_new_key(&self) {
        self.script.lock().unwrap().key = new_key("second", 2);
    }

    pub(crate) fn discoveries(&self) -> u32 {
        self.script.lock().unwrap().discoveries
    }

    /// What its page does with a browser that was sent there: the query to come back with.
    pub(crate) fn authorize(&self, address: &str) -> String {
        let url = Url::parse(address).unwrap();
        assert!(address.starts_with(&format!("{}/authorize?", self.issuer)), "{address}");
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
        assert_eq!((asked["client_id"].as_str(), asked["scope"].as_str()), (CLIENT_ID, "openid profile email"));
        let mut script = self.script.lock().unwrap();
        let code = format!("code-{}", script.asked.len());
        let state = asked["state"].clone();
        script.asked.insert(code.clone(), asked);
        format!("code={code}&state={state}")
    }
}

async fn configuration(script: Data<Mutex<Script>>, request: HttpRequest) -> HttpResponse {
    script.lock().unwrap().discoveries += 1;
    let issuer = format!("http://{}", request.connection_info().host());
    HttpResponse::Ok().json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // More than we take.
        "id_token_signing_alg_values_supported": ["EdDSA", "RS256", "HS256", "none"],
    }))
}

async fn keys(script: Data<Mutex<Script>>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"keys": [script.lock().unwrap().key.as_verification_key()]}))
}

async fn token(script: Data<Mutex<Script>>, request: HttpRequest, form: Form<HashMap<String, String>>) -> HttpResponse {
    let mut script = script.lock().unwrap();
    let login = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    let is_client = request.headers().get(header::AUTHORIZATION).is_some_and(|value| *value == login);
    let asked = script.asked.remove(&form["code"]).filter(|_| is_client);
    let Some(asked) = asked.filter(|asked| asked["redirect_uri"] == form["redirect_uri"]) else {
        return HttpResponse::BadRequest().json(json!({"error": "invalid_grant"}));
    };
    assert_eq!(asked["code_challenge"], URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"])));
    let issuer = format!("http://{}", request.connection_info().host());
    let token = sign(&script, &issuer, &asked["nonce"]);
    HttpResponse::Ok().json(json!({"access_token": "opaque", "token_type": "Bearer", "id_token": token}))
}

fn sign(script: &Script, issuer: &str, nonce: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let published = serde_json::to_value(script.key.as_verification_key()).unwrap();
    let mut head = json!({"alg": "EdDSA", "typ": "JWT", "kid": published["kid"]});
    let mut claims = json!({"iss": issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce});
    for (name, value) in script.claims.as_object().unwrap() {
        claims[name] = value.clone();
    }
    if let Some(wrong) = &script.wrong {
        wrong(&mut head, &mut claims);
    }
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&head), encode(&claims));
    if head["alg"] == "none" {
        return format!("{text}.");
    }
    let key = script.signs_with.as_ref().unwrap_or(&script.key);
    let signature = key.sign(&CoreJwsSigningAlgorithm::EdDsa, text.as_bytes()).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// An Ed25519 key of 32 equal bytes, as PKCS #8 has it.
fn new_key(id: &str, byte: u8) -> CoreEdDsaPrivateSigningKey {
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([byte; 32]);
    let kind = "PRIVATE KEY";
    let pem = format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(id.to_owned()))).unwrap()
}
