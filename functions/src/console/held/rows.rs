//! The changes of quotas or tickets as a person asks for them: which are shown, and in which order. It reads what the
//! jobs left, and changes nothing.

use super::Tab;
use crate::console::listed::Left;
use crate::console::query::Query;
use shared::held::{Kept, KeptChange};
use shared::ids::CompanyId;
use shared::plan::plan_id;
use shared::run::Job;

/// One change in the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) job: Job,
    pub(super) company: Option<CompanyId>,
    pub(super) company_name: &'a str,
    pub(super) change: &'a KeptChange,
}

/// Which changes are shown.
pub(super) const SHOWS: [(&str, &str); 3] =
    [("", "Changes and holds"), ("held", "Held only"), ("changes", "Changes only")];

/// All that are asked for, by the customer's name; those of one customer in the order of their plan.
pub(super) fn of<'a>(left: &'a Left, tab: Tab, query: &Query) -> Vec<Row<'a>> {
    let (search, show) = (query.get("search").to_lowercase(), query.get("show"));
    let customer: Option<CompanyId> = query.get("customer").parse().ok().map(CompanyId);
    let mut kept: Vec<(Job, &Kept)> = left.of(tab.jobs()).collect();
    kept.retain(|(_, kept)| customer.is_none() || kept.company == customer);
    kept.sort_by_cached_key(|(job, kept)| (kept.company_name.to_lowercase(), kept.company, *job));
    let mut rows = Vec::new();
    for (job, kept) in kept {
        let number = kept.company.map(|company| company.to_string()).unwrap_or_default();
        let is_theirs = kept.company_name.to_lowercase().contains(&search) || number == search;
        let found = |change: &&KeptChange| {
            let texts = [&change.what, &change.becomes, &change.because];
            is_theirs || texts.iter().any(|text| text.to_lowercase().contains(&search)) || change.id == search
        };
        let shown = |change: &&KeptChange| match show {
            "held" => !change.held.is_empty(),
            "changes" => change.held.is_empty(),
            _ => true,
        };
        let (company, company_name) = (kept.company, kept.company_name.as_str());
        let changes = kept.changes.iter().filter(shown).filter(found);
        rows.extend(changes.map(|change| Row { job, company, company_name, change }));
    }
    rows
}

/// Stands for exactly these changes.
pub(super) fn print_of(rows: &[Row<'_>]) -> String {
    plan_id(rows.iter().map(|row| row.change.id.as_str()))
}
