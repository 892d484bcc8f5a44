//! What a run remembers before it asks a vendor anything, and what it then learns. Reads our own table; decides
//! nothing.

use crate::host::Host;
use crate::run::memory::{Memory, memory};
use jiff::Timestamp;
use jiff::civil::Date;
use shared::alert::{AlertKind, AlertType};
use shared::alert_cursor::AlertCursor;
use shared::alert_plan::{AlertFacts, AlertTerms};
use shared::guard::Approvals;
use shared::mapping::Mapping;
use shared::run::Connection;
use shared::ticket::Picklists;
use shared::usage::Tenant;
use std::collections::BTreeMap;

/// Everything known in one run.
pub(super) struct Observed {
    pub(super) connection: Connection,
    pub(super) mapping: Mapping,
    pub(super) today: Date,
    pub(super) now: Timestamp,
    pub(super) approvals: Approvals,
    /// How far alerts were read before this run; none where ticket sync was off.
    pub(super) before: Option<AlertCursor>,
    /// The same, or where reading begins.
    pub(super) cursor: AlertCursor,
    pub(super) facts: AlertFacts,
    /// The tree of tenants, where alerts are looked at.
    pub(super) tenants: Vec<Tenant>,
    pub(super) types: BTreeMap<AlertKind, AlertType>,
    pub(super) picklists: Picklists,
}

/// Reads our own memory of the connection; the links only when alerts are to be looked at.
pub(super) async fn read(host: &Host, connection: &Connection) -> anyhow::Result<Observed> {
    host.progress.begin("reading the mapping and earlier alerts", None);
    let Memory { mapping, today, now, approvals, .. } = memory(host, &connection.id).await?;
    let before = host.store.alert_cursor(&connection.id).await?;
    Ok(Observed {
        connection: connection.clone(),
        mapping,
        today,
        now,
        approvals,
        cursor: before.clone().unwrap_or_else(|| AlertCursor::switched_on(now)),
        before,
        facts: AlertFacts::default(),
        tenants: Vec::new(),
        types: BTreeMap::new(),
        picklists: Picklists::default(),
    })
}

impl Observed {
    /// The terms of the run.
    pub(super) fn terms(&self) -> AlertTerms<'_> {
        AlertTerms {
            connection: &self.connection,
            mapping: &self.mapping,
            types: &self.types,
            picklists: &self.picklists,
            tickets_since: self.cursor.tickets_since(self.mapping.settings.tickets.days_before_switch_on),
            today: self.today,
            now: self.now,
        }
    }
}
