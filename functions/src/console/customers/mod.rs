//! The page of customers: which company is which tenant. Both sides are listed with their own searches; a company is
//! chosen, then its tenant, or the other way round. Whatever is decided here is staged (A36), and nothing is in force
//! before it is applied on the page of changes.

mod companies;
mod edits;
mod overlay;
mod tenants;
mod words;

pub(super) use edits::{accept_all, edit};
pub(super) use words::link_in_words;

use super::connections::{Choice as ConnectionChoice, Connections};
use super::drafts;
use super::fields::Asked;
use super::gates::{SignedIn, Viewer};
use super::paged::Pager;
use super::pages::{Failure, Frame, show};
use super::query::Query;
use super::words::Shown;
use askama::Template;
use axum::response::Response;
use companies::{Choice, Column, CompanyRow};
use overlay::Overlay;
use shared::draft::Draft;
use shared::ids::{CompanyId, TenantId};
use shared::mapping::CustomerLink;
use shared::person::Role;
use shared::run::Connection;
use shared::snapshot::Section;
use shared::words::count;
use tenants::TenantRow;

/// What the address says: of the companies, of the tenants, which one of each is chosen, and what was just staged.
const FIELDS: [&str; 12] = [
    "connection",
    "search",
    "show",
    "type",
    "sort",
    "page",
    "find",
    "partner",
    "tenants",
    "company",
    "tenant",
    "staged",
];
/// What the form over the companies asks for itself; what was staged is told once.
const OF_COMPANIES: [&str; 5] = ["search", "show", "type", "page", "staged"];
/// The same over the tenants.
const OF_TENANTS: [&str; 4] = ["find", "partner", "tenants", "staged"];

#[derive(Template)]
#[template(path = "console/customers.html")]
struct CustomersPage {
    frame: Frame,
    connections: Vec<ConnectionChoice>,
    staged: String,
    shown: Option<Sides>,
}

