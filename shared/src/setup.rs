//! Setting a connection up in the console: what a person offered, how far its check is, and what came of it. Shapes and
//! their words; who checks is elsewhere, and no secret is in it.

use crate::person::PersonId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// After this nobody is at work on an offer any more: a check says every few seconds that it goes on.
const DEAD_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// How long an offer may wait until somebody takes it up: on one machine a long run may be before it.
const TAKEN_UP_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// What a person offered last to connect with, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Which offer it is: each has another id.
    pub offer: String,
    /// Who offered.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// When it was heard of last.
    pub heard: Timestamp,
    /// Whether the contract field is to be made where it is missing.
    pub create_field: bool,
    /// What was entered; none where the credentials that are kept are to be checked again.
    pub login: Option<Login>,
    /// How far it is.
    pub stage: Stage,
}

/// What was entered, but the secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The Acronis data centre's address.
    pub datacenter_url: String,
    /// The id of the API client there.
    pub client_id: String,
    /// Where Autotask is asked for its zone.
    pub zone_url: String,
    /// Autotask's API user.
    pub user_name: String,
}

/// How far an offer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "stage", content = "is")]
pub enum Stage {
    /// Nobody has taken it up yet.
    Offered,
    /// It is checked, and what is done for that.
    Checking(String),
    /// It is not good, and why; nothing was kept of it.
    Refused(Vec<Refusal>),
    /// It is good, and kept.
    Connected(Box<Sight>),
}

/// What the credentials let us see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// The name of our own tenant at Acronis.
    pub tenant_name: String,
    /// Customers there.
    pub customers: usize,
    /// Items that they may be given.
    pub items: usize,
    /// Types of alerts.
    pub alert_types: usize,
    /// Companies in Autotask.
    pub companies: usize,
    /// Recurring contracts.
    pub contracts: usize,
    /// Pay-as-you-go ones among them.
    pub payg_contracts: usize,
    /// Services.
    pub services: usize,
    /// Billing codes.
    pub billing_codes: usize,
    /// Whether the contract field is there.
    pub payg_field: bool,
    /// Calls of this hour, by everybody together, and how many there may be.
    pub calls: (u64, u64),
    /// How many customers were mapped by equal names (M2); none where there was a mapping already.
    pub mapped_by_name: Option<usize>,
}

impl Sight {
    /// What Autotask shows none of: an empty list is how it hides what its API user may not see (A14).
    pub fn unseen(&self) -> Vec<&'static str> {
        let empty = [
            (self.companies <= 1, "companies"),
            (self.contracts == 0, "recurring contracts"),
            (self.services == 0, "services"),
            (self.billing_codes == 0, "billing codes"),
        ];
        empty.into_iter().filter(|(is_empty, _)| *is_empty).map(|(_, what)| what).collect()
    }
}

/// Why credentials were not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What is wrong.
    #[serde(flatten)]
    pub wrong: Wrong,
    /// What the vendor said, or we do; may be empty.
    pub said: String,
}

/// What is wrong with credentials, or is in their way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "wrong")]
pub enum Wrong {
    /// That is no address of Acronis.
    AcronisAddress,
    /// Nobody answers there, or not as Acronis does.
    AcronisSilent,
    /// The client or its secret is not accepted.
    AcronisLogin,
    /// The client may not do what is needed.
    AcronisForbids,
    /// That is no address of Autotask.
    AutotaskAddress,
    /// Nobody answers there, or not as Autotask does.
    AutotaskSilent,
    /// No zone is known for the user.
    AutotaskUser,
    /// The user or the secret is not accepted (A15).
    AutotaskLogin,
    /// The integration code is not accepted.
    AutotaskCode,
    /// The user may not do what is needed.
    AutotaskForbids,
    /// The contract field could not be made (A22).
    FieldNotMade,
    /// The connection is for another tenant or another database.
    OtherVendors,
    /// Another connection is for the same tenant and database.
    Twin,
    /// What was entered is not there any more.
    Gone,
    /// We could not do our part.
    Unable,
}

