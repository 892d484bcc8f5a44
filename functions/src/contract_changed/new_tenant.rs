//! Creates a tenant and completes it, in the vendor's order (P2). Each step looks first whether it is done, so
//! that a run stopped anywhere is finished by the next one; the tag finds a tenant made by a lost reply.

use super::apply::{Apply, Outcomes};
use super::quotas::in_order;
use super::reads;
use crate::acronis::{self, AcronisWriteError, NewUser, PricingMode};
use crate::store::SaveError;
use anyhow::Context;
use jiff::Timestamp;
use shared::creation::Creation;
use shared::finding::PrepaidWhat;
use shared::ids::TenantId;
use shared::mapping::CustomerLink;
use shared::new_tenant::plan_new_tenant;
use shared::plan::{Action, Change};
use shared::quota_change::NewTenant;
use shared::quota_facts::{Contact, QuotaFacts};
use shared::quota_guard::state_of_new;
use shared::quota_plan::QuotaPlan;
use shared::usage::{Tenant, TenantKind};

/// How many numbered names are tried where a name is taken (P3).
const MOST_NAMES: u32 = 20;
/// How the vendor also answers a taken name, without a code of its own.
const CONFLICT: i64 = 409;
/// How often the mapping is written where people save theirs at the same time.
const MOST_SAVES: u32 = 5;

/// Why a tenant is not complete yet.
enum Incomplete {
    /// The vendor said no: a person has to change something.
    Refused(String),
    /// To be looked at again.
    Failed(String),
}

