//! What a connection logs in with, and what calls from outside are known by: from the environment, or as the JSON
//! of a secret. An error names what is missing and never what stands there.

use super::{
    ACRONIS_CLIENT_ID, ACRONIS_CLIENT_SECRET, ACRONIS_DATACENTER_URL, AUTOTASK_INTEGRATION_CODE, AUTOTASK_SECRET,
    AUTOTASK_USER_NAME, AUTOTASK_WEBHOOK_KEY, AUTOTASK_ZONE_URL, CONTRACT_CHANGED_KEY, ConfigError, Secret,
    environment, given, needed,
};
use serde::Deserialize;
use serde_json::json;

/// A shorter key might be guessed, and an empty one is everybody's.
const SHORTEST_KEY: usize = 16;
/// Autotask's discovery host (Autotask developer help, Zone information call).
pub const AUTOTASK_DISCOVERY: &str = "https://webservices.autotask.net";

/// How to log in at both vendors. On AWS it is the JSON of one secret.
#[derive(Debug, Clone, Deserialize)]
pub struct VendorCredentials {
    /// For Acronis.
    pub acronis: AcronisCredentials,
    /// For Autotask.
    pub autotask: AutotaskCredentials,
}

/// How to log in at Acronis: an API client of the partner tenant, in its data centre.
#[derive(Debug, Clone, Deserialize)]
pub struct AcronisCredentials {
    /// The data centre's address.
    pub datacenter_url: String,
    /// The API client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

/// How to log in at Autotask: an API-only user and a tracking identifier.
#[derive(Debug, Clone, Deserialize)]
pub struct AutotaskCredentials {
    /// Where the zone is asked for.
    #[serde(default = "autotask_discovery")]
    pub zone_url: String,
    /// The API user.
    pub user_name: String,
    /// Its secret.
    pub secret: Secret,
    /// The tracking identifier.
    pub integration_code: Secret,
}

/// Credentials that a person offers in the console, and which offer it is: the JSON of one secret.
#[derive(Debug, Clone)]
pub struct OfferedCredentials {
    /// Which offer.
    pub offer: String,
    /// What was entered.
    pub credentials: VendorCredentials,
}

/// The keys by which calls from outside are known to be honest: one for each caller, or two while it is
/// changed. On AWS they are the JSON of one secret.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct WebhookKeys {
    /// Autotask's.
    #[serde(default)]
    pub autotask: Vec<Secret>,
    /// Those of whoever calls `contract-changed`.
    #[serde(default)]
    pub contract_changed: Vec<Secret>,
}

fn autotask_discovery() -> String {
    AUTOTASK_DISCOVERY.to_owned()
}

fn is_any_given(lookup: impl Fn(&str) -> Option<String>, names: &[&str]) -> bool {
    names.iter().any(|name| given(&lookup, name).is_some())
}

impl VendorCredentials {
    /// Reads what `lookup` gives for each name.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::from_lookup_over(lookup, None)
    }

    /// Reads the environment; a vendor of which nothing stands there keeps what is `kept`.
    pub fn from_env_over(kept: Option<Self>) -> Result<Self, ConfigError> {
        Self::from_lookup_over(environment, kept)
    }

    /// Reads what `lookup` gives for each name; a vendor of which it gives nothing keeps what is `kept`.
    pub fn from_lookup_over(lookup: impl Fn(&str) -> Option<String>, kept: Option<Self>) -> Result<Self, ConfigError> {
        let (acronis, autotask) = kept.map(|kept| (kept.acronis, kept.autotask)).unzip();
        Ok(Self {
            acronis: match acronis.filter(|_| !is_any_given(&lookup, &AcronisCredentials::NAMES)) {
                Some(acronis) => acronis,
                None => AcronisCredentials::from_lookup(&lookup)?,
            },
            autotask: match autotask.filter(|_| !is_any_given(&lookup, &AutotaskCredentials::NAMES)) {
                Some(autotask) => autotask,
                None => AutotaskCredentials::from_lookup(&lookup)?,
            },
        })
    }

    /// Reads the JSON of one secret; an error names what is missing and never what stands there.
    pub fn from_json(text: &Secret) -> Result<Self, ConfigError> {
        serde_json::from_str(text.expose()).map_err(|error| {
            // serde's own text may quote what it found, which here may be a secret.
            ConfigError(format!(
                "the vendors' secret cannot be read (line {}, column {}): expected JSON with acronis (datacenter_url, \
                 client_id, client_secret) and autotask (user_name, secret, integration_code, and zone_url if it \
                 is not the vendor's own)",
                error.line(),
                error.column()
            ))
        })
    }

    /// The JSON of one secret.
    pub fn to_json(&self) -> Secret {
        Secret::new(self.json().to_string())
    }

    fn json(&self) -> serde_json::Value {
        let (acronis, autotask) = (&self.acronis, &self.autotask);
        json!({
            "acronis": {
                "datacenter_url": acronis.datacenter_url,
                "client_id": acronis.client_id,
                "client_secret": acronis.client_secret.expose(),
            },
            "autotask": {
                "zone_url": autotask.zone_url,
                "user_name": autotask.user_name,
                "secret": autotask.secret.expose(),
                "integration_code": autotask.integration_code.expose(),
            },
        })
    }
}

