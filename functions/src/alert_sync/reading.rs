//! Reads the alerts of the last days, cleared ones too, for whoever wants to see in the console what they would have become.
//! Also where ticket sync is off. It writes to no vendor; what it read stays as it was where a read fails.

use super::observe::{list, name_tenants, self_service, tenants};
use crate::acronis::{Acronis, ReadAlert};
use crate::host::Host;
use crate::run::memory::{date_in, memory};
use crate::run::{AtWork, Done, Run, budget, check_database, check_tenant, only_read};
use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use shared::alert_link::kept;
use shared::alert_plan::Whose;
use shared::alert_reading::{AlertReading, MOST_ALERTS, MOST_DAYS, ReadAt, newest, with_those_above};
use shared::alert_whose::Owners;
use shared::ids::{CompanyId, ConnectionId, TenantId};
use shared::mapping::Mapping;
use shared::run::{Job, Outcome, RunRecord};
use shared::usage::{Tenant, TenantKind};
use std::collections::{BTreeMap, BTreeSet};

/// Reads them and keeps them in place of those that were read before.
pub async fn read_for_replay(host: &Host, id: &ConnectionId, days: u32) -> anyhow::Result<Run> {
    let days = days.clamp(1, MOST_DAYS);
    only_read(host, id, Job::AlertSync, Box::new(move |at_work, record| Box::pin(work(at_work, record, days)))).await
}

async fn work(at_work: AtWork<'_>, record: &mut RunRecord, days: u32) -> anyhow::Result<Done> {
    let AtWork { host, connection, vendors, .. } = &at_work;
    let memory = memory(host, &connection.id).await?;
    let (mapping, at) = (memory.mapping, memory.now);
    let from = at.checked_sub(SignedDuration::from_hours(24 * i64::from(days)))?;
    check_tenant(connection, vendors).await?;
    host.progress.begin("reading Acronis alerts", None);
    let tree = tenants(&vendors.acronis, &connection.tenant).await?;
    let mut gathered = Gathered { read: Vec::new(), from };
    let unread = gathered.read_all(&vendors.acronis, &tree).await?;
    let mut read = gathered.finish()?;
    name_tenants(&vendors.acronis, &mapping, &mut read).await?;
    let is_mapped = |customer: &&TenantId| mapping.mapped_customers().any(|(_, mapped)| mapped == *customer);
    let unread_customers = unread.iter().filter(is_mapped).count();
    let mut reading = AlertReading::new(ReadAt { at, days, from: gathered.from, unread_customers });
    reading.alerts = read.iter().map(|read| kept(&read.alert)).collect();
    let tree: Vec<Tenant> = tree.into_iter().map(|(tenant, _)| tenant).collect();
    let named = reading.alerts.iter().map(|alert| &alert.tenant);
    reading.tenants = with_those_above(&tree, named).into_iter().cloned().collect();
    reading.companies = companies(&at_work, record, (&reading, &mapping)).await?;
    host.store.save_alert_reading(&connection.id, &reading).await?;
    record.outcome = Outcome::Complete;
    Ok(Done::default())
}

/// The companies that these alerts belong to, with their contracts, those too that ended since.
async fn companies(
    at_work: &AtWork<'_>,
    record: &mut RunRecord,
    (reading, mapping): (&AlertReading, &Mapping),
) -> anyhow::Result<BTreeMap<CompanyId, Option<shared::ticket::TicketCompany>>> {
    let AtWork { host, connection, vendors, .. } = at_work;
    let owners = Owners::new(mapping, &reading.tenants);
    let tenants: BTreeSet<&TenantId> = reading.alerts.iter().map(|alert| &alert.tenant).collect();
    let companies: BTreeSet<CompanyId> = tenants
        .into_iter()
        .filter_map(|tenant| match owners.whose(tenant)? {
            Whose::Company(company) => Some(company),
            Whose::Unmapped { .. } | Whose::NotOurs => None,
        })
        .collect();
    if companies.is_empty() {
        return Ok(BTreeMap::new());
    }
    host.progress.begin("reading Autotask companies and contracts", None);
    check_database(connection, vendors).await?;
    budget::open(at_work, &mapping.settings.budget, record).await?;
    let companies: Vec<CompanyId> = companies.into_iter().collect();
    let first_day = date_in(&mapping.settings.time_zone, reading.read.from)?;
    let read = vendors.autotask.ticket_companies(&companies, &BTreeSet::new(), first_day).await;
    read.context("reading Autotask companies and contracts")
}

/// The alerts read so far, never many more than are kept.
struct Gathered {
    read: Vec<ReadAlert>,
    /// From when on every change is there.
    from: Timestamp,
}

impl Gathered {
    /// Reads what changed, and what is active. Gives the customers that did not show theirs.
    async fn read_all(&mut self, acronis: &Acronis, tree: &[(Tenant, bool)]) -> anyhow::Result<BTreeSet<TenantId>> {
        let (self_service, unknown) = match tree.iter().any(|(tenant, alone)| *alone && is_customer(tenant)) {
            true => self_service(acronis, tree).await?,
            false => (BTreeMap::new(), Vec::new()),
        };
        let since = self.from;
        let mut unread = list(acronis, &self_service, Some(since), &mut |alert| self.add(alert)).await?;
        unread.extend(list(acronis, &self_service, None, &mut |alert| self.add(alert)).await?);
        unread.extend(unknown);
        Ok(unread)
    }

    fn add(&mut self, alert: ReadAlert) {
        self.read.push(alert);
        if self.read.len() >= 2 * MOST_ALERTS {
            self.leave_out();
        }
    }

    fn leave_out(&mut self) {
        let (kept, after) = newest(std::mem::take(&mut self.read), |read| &read.alert, MOST_ALERTS);
        self.read = kept;
        self.from = after.unwrap_or(self.from).max(self.from);
    }

    fn finish(&mut self) -> anyhow::Result<Vec<ReadAlert>> {
        self.leave_out();
        let active = self.read.iter().filter(|read| read.alert.is_active()).count();
        ensure!(active <= MOST_ALERTS, "{active} alerts are active, and at most {MOST_ALERTS} can be replayed");
        Ok(std::mem::take(&mut self.read))
    }
}

fn is_customer(tenant: &Tenant) -> bool {
    tenant.kind == TenantKind::Customer
}
