//! A provider of OpenID Connect on loopback: it describes itself, lets a person in without asking, and gives a token for
//! a code, as the specifications say (OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC 7636). What it says can be
//! edited, and it can be told to fail. It checks what it is asked, and counts it.

mod keys;

pub use keys::{Key, Signed};

use axum::body::to_bytes;
use axum::extract::{Form, Query, Request, State};
use axum::http::header::{AUTHORIZATION, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use functions::context::Clock;
use keys::base64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use url::form_urlencoded;

/// What the console is there.
pub const CLIENT_ID: &str = "acrotask-of-the-tests";
/// By what it is known there, where it has a secret.
pub const CLIENT_SECRET: &str = "canary-of-the-client-secret";
/// Where it describes itself.
pub const DISCOVERY: &str = "/.well-known/openid-configuration";
/// Where its keys are.
pub const KEYS: &str = "/keys";
/// Where people sign in.
pub const AUTHORIZE: &str = "/authorize";
/// Where codes are changed into tokens.
pub const TOKEN: &str = "/token";

/// What can be edited before it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What it says of itself.
    Description,
    /// A token's header.
    Header,
    /// A token's claims.
    Claims,
    /// The answer with the token.
    Answer,
}

/// What an endpoint does in place of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It never answers.
    Slow,
    /// It answers with this status alone.
    Status(u16),
    /// It answers as it should, and with more than anybody wants to read beside it.
    Huge,
    /// It sends the caller to its keys.
    Elsewhere,
    /// It answers with no JSON.
    Garbage,
}

type Edit = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// The provider; clones are the same one.
#[derive(Clone)]
pub struct Identity {
    /// What it calls itself.
    pub issuer: String,
    state: Arc<Mutex<World>>,
}

struct World {
    clock: Clock,
    secret: Option<String>,
    /// How the client may give its secret; none: it is not said, and is by a header.
    methods: Option<Vec<&'static str>>,
    person: Value,
    keys: Vec<Key>,
    shows_keys: bool,
    signed: Signed,
    codes: BTreeMap<String, Grant>,
    edits: BTreeMap<Part, Edit>,
    faults: BTreeMap<&'static str, Fault>,
    asked: BTreeMap<String, usize>,
}

/// What a code stands for.
#[derive(Clone)]
struct Grant {
    nonce: String,
    challenge: String,
    redirect_uri: String,
    person: Value,
}

impl Identity {
    /// One that knows a client with a secret, and signs with a key for ES256.
    pub async fn start(clock: Clock) -> Identity {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let issuer = format!("http://{}", listener.local_addr().expect("it has a port"));
        let world = World {
            clock,
            secret: Some(CLIENT_SECRET.to_owned()),
            methods: None,
            person: json!({"sub": "subject-1", "name": "Ada Example"}),
            keys: vec![Key::ec("first")],
            shows_keys: true,
            signed: Signed::Well,
            codes: BTreeMap::new(),
            edits: BTreeMap::new(),
            faults: BTreeMap::new(),
            asked: BTreeMap::new(),
        };
        let identity = Identity { issuer, state: Arc::new(Mutex::new(world)) };
        let router = Router::new()
            .route(DISCOVERY, get(describe))
            .route(KEYS, get(keys))
            .route(AUTHORIZE, get(authorize))
            .route(TOKEN, post(token))
            .layer(middleware::from_fn_with_state(identity.clone(), fail))
            .with_state(identity.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        identity
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it goes by this clock.
    pub fn follow(&self, clock: &Clock) {
        self.world().clock = clock.clone();
    }

    /// Who signs in from now on.
    pub fn person(&self, claims: Value) {
        self.world().person = claims;
    }

    /// By what the client is known; a public one has no secret.
    pub fn secret(&self, secret: Option<&str>) {
        self.world().secret = secret.map(str::to_owned);
    }

    /// How the client may give its secret from now on, and nothing else is taken.
    pub fn methods(&self, methods: Option<&[&'static str]>) {
        self.world().methods = methods.map(<[_]>::to_vec);
    }

    /// Signs with this key from now on, and publishes it beside the others.
    pub fn add_key(&self, key: Key) {
        self.world().keys.push(key);
    }

    /// Takes the keys back from whoever asks for them from now on, and goes on signing with the latest.
    pub fn take_keys_back(&self) {
        self.world().shows_keys = false;
    }

    /// How tokens are signed from now on.
    pub fn sign(&self, signed: Signed) {
        self.world().signed = signed;
    }

    /// Edits what is said from now on.
    pub fn edit(&self, part: Part, edit: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.world().edits.insert(part, Arc::new(edit));
    }

    /// Says everything as it is again.
    pub fn edit_nothing(&self) {
        self.world().edits.clear();
    }

    /// What an endpoint does from now on; none: its work.
    pub fn fail(&self, path: &'static str, fault: Option<Fault>) {
        let faults = &mut self.world().faults;
        match fault {
            Some(fault) => faults.insert(path, fault),
            None => faults.remove(path),
        };
    }

    /// How often an endpoint was asked.
    pub fn asked(&self, path: &str) -> usize {
        self.world().asked.get(path).copied().unwrap_or_default()
    }

    fn edited(&self, part: Part, mut value: Value) -> Value {
        let edit = self.world().edits.get(&part).cloned();
        if let Some(edit) = edit {
            edit(&mut value);
        }
        value
    }

    /// The token for a grant, as it is signed now.
    fn token_for(&self, grant: &Grant) -> String {
        let now = self.world().clock.now().as_second();
        let mut claims = json!({
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "nbf": now,
            "exp": now + 3_600,
            "nonce": grant.nonce,
            "sid": "canary-of-the-token",
        });
        for (name, value) in grant.person.as_object().expect("a person is an object") {
            claims[name] = value.clone();
        }
        let claims = self.edited(Part::Claims, claims);
        let header = self.edited(Part::Header, json!({"typ": "JWT"}));
        let world = self.world();
        let key = world.keys.last().expect("there is a key");
        key.token(world.signed, header, &claims, world.secret.as_deref().unwrap_or_default())
    }
}

async fn fail(State(identity): State<Identity>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let fault = {
        let mut world = identity.world();
        *world.asked.entry(path.clone()).or_default() += 1;
        world.faults.get(path.as_str()).copied()
    };
    match fault {
        None => next.run(request).await,
        Some(Fault::Slow) => std::future::pending().await,
        Some(Fault::Status(status)) => StatusCode::from_u16(status).expect("it is a status").into_response(),
        Some(Fault::Huge) => {
            let body = to_bytes(next.run(request).await.into_body(), usize::MAX).await.expect("it is at hand");
            let mut answer: Value = serde_json::from_slice(&body).expect("it is JSON");
            answer["more"] = json!("x".repeat(3 << 20));
            Json(answer).into_response()
        }
        Some(Fault::Elsewhere) => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, KEYS)]).into_response(),
        Some(Fault::Garbage) => "this is no JSON".into_response(),
    }
}