impl OfferedCredentials {
    /// Reads the JSON of one secret; none where nothing is offered there.
    pub fn from_json(text: &Secret) -> Option<Self> {
        #[derive(Deserialize)]
        struct Which {
            offer: String,
        }
        let Which { offer } = serde_json::from_str(text.expose()).ok()?;
        Some(Self { offer, credentials: VendorCredentials::from_json(text).ok()? })
    }

    /// The JSON of one secret.
    pub fn to_json(&self) -> Secret {
        let mut text = self.credentials.json();
        text["offer"] = json!(self.offer);
        Secret::new(text.to_string())
    }
}

impl AcronisCredentials {
    const NAMES: [&str; 3] = [ACRONIS_DATACENTER_URL, ACRONIS_CLIENT_ID, ACRONIS_CLIENT_SECRET];

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Ok(Self {
            datacenter_url: needed(
                &lookup,
                ACRONIS_DATACENTER_URL,
                "the address Acronis shows with a new API client, such as https://eu2-cloud.acronis.com",
            )?,
            client_id: needed(&lookup, ACRONIS_CLIENT_ID, "the client id of an API client made in Acronis")?,
            client_secret: Secret::new(needed(
                &lookup,
                ACRONIS_CLIENT_SECRET,
                "the secret Acronis showed once, when the API client was made",
            )?),
        })
    }
}

impl AutotaskCredentials {
    const NAMES: [&str; 4] = [AUTOTASK_ZONE_URL, AUTOTASK_USER_NAME, AUTOTASK_SECRET, AUTOTASK_INTEGRATION_CODE];

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Ok(Self {
            zone_url: given(&lookup, AUTOTASK_ZONE_URL).unwrap_or_else(autotask_discovery),
            user_name: needed(&lookup, AUTOTASK_USER_NAME, "the user name (key) of an API-only user in Autotask")?,
            secret: Secret::new(needed(&lookup, AUTOTASK_SECRET, "the password (secret) of that API-only user")?),
            integration_code: Secret::new(needed(
                &lookup,
                AUTOTASK_INTEGRATION_CODE,
                "the tracking identifier chosen on that API-only user's page",
            )?),
        })
    }
}

impl WebhookKeys {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(environment)
    }

    /// Reads what `lookup` gives for each name.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let keys = |name| {
            let text = given(&lookup, name).unwrap_or_default();
            let keys = text.split(',').map(str::trim).filter(|key| !key.is_empty());
            keys.map(Secret::new).collect::<Vec<_>>()
        };
        Self { autotask: keys(AUTOTASK_WEBHOOK_KEY), contract_changed: keys(CONTRACT_CHANGED_KEY) }.long_enough()
    }

    /// The same keys; of a caller that has none, those that are `kept`.
    pub fn over(self, kept: Self) -> Self {
        let or = |given: Vec<Secret>, kept| if given.is_empty() { kept } else { given };
        Self {
            autotask: or(self.autotask, kept.autotask),
            contract_changed: or(self.contract_changed, kept.contract_changed),
        }
    }

    /// Reads the JSON of one secret; an error says what was expected and never what stands there.
    pub fn from_json(text: &Secret) -> Result<Self, ConfigError> {
        let keys: Self = serde_json::from_str(text.expose()).map_err(|error| {
            ConfigError(format!(
                "the webhook secret cannot be read (line {}, column {}): expected JSON such as {{\"autotask\": \
                 [\"current\", \"previous\"], \"contract_changed\": [\"current\"]}}",
                error.line(),
                error.column()
            ))
        })?;
        keys.long_enough()
    }

    /// The JSON of one secret.
    pub fn to_json(&self) -> Secret {
        let texts = |keys: &[Secret]| keys.iter().map(|key| key.expose().to_owned()).collect::<Vec<_>>();
        let text = json!({"autotask": texts(&self.autotask), "contract_changed": texts(&self.contract_changed)});
        Secret::new(text.to_string())
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.autotask.is_empty() && self.contract_changed.is_empty()
    }

    fn long_enough(self) -> Result<Self, ConfigError> {
        let mut all = self.autotask.iter().chain(&self.contract_changed);
        if all.any(|key| key.expose().len() < SHORTEST_KEY) {
            return Err(ConfigError(format!(
                "a webhook key ({AUTOTASK_WEBHOOK_KEY}, {CONTRACT_CHANGED_KEY}) has fewer than {SHORTEST_KEY} \
                 characters: make a random one, such as with openssl rand -hex 24"
            )));
        }
        Ok(self)
    }
}
