//! One Autotask database: its zone, its credentials, our allowance and the places on its endpoints.
//! Every request passes here, and none is sent without allowance (B1).

use super::allowance::{Allowance, Places};
use super::error::{is_final, success_of_read, success_of_write};
use super::{AutotaskError, AutotaskReader, Threshold, WriteError};
use crate::context::{AutotaskCredentials, Secret};
use crate::http::{Ask, Http, Outcome, Reply, Vendor, VendorUrl};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Connection {
    http: Http,
    base: VendorUrl,
    user_name: Secret,
    secret: Secret,
    integration_code: Secret,
    allowance: Allowance,
    places: Places,
    database: i64,
    web_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Zone {
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
    /// Asks which zone the user's database is in (Autotask developer help, Zone information call).
    pub async fn connect(
        http: Http,
        credentials: &AutotaskCredentials,
        allow_loopback: bool,
        allowance: Allowance,
    ) -> Result<Self, AutotaskError> {
        let parse = |url: &str| VendorUrl::parse(url, Vendor::Autotask, allow_loopback).map_err(AutotaskError::Failed);
        let mut url = parse(&credentials.zone_url)?.join(["atservicesrest", "v1.0", "zoneInformation"]);
        url.query_pairs_mut().append_pair("user", &credentials.user_name);
        // The secret is not sent here: the discovery host need not be the database's.
        let user_name = Secret::new(&credentials.user_name);
        let ask = Ask::get(Vendor::Autotask, "zoneInformation", url).hiding(&[
            &user_name,
            &credentials.secret,
            &credentials.integration_code,
        ]);
        let once = || sent_within(&http, &allowance, &ask);
        let outcome = http.repeat(once, is_final).await?;
        let zone: Zone = match success_of_read(outcome) {
            Ok(reply) => reply.json().map_err(AutotaskError::Failed)?,
            Err(AutotaskError::Refused(text)) => {
                return Err(AutotaskError::Refused(format!(
                    "no zone is known for the user; check AUTOTASK_USER_NAME ({text})"
                )));
            }
            Err(error) => return Err(error),
        };
        // The vendor names where the secret goes next, so that its answer is checked like an operator's.
        let base = parse(&zone.url)?;
        Ok(Self(Arc::new(Connection {
            http,
            base,
            user_name,
            secret: credentials.secret.clone(),
            integration_code: credentials.integration_code.clone(),
            allowance,
            places: Places::default(),
            database: zone.ci,
            web_url: zone.web_url,
        })))
    }

    /// The number of the database (`ci`).
    pub fn database(&self) -> i64 {
        self.0.database
    }

    /// Where people log in, where the vendor says so.
    pub fn web_url(&self) -> Option<&str> {
        self.0.web_url.as_deref()
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
    /// The API user, whom only the vendor is told.
    pub(super) fn user_name(&self) -> &str {
        self.user_name.expose()
    }

    /// Reads what stands at a path. The first part is the entity, by which the vendor counts.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, AutotaskError> {
        let url = self.base.join(["v1.0"].into_iter().chain(path.iter().copied()));
        let ask = Ask::get(Vendor::Autotask, path.first().copied().unwrap_or_default(), url);
        self.read(ask).await
    }

    /// Asks an entity's rows. A query changes nothing, so that it may be repeated although it is a POST.
    pub(super) async fn query<T: DeserializeOwned>(&self, entity: &str, body: &Value) -> Result<T, AutotaskError> {
        self.read(self.post_ask(&[entity, "query"], body.to_string().into_bytes())).await
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
        let ask = self.post_ask(path, body).by(method).hiding(hidden);
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

    fn post_ask(&self, path: &[&str], body: Vec<u8>) -> Ask {
        let url = self.base.join(["v1.0"].into_iter().chain(path.iter().copied()));
        let entity = path.first().copied().unwrap_or_default();
        Ask::post(Vendor::Autotask, entity, url, "application/json", body)
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
