//! What is remembered of every connection, in one DynamoDB table. It keeps and finds; it decides nothing
//! and calls no vendor. Nothing outside this module knows a key of the table.
//!
//! Everything of a connection lies under partitions that begin with its id and end with `#` and a kind.
//! No kind holds a `#`, so no two connections share a partition, whatever their ids are. Partitions without a `#` are
//! no connection's.
//!
//! | `pk` | `sk` | holds | kept for |
//! |---|---|---|---|
//! | `connections` | connection id | a connection; `approved`, `quotas_approved`, `tickets_approved` and `read_on` beside it | ever |
//! | `<id>#mapping` | `head` | which generation is in force: `version`, `generation`, `chunks` | ever |
//! | `<id>#mapping` | `<generation>#<chunk>` | a piece of the mapping's text | ever; 400 days once replaced |
//! | `<id>#snapshot` | `head` | which sections are in force: `version`, `body` | ever |
//! | `<id>#snapshot` | `alerts` | the same of alerts that were read to be replayed | ever |
//! | `<id>#snapshot` | `<generation>#<part>` | a `part` of a section of the snapshot, compressed | ever; a day once replaced |
//! | `<id>#held` | `<job>#<company>`, and `head` | what a job left for people of a company, compressed, in `kept`; `version` of all of it | while there is something |
//! | `<id>#findings` | a finding's id | what people said of it | until it is taken back |
//! | `<id>#drafts` | as a person in `people` | what a person staged, compressed, in `edits`; `state` beside it | 30 days after the last edit |
//! | `<id>#lines` | key of the line's place | a line's state; `open` is the id of its open intent | ever |
//! | `<id>#companies` | company id | a company's usage and what was seen of it | ever |
//! | `<id>#quotas` | company id | what is remembered of a customer's quotas | ever |
//! | `<id>#alerts` | alert id | an alert and its ticket | ever; some 400 days once cleared |
//! | `<id>#cursors` | job | how far a job has looked | ever |
//! | `<id>#creations` | key at the vendor | something created at a vendor | ever |
//! | `<id>#changes` | `<company>#<service>#<settled at>#<intent id>` | a change that was made | ever |
//! | `<id>#deeds` | `<at>#<run id>#<change id>` | changes at the vendors, in few words | 400 days |
//! | `<id>#days` | day | what a day's runs came to: `made`, `findings`, `held` | 400 days |
//! | `<id>#runs` | `<started>#<run id>` | the record of a run | 400 days; 3 of a look that found nothing |
//! | `<id>#approvals` | `<at>#<fingerprint>#<part>` | an approval, or a part of a long one | 400 days |
//! | `<id>#leases` | job | `token`, `owner`, `until`, `claim` of the last holder | ever |
//! | `<id>#setup` | `offer` | what was offered last to connect with, and what came of it; `claim` of who says so | ever |
//! | `webhooks` | connection id | when calls from outside were heard last: `taken`, `refused` | ever |
//! | `sessions` | hash of the session's id | a session of the console; `seen` beside it | 12 hours |
//! | `sign-ins` | hash of the sign-in's state | a sign-in that is not done; `browser` beside it | 10 minutes |
//! | `people` | `<length of issuer>#<issuer>#<subject>`, and `!head` | a person of the console; `version` of all of them | ever |
//! | `audit` | `<at>#<fingerprint>` | a change that a person made in the console, or many that were made together | ever |
//!
//! What is stored is the JSON text of the `shared` type, in the attribute `body`: it keeps every number,
//! empty set and odd name as it was. Only the snapshot, drafts and what jobs left are compressed. Other attributes exist only where a condition or an update needs
//! them. `ttl` is the second after which the database deletes an item.
//!
//! Reads are consistent throughout: units are decided by them, and what a person saved or approved counts
//! in the run that starts next.

mod alert_readings;
mod alerts;
mod audit;
mod connections;
mod creations;
mod deeds;
mod drafts;
mod happened;
mod held;
mod history;
mod items;
mod lease;
mod lines;
mod mapping;
mod quotas;
mod sessions;
mod setups;
mod sign_ins;
mod snapshots;
mod table;
mod webhook_calls;

pub use audit::People;
pub use drafts::StoredDraft;
pub use happened::{Looked, Span};
pub use items::DatabaseError;
pub use lease::Lease;
pub use lines::{CLOSED_TOGETHER, Closing, IntentError, RECORDED_TOGETHER};
pub use mapping::SaveError;
pub use setups::Claim;
pub use snapshots::{Pack, Packed};
pub use webhook_calls::{CallHeard, WebhookCalls};

use aws_sdk_dynamodb::Client;

/// The state of all connections. Clones share one client.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// The store in `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}
