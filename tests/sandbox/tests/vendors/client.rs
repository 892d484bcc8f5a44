//! A plain client of both vendors: it sends what a test says and hands back status and JSON.

use reqwest::{Client, Method, RequestBuilder};
use sandbox::{Sandbox, Seed, World};
use serde_json::{Value, json};

/// A running sandbox with a client logged in to both sides.
pub(crate) struct Desk {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Client,
    pub(crate) token: String,
}

/// An answer: status and JSON, null when there is none.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) content_type: String,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn rows(&self) -> &[Value] {
        self.body["items"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn ids(&self) -> Vec<i64> {
        self.rows().iter().filter_map(|row| row["id"].as_i64()).collect()
    }

    /// Status and Acronis' error code.
    pub(crate) fn refusal(&self) -> (u16, i64) {
        (self.status, self.body["error"]["code"].as_i64().unwrap_or_default())
    }

    pub(crate) fn first_error(&self) -> &str {
        self.body["errors"][0].as_str().unwrap_or_default()
    }
}

pub(crate) async fn send(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let (retry_after, content_type) = (header("retry-after"), header("content-type").unwrap_or_default());
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer { status, retry_after, content_type, text, body })
}

impl Desk {
    pub(crate) async fn open(seed: Seed) -> Self {
        let sandbox = Sandbox::start(seed).await.expect("loopback ports are free");
        let mut desk = Self { sandbox, http: Client::new(), token: String::new() };
        desk.log_in().await;
        desk
    }

    /// Three plain customers without story.
    pub(crate) async fn small() -> Self {
        Self::open(Seed { customers: 3, story: false, changed_percent: 0, ..Seed::default() }).await
    }

    pub(crate) fn world<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        self.sandbox.world(look)
    }

    pub(crate) async fn log_in(&mut self) {
        let answer = send(self.token_request()).await.expect("the sandbox answers");
        self.token = answer.body["access_token"].as_str().unwrap_or_default().to_owned();
    }

    pub(crate) fn token_request(&self) -> RequestBuilder {
        let known = self.sandbox.credentials();
        let url = format!("{}/api/2/idp/token", self.sandbox.acronis_url());
        self.http
            .post(url)
            .basic_auth(known.acronis_client_id, Some(known.acronis_client_secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials")
    }

    pub(crate) fn acronis_request(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}/api/2{path}", self.sandbox.acronis_url())).bearer_auth(&self.token)
    }

    pub(crate) async fn acronis(&self, path: &str) -> Answer {
        send(self.acronis_request(path)).await.expect("the sandbox answers")
    }

    /// Any call of Acronis, with a body where there is one.
    pub(crate) async fn acronis_send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}/api/2{path}", self.sandbox.acronis_url());
        let request = self.http.request(method, url).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        send(request).await.expect("the sandbox answers")
    }

    pub(crate) async fn acronis_post(&self, path: &str, body: &Value) -> Answer {
        self.acronis_send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn acronis_put(&self, path: &str, body: &Value) -> Answer {
        self.acronis_send(Method::PUT, path, Some(body)).await
    }

    /// A call of the Alert Manager.
    pub(crate) async fn alert_send(&self, method: Method, path: &str) -> Answer {
        let url = format!("{}/api/alert_manager/v1{path}", self.sandbox.acronis_url());
        send(self.http.request(method, url).bearer_auth(&self.token)).await.expect("the sandbox answers")
    }

    pub(crate) async fn alerts(&self, path: &str) -> Answer {
        self.alert_send(Method::GET, path).await
    }

    pub(crate) fn autotask_request(&self, method: Method, path: &str) -> RequestBuilder {
        let known = self.sandbox.credentials();
        let url = match path.starts_with("http") {
            true => path.to_owned(),
            false => format!("{}/ATServicesRest/V1.0{path}", self.sandbox.autotask_url()),
        };
        self.http
            .request(method, url)
            .header("UserName", known.autotask_user_name)
            .header("Secret", known.autotask_secret)
            .header("ApiIntegrationcode", known.autotask_integration_code)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.autotask_request(Method::GET, path)).await.expect("the sandbox answers")
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.autotask_request(Method::POST, path).json(body)).await.expect("the sandbox answers")
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        send(self.autotask_request(Method::PATCH, path).json(body)).await.expect("the sandbox answers")
    }

    /// A query with one condition.
    pub(crate) async fn find(&self, entity: &str, op: &str, field: &str, value: Value) -> Answer {
        let filter = json!({"filter": [{"op": op, "field": field, "value": value}]});
        self.post(&format!("/{entity}/query"), &filter).await
    }

    /// A contract from January without end, with one line of ten units at 4.50; contract and line.
    pub(crate) fn contract_with_line(&self) -> (i64, i64) {
        self.world(|world| {
            let company = world.add_company("Prüfstand GmbH");
            let from = jiff::civil::date(2026, 1, 1);
            let contract = world.add_contract(company, "Backup", from, jiff::civil::date(9999, 12, 31));
            let service = world.service_by_sku("pw_base_workstations").expect("a seeded service");
            (contract, world.add_line(contract, service, 10, None))
        })
    }

    pub(crate) async fn adjust(&self, line: i64, change: i64, day: &str) -> Answer {
        let body = json!({"id": 0, "contractServiceID": line, "unitChange": change, "effectiveDate": day});
        self.post("/ContractServiceAdjustments", &body).await
    }
}
