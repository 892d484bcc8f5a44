//! What is decided on the page of customers goes into the person's draft: a link made, removed, or given another
//! meaning. The button says which company, how the person saw it, and what is to be.

use super::super::accounts::Accounts;
use super::super::connections::the_named;
use super::super::drafts::{self, print_of_link};
use super::super::fields::Posted;
use super::super::gates::{Operator, SignedIn};
use super::super::pages::{Failure, go_to};
use super::super::query::Query;
use super::FIELDS;
use super::overlay::Overlay;
use axum::response::Response;
use shared::draft::{MOST_EDITS, link_of};
use shared::ids::{CompanyId, TenantId};
use shared::mapping::{CustomerLink, MappingRowName};
use shared::run::Connection;

/// The longest reason for which a company is ignored, in characters.
const MOST_REASON: usize = 300;

/// What a button asks for: `map 175 PRINT TENANT`.
struct Wish<'a> {
    act: &'a str,
    company: CompanyId,
    /// Stands for the link that the person saw.
    print: &'a str,
    tenant: &'a str,
}

impl<'a> Wish<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(4, ' ');
        let (act, company, print) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        Some(Self { act, company: CompanyId(company), print, tenant: parts.next().unwrap_or_default() })
    }
}

async fn back_to(who: &SignedIn, posted: &Posted) -> Result<(Connection, Query), Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let back = Query::of_text(&FIELDS, posted.field("back")?);
    Ok((connection.clone(), back.with(&[("connection", connection.id.as_str())])))
}

pub(in super::super) async fn edit(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let (connection, back) = back_to(&who, &posted).await?;
    let wish = Wish::of(posted.field("edit")?).ok_or(Failure::Malformed("it is not said what is to be done"))?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let company = listed.accounts().company(wish.company).ok_or(Failure::NoSuchPage)?;
    if print_of_link(&company.link) != wish.print {
        return Err(Failure::Refused("somebody else changed this customer since the page was made"));
    }
    if wish.act == "discard" {
        let row = MappingRowName::Customer(company.id);
        drafts::change(&who, &connection.id, |draft| Ok(draft.discard(&row))).await?;
    } else {
        let to = wanted(&wish, &posted, listed.accounts())?;
        let was = link_of(&listed.mapping, company.id);
        drafts::change(&who, &connection.id, |draft| {
            draft.stage_link(company.id, &company.name, was.clone(), to.clone());
            Ok(())
        })
        .await?;
    }
    let told = back.with(&[("staged", &company.id.to_string()), ("company", ""), ("tenant", "")]);
    Ok(go_to(&format!("/customers?{}", told.text())))
}

fn wanted(wish: &Wish<'_>, posted: &Posted, accounts: &Accounts) -> Result<CustomerLink, Failure> {
    Ok(match wish.act {
        "map" => {
            let tenant = accounts.tenant(&TenantId::new(wish.tenant)).ok_or(Failure::NoSuchPage)?;
            CustomerLink::Mapped { tenant: tenant.id.clone(), tenant_name: tenant.name.clone() }
        }
        "new" => CustomerLink::ToCreate,
        "remove" | "leave" => CustomerLink::Unmapped { left_alone: true },
        "hand-back" => CustomerLink::Unmapped { left_alone: false },
        "ignore" => {
            let reason = posted.field("reason")?.trim();
            if reason.is_empty() || reason.chars().count() > MOST_REASON {
                return Err(Failure::Malformed("a reason has 1 to 300 characters"));
            }
            CustomerLink::Ignored { reason: reason.to_owned() }
        }
        _ => return Err(Failure::Malformed("there is no such edit")),
    })
}

/// Stages all suggestions that leave no choice, as many as fit.
pub(in super::super) async fn accept_all(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let (connection, back) = back_to(&who, &posted).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let staged = drafts::change(&who, &connection.id, |draft| {
        let before = draft.clone();
        let room = MOST_EDITS.saturating_sub(before.len());
        let sure = Overlay::of(listed.accounts(), &before).sure_suggestions();
        for (company, tenant) in sure.iter().take(room) {
            let to = CustomerLink::Mapped { tenant: tenant.id.clone(), tenant_name: tenant.name.clone() };
            draft.stage_link(company.id, &company.name, link_of(&listed.mapping, company.id), to);
        }
        Ok(sure.len().min(room))
    })
    .await?;
    let told = back.with(&[("staged", &format!("all-{staged}"))]);
    Ok(go_to(&format!("/customers?{}", told.text())))
}
