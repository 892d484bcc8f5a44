//! Alerts that were read to be replayed: kept whole, in place of those before, and no part of what lists show.

use crate::samples::{ODD, id, now};
use crate::{Table, table};
use jiff::SignedDuration;
use shared::alert::{Alert, AlertAbout, AlertKind, Severity};
use shared::alert_reading::{AlertReading, ReadAt};
use shared::ids::{AlertId, CompanyId, TenantId};
use shared::ticket::TicketCompany;
use shared::usage::{Tenant, TenantKind};
use std::collections::BTreeMap;

fn reading(minute: i64, alerts: u32) -> AlertReading {
    let at = now() + SignedDuration::from_mins(minute);
    let mut reading = AlertReading::new(ReadAt { at, days: 30, from: now(), unread_customers: 2 });
    let tenant = TenantId::new("t-1");
    let alert = |number: u32| Alert {
        id: AlertId::new(format!("{number}-{ODD}")),
        kind: AlertKind::new(ODD),
        category: ODD.to_owned(),
        severity: Severity::Unknown,
        tenant: tenant.clone(),
        raised_at: now(),
        updated_at: at,
        cleared_at: number.is_multiple_of(2).then_some(at),
        about: AlertAbout { device: Some(ODD.to_owned()), ..AlertAbout::default() },
    };
    reading.alerts = (0..alerts).map(alert).collect();
    let kind = TenantKind::Customer;
    let name = ODD.to_owned();
    reading.tenants.push(Tenant { id: tenant, parent: None, name, kind, enabled: true, in_trial: false, tag: None });
    let (contracts, machines) = (Vec::new(), BTreeMap::from([("srv".to_owned(), None)]));
    let known = TicketCompany { name: ODD.to_owned(), active: false, contracts, machines };
    reading.companies = BTreeMap::from([(CompanyId(0), Some(known)), (CompanyId(7), None)]);
    reading
}

async fn read(table: &Table, name: &str) -> (u64, Option<AlertReading>) {
    let version = table.store.alert_reading_version(&id(name)).await.expect("it is read");
    (version, table.store.alert_reading(&id(name)).await.expect("it is read"))
}

#[tokio::test]
async fn a_reading_comes_back_as_it_was_in_place_of_the_one_before_and_of_its_connection_alone() {
    let table = table().await;
    assert_eq!(read(&table, "a").await, (0, None));
    for (version, minute, alerts) in [(1, 0, 0), (2, 1, 3_000), (3, 2, 5)] {
        let one = reading(minute, alerts);
        table.store.save_alert_reading(&id("a"), &one).await.expect("it is written");
        assert_eq!(read(&table, "a").await, (version, Some(one)));
    }
    assert_eq!(read(&table, "a#b").await, (0, None));
}

#[tokio::test]
async fn lists_are_not_others_because_alerts_were_read() {
    let table = table().await;
    table.store.save_alert_reading(&id("a"), &reading(0, 5)).await.expect("it is written");
    assert_eq!(table.store.snapshot_version(&id("a")).await.unwrap(), 0);
    assert_eq!(table.store.snapshot(&id("a")).await.unwrap(), None);
}
