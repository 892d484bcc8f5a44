//! The customers as they would be with what the person staged: how each stands, whose tenant is whose, and which
//! suggestions are left. Pages show this; what is in force is unchanged.

use super::super::accounts::{Accounts, CompanyAt, TenantAt};
use shared::draft::Draft;
use shared::ids::{CompanyId, TenantId};
use shared::mapping::CustomerLink;
use shared::matching::Standing;
use std::collections::{BTreeMap, HashMap};

/// Both sides with the edits of one person over them.
pub(in super::super) struct Overlay<'a> {
    pub(in super::super) accounts: &'a Accounts,
    draft: &'a Draft,
    /// Tenants that the draft maps.
    staged: HashMap<&'a TenantId, CompanyId>,
}

/// How a company stands, to be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Mapped,
    Renamed,
    Missing,
    Unmapped,
    ToCreate,
    Ignored,
}

/// By what a list of companies may be narrowed, as its address says it, with words for people.
pub(super) const SHOWN: [(&str, &str); 7] = [
    ("", "All"),
    ("mapped", "Mapped"),
    ("unmapped", "Not mapped"),
    ("ignored", "Ignored"),
    ("missing", "Missing"),
    ("renamed", "Renamed"),
    ("staged", "Staged by you"),
];

impl State {
    /// Whether a list narrowed by this word shows it; `staged` says whether the person edited it.
    pub(super) fn is_shown_by(self, word: &str, staged: bool) -> bool {
        match word {
            "mapped" => matches!(self, Self::Mapped | Self::Renamed | Self::Missing),
            "unmapped" => matches!(self, Self::Unmapped | Self::ToCreate),
            "ignored" => self == Self::Ignored,
            "missing" => self == Self::Missing,
            "renamed" => self == Self::Renamed,
            "staged" => staged,
            _ => true,
        }
    }
}

fn tenant_in(link: &CustomerLink) -> Option<&TenantId> {
    match link {
        CustomerLink::Mapped { tenant, .. } => Some(tenant),
        CustomerLink::Unmapped { .. } | CustomerLink::ToCreate | CustomerLink::Ignored { .. } => None,
    }
}

impl<'a> Overlay<'a> {
    pub(in super::super) fn of(accounts: &'a Accounts, draft: &'a Draft) -> Self {
        let edits = draft.customers.iter();
        let staged = edits.filter_map(|(id, edit)| Some((tenant_in(&edit.link.to)?, *id))).collect();
        Self { accounts, draft, staged }
    }

    /// Whether the person edited it.
    pub(super) fn is_staged(&self, company: CompanyId) -> bool {
        self.draft.customers.contains_key(&company)
    }

    /// The link as it would be.
    pub(super) fn link<'s>(&'s self, company: &'s CompanyAt) -> &'s CustomerLink {
        self.draft.customers.get(&company.id).map_or(&company.link, |edit| &edit.link.to)
    }

    /// The tenant of a link, where it is there.
    pub(super) fn tenant(&self, company: &CompanyAt) -> Option<&'a TenantAt> {
        self.accounts.tenant(tenant_in(self.link(company))?)
    }

    /// Whose a tenant would be.
    pub(super) fn owner_of(&self, tenant: &TenantId) -> Option<CompanyId> {
        if let Some(company) = self.staged.get(tenant) {
            return Some(*company);
        }
        // Who gives it up in the draft has it no more.
        self.accounts.owner_of(tenant).filter(|company| !self.is_staged(*company))
    }

    pub(super) fn state(&self, company: &CompanyAt) -> State {
        let staged = self.is_staged(company.id);
        match (self.link(company), &company.standing) {
            (CustomerLink::Mapped { tenant, .. }, _) if self.accounts.tenant(tenant).is_none() => State::Missing,
            (CustomerLink::Mapped { .. }, Standing::Missing) if !staged => State::Missing,
            (CustomerLink::Mapped { .. }, Standing::Renamed { .. }) if !staged => State::Renamed,
            (CustomerLink::Mapped { .. }, _) => State::Mapped,
            (CustomerLink::Unmapped { .. }, _) => State::Unmapped,
            (CustomerLink::ToCreate, _) => State::ToCreate,
            (CustomerLink::Ignored { .. }, _) => State::Ignored,
        }
    }

    /// The tenants with nearly its name that are nobody's (M2).
    pub(super) fn suggestions(&self, company: &CompanyAt) -> Vec<&'a TenantAt> {
        let Standing::Unmapped(near) = &company.standing else { return Vec::new() };
        if self.state(company) != State::Unmapped {
            return Vec::new();
        }
        let free = near.iter().filter(|tenant| self.owner_of(tenant).is_none());
        free.filter_map(|tenant| self.accounts.tenant(tenant)).collect()
    }

    /// The suggestions that leave no choice: the only one for its company, and its tenant is suggested to no other one.
    /// A company whose link was removed by hand is not among them (M6).
    pub(super) fn sure_suggestions(&self) -> Vec<(&'a CompanyAt, &'a TenantAt)> {
        let mut by_tenant: BTreeMap<&TenantId, Vec<(&CompanyAt, &TenantAt, bool)>> = BTreeMap::new();
        for company in &self.accounts.companies {
            let near = self.suggestions(company);
            let is_sure = near.len() == 1 && *self.link(company) == CustomerLink::Unmapped { left_alone: false };
            for tenant in near {
                by_tenant.entry(&tenant.id).or_default().push((company, tenant, is_sure));
            }
        }
        let only = |suggested: Vec<_>| match suggested.as_slice() {
            [(company, tenant, true)] => Some((*company, *tenant)),
            _ => None,
        };
        by_tenant.into_values().filter_map(only).collect()
    }
}
