//! The provider that vouches for people: what it says of itself and its keys, which are asked for when somebody signs in
//! and kept for a while, and its answer to a code. It believes no token; that is `token`'s.

use super::Refusal;
use super::token::{Answer, Claims, Doubt, Token, who_is};
use crate::context::{ConsoleSecret, OidcSettings, is_safe};
use crate::http::{Http, HttpSettings};
use crate::secrets::OwnSecret;
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreProviderMetadata, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardErrorResponse,
};
use shared::person::PersonId;
use shared::sign_in::SignIn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

/// How long keys are believed before they are asked for again: a provider may have taken one back.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How soon they may be asked for again because one is not among them: nobody is to make us ask without end.
const NOT_AGAIN_WITHIN: SignedDuration = SignedDuration::from_mins(1);
/// Three requests, one after the other, have to be done before the function's time is over.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// Far more than any provider says.
const MOST_BYTES: usize = 1 << 20;

type Client = openidconnect::Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Who vouches for people. Clones share what it said.
#[derive(Debug, Clone)]
pub struct Provider(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: OidcSettings,
    own_secret: OwnSecret,
    http_settings: HttpSettings,
    /// Made when it is first needed: a function that only starts reads no certificates for it.
    http: OnceLock<Result<Http, String>>,
    /// One question at a time: people who come together ask once.
    said: Mutex<Option<Said>>,
}

/// What a provider said of itself, with its keys.
#[derive(Debug, Clone)]
struct Said {
    metadata: Arc<CoreProviderMetadata>,
    at: Timestamp,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotExchanged(String);

impl Provider {
    /// The provider of these settings; it is asked nothing yet.
    pub fn new(settings: OidcSettings, own_secret: OwnSecret, http: HttpSettings) -> Self {
        let http_settings = HttpSettings { request_timeout: http.request_timeout.min(ANSWERS_WITHIN), ..http };
        Self(Arc::new(Inner { settings, own_secret, http_settings, http: OnceLock::new(), said: Mutex::default() }))
    }

    /// What people know it by: its host.
    pub(in crate::console) fn name(&self) -> String {
        let url = Url::parse(self.issuer()).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| self.issuer().to_owned())
    }

    /// What it calls itself.
    pub(super) fn issuer(&self) -> &str {
        &self.0.settings.issuer
    }

    /// Whether the deployment names this person as the first administrator.
    pub(in crate::console) fn is_first_admin(&self, id: &PersonId) -> bool {
        self.0.settings.first_admin.as_ref() == Some(id)
    }

