//! Alerts and their types (Acronis Alert Manager API 1.0). What is handed over is as the vendor tells it: a row may
//! come twice, and nothing here says whose it is to be, or what is to be done about it.

use super::alert_wire::{Alert, CustomerAlerts, Type};
use super::batches::{Batches, is_refusal};
use super::error::is_of_alert_manager;
use super::pages::{NextPage, hand_over};
use super::{Acronis, AcronisError};
use jiff::Timestamp;
use reqwest::Url;
use shared::alert::{self, AlertKind, AlertType};
use std::collections::BTreeMap;

/// The names under which calls are counted.
const ALERTS: &str = "alert_manager/alerts";
const ALERTS_OF_CUSTOMERS: &str = "alert_manager/customer_alerts";
const TYPES: &str = "alert_manager/types";
/// Rows on a page. The vendor names no greatest number, so that this is one that is hardly refused; pages may be
/// smaller.
const PAGE_ALERTS: &str = "100";
/// Customers in one request, for an address of less than 5,000 characters.
const MOST_CUSTOMERS: usize = 200;
/// The systems that types are asked for by; the vendor lists none without (Acronis developer portal, Alert types).
const SYSTEMS: [&str; 4] = ["ios", "linux", "macos", "windows"];

/// An alert as read, with what tells whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadAlert {
    /// The alert. Its tenant is empty where the vendor does not tell the tenant's UUID, which its schema does not
    /// have; then the customer is found by the numbers beside it.
    pub alert: alert::Alert,
    /// The number of its tenant, as usage rows tell it too.
    pub number: Option<u64>,
    /// The numbers of all tenants from the root down to its own, as far as they are told.
    pub locator: Vec<u64>,
}

impl Acronis {
    /// Every alert raised, changed, cleared or dismissed at `since` or later, the oldest change first (`GET /alerts`).
    /// Those of customers that manage themselves the vendor leaves out.
    pub async fn alerts_changed_since(
        &self,
        since: Timestamp,
        each: impl FnMut(ReadAlert),
    ) -> Result<(), AcronisError> {
        let mut url = self.alerts_url(&["alerts"]);
        add_since(&mut url, since);
        url.query_pairs_mut().append_pair("order", "asc(updated_at)");
        self.each_alert(url, each).await
    }

    /// Every alert that is neither cleared nor dismissed (`GET /alerts`). Those of customers that manage themselves
    /// the vendor leaves out.
    pub async fn active_alerts(&self, each: impl FnMut(ReadAlert)) -> Result<(), AcronisError> {
        let mut url = self.alerts_url(&["alerts"]);
        // An order that does not change while pages are read.
        url.query_pairs_mut().append_pair("order", "asc(created_at)");
        self.each_alert(url, each).await
    }

    /// The alerts of customers by their numbers, also of those that manage themselves (`GET /customer_alerts`): what
    /// changed at `since` or later, or without it what is active. A customer that is refused also when asked for alone
    /// comes back; the rest is read.
    pub async fn alerts_of_customers(
        &self,
        customers: &[u64],
        since: Option<Timestamp>,
        mut each: impl FnMut(ReadAlert),
    ) -> Result<Vec<u64>, AcronisError> {
        let mut refused = Vec::new();
        let mut batches = Batches::of(customers, MOST_CUSTOMERS);
        while let Some(batch) = batches.take() {
            let mut url = self.alerts_url(&["customer_alerts"]);
            url.query_pairs_mut().extend_pairs(batch.iter().map(|customer| ("customer_id", customer.to_string())));
            if let Some(since) = since {
                add_since(&mut url, since);
            }
            let rows_of_page = |rows: &str| hand_over(rows, |row: CustomerAlerts| row.each(&mut each));
            let read = self.each_page_up_to_a_no(ALERTS_OF_CUSTOMERS, url, NextPage::CursorAndFilters, rows_of_page);
            let Some(no) = read.await? else { continue };
            if !is_refusal(no.status) {
                return Err(AcronisError::of(&no));
            }
            match batches.halve(batch) {
                Some(alone) if is_of_alert_manager(&no) => refused.push(*alone),
                Some(_) => return Err(AcronisError::of(&no)),
                None => {}
            }
        }
        Ok(refused)
    }

    /// The types of alerts that the vendor lists, those that are not enabled too (`GET /types`). Alerts may be of
    /// others.
    pub async fn alert_types(&self) -> Result<BTreeMap<AlertKind, AlertType>, AcronisError> {
        let mut url = self.alerts_url(&["types"]);
        url.query_pairs_mut().extend_pairs(SYSTEMS.map(|system| ("os_type", system)));
        let mut types = BTreeMap::new();
        let rows_of_page = |rows: &str| {
            hand_over(rows, |row: Type| {
                let kind = row.into_fact();
                types.insert(kind.id.clone(), kind);
                Ok(())
            })
        };
        self.each_page(TYPES, url, NextPage::CursorAndFilters, rows_of_page).await?;
        Ok(types)
    }

    pub(super) fn alerts_url(&self, parts: &[&str]) -> Url {
        self.0.base.join(["api", "alert_manager", "v1"].into_iter().chain(parts.iter().copied()))
    }

    async fn each_alert(&self, mut url: Url, mut each: impl FnMut(ReadAlert)) -> Result<(), AcronisError> {
        url.query_pairs_mut().append_pair("limit", PAGE_ALERTS);
        let rows_of_page = |rows: &str| {
            hand_over(rows, |row: Alert| {
                each(row.into_fact()?);
                Ok(())
            })
        };
        self.each_page(ALERTS, url, NextPage::CursorAndFilters, rows_of_page).await
    }
}

/// What changed from `since` on, cleared and dismissed alerts too. Moments in filters are Unix nanoseconds (Acronis
/// developer portal, Fetching alerts).
fn add_since(url: &mut Url, since: Timestamp) {
    let since = since.as_nanosecond().max(0);
    url.query_pairs_mut().append_pair("updated_at", &format!("ge({since})")).append_pair("show_deleted", "true");
}