/// Both sides of a connection.
struct Sides {
    token: String,
    connection: String,
    may_edit: bool,
    /// Whether anything was read from the vendors yet.
    is_read: bool,
    /// The list as it is, for the way back from a form.
    back: String,
    /// What was just staged.
    told: Option<Shown>,
    chosen: Option<Chosen>,
    /// The tenant that is chosen first, and the way to put it down.
    chosen_tenant: Option<(String, Shown)>,
    put_down: String,
    sure: usize,
    companies: Vec<CompanyRow>,
    columns: Vec<Column>,
    companies_pager: Pager,
    search: Shown,
    states: Vec<Choice>,
    kinds: Vec<Choice>,
    companies_carry: Vec<(&'static str, String)>,
    tenants: Vec<TenantRow>,
    tenants_pager: Pager,
    find: Shown,
    partners: Vec<Choice>,
    tenants_carry: Vec<(&'static str, String)>,
}

/// The company that is chosen.
struct Chosen {
    row: CompanyRow,
    /// Whether there is a link to be removed.
    is_mapped: bool,
    is_to_create: bool,
    is_ignored: bool,
    is_left_alone: bool,
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let query = Query::asked(&FIELDS, &asked);
    let (staged, shown) = match &connections.chosen {
        Some(connection) => {
            let stored = drafts::of(&who, &connection.id).await?;
            (drafts::in_words(&stored.draft), Some(sides(&who, connection, &stored.draft, &query).await?))
        }
        None => (String::new(), None),
    };
    let frame = Frame::of_connection("Customers", &who, connections.chosen.as_ref());
    show(&CustomersPage { frame, connections: connections.choices(), staged, shown })
}

async fn sides(who: &SignedIn, connection: &Connection, draft: &Draft, query: &Query) -> Result<Sides, Failure> {
    let query = query.with(&[("connection", connection.id.as_str())]);
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let overlay = Overlay::of(listed.accounts(), draft);
    let chosen = chosen(&overlay, &listed.snapshot, &query)?;
    let chosen_tenant = chosen_tenant(&overlay, &query)?;
    let asked = companies::asked_for(&overlay, &query);
    let companies = companies::page(&overlay, &listed.snapshot, &asked, &query);
    let free = tenants::free(&overlay);
    let tenants = tenants::page(&tenants::asked_for(&free, &query), &query);
    let plain = query.with(&[("staged", "")]);
    let carry = |besides: &[&str]| {
        let carried = query.besides(besides).into_iter();
        carried.map(|(name, text)| (name, text.to_owned())).collect::<Vec<_>>()
    };
    Ok(Sides {
        token: who.token.clone(),
        connection: connection.id.to_string(),
        may_edit: who.person.role >= Some(Role::Operator),
        is_read: listed.snapshot.since.contains_key(&Section::Companies),
        told: told(&overlay, draft, &query),
        chosen,
        chosen_tenant,
        put_down: format!("/customers?{}", plain.with(&[("company", ""), ("tenant", "")]).text()),
        sure: overlay.sure_suggestions().len(),
        columns: companies::columns(&plain),
        companies_pager: Pager::of(("company", "companies"), &companies, |page| {
            plain.to_page("/customers", "companies", "page", page)
        }),
        companies: companies.rows,
        search: Shown::of(query.get("search")),
        states: companies::states(&overlay, &query),
        kinds: companies::kinds(&listed.snapshot, &query),
        companies_carry: carry(&OF_COMPANIES),
        tenants_pager: Pager::of(("tenant", "tenants"), &tenants, |page| {
            plain.to_page("/customers", "tenants", "tenants", page)
        }),
        tenants: tenants.rows,
        find: Shown::of(query.get("find")),
        partners: tenants::partners(&overlay, &free, &query),
        tenants_carry: carry(&OF_TENANTS),
        back: plain.text(),
    })
}

/// The company that the address chooses. One that is not there is of another connection, or of none.
fn chosen(
    overlay: &Overlay<'_>,
    snapshot: &shared::snapshot::Snapshot,
    query: &Query,
) -> Result<Option<Chosen>, Failure> {
    let Some(id) = Some(query.get("company")).filter(|id| !id.is_empty()) else { return Ok(None) };
    let id = id.parse().map(CompanyId).map_err(|_| Failure::NoSuchPage)?;
    let company = overlay.accounts.company(id).ok_or(Failure::NoSuchPage)?;
    let link = overlay.link(company);
    Ok(Some(Chosen {
        row: companies::row(overlay, snapshot, company, query),
        is_mapped: matches!(link, CustomerLink::Mapped { .. }),
        is_to_create: *link == CustomerLink::ToCreate,
        is_ignored: matches!(link, CustomerLink::Ignored { .. }),
        is_left_alone: *link == CustomerLink::Unmapped { left_alone: true },
    }))
}

fn chosen_tenant(overlay: &Overlay<'_>, query: &Query) -> Result<Option<(String, Shown)>, Failure> {
    let Some(id) = Some(query.get("tenant")).filter(|id| !id.is_empty()) else { return Ok(None) };
    let tenant = overlay.accounts.tenant(&TenantId::new(id)).ok_or(Failure::NoSuchPage)?;
    Ok(Some((tenant.id.to_string(), Shown::of(&tenant.name))))
}

/// What was just staged, as the draft has it now.
fn told(overlay: &Overlay<'_>, draft: &Draft, query: &Query) -> Option<Shown> {
    let staged = query.get("staged");
    if let Some(number) = staged.strip_prefix("all-") {
        return Some(Shown::of(format!("{} staged.", count(number.parse().ok()?, "suggestion"))));
    }
    let company = overlay.accounts.company(CompanyId(staged.parse().ok()?))?;
    let told = match draft.customers.get(&company.id) {
        Some(edit) => {
            let (was, to) = (&edit.link.was, &edit.link.to);
            let in_words = |link| link_in_words(link, overlay.accounts);
            format!("Staged for {}: {} → {}.", company.name, in_words(was), in_words(to))
        }
        None => format!("Nothing is staged for {} any more.", company.name),
    };
    Some(Shown::of(told))
}
