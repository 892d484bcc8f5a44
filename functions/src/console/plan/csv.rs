//! What one sees, as a file for a spreadsheet: the same lines and findings, without pages.

use super::rows::{self, Of, Row};
use super::{View, today, usage_words};
use crate::console::connections::the_named;
use crate::console::fields::Asked;
use crate::console::gates::Viewer;
use crate::console::pages::Failure;
use crate::spreadsheet;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use shared::mapping::Mapping;
use shared::snapshot::Snapshot;

const COLUMNS: [&str; 20] = [
    "company",
    "customer",
    "contract",
    "contract name",
    "service",
    "service name",
    "line",
    "units now",
    "used in base units",
    "usage",
    "units wanted",
    "change",
    "from",
    "money per period",
    "period",
    "invoice lines",
    "state",
    "why",
    "decided",
    "id",
];

pub(in crate::console) async fn lines(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let rows = rows::of(&listed, &View::of(&asked), today(&who, &listed.mapping));
    let cells = rows.iter().map(|row| cells_of(row, &listed.snapshot, &listed.mapping));
    answer("plan", &COLUMNS, cells)
}

pub(in crate::console) async fn findings(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let found = rows::findings(&listed.snapshot, &View::of(&asked));
    let cells = found.into_iter().map(|finding| {
        let company = finding.company.map(|company| company.to_string()).unwrap_or_default();
        vec![company, finding.company_name.clone(), finding.what.to_string(), finding.what.advice()]
    });
    answer("findings", &["company", "customer", "finding", "what to do"], cells)
}

fn cells_of(row: &Row<'_>, snapshot: &Snapshot, mapping: &Mapping) -> Vec<String> {
    let line = row.line();
    let change = row.change();
    let place = line.map(|line| &line.place);
    let told = |value: Option<String>| value.unwrap_or_default();
    let used =
        || snapshot.used(line?).map(|(_, amount)| amount.to_string()).reduce(|all, one| format!("{all} + {one}"));
    let id = match row.of {
        Of::Line(line) => told(line.change.as_ref().map(|change| change.id.clone())),
        Of::NewService(service) => service.id.clone(),
    };
    vec![
        told(place.map(|place| place.company.to_string())),
        row.company_name.to_owned(),
        told(place.map(|place| place.contract.to_string())),
        told(row.contract.map(|contract| contract.name.clone())),
        told(place.map(|place| place.service.to_string())),
        row.service_name.to_owned(),
        told(place.and_then(|place| place.line).map(|line| line.to_string())),
        told(line.map(|line| line.units.to_string())),
        told(used()),
        told(line.map(|line| usage_words(line, snapshot, mapping))),
        told(line.and_then(|line| line.wanted).map(|wanted| wanted.to_string())),
        told(line.filter(|line| line.wanted.is_some()).map(|_| row.moved().to_string())),
        told(change.map(|change| change.effective.to_string())),
        told(change.and_then(|change| change.money).map(|money| money.to_string())),
        told(change.and_then(|change| change.period).map(|period| period.to_string())),
        told(change.map(|change| change.invoice_lines.to_string())),
        row.state.words().to_owned(),
        super::why(row).join("; "),
        told(row.decision.map(ToString::to_string)),
        id,
    ]
}

/// A file of these columns and rows.
pub(in crate::console) fn answer(
    name: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<Response, Failure> {
    let bytes = spreadsheet::bytes_of(columns, rows)?;
    let kind = (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned());
    let file = (CONTENT_DISPOSITION, format!("attachment; filename=\"acrotask-{name}.csv\""));
    Ok(([kind, file], bytes).into_response())
}
