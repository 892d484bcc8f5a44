//! What quotas are planned from: everything read of one customer, what is remembered of its quotas, and the
//! terms that are the same for all. Gathered by the job; decided upon by `quota_plan`.

use crate::contract::{BundleRow, Company, Contract, ContractLine, UnitsRow};
use crate::creation::Creation;
use crate::facts::Terms;
use crate::ids::{ApplicationId, CompanyId, TenantId};
use crate::kept::Seen;
use crate::mapping::{CustomerLink, CustomerRow, Mapping, ProductRow};
use crate::quota::GivenItem;
use crate::usage::{ItemKey, ItemKind, Tenant};
use crate::vanished::Gone;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The terms of one run.
#[derive(Debug)]
pub struct QuotaTerms<'a> {
    /// What is sold, the settings, and the day.
    pub common: Terms<'a>,
    /// The operator's mapping.
    pub mapping: &'a Mapping,
    /// Unmapped tenants with a company's name, or nearly (P1).
    pub near: BTreeMap<CompanyId, Vec<Tenant>>,
    /// The applications that a customer may be given.
    pub applications: Vec<ApplicationId>,
}

/// Everything read of one company that has a row in the mapping.
#[derive(Debug, Clone)]
pub struct QuotaFacts {
    /// The operator's row.
    pub customer: CustomerRow,
    /// The company, where Autotask shows it.
    pub company: Option<Company>,
    /// The tenant it is mapped to, or the one that carries our tag for it; none where there is none in our tree.
    pub tenant: Option<Tenant>,
    /// The tenant's items; where there is no tenant, what one could be given, all off.
    pub items: Vec<GivenItem>,
    /// What is in use of each item, in base units, or the vendor's refusal.
    pub usage: Result<BTreeMap<ItemKey, u64>, String>,
    /// Its recurring contracts that count today.
    pub contracts: Vec<Contract>,
    /// The lines of sold services on them.
    pub lines: Vec<ContractLine>,
    /// Units of sold services on them, covering today.
    pub rows: Vec<UnitsRow>,
    /// Units of bundles that hold sold services, covering today.
    pub bundles: Vec<BundleRow>,
    /// Our memory of its quotas.
    pub state: Option<QuotaState>,
    /// The creation of its tenant, where we sent one.
    pub creation: Option<Creation>,
    /// Who would be its administrator: the company's primary contact.
    pub contact: Option<Contact>,
}

/// A company's primary contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// E-mail address, which becomes the login.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

/// What is remembered of a customer's quotas between runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaState {
    /// Which company.
    pub company: CompanyId,
    /// The tenant they were.
    pub tenant: TenantId,
    /// The items whose quota was once right or written, by item.
    pub quotas: Vec<KnownQuota>,
    /// What was there at the last run that was applied or approved (H1).
    pub seen: Option<Seen>,
    /// What vanished lately, and the day of the look that missed it first (H1).
    #[serde(default)]
    pub vanished: Vec<(Gone, Date)>,
    /// The first day without an active contract; none while there is one (C4).
    pub no_contract_since: Option<Date>,
    /// How often we disabled the tenant.
    #[serde(default)]
    pub disables: u32,
}

/// What is remembered of one quota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownQuota {
    /// The item.
    pub key: ItemKey,
    /// The fingerprint of the mapping it was last written by (H1).
    pub mapped_as: String,
    /// Whether it followed a pay-as-you-go contract (H1).
    pub pay_as_you_go: bool,
    /// How often we wrote it.
    pub writes: u32,
}

impl QuotaState {
    /// A customer of which nothing is known yet.
    pub fn new(company: CompanyId, tenant: TenantId) -> Self {
        Self {
            company,
            tenant,
            quotas: Vec::new(),
            seen: None,
            vanished: Vec::new(),
            no_contract_since: None,
            disables: 0,
        }
    }

    /// What is remembered of an item.
    pub fn quota(&self, key: &ItemKey) -> Option<&KnownQuota> {
        self.quotas.iter().find(|known| known.key == *key)
    }
}

impl QuotaFacts {
    /// The company's name for people.
    pub fn name(&self) -> &str {
        self.company.as_ref().map_or(&self.customer.company_name, |company| &company.name)
    }

    /// The contracts that count on `day` (C1).
    pub fn counting(&self, day: Date) -> impl Iterator<Item = &Contract> {
        self.contracts.iter().filter(move |contract| contract.counts_on(day))
    }

    /// An item of the tenant.
    pub fn item(&self, key: &ItemKey) -> Option<&GivenItem> {
        self.items.iter().find(|given| given.item.key == *key)
    }

    /// Whether the vendor says how much of an item is in use, be it nothing.
    pub fn is_usage_told(&self, key: &ItemKey) -> bool {
        self.usage.as_ref().is_ok_and(|usage| usage.contains_key(key))
    }

    /// How many items are in use, or may be: those too of which the vendor does not say.
    pub fn items_in_use(&self) -> usize {
        let Ok(usage) = &self.usage else { return self.items.len().max(1) };
        let untold = |given: &&GivenItem| {
            let counts = given.grant.is_on() && given.item.kind != ItemKind::Feature;
            counts && !usage.contains_key(&given.item.key)
        };
        usage.values().filter(|used| **used > 0).count() + self.items.iter().filter(untold).count()
    }

    /// What is in use of an item; nothing where the vendor lists nothing.
    pub fn used(&self, key: &ItemKey) -> u64 {
        self.usage.as_ref().ok().and_then(|usage| usage.get(key)).copied().unwrap_or_default()
    }

    /// Whether the customer is to have a tenant that is not there, or not complete, yet (P1, P2).
    pub fn wants_tenant(&self, terms: &QuotaTerms<'_>) -> bool {
        match self.customer.link {
            CustomerLink::ToCreate => true,
            CustomerLink::Unmapped { left_alone } => terms.common.settings.automatic_provisioning && !left_alone,
            CustomerLink::Mapped { .. } => self.is_incomplete(terms),
            CustomerLink::Ignored { .. } => false,
        }
    }

    /// Whether its tenant is one that we created and that was not completed yet.
    pub fn is_incomplete(&self, terms: &QuotaTerms<'_>) -> bool {
        let tag = terms.tag(self.customer.company);
        let ours = self.tenant.as_ref().is_some_and(|tenant| tenant.tag.as_ref() == Some(&tag));
        ours && self.creation.as_ref().is_some_and(|creation| !creation.finished)
    }
}

impl QuotaTerms<'_> {
    /// The operator's row of an item.
    pub fn row(&self, key: &ItemKey) -> Option<&ProductRow> {
        self.mapping.products.get(key)
    }

    /// The key by which the vendor's tenant of a company is found again (P2).
    pub fn tag(&self, company: CompanyId) -> String {
        tenant_tag(self.common.connection.database, company)
    }
}

/// The tag of the tenant of a company (`internal_tag` in Acronis Account Management API v2).
pub fn tenant_tag(database: i64, company: CompanyId) -> String {
    format!("autotask:{database}:{company}")
}
