//! Companies that buy quotas: their contracts at Autotask, and what Acronis has of their tenants in the end. It
//! reckons by itself and asks nothing of the rules under test.

use crate::world::World;
use functions::contract_changed;
use functions::run::{Approve, Run, Scope};
use sandbox::acronis::catalogue::{BACKUP, Unit};
use sandbox::acronis::users::User;
use sandbox::acronis::{PricingMode, Tenant, TenantKind};
use shared::ids::{ApplicationId, CompanyId, TenantId};
use shared::mapping::{CustomerLink, Mapping};
use shared::plan::Plan;
use shared::run::{Mode, Outcome};
use std::collections::BTreeMap;

const GIB: u64 = 1 << 30;

/// A company with a prepaid contract.
#[derive(Debug, Clone)]
pub struct Buyer {
    /// The company.
    pub company: i64,
    /// Its name.
    pub name: String,
    /// Its contract.
    pub contract: i64,
    /// The lines of the contract, by item.
    pub lines: BTreeMap<String, i64>,
}

impl World {
    /// A new company whose contract sells units of these items.
    pub fn buyer(&self, name: &str, units: &[(&str, i64)]) -> Buyer {
        self.sandbox.world(|world| {
            let company = world.add_company(name);
            let (first, last) = (world.day(-40), world.day(700));
            let contract = world.add_contract(company, "Acronis prepaid", first, last);
            let mut lines = BTreeMap::new();
            for (item, units) in units {
                let service = world.service_by_sku(item).expect("there is a service of its name");
                lines.insert((*item).to_owned(), world.add_line(contract, service, *units, None));
            }
            Buyer { company, name: name.to_owned(), contract, lines }
        })
    }

    /// The tag that the tenant of a company carries.
    pub fn tag(&self, company: i64) -> String {
        format!("autotask:{}:{company}", self.sandbox.world(|world| world.autotask.database))
    }

    /// The tenants of a company that are there, by its tag.
    pub fn tenants_of(&self, buyer: &Buyer) -> Vec<Tenant> {
        let tag = self.tag(buyer.company);
        self.sandbox.world(|world| {
            let tenants = world.acronis.tenants.values().filter(|tenant| tenant.deleted_at.is_none());
            tenants.filter(|tenant| tenant.internal_tag.as_ref() == Some(&tag)).cloned().collect()
        })
    }

    /// What a tenant is given: the quota of each item that is on, none where there is no limit.
    pub fn given(&self, tenant: &str) -> BTreeMap<(String, Option<String>), Option<u64>> {
        self.sandbox.world(|world| {
            let items = world.acronis.items.get(tenant).map(Vec::as_slice).unwrap_or_default();
            let on = items.iter().filter(|item| item.on);
            on.map(|item| ((item.product.name.clone(), item.infra_id.clone()), item.quota.value)).collect()
        })
    }

    /// The storages that a tenant has.
    pub fn storages(&self, tenant: &str) -> Vec<String> {
        let given = self.given(tenant).into_keys();
        given.filter(|(item, _)| item == "pw_base_storage").filter_map(|(_, storage)| storage).collect()
    }

    /// The users of a tenant.
    pub fn users(&self, tenant: &str) -> Vec<User> {
        self.sandbox.world(|world| world.users_of(tenant))
    }

    /// The mapping as it is now.
    pub async fn mapping(&self) -> Mapping {
        let mapping = self.host.store.mapping(&self.connection).await.expect("the table is read");
        mapping.expect("the mapping was made at setup")
    }

    /// Where a company stands in the mapping.
    pub async fn link(&self, company: i64) -> Option<CustomerLink> {
        self.mapping().await.customers.get(&CompanyId(company)).map(|row| row.link.clone())
    }

    /// Approves the plan of tenants and quotas as it is now.
    pub async fn approve_quotas(&self) -> Plan {
        let plan = contract_changed::plan(&self.host, &self.connection).await.expect("a plan is made");
        let what = Approve::Plan(plan.id.clone());
        contract_changed::approve(&self.host, &self.connection, &what, "clerk").await.expect("the plan is approved")
    }

    /// A run that makes tenants and quotas.
    pub async fn quotas(&self) -> Run {
        self.quotas_of(Scope::Everybody).await
    }

    /// The same for some.
    pub async fn quotas_of(&self, scope: Scope) -> Run {
        let run = contract_changed::run(&self.host, &self.connection, scope, Mode::Apply);
        run.await.expect("the run is recorded")
    }

    /// The same, and it ends well.
    pub async fn quotas_complete(&self) -> Run {
        let run = self.quotas().await;
        assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
        run
    }