    /// Where a browser is sent to sign in.
    pub(super) async fn way_in(
        &self,
        sign_in: &SignIn,
        state: &str,
        redirect_uri: String,
        now: Timestamp,
    ) -> Result<Url, Refusal> {
        let said = self.said(now).await?;
        let (state, nonce) = (state.to_owned(), sign_in.nonce.clone());
        let verifier = PkceCodeVerifier::new(sign_in.verifier.clone());
        let (url, ..) = self
            .client(&said.metadata, None, redirect_uri)?
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url)
    }

    /// Who came back with a code, and the name that he is said to have.
    pub(super) async fn who_came(
        &self,
        code: &str,
        sign_in: &SignIn,
        redirect_uri: String,
        now: Timestamp,
    ) -> Result<(PersonId, String), Refusal> {
        let said = self.said(now).await?;
        let token = self.token(code, sign_in, redirect_uri, &said.metadata).await?;
        let believed = |said: &Said| who_is(&token, &said.metadata, &self.0.settings.client_id, sign_in, now);
        let who = match believed(&said) {
            Err(Doubt::UnknownKey) => believed(&self.said_after(&said, now).await?),
            other => other,
        };
        let who = who.map_err(|doubt| Refusal::NotBelieved(doubt.to_string()))?;
        Ok((PersonId { issuer: self.issuer().to_owned(), subject: who.subject }, who.name))
    }

    /// What the provider says of itself: a while ago, or now.
    async fn said(&self, now: Timestamp) -> Result<Said, Refusal> {
        let mut kept = self.0.said.lock().await;
        match kept.as_ref().filter(|said| now.duration_since(said.at).abs() < KEPT_FOR) {
            Some(said) => Ok(said.clone()),
            None => Ok(kept.insert(self.ask(now).await?).clone()),
        }
    }

    /// What it says after it said `before`, which may be the same: it is not asked all the time.
    async fn said_after(&self, before: &Said, now: Timestamp) -> Result<Said, Refusal> {
        let mut kept = self.0.said.lock().await;
        let last = kept.as_ref().unwrap_or(before);
        if last.at != before.at || now.duration_since(last.at).abs() < NOT_AGAIN_WITHIN {
            return Ok(last.clone());
        }
        Ok(kept.insert(self.ask(now).await?).clone())
    }

    async fn ask(&self, now: Timestamp) -> Result<Said, Refusal> {
        let failed = |why: String| Refusal::NoAnswer(format!("{} says nothing of itself: {why}", self.issuer()));
        let issuer = IssuerUrl::new(self.issuer().to_owned()).map_err(|error| failed(error.to_string()))?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &Wire(self)).await;
        let metadata = metadata.map_err(|error| failed(causes(&error)))?;
        let token_url = metadata.token_endpoint().ok_or_else(|| failed("it has no token endpoint".to_owned()))?;
        for url in [metadata.authorization_endpoint().url(), token_url.url(), metadata.jwks_uri().url()] {
            if !is_safe(url, self.0.settings.allow_loopback) {
                return Err(failed(format!("{} is not https", super::cut(url.as_str()))));
            }
        }
        Ok(Said { metadata: Arc::new(metadata), at: now })
    }

    fn client(
        &self,
        metadata: &CoreProviderMetadata,
        secret: Option<ClientSecret>,
        redirect_uri: String,
    ) -> Result<Client, Refusal> {
        let redirect_uri = RedirectUrl::new(redirect_uri).map_err(|error| Refusal::NoAnswer(error.to_string()))?;
        let id = ClientId::new(self.0.settings.client_id.clone());
        // What nobody says is the first (OpenID Connect Discovery 1.0, token_endpoint_auth_methods_supported).
        let methods = metadata.token_endpoint_auth_methods_supported().map(Vec::as_slice).unwrap_or_default();
        let by_body = methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic);
        let auth = if by_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        let client = Client::from_provider_metadata(metadata.clone(), id, secret);
        Ok(client.set_auth_type(auth).set_redirect_uri(redirect_uri))
    }

    /// The token that the provider gives for a code.
    async fn token(
        &self,
        code: &str,
        sign_in: &SignIn,
        redirect_uri: String,
        metadata: &CoreProviderMetadata,
    ) -> Result<Token, Refusal> {
        let failed = |why: String| Refusal::NoAnswer(format!("{} gives no token: {why}", self.issuer()));
        let client = self.client(metadata, self.secret().await?, redirect_uri)?;
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.map_err(|error| failed(error.to_string()))?;
        let verifier = PkceCodeVerifier::new(sign_in.verifier.clone());
        match request.set_pkce_verifier(verifier).request_async(&Wire(self)).await {
            Ok(answer) => {
                answer.extra_fields().id_token().cloned().ok_or_else(|| failed("there is none in it".to_owned()))
            }
            Err(RequestTokenError::ServerResponse(said)) => Err(match said.error() {
                CoreErrorResponseType::InvalidGrant => {
                    Refusal::ByProvider("it takes the code no more. Sign in once more.".to_owned())
                }
                // Whoever deployed has to do something about all others.
                _ => failed(super::cut(&said.to_string())),
            }),
            // What it cannot read may hold the token, and so may the reader's words.
            Err(RequestTokenError::Parse(error, _)) => {
                Err(failed(format!("its answer cannot be read at {}", error.path())))
            }
            Err(error) => Err(failed(causes(&error))),
        }
    }

    /// By what the provider knows us besides. It is read each time, so that a new one counts at once.
    async fn secret(&self) -> Result<Option<ClientSecret>, Refusal> {
        let failed = |why: String| Refusal::NoAnswer(why);
        let text = self.0.own_secret.look().await.map_err(|error| failed(error.to_string()))?;
        let secret = text.map(|text| ConsoleSecret::from_json(&text)).transpose();
        let secret = secret.map_err(|error| failed(error.to_string()))?;
        Ok(secret.map(|secret| ClientSecret::new(secret.client_secret.expose().to_owned())))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, NotExchanged> {
        let made = self.0.http.get_or_init(|| Http::new(self.0.http_settings.clone()));
        let http = made.as_ref().map_err(|why| NotExchanged(why.clone()))?;
        let request = request.try_into().map_err(|error: reqwest::Error| NotExchanged(error.to_string()))?;
        let answer = http.exchange(request, MOST_BYTES).await.map_err(NotExchanged)?;
        let mut response = HttpResponse::new(answer.body);
        *response.status_mut() =
            axum::http::StatusCode::from_u16(answer.status).map_err(|error| NotExchanged(error.to_string()))?;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

/// The library's requests, on our client.
struct Wire<'p>(&'p Provider);

impl<'c> AsyncHttpClient<'c> for Wire<'_> {
    type Error = NotExchanged;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NotExchanged>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.exchange(request))
    }
}

/// An error with what led to it.
fn causes(error: &dyn std::error::Error) -> String {
    let more = std::iter::successors(error.source(), |cause| (*cause).source());
    super::cut(&more.fold(error.to_string(), |text, cause| format!("{text}: {cause}")))
}
