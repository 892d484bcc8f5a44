//! Reads back what was sent, in bulk, and closes what shows; what does not show stays open for a later run
//! (U6). Part of `apply`.

use super::apply::Apply;
use crate::store::{CLOSED_TOGETHER, Closing};
use anyhow::Context;
use shared::contract::{Period, UnitsRow, row_on};
use shared::deed::{Became, Deed};
use shared::finding::{Finding, What};
use shared::ids::CompanyId;
use shared::line::{Intent, LinePlace, LineState};
use shared::run::{ChangeRecord, RunRecord};
use std::collections::BTreeSet;

impl Apply<'_> {
    /// Reads what was sent, and closes what shows. What does not show stays open for a later run.
    pub(super) async fn read_back(
        &self,
        sent: Vec<(LineState, Option<String>)>,
        record: &mut RunRecord,
        unknown: &mut BTreeSet<CompanyId>,
    ) -> anyhow::Result<()> {
        let rows = self.rows_of(&sent).await.context("reading back what was sent")?;
        let mut done = Vec::new();
        for (mut state, duplicate) in sent {
            let Some(intent) = state.open.clone() else { continue };
            let of_line = rows.iter().filter(|row| is_at(row, &state.place));
            let found = row_on(of_line, intent.effective).map_or(0, |row| row.units);
            if found == intent.wanted {
                let made = Some(self.record_of(&state.place, &intent));
                state.close_as_done();
                done.push(Closing { state, settled: intent.id, made });
            } else if let Some(text) = duplicate {
                state.close_as_refused(text.clone());
                self.close(&state, &intent, None).await?;
                self.list_refused(&state.place, &intent, &text).await?;
                self.told_refused(&state.place, text, record);
            } else {
                unknown.insert(state.place.company);
            }
        }
        for some in done.chunks(CLOSED_TOGETHER) {
            let lease = self.lease.read().await;
            self.host.store.close_intents(&lease, some).await?;
            some.iter().for_each(|closing| self.unanswered.known(&closing.settled));
            some.iter().flat_map(|closing| &closing.made).for_each(|made| self.made.add(&made.intent.change));
            record.counts.made += some.len();
        }
        Ok(())
    }

    async fn rows_of(&self, sent: &[(LineState, Option<String>)]) -> anyhow::Result<Vec<UnitsRow>> {
        let days = sent.iter().filter_map(|(state, _)| state.open.as_ref()).map(|intent| intent.effective);
        let (Some(start), Some(end)) = (days.clone().min(), days.max()) else { return Ok(Vec::new()) };
        let lines: Vec<_> = sent.iter().filter_map(|(state, _)| state.place.line).collect();
        let reader = &self.vendors.autotask;
        let mut rows = reader.units_of_lines(&lines, Period { start, end }).await?;
        let created: Vec<&LinePlace> =
            sent.iter().map(|(state, _)| &state.place).filter(|place| place.line.is_none()).collect();
        if !created.is_empty() {
            let contracts: Vec<_> = created.iter().map(|place| place.contract).collect();
            let services: Vec<_> = created.iter().map(|place| place.service).collect();
            rows.extend(reader.units_of_contracts(&contracts, &services, start).await?);
        }
        Ok(rows)
    }

    pub(super) fn record_of(&self, place: &LinePlace, intent: &Intent) -> ChangeRecord {
        ChangeRecord { place: place.clone(), intent: intent.clone(), settled_at: self.host.clock.now() }
    }

    /// What is made stands in the list of what happened with its record; what is refused has none.
    pub(super) async fn list_refused(&self, place: &LinePlace, intent: &Intent, text: &str) -> anyhow::Result<()> {
        let deed = Deed::of_units(place, intent, self.host.clock.now(), Became::Refused(text.to_owned()));
        self.host.store.save_deeds(&self.connection.id, &[deed]).await
    }

    pub(super) fn told_refused(&self, place: &LinePlace, text: String, record: &mut RunRecord) {
        let observed = &self.planned.observed;
        let service_name = observed.terms().service_name(place.service);
        let company_name = observed.mapping.customers.get(&place.company).map(|row| row.company_name.clone());
        let what = What::Refused { contract: place.contract, service_name, text };
        let finding = Finding { company: Some(place.company), company_name: company_name.unwrap_or_default(), what };
        record.counts.refused += 1;
        record.counts.findings += 1;
        record.findings.push(finding.to_string());
        self.made.found(finding);
    }
}

fn is_at(row: &UnitsRow, place: &LinePlace) -> bool {
    match place.line {
        Some(line) => row.line == line,
        None => row.contract == place.contract && row.service == place.service,
    }
}