async fn describe(State(identity): State<Identity>) -> Response {
    let issuer = &identity.issuer;
    let mut description = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}{AUTHORIZE}"),
        "token_endpoint": format!("{issuer}{TOKEN}"),
        "jwks_uri": format!("{issuer}{KEYS}"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        // More than anybody should take.
        "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "HS256", "none"],
    });
    if let Some(methods) = &identity.world().methods {
        description["token_endpoint_auth_methods_supported"] = json!(methods);
    }
    Json(identity.edited(Part::Description, description)).into_response()
}

async fn keys(State(identity): State<Identity>) -> Response {
    let world = identity.world();
    let keys: Vec<Value> = world.keys.iter().filter(|_| world.shows_keys).map(Key::public).collect();
    Json(json!({"keys": keys})).into_response()
}

/// Lets whoever it is in without asking, if the request is as it has to be.
async fn authorize(State(identity): State<Identity>, Query(asked): Query<BTreeMap<String, String>>) -> Response {
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let is_right = of("response_type") == "code"
        && of("client_id") == CLIENT_ID
        && of("scope").split(' ').any(|scope| scope == "openid")
        && of("code_challenge_method") == "S256"
        && of("code_challenge").len() == 43
        && of("redirect_uri").ends_with("/sign-in/callback")
        && ["state", "nonce"].iter().all(|name| of(name).len() >= 32);
    if !is_right {
        return (StatusCode::BAD_REQUEST, format!("{asked:?}")).into_response();
    }
    let mut world = identity.world();
    let code = format!("code-{}", world.codes.len() + 1);
    let (nonce, challenge, redirect_uri) = (of("nonce"), of("code_challenge"), of("redirect_uri"));
    let person = world.person.clone();
    world.codes.insert(code.clone(), Grant { nonce, challenge, redirect_uri: redirect_uri.clone(), person });
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("code", &code).append_pair("state", &of("state")).append_pair("iss", &identity.issuer);
    (StatusCode::FOUND, [(LOCATION, format!("{redirect_uri}?{}", fields.finish()))]).into_response()
}

async fn token(
    State(identity): State<Identity>,
    headers: HeaderMap,
    Form(asked): Form<BTreeMap<String, String>>,
) -> Response {
    let refused = |status: u16, error: &str| {
        let status = StatusCode::from_u16(status).expect("it is a status");
        (status, Json(json!({"error": error, "error_description": "words for whoever reads the log"}))).into_response()
    };
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    if !identity.world().knows(&headers, &asked) {
        return refused(401, "invalid_client");
    }
    // A code is good once.
    let grant = identity.world().codes.remove(&of("code"));
    let challenge = base64(Sha256::digest(of("code_verifier")));
    let is_good = |grant: &Grant| grant.challenge == challenge && grant.redirect_uri == of("redirect_uri");
    let Some(grant) = grant.filter(|grant| of("grant_type") == "authorization_code" && is_good(grant)) else {
        return refused(400, "invalid_grant");
    };
    let answer = json!({
        "access_token": "canary-of-the-access-token",
        "token_type": "Bearer",
        "expires_in": 3_600,
        "id_token": identity.token_for(&grant),
    });
    Json(identity.edited(Part::Answer, answer)).into_response()
}

impl World {
    /// Whether the client says who it is, in one of the ways that are taken; without a secret by its id alone.
    fn knows(&self, headers: &HeaderMap, asked: &BTreeMap<String, String>) -> bool {
        let given = |name: &str| asked.get(name).map(String::as_str);
        let header = headers.get(AUTHORIZATION).map(|header| header.to_str().expect("a header is text"));
        let Some(secret) = &self.secret else {
            return header.is_none() && given("client_id") == Some(CLIENT_ID) && given("client_secret").is_none();
        };
        let takes = |method| self.methods.as_deref().unwrap_or(&["client_secret_basic"]).contains(&method);
        let wanted = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{secret}")));
        let in_form = given("client_id") == Some(CLIENT_ID) && given("client_secret") == Some(secret);
        (takes("client_secret_basic") && header == Some(&wanted)) || (takes("client_secret_post") && in_form)
    }
}
