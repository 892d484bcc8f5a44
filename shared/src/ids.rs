//! The names by which both vendors know things. Ids lead everywhere; names are for people only (M1).
//! Nothing here looks anything up.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A longer name of a connection is not readable in an address.
const LONGEST_CONNECTION_NAME: usize = 64;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as the vendor writes it, trimmed and in lower case.
            pub fn new(id: impl AsRef<str>) -> Self {
                Self(id.as_ref().trim().to_lowercase())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id!(
    /// One pair of an Acronis partner tenant in one data centre and an Autotask database.
    ConnectionId
);

/// Whether a text can be the name of a connection: one that means the same in an address, in the name of a secret, in a
/// log and to every server on the way.
pub fn is_connection_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=LONGEST_CONNECTION_NAME).contains(&text.len()) && text.chars().all(is_plain) && text.chars().any(|c| c != '.')
}

text_id!(
    /// An Acronis tenant: a UUID in lower case.
    TenantId
);
text_id!(
    /// An Acronis application ("service"), such as Cyber Protection: a UUID.
    ApplicationId
);
text_id!(
    /// An Acronis storage, `infra_id` at the vendor: a UUID.
    StorageId
);
text_id!(
    /// An Acronis alert: a UUID, which the vendor writes in upper case.
    AlertId
);
number_id!(
    /// An Autotask company; 0 is the provider's own and is valid.
    CompanyId
);
number_id!(
    /// An Autotask contract. A renewed contract is a new one (C3).
    ContractId
);
number_id!(
    /// A service's line on one contract: `ContractServices.id` at Autotask.
    LineId
);
number_id!(
    /// An Autotask service, the thing that is sold.
    ServiceId
);
number_id!(
    /// An Autotask service bundle: several services sold as one.
    BundleId
);
number_id!(
    /// An Autotask billing code.
    BillingCodeId
);
number_id!(
    /// An Autotask ticket.
    TicketId
);
number_id!(
    /// A customer's machine as Autotask knows it.
    ConfigurationItemId
);
