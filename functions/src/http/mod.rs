//! One HTTP client for both vendors, and for who vouches for people: whom it may call, how long it waits, what is known after a call
//! that went wrong, and how often reads are repeated. It knows no vendor's meaning, repeats nothing by
//! itself, and never prints a secret or a query string.

mod calls;
mod exchange;
mod outcome;
mod retry;
mod times;
mod vendor_url;

pub use calls::{CallCount, Calls};
pub(crate) use outcome::{Outcome, Reply};
pub use retry::RetryPolicy;
pub(crate) use times::civil_day;
pub(crate) use vendor_url::is_loopback;
pub use vendor_url::{Vendor, VendorUrl};

use crate::context::{Clock, Deadline, Secret};
use outcome::Place;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use std::error::Error;
use std::time::Duration;

/// Replies above this are refused: the largest honest page is far smaller.
const MOST_BODY_BYTES: usize = 64 << 20;
/// Long enough for a slow handshake across an ocean.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than what vendors keep idle connections for, so that a request is rarely lost on one that
/// was just closed: for a write that would be an unknown outcome.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// How long one request may take with its reply. Autotask may work on one for 5 minutes (Autotask
    /// developer help, REST API best practices); a write cut off before that has an unknown outcome and
    /// must not be settled earlier than those 5 minutes.
    pub request_timeout: Duration,
    /// How reads are repeated.
    pub retry: RetryPolicy,
    /// The time, for `Retry-After` dates.
    pub clock: Clock,
    /// Nothing is sent, and nothing waited for, after it.
    pub deadline: Deadline,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(60),
            retry: RetryPolicy::default(),
            clock: Clock::system(),
            deadline: Deadline::none(),
        }
    }
}

/// The client; clones share their connections and their counts.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    /// Why no https address can be reached from this machine; none where one can.
    untrusting: Option<String>,
    calls: Calls,
    settings: HttpSettings,
}

impl Http {
    /// Makes a client. On a machine without CA certificates it trusts nobody: loopback is reached without
    /// TLS, and every https address is refused with the reason.
    pub fn new(settings: HttpSettings) -> Result<Self, String> {
        let (client, untrusting) = match builder().build() {
            Ok(client) => (client, None),
            Err(error) => {
                let client = builder().tls_certs_only([]).build();
                let client = client.map_err(|error| format!("the HTTP client cannot be made: {}", causes(&error)))?;
                (client, Some(causes(&error)))
            }
        };
        Ok(Self { client, untrusting, calls: Calls::default(), settings })
    }

    /// What was called so far.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The same client for a run that ends at `deadline`.
    #[must_use]
    pub fn with_deadline(&self, deadline: Deadline) -> Self {
        Self { settings: HttpSettings { deadline, ..self.settings.clone() }, ..self.clone() }
    }

    /// Sends once, and says what is known afterwards.
    pub(crate) async fn send(&self, ask: &Ask) -> Outcome {
        let place = ask.place();
        if self.settings.deadline.passed() {
            return Outcome::NotSent(place.text("not sent, because the time of this run is over"));
        }
        if let Some(why) = self.distrust(&ask.url) {
            return Outcome::NotSent(place.text(&why));
        }
        let timeout = self.time_left();
        let mut request =
            self.client.request(ask.method.clone(), ask.url.clone()).headers(ask.headers.clone()).timeout(timeout);
        if let Some(body) = &ask.body {
            request = request.body(body.clone());
        }
        let _under_way = self.calls.start(ask.vendor, &ask.endpoint);
        match request.send().await {
            Ok(response) => self.read_whole(response, place).await,
            // Nothing of the request can have left before there is a connection.
            Err(error) if error.is_connect() || error.is_builder() => {
                let host = ask.url.host_str().unwrap_or_default();
                Outcome::NotSent(place.failure(&format!("no connection to {host}"), error))
            }
            Err(error) => Outcome::NoReply(place.failure("no reply", error)),
        }
    }

    /// Why an address cannot be reached from this machine.
    fn distrust(&self, url: &Url) -> Option<String> {
        let why = self.untrusting.as_ref().filter(|_| url.scheme() == "https")?;
        Some(format!(
            "not sent, because this machine cannot check certificates ({why}): install its CA certificates (package \
             ca-certificates), or name them in SSL_CERT_FILE"
        ))
    }

    /// How long one request may take now.
    fn time_left(&self) -> Duration {
        self.settings.deadline.left().unwrap_or(Duration::MAX).min(self.settings.request_timeout)
    }

    async fn read_whole(&self, mut response: reqwest::Response, place: Place) -> Outcome {
        let status = response.status().as_u16();
        let retry_after = times::retry_after(response.headers(), self.settings.clock.now());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > MOST_BODY_BYTES => {
                    return Outcome::NoReply(place.text("the reply is larger than 64 MiB"));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Outcome::Reply(Reply { status, retry_after, body, place }),
                Err(error) => return Outcome::NoReply(place.failure("the reply broke off", error)),
            }
        }
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("acrotask/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
}

/// An error with everything that led to it.
fn causes(error: &reqwest::Error) -> String {
    let more = std::iter::successors(error.source(), |cause| (*cause).source());
    more.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// One request. It holds secrets, so that it can be neither printed nor compared.
#[derive(Clone)]
pub(crate) struct Ask {
    vendor: Vendor,
    endpoint: String,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    hidden: Vec<Secret>,
}

impl Ask {
    /// A request without body. `endpoint` is the name it is counted under.
    pub(crate) fn get(vendor: Vendor, endpoint: impl Into<String>, url: Url) -> Self {
        let (headers, hidden) = (HeaderMap::new(), Vec::new());
        Self { vendor, endpoint: endpoint.into(), method: Method::GET, url, headers, body: None, hidden }
            .with_header("accept", "application/json")
    }

    /// A request with a body.
    pub(crate) fn post(
        vendor: Vendor,
        endpoint: impl Into<String>,
        url: Url,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Self {
        let ask = Self { method: Method::POST, body: Some(body), ..Self::get(vendor, endpoint, url) };
        ask.with_header("content-type", content_type)
    }

    /// A POST without a body. It says so, because servers may refuse one that tells no length.
    pub(crate) fn post_nothing(vendor: Vendor, endpoint: impl Into<String>, url: Url) -> Self {
        Self::get(vendor, endpoint, url).by(Method::POST).with_header("content-length", "0")
    }

    /// The same request by another method.
    pub(crate) fn by(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// The name it is counted under.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// Adds a header that is kept out of every text, and so is `hidden`, what it was made of.
    pub(crate) fn with_secret_header(
        mut self,
        name: &'static str,
        value: &str,
        hidden: &[&Secret],
    ) -> Result<Self, String> {
        let mut header = HeaderValue::from_str(value)
            .map_err(|_| format!("the {name} header cannot be sent: it holds characters that are not allowed there"))?;
        header.set_sensitive(true);
        self.headers.insert(HeaderName::from_static(name), header);
        Ok(self.hiding(hidden))
    }

    /// Keeps `secrets` out of every text, also where the vendor repeats them.
    pub(crate) fn hiding(mut self, secrets: &[&Secret]) -> Self {
        self.hidden.extend(secrets.iter().map(|secret| (*secret).clone()));
        self
    }

    fn place(&self) -> Place {
        Place::new(&self.method, &self.url, &self.hidden)
    }
}
