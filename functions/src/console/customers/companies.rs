//! The list of companies: narrowed, searched, sorted, and the rows of one page of it.

use super::super::accounts::{CompanyAt, TenantAt};
use super::super::drafts::print_of_link;
use super::super::paged::Paged;
use super::super::query::Query;
use super::super::statement;
use super::super::words::Shown;
use super::overlay::{Overlay, SHOWN, State};
use super::words::link_in_words;
use shared::ids::ConnectionId;
use shared::mapping::CustomerLink;
use shared::matching::Standing;
use shared::snapshot::{CompanyType, Snapshot};
use std::cmp::Ordering;

/// What a filter says for companies without a type.
const NO_KIND: &str = "none";
/// By what the list may be sorted, with the headings of the columns.
const COLUMNS: [(&str, &str); 4] = [("name", "Company"), ("kind", "Type"), ("state", "State"), ("tenant", "Tenant")];

/// A choice of a filter.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: Shown,
    pub(super) is_chosen: bool,
}

/// A column, by which the list may be sorted.
pub(super) struct Column {
    pub(super) name: &'static str,
    /// As `aria-sort` has it.
    pub(super) order: &'static str,
    pub(super) link: String,
}

/// A company as the list shows it.
pub(super) struct CompanyRow {
    pub(super) id: String,
    pub(super) name: Shown,
    pub(super) kind: Shown,
    pub(super) state: &'static str,
    pub(super) tenant: Shown,
    /// What is to be known of the state.
    pub(super) note: Option<Shown>,
    /// What is in force, where the person staged something else.
    pub(super) was: Option<Shown>,
    /// Stands for the link in force.
    pub(super) print: String,
    /// Where it is chosen.
    pub(super) choose: String,
    pub(super) is_chosen: bool,
    /// Where its statement is, if it is mapped.
    pub(super) statement: Option<String>,
    pub(super) suggestions: Vec<Suggestion>,
}

/// A tenant with nearly the name.
pub(super) struct Suggestion {
    pub(super) tenant: String,
    pub(super) name: Shown,
    pub(super) path: Shown,
}

impl Suggestion {
    pub(super) fn of(tenant: &TenantAt) -> Self {
        Self { tenant: tenant.id.to_string(), name: Shown::of(&tenant.name), path: Shown::of(&tenant.path) }
    }
}

/// The companies that the address asks for, in its order.
pub(super) fn asked_for<'a>(overlay: &Overlay<'a>, query: &Query) -> Vec<&'a CompanyAt> {
    let (search, show, kind) = (query.get("search").to_lowercase(), query.get("show"), query.get("type"));
    let is_kind = |company: &CompanyAt| match kind {
        "" => true,
        NO_KIND => company.kind.is_none(),
        kind => company.kind.is_some_and(|known| kind.parse() == Ok(known)),
    };
    let is_found = |company: &CompanyAt| {
        search.is_empty()
            || company.words.contains(&search)
            || overlay.tenant(company).is_some_and(|tenant| tenant.name_in_order.contains(&search))
    };
    let is_shown = |company: &&CompanyAt| overlay.state(company).is_shown_by(show, overlay.is_staged(company.id));
    let companies = overlay.accounts.companies.iter().filter(|company| is_kind(company) && is_found(company));
    let mut companies: Vec<&CompanyAt> = companies.filter(is_shown).collect();
    // They come by name; what is equal stays in that order.
    let (column, turned) = sorted_by(query);
    let by = |one: &&CompanyAt, other: &&CompanyAt| match column {
        "kind" => one.kind.cmp(&other.kind),
        "state" => overlay.state(one).cmp(&overlay.state(other)),
        "tenant" => {
            let name = |company| overlay.tenant(company).map(|tenant| &tenant.name_in_order);
            // Those without one come last.
            name(one).is_none().cmp(&name(other).is_none()).then_with(|| name(one).cmp(&name(other)))
        }
        _ => Ordering::Equal,
    };
    if column != "name" {
        companies.sort_by(by);
    }
    if turned {
        companies.reverse();
    }
    companies
}

/// The column, and whether it is the other way round.
fn sorted_by(query: &Query) -> (&str, bool) {
    match query.get("sort") {
        "" => ("name", false),
        sort => sort.strip_prefix('-').map_or((sort, false), |column| (column, true)),
    }
}