impl Apply<'_> {
    /// Creates a tenant, or completes the one that is there.
    pub(super) async fn create_tenant(
        &self,
        facts: &QuotaFacts,
        customer: &QuotaPlan,
        change: &Change,
        new: &NewTenant,
        outcomes: &mut Outcomes,
    ) -> anyhow::Result<()> {
        let tenant = match &new.tenant {
            Some(tenant) if self.is_finished(new) => {
                // It was complete before: what it has is from now on its quotas' matter again (Q5).
                self.put_into_mapping(new, tenant).await?;
                outcomes.made.insert(change.id.clone());
                return Ok(());
            }
            Some(tenant) => tenant.clone(),
            None => match self.created(change, new, outcomes).await? {
                Some(tenant) => tenant,
                None => return Ok(()),
            },
        };
        self.put_into_mapping(new, &tenant).await?;
        match self.completed(facts, new, &tenant, outcomes).await {
            Ok(new) => {
                let known = self.planned.observed.creations.get(&new.tag).cloned();
                let sent = known.unwrap_or_else(|| self.creation(change, &new));
                self.save(&Creation { refused: None, finished: true, ..sent }).await?;
                outcomes.state = Some(state_of_new(customer, &new, &tenant));
                outcomes.made.insert(change.id.clone());
            }
            Err(Incomplete::Refused(text)) => {
                outcomes.refused.insert(change.id.clone(), text.clone());
                outcomes.findings.push(PrepaidWhat::TenantRefused { text });
            }
            Err(Incomplete::Failed(why)) => outcomes.failure = Some(why),
        }
        Ok(())
    }

    fn creation(&self, change: &Change, new: &NewTenant) -> Creation {
        Creation {
            key: new.tag.clone(),
            change: change.id.clone(),
            sent_at: self.host.clock.now(),
            sent_on: self.planned.observed.today,
            refused: None,
            finished: false,
        }
    }

    async fn save(&self, creation: &Creation) -> anyhow::Result<()> {
        let lease = self.lease.read().await;
        Ok(self.host.store.save_creation(&lease, creation).await?)
    }

    /// Sends the creation, recorded before; under a numbered name where the name is taken (P3).
    async fn created(
        &self,
        change: &Change,
        new: &NewTenant,
        outcomes: &mut Outcomes,
    ) -> anyhow::Result<Option<TenantId>> {
        let creation = self.creation(change, new);
        self.save(&creation).await?;
        let mut taken = String::new();
        for number in 1..=MOST_NAMES {
            let name = if number == 1 { new.name.clone() } else { format!("{} ({number})", new.name) };
            let sent = acronis::NewTenant {
                parent: new.parent.clone(),
                name: name.clone(),
                tag: new.tag.clone(),
                language: None,
                contact: new.administrator.as_ref().map(contact),
            };
            match self.sent(async || self.writer.create_tenant(&sent).await).await {
                Ok(tenant) => {
                    let renamed = PrepaidWhat::NameTaken { name: new.name.clone(), used: name };
                    outcomes.findings.extend(Some(renamed).filter(|_| number > 1));
                    return Ok(Some(tenant));
                }
                Err(AcronisWriteError::NameTaken(text) | AcronisWriteError::Refused { code: Some(CONFLICT), text }) => {
                    if number == 1 && self.was_asked_for_before(new) {
                        match self.found_by_its_tag(new).await {
                            Ok(None) => {}
                            Ok(found) => return Ok(found),
                            Err(error) => {
                                outcomes.failure = Some(format!("{error:#}"));
                                return Ok(None);
                            }
                        }
                    }
                    taken = text
                }
                Err(AcronisWriteError::Unknown(text)) => {
                    outcomes.findings.push(PrepaidWhat::TenantUnanswered);
                    outcomes.failure = Some(text);
                    return Ok(None);
                }
                Err(error) => {
                    self.not_created(creation, error, outcomes).await?;
                    return Ok(None);
                }
            }
        }
        let refused = AcronisWriteError::Refused { code: None, text: taken };
        self.not_created(creation, refused, outcomes).await?;
        Ok(None)
    }

    fn was_asked_for_before(&self, new: &NewTenant) -> bool {
        self.planned.observed.creations.get(&new.tag).is_some_and(|creation| !creation.finished)
    }

    fn is_finished(&self, new: &NewTenant) -> bool {
        self.planned.observed.creations.get(&new.tag).is_some_and(|creation| creation.finished)
    }

    /// The tenant that was asked for before and has come to be only now: its name is taken by itself.
    async fn found_by_its_tag(&self, new: &NewTenant) -> anyhow::Result<Option<TenantId>> {
        let tenants = reads::tenants(&self.vendors.acronis, self.connection).await?;
        let mapping = &self.planned.observed.mapping;
        let is_taken = |tenant: &Tenant| mapping.mapped_customers().any(|(_, taken)| *taken == tenant.id);
        let ours = |tenant: &Tenant| {
            tenant.kind == TenantKind::Customer && tenant.tag.as_ref() == Some(&new.tag) && !is_taken(tenant)
        };
        Ok(tenants.into_iter().find(ours).map(|tenant| tenant.id))
    }

    /// Closes a creation that certainly was not run, so that a later run need not wait for it.
    async fn not_created(
        &self,
        creation: Creation,
        error: AcronisWriteError,
        outcomes: &mut Outcomes,
    ) -> anyhow::Result<()> {
        match self.refusal(error) {
            Ok(text) => {
                outcomes.refused.insert(creation.change.clone(), text.clone());
                self.save(&Creation { refused: Some(text.clone()), ..creation }).await?;
                outcomes.findings.push(PrepaidWhat::TenantRefused { text });
            }
            Err(why) => {
                self.save(&Creation { sent_at: Timestamp::UNIX_EPOCH, ..creation }).await?;
                outcomes.failure = Some(why);
            }
        }
        Ok(())
    }

    /// Maps the company to its tenant. Where the operator said something else meanwhile, that counts.
    async fn put_into_mapping(&self, new: &NewTenant, tenant: &TenantId) -> anyhow::Result<()> {
        let (store, id) = (&self.host.store, &self.connection.id);
        for _ in 0..MOST_SAVES {
            let mut mapping = store.mapping(id).await?.unwrap_or_default();
            let facts = self.planned.observed.customers.iter().find(|facts| facts.customer.company == new.company);
            let Some(facts) = facts else { return Ok(()) };
            if mapping.mapped_customers().any(|(row, taken)| taken == tenant && row.company != new.company) {
                anyhow::bail!("tenant {tenant} is mapped to another company by now");
            }
            let row = mapping.customers.entry(new.company).or_insert_with(|| facts.customer.clone());
            if !matches!(row.link, CustomerLink::Unmapped { left_alone: false } | CustomerLink::ToCreate) {
                return Ok(());
            }
            row.link = CustomerLink::Mapped { tenant: tenant.clone(), tenant_name: new.name.clone() };
            match store.save_mapping(id, &mapping).await {
                Ok(_) => return Ok(()),
                Err(SaveError::Stale { .. }) => {}
                Err(error) => return Err(error).context("saving the new tenant in the mapping"),
            }
        }
        anyhow::bail!("the mapping was saved by somebody else again and again; the tenant is mapped by a later run")
    }

    /// All steps after the creation; gives what the tenant was given.
    async fn completed(
        &self,
        facts: &QuotaFacts,
        new: &NewTenant,
        tenant: &TenantId,
        outcomes: &mut Outcomes,
    ) -> Result<NewTenant, Incomplete> {
        self.require_two_factor(new, tenant).await?;
        self.bind_applications(new, tenant).await?;
        let given = self.give_items(facts, new, tenant).await?;
        self.start_production(new, tenant).await?;
        if let Some(contact) = &new.administrator {
            self.make_administrator(tenant, contact, outcomes).await?;
        }
        Ok(given)
    }

    async fn require_two_factor(&self, new: &NewTenant, tenant: &TenantId) -> Result<(), Incomplete> {
        if !new.two_factor {
            return Ok(());
        }
        let now = self.vendors.acronis.two_factor_of(tenant).await.map_err(failed)?;
        if now.on || !now.may_change {
            return Ok(());
        }
        self.step(async || self.writer.require_two_factor(tenant).await).await
    }

    async fn bind_applications(&self, new: &NewTenant, tenant: &TenantId) -> Result<(), Incomplete> {
        let bound = self.vendors.acronis.applications_of(tenant).await.map_err(failed)?;
        for application in new.applications.iter().filter(|application| !bound.contains(application)) {
            self.step(async || self.writer.bind(application, tenant).await).await?;
        }
        Ok(())
    }

    /// Gives the items, as the tenant has them now: the vendor may have switched some on by itself.
    async fn give_items(
        &self,
        facts: &QuotaFacts,
        new: &NewTenant,
        tenant: &TenantId,
    ) -> Result<NewTenant, Incomplete> {
        let items = self.vendors.acronis.given_items_of(tenant).await.map_err(failed)?;
        let there = Tenant {
            id: tenant.clone(),
            parent: Some(new.parent.clone()),
            name: new.name.clone(),
            kind: TenantKind::Customer,
            enabled: true,
            in_trial: true,
            tag: Some(new.tag.clone()),
        };
        // Nobody can have used a tenant that was made just now.
        let unused = || Ok(items.iter().map(|given| (given.item.key.clone(), 0)).collect());
        let usage = if new.tenant.is_none() { unused() } else { facts.usage.clone() };
        let mut facts = QuotaFacts { items, usage, tenant: Some(there), creation: None, ..facts.clone() };
        facts.customer.link = CustomerLink::ToCreate; // Asked for: it is being created.
        let plan = plan_new_tenant(&facts, &self.planned.observed.terms());
        let planned = plan.proposed.into_iter().find_map(|proposed| match proposed.action {
            Action::CreateTenant(new) => Some(*new),
            _ => None,
        });
        let Some(planned) = planned else { return Ok(new.clone()) };
        let settings =
            planned.items.iter().map(|one| (format!("{} {}", one.key.application, one.key), one.clone())).collect();
        let items = in_order(&settings);
        if !items.is_empty() {
            self.step(async || self.writer.set_items(tenant, &items).await).await?;
        }
        Ok(planned)
    }

    async fn start_production(&self, new: &NewTenant, tenant: &TenantId) -> Result<(), Incomplete> {
        if new.trial {
            return Ok(());
        }
        let pricing = self.vendors.acronis.pricing_of(tenant).await.map_err(failed)?;
        if pricing.mode != PricingMode::Trial {
            return Ok(());
        }
        self.step(async || self.writer.start_production(tenant, pricing.version).await).await
    }

    /// Makes the contact the administrator. A user of theirs in this very tenant was made by an earlier run.
    async fn make_administrator(
        &self,
        tenant: &TenantId,
        contact: &Contact,
        outcomes: &mut Outcomes,
    ) -> Result<(), Incomplete> {
        let acronis = &self.vendors.acronis;
        let users = acronis.users_of(tenant).await.map_err(failed)?;
        let is_them =
            |login: &Option<String>| login.as_ref().is_some_and(|one| one.eq_ignore_ascii_case(&contact.email));
        let user = match users.into_iter().find(|user| is_them(&user.login)) {
            Some(user) => user.id,
            None if !acronis.login_is_free(&contact.email).await.map_err(failed)? => {
                outcomes.findings.push(PrepaidWhat::LoginTaken);
                return Ok(());
            }
            None => {
                let new = NewUser {
                    login: contact.email.clone(),
                    email: contact.email.clone(),
                    first_name: contact.first_name.clone(),
                    last_name: contact.last_name.clone(),
                    language: None,
                };
                self.step(async || self.writer.create_administrator(tenant, &new).await).await?
            }
        };
        self.step(async || self.writer.give_administration(tenant, &user).await).await?;
        self.step(async || self.writer.send_activation(&user).await).await
    }

    async fn step<T>(&self, send: impl AsyncFn() -> Result<T, AcronisWriteError>) -> Result<T, Incomplete> {
        if self.must_stop() {
            return Err(Incomplete::Failed(self.stop.get().cloned().unwrap_or_default()));
        }
        self.sent(send).await.map_err(|error| self.incomplete(error))
    }

    fn incomplete(&self, error: AcronisWriteError) -> Incomplete {
        match self.refusal(error) {
            Ok(text) => Incomplete::Refused(text),
            Err(why) => Incomplete::Failed(why),
        }
    }
}

fn failed(error: acronis::AcronisError) -> Incomplete {
    Incomplete::Failed(error.to_string())
}

fn contact(contact: &Contact) -> acronis::Contact {
    acronis::Contact {
        email: contact.email.clone(),
        first_name: contact.first_name.clone(),
        last_name: contact.last_name.clone(),
    }
}
