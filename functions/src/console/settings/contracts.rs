//! Contracts with effective dates of their own: added by their number, and removed.

use super::super::connections::the_named;
use super::super::drafts;
use super::super::fields::Posted;
use super::super::gates::Operator;
use super::super::listed::Listed;
use super::super::pages::{Failure, go_to};
use super::super::words::Shown;
use super::catalogue::EFFECTIVE_DATES;
use super::effect::effect;
use super::{back_to, in_words, refused};
use axum::response::Response;
use serde_json::{Value, json};
use shared::draft::Draft;
use shared::ids::ContractId;
use shared::setting_path::SettingPath;
use std::collections::BTreeSet;

/// Stands for this part in an address.
pub(super) const SECTION: &str = "contracts";

/// The contracts that differ, and the form that adds one.
pub(in super::super) struct OwnDates {
    pub(in super::super) rows: Vec<OwnDate>,
    pub(in super::super) choices: &'static [(&'static str, &'static str)],
    /// What was typed and cannot be, and why.
    pub(in super::super) wrong: Option<(Shown, Shown)>,
}

/// A contract that differs.
pub(in super::super) struct OwnDate {
    pub(in super::super) contract: String,
    pub(in super::super) name: Shown,
    pub(in super::super) dates: Shown,
    /// Whether it has some, also with what is staged.
    pub(in super::super) is_own: bool,
    /// What is in force, where the person staged something else.
    pub(in super::super) was: Option<Shown>,
    pub(in super::super) effect: Option<String>,
}

pub(super) fn own_dates(draft: &Draft, listed: &Listed, wrong: Option<(String, String)>) -> OwnDates {
    let settings = &listed.mapping.settings;
    let staged = draft.settings.keys().filter_map(SettingPath::contract);
    let all: BTreeSet<ContractId> = settings.contract_effective_dates.keys().copied().chain(staged).collect();
    let after = draft.applied_to(&listed.mapping).settings;
    let row = |contract: ContractId| {
        let path = SettingPath::of_contract(contract);
        let words = |value: Option<Value>| Shown::of(in_words(&path, &value.unwrap_or_default(), listed));
        let is_staged = draft.settings.contains_key(&path);
        OwnDate {
            contract: contract.to_string(),
            name: Shown::of(name_of(contract, listed).unwrap_or_default()),
            dates: words(after.value(&path)),
            is_own: after.contract_effective_dates.contains_key(&contract),
            was: is_staged.then(|| words(settings.value(&path))),
            // No part of it depends on how many calls Autotask takes.
            effect: is_staged.then(|| effect(&path, &after, listed, 0)).flatten(),
        }
    };
    OwnDates {
        rows: all.into_iter().map(row).collect(),
        choices: EFFECTIVE_DATES,
        wrong: wrong.map(|(typed, why)| (Shown::of(typed), Shown::of(why))),
    }
}

/// "Acronis Cyber Protect, Alpenblick Apotheke"
fn name_of(contract: ContractId, listed: &Listed) -> Option<String> {
    let snapshot = &listed.snapshot;
    let known = snapshot.contracts.iter().find(|known| known.id == contract)?;
    let company = snapshot.companies.iter().find(|company| company.id == known.company);
    Some(company.map_or_else(|| known.name.clone(), |company| format!("{}, {}", known.name, company.name)))
}

/// Stages that a contract has effective dates of its own, or none any more.
pub(in super::super) async fn edit_contract(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let settings = &listed.mapping.settings;
    let (typed, dates) = (posted.field("contract")?.trim(), posted.field("dates")?);
    let contract = typed.parse::<i64>().ok().map(ContractId);
    let is_known = |contract: &ContractId| {
        settings.contract_effective_dates.contains_key(contract) || name_of(*contract, &listed).is_some()
    };
    // One that is staged may be taken back, whatever became of it.
    let Some(contract) = contract.filter(|contract| dates.is_empty() || is_known(contract)) else {
        let why = "there is no contract of this number among the recurring contracts of mapped customers";
        return refused(&who, &connection, (None, Some((typed.to_owned(), why.to_owned())))).await;
    };
    let path = SettingPath::of_contract(contract);
    let to = if dates.is_empty() { Value::Null } else { json!(dates) };
    drafts::change(&who, &connection.id, |draft| {
        let staged = draft.stage_setting(settings, &path, &to);
        staged.map_err(|_| Failure::Malformed("there is no such choice of dates"))
    })
    .await?;
    Ok(go_to(&back_to(&connection, SECTION)))
}