/// The columns with the links that sort by them; a second time the other way round.
pub(super) fn columns(query: &Query) -> Vec<Column> {
    let (by, turned) = sorted_by(query);
    let column = |(column, name): (&str, &'static str)| {
        let is = by == column;
        let next = if is && !turned { format!("-{column}") } else { column.to_owned() };
        let order = match (is, turned) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        Column { name, order, link: format!("/customers?{}", query.with(&[("sort", &next), ("page", "")]).text()) }
    };
    COLUMNS.into_iter().map(column).collect()
}

/// The choices of the filter by state, each with how many there are.
pub(super) fn states(overlay: &Overlay<'_>, query: &Query) -> Vec<Choice> {
    let all = overlay.accounts.companies.iter();
    let all: Vec<_> = all.map(|one| (overlay.state(one), overlay.is_staged(one.id))).collect();
    let choice = |(word, name): (&str, &str)| {
        let many = all.iter().filter(|(state, staged)| state.is_shown_by(word, *staged)).count();
        let name = Shown::of(format!("{name} ({many})"));
        Choice { value: word.to_owned(), name, is_chosen: query.get("show") == word }
    };
    SHOWN.into_iter().map(choice).collect()
}

/// The choices of the filter by type (A53).
pub(super) fn kinds(snapshot: &Snapshot, query: &Query) -> Vec<Choice> {
    let chosen = query.get("type");
    let choice = |value: &str, name: Shown| Choice { value: value.to_owned(), name, is_chosen: chosen == value };
    let first = choice("", Shown::of("Any type"));
    let named = |kind: &CompanyType| choice(&kind.number.to_string(), Shown::of(&kind.name));
    let kinds = snapshot.company_types.iter().map(named);
    std::iter::once(first).chain(kinds).chain([choice(NO_KIND, Shown::of("Without a type"))]).collect()
}

/// One page of the list.
pub(super) fn page(
    overlay: &Overlay<'_>,
    snapshot: &Snapshot,
    companies: &[&CompanyAt],
    query: &Query,
) -> Paged<CompanyRow> {
    Paged::of(companies, Some(query.get("page")), |company| row(overlay, snapshot, company, query))
}

pub(super) fn row(overlay: &Overlay<'_>, snapshot: &Snapshot, company: &CompanyAt, query: &Query) -> CompanyRow {
    let (link, accounts) = (overlay.link(company), overlay.accounts);
    let id = company.id.to_string();
    let kind = snapshot.company_types.iter().find(|kind| Some(kind.number) == company.kind);
    let was = overlay.is_staged(company.id).then(|| Shown::of(link_in_words(&company.link, accounts)));
    CompanyRow {
        name: Shown::of(&company.name),
        kind: Shown::of(kind.map_or("", |kind| &kind.name)),
        state: state_in_words(overlay.state(company)),
        tenant: Shown::of(match link {
            CustomerLink::Mapped { .. } | CustomerLink::Ignored { .. } => link_in_words(link, accounts),
            CustomerLink::ToCreate => "New tenant".to_owned(),
            CustomerLink::Unmapped { .. } => "Not mapped".to_owned(),
        }),
        note: note(overlay, company),
        was,
        print: print_of_link(&company.link),
        choose: format!("/customers?{}#chosen", query.with(&[("company", &id), ("tenant", "")]).text()),
        is_chosen: query.get("company") == id,
        statement: matches!(company.link, CustomerLink::Mapped { .. }).then(|| {
            let connection = ConnectionId::new(query.get("connection"));
            format!("/statement?{}", statement::query_of(&connection, company.id, None))
        }),
        suggestions: overlay.suggestions(company).into_iter().map(Suggestion::of).collect(),
        id,
    }
}

fn state_in_words(state: State) -> &'static str {
    match state {
        State::Mapped => "mapped",
        State::Renamed => "renamed",
        State::Missing => "missing",
        State::Unmapped => "not mapped",
        State::ToCreate => "to get a tenant",
        State::Ignored => "ignored",
    }
}

fn note(overlay: &Overlay<'_>, company: &CompanyAt) -> Option<Shown> {
    let note = match (overlay.state(company), &company.standing) {
        (State::Renamed, Standing::Renamed { company, tenant }) => {
            format!("The company is called {company} now, and the tenant {tenant}. It stays mapped: ids count.")
        }
        (State::Missing, _) => {
            "The tenant or the company was not there when both sides were last read; nothing is changed for it."
                .to_owned()
        }
        (State::Unmapped, _) if *overlay.link(company) == (CustomerLink::Unmapped { left_alone: true }) => {
            "Left alone: automatic provisioning makes no tenant for it.".to_owned()
        }
        _ => return None,
    };
    Some(Shown::of(note))
}
