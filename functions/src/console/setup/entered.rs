//! What a person enters to connect with, and what is wrong with it at first sight. Whether it works, a job finds out.

use super::super::fields::Posted;
use super::super::pages::Failure;
use crate::context::{AUTOTASK_DISCOVERY, AcronisCredentials, AutotaskCredentials, Secret, VendorCredentials};
use shared::ids::{ConnectionId, is_connection_name};
use shared::setup::Login;

/// The name of the first connection.
const USUAL_NAME: &str = "default";
/// What is longer was not meant.
const MOST_CHARACTERS: usize = 500;

/// What was entered.
pub(super) struct Entered {
    pub(super) connection: ConnectionId,
    pub(super) credentials: VendorCredentials,
    pub(super) create_field: bool,
}

/// What the form shows: what was entered before, but the secrets.
pub(super) struct Shows {
    pub(super) connection: String,
    /// Whether the name may be chosen.
    pub(super) is_new: bool,
    pub(super) login: Login,
    pub(super) create_field: bool,
    /// What is wrong with what was entered.
    pub(super) faults: Vec<&'static str>,
}

impl Shows {
    /// For a connection that is not there yet.
    pub(super) fn new_one(is_first: bool) -> Self {
        let connection = if is_first { USUAL_NAME.to_owned() } else { String::new() };
        let login = Login {
            datacenter_url: String::new(),
            client_id: String::new(),
            zone_url: AUTOTASK_DISCOVERY.to_owned(),
            user_name: String::new(),
        };
        Self { connection, is_new: true, login, create_field: false, faults: Vec::new() }
    }
}

impl Entered {
    /// What a form says; else the form as it is shown again.
    pub(super) fn of(posted: &Posted) -> Result<Result<Self, Shows>, Failure> {
        let field = |name: &str| posted.field(name).map(|text| text.trim().to_owned());
        let login = Login {
            datacenter_url: field("datacenter_url")?.trim_end_matches('/').to_owned(),
            client_id: field("client_id")?,
            zone_url: Some(field("zone_url")?).filter(|url| !url.is_empty()).unwrap_or(AUTOTASK_DISCOVERY.to_owned()),
            user_name: field("user_name")?,
        };
        let (client_secret, secret, code) = (field("client_secret")?, field("secret")?, field("integration_code")?);
        let (connection, create_field) = (field("connection")?, posted.optional("create_field").is_some());
        let all = [
            (&login.datacenter_url, "Enter the address of the Acronis data centre."),
            (&login.client_id, "Enter the client id."),
            (&client_secret, "Enter the client secret."),
            (&login.user_name, "Enter the user name (key) of Autotask's API user."),
            (&secret, "Enter the password (secret) of Autotask's API user."),
            (&code, "Enter the integration code (tracking identifier)."),
            (&login.zone_url, "Enter the zone address as Autotask names it."),
        ];
        let mut faults: Vec<&'static str> =
            all.iter().filter(|(text, _)| !is_plain(text)).map(|(_, fault)| *fault).collect();
        if !is_connection_name(&connection) {
            faults.push("Name the connection with up to 64 letters, digits, - _ or .");
        }
        if !faults.is_empty() {
            return Ok(Err(Shows { connection, is_new: true, login, create_field, faults }));
        }
        let acronis = AcronisCredentials {
            datacenter_url: login.datacenter_url,
            client_id: login.client_id,
            client_secret: Secret::new(client_secret),
        };
        let autotask = AutotaskCredentials {
            zone_url: login.zone_url,
            user_name: login.user_name,
            secret: Secret::new(secret),
            integration_code: Secret::new(code),
        };
        let credentials = VendorCredentials { acronis, autotask };
        Ok(Ok(Self { connection: ConnectionId::new(&connection), credentials, create_field }))
    }

    /// What may be seen of it.
    pub(super) fn login(&self) -> Login {
        let (acronis, autotask) = (&self.credentials.acronis, &self.credentials.autotask);
        Login {
            datacenter_url: acronis.datacenter_url.clone(),
            client_id: acronis.client_id.clone(),
            zone_url: autotask.zone_url.clone(),
            user_name: autotask.user_name.clone(),
        }
    }
}

/// Whether it can be one at all: a header or an address would break at anything else.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= MOST_CHARACTERS && !text.chars().any(char::is_control)
}
