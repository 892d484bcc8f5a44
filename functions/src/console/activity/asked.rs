//! What a person wants to see of what happened, as the address says it.

use super::events::{Kind, Names};
use super::gather::Place;
use crate::console::fields::Asked;
use crate::console::pages::Failure;
use crate::console::query::Query;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use shared::ids::{CompanyId, ConnectionId, ContractId};
use std::collections::BTreeSet;

const FIELDS: [&str; 8] = ["connection", "kind", "from", "to", "customer", "contract", "person", "before"];
/// A part of a name may be that of so many customers, and no more.
const MOST_CUSTOMERS: usize = 25;
/// What a person may ask for.
pub(super) const KINDS: [(Option<Kind>, &str, &str); 6] = [
    (None, "all", "Everything"),
    (Some(Kind::Run), "runs", "Runs"),
    (Some(Kind::Change), "changes", "Changes at the vendors"),
    (Some(Kind::Approval), "approvals", "Approvals"),
    (Some(Kind::Person), "people", "What people changed"),
    (Some(Kind::Findings), "findings", "Findings"),
];

/// What is wanted.
pub(super) struct Wanted {
    pub(super) query: Query,
    pub(super) kind: Option<Kind>,
    /// The times within which it happened, both inclusive.
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// Where the page begins.
    pub(super) before: Option<Place>,
    pub(super) customers: Option<BTreeSet<CompanyId>>,
    pub(super) contract: Option<ContractId>,
    /// A part of who did it, in lower case.
    pub(super) person: String,
}

impl Wanted {
    /// What the address says wrongly is told, so that nobody takes a part for the whole.
    pub(super) fn of(
        asked: &Asked,
        connection: &ConnectionId,
        names: &Names<'_>,
        zone: &TimeZone,
    ) -> Result<Self, Failure> {
        let query = Query::asked(&FIELDS, asked).with(&[("connection", connection.as_str())]);
        let kind = match query.get("kind") {
            "" => None,
            word => {
                let known = KINDS.into_iter().find(|(_, known, _)| *known == word);
                known.ok_or(Failure::Malformed("there is no such kind"))?.0
            }
        };
        let start_of = |day: Date| day.to_zoned(zone.clone()).map(|start| start.timestamp()).ok();
        let from = day(query.get("from"))?.and_then(start_of).unwrap_or(Timestamp::UNIX_EPOCH);
        let next = |day: Date| start_of(day.checked_add(1.day()).ok()?)?.checked_sub(1.nanosecond()).ok();
        let to = day(query.get("to"))?.and_then(next).unwrap_or(LAST);
        let before = Some(query.get("before")).filter(|text| !text.is_empty());
        let contract = Some(query.get("contract")).filter(|text| !text.is_empty());
        let no_number = Failure::Malformed("a contract is said by its number");
        Ok(Self {
            kind,
            from,
            to,
            before: before.map(|text| Place::read(text).ok_or(Failure::NoSuchPage)).transpose()?,
            customers: customers(query.get("customer"), names)?,
            contract: contract.map(|text| text.parse().map(ContractId).map_err(|_| no_number)).transpose()?,
            person: query.get("person").to_lowercase(),
            query,
        })
    }

    pub(super) fn is_first_page(&self) -> bool {
        self.before.is_none()
    }
}

/// The last time that sorts as text after all others do.
const LAST: Timestamp = Timestamp::MAX;

fn day(text: &str) -> Result<Option<Date>, Failure> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Failure::Malformed("a day is written like 2026-11-30")),
    }
}

/// The customers who are called so, or have this number.
fn customers(text: &str, names: &Names<'_>) -> Result<Option<BTreeSet<CompanyId>>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(number) = text.parse() {
        return Ok(Some(BTreeSet::from([CompanyId(number)])));
    }
    let found = names.called(text);
    match found.len() <= MOST_CUSTOMERS {
        true => Ok(Some(found)),
        false => Err(Failure::Malformed("more than 25 customers are called so; say more of the name, or the number")),
    }
}