impl Wrong {
    /// With whom it is.
    pub fn with_whom(&self) -> &'static str {
        match self {
            Self::AcronisAddress | Self::AcronisSilent | Self::AcronisLogin | Self::AcronisForbids => "Acronis",
            Self::AutotaskAddress
            | Self::AutotaskSilent
            | Self::AutotaskUser
            | Self::AutotaskLogin
            | Self::AutotaskCode
            | Self::AutotaskForbids
            | Self::FieldNotMade => "Autotask",
            Self::OtherVendors | Self::Twin | Self::Gone | Self::Unable => "acrotask",
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::AcronisAddress => {
                "Enter the address that Acronis shows with a new API client: https:// and a name that ends in \
                 .acronis.com or .acronis.cloud, such as https://eu2-cloud.acronis.com, without anything behind it."
            }
            Self::AcronisSilent => {
                "Check the address of the data centre: it is the one in your browser when you are signed in to Acronis. \
                 If it is right, Acronis may be out of reach for now; test again in some minutes."
            }
            Self::AcronisLogin => {
                "Copy client id and secret again. Acronis shows the secret once: if it is lost, make another API client \
                 (Settings › API clients). Check that the client is enabled and that it is of this data centre."
            }
            Self::AcronisForbids => {
                "Make the API client as an administrator of your partner tenant: it may do what that administrator may."
            }
            Self::AutotaskAddress => {
                "Leave the zone address as it was, https://webservices.autotask.net, unless Autotask's support named \
                 another one: https:// and a name that ends in .autotask.net."
            }
            Self::AutotaskSilent => {
                "Check the zone address. If it is as it was, Autotask may be out of reach for now, or its hourly limit \
                 used up; test again in some minutes."
            }
            Self::AutotaskUser => {
                "Copy the user name (the key) again from the API user's page in Autotask: Admin › Resources (Users), \
                 Edit, Credentials. It looks like an e-mail address. A user who was just made may take a minute."
            }
            Self::AutotaskLogin => {
                "Copy user name and secret again. If they are right, it may be an ordinary user: Autotask's API takes \
                 API users only. Make one: Admin › Resources (Users) › New API User, security level \"API User \
                 (system)\", generate key and secret, tracking identifier Integration Vendor \"Acronis - Acronis Cyber \
                 Cloud\" or one of your own. Or it is in another zone than the zone address says. What was changed in \
                 Autotask counts after about a minute; then test again."
            }
            Self::AutotaskCode => {
                "Copy the tracking identifier again from the API user's page in Autotask. With Integration Vendor it is \
                 that of \"Acronis - Acronis Cyber Cloud\"; with Custom it is the one shown there."
            }
            Self::AutotaskForbids => {
                "Give the API user the security level \"API User (system)\", or a copy of it that may see companies, \
                 contracts, services and tickets and change contracts. Set no line of business on the user."
            }
            Self::FieldNotMade => {
                "Make it yourself: Admin › Features & Settings › User-Defined Fields › Contracts, name \"Acronis PAYG\", \
                 type List, with the values Yes and No. Then test again without the tick."
            }
            Self::OtherVendors => "Enter the credentials of this tenant and database, or name another connection.",
            Self::Twin => "Work with that connection: two for the same vendors would both write the same contracts.",
            Self::Gone => "Enter everything again, and test once.",
            Self::Unable => "Test again; if it stays so, the log says why.",
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AcronisAddress => "This is no address of an Acronis data centre.",
            Self::AcronisSilent => "Acronis does not answer at this address.",
            Self::AcronisLogin => "Acronis does not accept the client id or its secret.",
            Self::AcronisForbids => "The API client is let in, but a permission is missing.",
            Self::AutotaskAddress => "This is no address of Autotask.",
            Self::AutotaskSilent => "Autotask does not answer.",
            Self::AutotaskUser => "Autotask knows no zone for this user name.",
            Self::AutotaskLogin => "Autotask does not accept the user name or its secret.",
            Self::AutotaskCode => "Autotask does not accept the integration code.",
            Self::AutotaskForbids => "The API user is let in, but a permission is missing.",
            Self::FieldNotMade => "The contract field \"Acronis PAYG\" could not be made.",
            Self::OtherVendors => "These credentials are for another tenant or another database.",
            Self::Twin => "Another connection is for this tenant and this database already.",
            Self::Gone => "What was entered is not there any more.",
            Self::Unable => "The credentials could not be checked.",
        })
    }
}

impl Setup {
    /// Whether this offer may be taken up: nobody did yet, or who did is dead.
    pub fn may_be_taken_up(&self, offer: &str, now: Timestamp) -> bool {
        let is_free = match self.stage {
            Stage::Offered => true,
            Stage::Checking(_) => now.duration_since(self.heard) > DEAD_AFTER,
            Stage::Refused(_) | Stage::Connected(_) => false,
        };
        self.offer == offer && is_free
    }

    /// Whether something is still to come of it.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        let silent = now.duration_since(self.heard);
        match self.stage {
            Stage::Offered => silent <= TAKEN_UP_WITHIN,
            Stage::Checking(_) => silent <= DEAD_AFTER,
            Stage::Refused(_) | Stage::Connected(_) => false,
        }
    }

    /// What was seen, where the credentials are good.
    pub fn sight(&self) -> Option<&Sight> {
        match &self.stage {
            Stage::Connected(sight) => Some(sight),
            _ => None,
        }
    }
}
