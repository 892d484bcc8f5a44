//! One Autotask database: its zone, which is asked for when something else first is, its credentials, our
//! allowance and the places on its endpoints. Every request passes here, and none is sent without allowance (B1).

use super::allowance::{Allowance, Places};
use super::error::{is_final, success_of_read, success_of_write};
use super::{AutotaskError, AutotaskReader, Threshold, WriteError};
use crate::context::{AutotaskCredentials, Secret};
use crate::http::{Ask, Http, Outcome, Reply, Vendor, VendorUrl};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::OnceCell;

#[derive(Debug)]
pub(super) struct Connection {
    http: Http,
    discovery: VendorUrl,
    allow_loopback: bool,
    user_name: Secret,
    secret: Secret,
    integration_code: Secret,
    allowance: Allowance,
    places: Places,
    zone: OnceCell<Zone>,
}

/// Where the database is.
#[derive(Debug)]
struct Zone {
    base: VendorUrl,
    database: i64,
    web_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZoneReply {
    url: String,
    ci: i64,
    #[serde(default)]
    web_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThresholdReply {
    external_request_threshold: u64,
    request_threshold_timeframe: u64,
    current_timeframe_request_count: u64,
}

impl AutotaskReader {
    /// Prepares a reader; nothing is sent yet.
    pub fn new(
        http: Http,
        credentials: &AutotaskCredentials,
        allow_loopback: bool,
        allowance: Allowance,
    ) -> Result<Self, String> {
        Ok(Self(Arc::new(Connection {
            http,
            discovery: VendorUrl::parse(&credentials.zone_url, Vendor::Autotask, allow_loopback)?,
            allow_loopback,
            user_name: Secret::new(&credentials.user_name),
            secret: credentials.secret.clone(),
            integration_code: credentials.integration_code.clone(),
            allowance,
            places: Places::default(),
            zone: OnceCell::new(),
        })))
    }

    /// The number of the database (`ci`).
    pub async fn database(&self) -> Result<i64, AutotaskError> {
        Ok(self.0.zone().await?.database)
    }

    /// Where people log in, where the vendor says so.
    pub async fn web_url(&self) -> Result<Option<&str>, AutotaskError> {
        Ok(self.0.zone().await?.web_url.as_deref())
    }

    /// How much of the hourly limit is used (`GET /ThresholdInformation`).
    pub async fn threshold(&self) -> Result<Threshold, AutotaskError> {
        let reply: ThresholdReply = self.0.get(&["ThresholdInformation"]).await?;
        Ok(Threshold {
            limit: reply.external_request_threshold,
            window_minutes: reply.request_threshold_timeframe,
            used: reply.current_timeframe_request_count,
        })
    }
}

impl Connection {
    async fn zone(&self) -> Result<&Zone, AutotaskError> {
        self.zone.get_or_try_init(|| self.ask_zone()).await
    }

    /// Asks which zone the user's database is in (Autotask developer help, Zone information call).
    async fn ask_zone(&self) -> Result<Zone, AutotaskError> {
        let mut url = self.discovery.join(["atservicesrest", "v1.0", "zoneInformation"]);
        url.query_pairs_mut().append_pair("user", self.user_name.expose());
        // The secret is not sent here: the discovery host need not be the database's.
        let hidden = [&self.user_name, &self.secret, &self.integration_code];
        let ask = Ask::get(Vendor::Autotask, "zoneInformation", url).hiding(&hidden);
        let outcome = self.http.repeat(|| sent_within(&self.http, &self.allowance, &ask), is_final).await?;
        let zone: ZoneReply = match success_of_read(outcome) {
            Ok(reply) => reply.json().map_err(AutotaskError::Failed)?,
            Err(AutotaskError::Refused(text)) => {
                return Err(AutotaskError::Refused(format!(
                    "no zone is known for the user; check AUTOTASK_USER_NAME ({text})"
                )));
            }
            Err(error) => return Err(error),
        };
        // The vendor names where the secret goes next, so that its answer is checked like an operator's.
        let base = VendorUrl::parse(&zone.url, Vendor::Autotask, self.allow_loopback).map_err(AutotaskError::Failed)?;
        Ok(Zone { base, database: zone.ci, web_url: zone.web_url })
    }

    /// The API user, whom only the vendor is told.
    pub(super) fn user_name(&self) -> &str {
        self.user_name.expose()
    }

    /// Reads what stands at a path. The first part is the entity, by which the vendor counts.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, AutotaskError> {
        let url = self.url(path).await?;
        let ask = Ask::get(Vendor::Autotask, path.first().copied().unwrap_or_default(), url);
        self.read(ask).await
    }

    /// Asks an entity's rows. A query changes nothing, so that it may be repeated although it is a POST.
    pub(super) async fn query<T: DeserializeOwned>(&self, entity: &str, body: &Value) -> Result<T, AutotaskError> {
        let ask = self.post_ask(&[entity, "query"], body.to_string().into_bytes()).await?;
        self.read(ask).await
    }

    /// Sends a write once.
    pub(super) async fn write(&self, entity: &str, body: Vec<u8>) -> Result<Reply, WriteError> {
        self.write_at(Method::POST, &[entity], body, &[]).await
    }

    /// Sends a write to a path once, and keeps `hidden` out of every text.
    pub(super) async fn write_at(
        &self,
        method: Method,
        path: &[&str],
        body: Vec<u8>,
        hidden: &[&Secret],
    ) -> Result<Reply, WriteError> {
        let ask = self.post_ask(path, body).await?.by(method).hiding(hidden);
        let ask = self.with_credentials(ask).map_err(WriteError::Refused)?;
        let outcome = self.send(&ask).await?;
        success_of_write(outcome)
    }

    async fn read<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, AutotaskError> {
        let ask = self.with_credentials(ask).map_err(AutotaskError::Failed)?;
        let outcome = self.http.repeat(|| self.send(&ask), is_final).await?;
        success_of_read(outcome)?.json().map_err(AutotaskError::Failed)
    }

    async fn send(&self, ask: &Ask) -> Result<Outcome, AutotaskError> {
        // Held for one attempt only: others may go while this one waits for its next.
        let _place = self.places.place_on(ask.endpoint()).await;
        sent_within(&self.http, &self.allowance, ask).await
    }

    async fn post_ask(&self, path: &[&str], body: Vec<u8>) -> Result<Ask, AutotaskError> {
        let entity = path.first().copied().unwrap_or_default();
        Ok(Ask::post(Vendor::Autotask, entity, self.url(path).await?, "application/json", body))
    }

    async fn url(&self, path: &[&str]) -> Result<Url, AutotaskError> {
        Ok(self.zone().await?.base.join(["v1.0"].into_iter().chain(path.iter().copied())))
    }

    fn with_credentials(&self, ask: Ask) -> Result<Ask, String> {
        let headers =
            [("username", &self.user_name), ("secret", &self.secret), ("apiintegrationcode", &self.integration_code)];
        headers.into_iter().try_fold(ask, |ask, (name, value)| ask.with_secret_header(name, value.expose(), &[value]))
    }
}

async fn sent_within(http: &Http, allowance: &Allowance, ask: &Ask) -> Result<Outcome, AutotaskError> {
    if !allowance.take() {
        return Err(AutotaskError::BudgetSpent);
    }
    Ok(http.send(ask).await)
}