    /// The company has exactly one tenant, and it is complete; gives it.
    pub async fn has_one_tenant(&self, buyer: &Buyer) -> Tenant {
        let tenants = self.tenants_of(buyer);
        let [tenant] = tenants.as_slice() else { panic!("{} tenants of {}: {tenants:#?}", tenants.len(), buyer.name) };
        assert!(tenant.name.starts_with(buyer.name.trim()), "{} is called {}", buyer.name, tenant.name);
        assert_eq!((tenant.kind, tenant.enabled), (TenantKind::Customer, true), "{tenant:?}");
        let mapping = self.mapping().await;
        let link = mapping.customers.get(&CompanyId(buyer.company)).map(|row| &row.link);
        let is_mapped =
            matches!(link, Some(CustomerLink::Mapped { tenant: mapped, .. }) if mapped.as_str() == tenant.id);
        assert!(is_mapped, "{} is not mapped to its tenant: {link:?}", buyer.name);
        let settings = &mapping.settings.new_tenants;
        assert_eq!(tenant.two_factor, settings.two_factor, "two factors of {}", buyer.name);
        let mode = if settings.trial { PricingMode::Trial } else { PricingMode::Production };
        assert_eq!(tenant.pricing_mode, mode, "{}", buyer.name);
        self.has_what_was_bought(buyer, &tenant.id);
        self.has_one_administrator(buyer, &tenant.id, settings.administrator);
        let vendors = self.host.vendors(&self.connection).await.expect("both let us in");
        let bound = vendors.acronis.applications_of(&TenantId::new(&tenant.id)).await.expect("they are listed");
        assert!(bound.contains(&ApplicationId::new(BACKUP)), "{} has only {bound:?}", buyer.name);
        let creations = self.host.store.creations(&self.connection).await.expect("the table is read");
        let creation = creations.get(&self.tag(buyer.company)).expect("its creation was recorded");
        assert!(creation.finished, "{creation:?}");
        tenant.clone()
    }

    /// Each item sold is on with the units as its quota, nothing else is, and there is one storage.
    pub fn has_what_was_bought(&self, buyer: &Buyer, tenant: &str) {
        let mut given = self.given(tenant);
        assert_eq!(self.storages(tenant).len(), 1, "storages of {}: {given:?}", buyer.name);
        for (item, line) in &buyer.lines {
            let today = self.today();
            let units = self.sandbox.world(|world| world.line_units_on(*line, today)).unwrap_or_default();
            let place = given.keys().find(|(name, _)| name == item).cloned();
            let quota = place.and_then(|place| given.remove(&place));
            let expected = units.unsigned_abs() * self.unit_of(item);
            assert_eq!(quota, Some(Some(expected)), "{item} of {}", buyer.name);
        }
        given.retain(|(item, _), quota| item != "pw_base_storage" || quota.is_some());
        let is_nothing = |(item, _): &(String, Option<String>)| FREE_WITH_SEATS.contains(&item.as_str());
        assert!(given.keys().all(is_nothing), "{} is given more: {given:?}", buyer.name);
    }

    fn unit_of(&self, item: &str) -> u64 {
        self.sandbox.world(|world| {
            let product = world.acronis.products.iter().find(|product| product.name == item);
            if product.is_some_and(|product| product.unit == Unit::Bytes) { GIB } else { 1 }
        })
    }

    fn has_one_administrator(&self, buyer: &Buyer, tenant: &str, wanted: bool) {
        let users = self.users(tenant);
        if !wanted {
            assert!(users.is_empty(), "nobody was asked for: {users:?}");
            return;
        }
        let [user] = users.as_slice() else { panic!("{} users of {}: {users:#?}", users.len(), buyer.name) };
        assert_eq!(user.login, format!("office@company-{}.example", buyer.company));
        let roles: Vec<_> = user.access_policies.iter().map(|policy| policy["role_id"].clone()).collect();
        assert_eq!(roles, ["company_admin"], "{user:?}");
        assert!(user.activation_mails > 0, "{user:?}");
    }

    /// How many mails the administrator of a tenant got.
    pub fn mails(&self, tenant: &str) -> usize {
        self.users(tenant).iter().map(|user| user.activation_mails).sum()
    }

    /// Every finding of a run, as a person reads it.
    pub fn told(&self, run: &Run) -> String {
        run.record.findings.join("\n")
    }
}

/// Features that go with seats.
const FREE_WITH_SEATS: [&str; 4] =
    ["pw_base_m365_mailboxes", "pw_base_m365_onedrive", "pw_base_google_mail", "pw_base_google_drive"];
