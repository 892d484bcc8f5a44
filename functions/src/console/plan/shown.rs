//! One line of the plan, in the words and figures of the page.

use super::rows::{Of, Row, State};
use super::told::Told;
use super::{usage_words, why};
use crate::console::listed::Listed;
use crate::console::words::Shown;
use shared::finding::Finding;
use shared::ids::{CompanyId, ServiceId};
use shared::snapshot::Snapshot;
use shared::words::count;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// A line as the page has it.
pub(super) struct LineRow {
    pub(super) customer: Shown,
    pub(super) contract: Shown,
    pub(super) service: Shown,
    pub(super) company: String,
    pub(super) contract_number: String,
    pub(super) service_number: String,
    pub(super) line_number: String,
    pub(super) units: String,
    pub(super) usage: Shown,
    pub(super) wanted: String,
    pub(super) change: String,
    pub(super) from: String,
    pub(super) money: String,
    pub(super) invoice_lines: String,
    pub(super) state: &'static str,
    pub(super) why: Vec<Shown>,
    /// The id of what can be approved.
    pub(super) approvable: Option<String>,
    /// The id of the change that is shown, approvable or not.
    pub(super) change_id: String,
    pub(super) approved: Option<Shown>,
    pub(super) moved: Option<Shown>,
    /// What was found of it, and what to do.
    pub(super) found: Vec<Shown>,
    pub(super) is_line: bool,
    pub(super) is_decided: bool,
    pub(super) one_of_several: bool,
    pub(super) is_pinned: bool,
    /// What the address of its explanation says.
    pub(super) explain: String,
    /// Whose line has to be looked up to tell whether what was approved of it was made.
    pub(super) asks_whether_made: Option<(CompanyId, ServiceId)>,
}

/// The findings of each customer.
pub(super) type FoundOf<'a> = BTreeMap<CompanyId, Vec<&'a Finding>>;

pub(super) fn found_of(snapshot: &Snapshot) -> FoundOf<'_> {
    let mut found: FoundOf<'_> = BTreeMap::new();
    for finding in &snapshot.findings {
        finding.company.into_iter().for_each(|company| found.entry(company).or_default().push(finding));
    }
    found
}

/// What was found of a line: of its customer, and naming its service.
fn found(row: &Row<'_>, found_of: &FoundOf<'_>) -> Vec<Shown> {
    let company = row.line().map(|line| line.place.company).filter(|_| !row.service_name.is_empty());
    let all = company.and_then(|company| found_of.get(&company)).into_iter().flatten();
    let told = all.map(|finding| (finding.what.to_string(), finding.what.advice()));
    let of_service = told.filter(|(fact, _)| fact.contains(row.service_name));
    of_service.map(|(fact, advice)| Shown::of(format!("{fact} → {advice}"))).collect()
}

pub(super) fn line_row(row: &Row<'_>, listed: &Listed, told: &Told, found_of: &FoundOf<'_>) -> LineRow {
    let (line, change) = (row.line(), row.change());
    let place = line.map(|line| &line.place);
    let text = |value: Option<String>| value.unwrap_or_default();
    let money = change.and_then(|change| {
        let per = change.period.map(|period| format!(" a {}", period.per())).unwrap_or_default();
        Some(format!("{:+.2}{per}", change.money?))
    });
    let pinned =
        place.and_then(|place| listed.mapping.customers.get(&place.company)?.pins.get(&place.service).copied());
    let number = place.and_then(|place| place.line);
    let approvable = row.approvable().map(str::to_owned);
    let by = approvable.as_deref().and_then(|id| told.approved(id));
    let is_open = !matches!(row.state, State::Right | State::Excluded | State::Dismissed);
    let asks = place.map(|place| (place.company, place.service)).filter(|(company, service)| {
        is_open && by.is_none() && told.of_another_change(*company, *service, approvable.as_deref()).is_some()
    });
    LineRow {
        customer: Shown::of(if matches!(row.of, Of::NewService(_)) {
            "New service in Autotask"
        } else {
            row.company_name
        }),
        contract: Shown::of(row.contract.map_or("", |contract| contract.name.as_str())),
        service: Shown::of(row.service_name),
        company: text(place.map(|place| place.company.to_string())),
        contract_number: text(place.map(|place| place.contract.to_string())),
        service_number: text(place.map(|place| place.service.to_string())),
        line_number: text(number.map(|line| line.to_string())),
        units: text(line.map(|line| line.units.to_string())),
        usage: Shown::of(text(line.map(|line| usage_words(line, &listed.snapshot, &listed.mapping)))),
        wanted: text(line.and_then(|line| line.wanted).map(|wanted| wanted.to_string())),
        change: text(line.filter(|_| row.moved() != 0).map(|_| format!("{:+}", row.moved()))),
        from: text(change.map(|change| change.effective.to_string())),
        money: text(money),
        invoice_lines: text(change.map(|change| count(change.invoice_lines as usize, "extra invoice line"))),
        state: row.state.words(),
        why: why(row).into_iter().map(Shown::of).collect(),
        change_id: text(line.and_then(|line| Some(line.change.as_ref()?.id.clone()))),
        approved: by.map(Shown::of),
        moved: None,
        found: found(row, found_of),
        is_line: line.is_some(),
        is_decided: row.decision.is_some(),
        one_of_several: row.one_of_several,
        is_pinned: number.is_some() && pinned == number,
        explain: text(place.map(|place| explain_query(listed, place.company, place.service))),
        asks_whether_made: asks,
        approvable,
    }
}

fn explain_query(listed: &Listed, company: CompanyId, service: ServiceId) -> String {
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("connection", listed.connection.as_str());
    fields.append_pair("company", &company.to_string()).append_pair("service", &service.to_string());
    fields.finish()
}
