//! What each item of a customer should be given, and why (Q1, Q2, Q4, Q7, A06); storages are `storages`'. Which
//! changes that makes is `quota_plan`'s to say.

use crate::families::{is_pack, parent_of, stands_on};
use crate::finding::PrepaidWhat;
use crate::ids::ServiceId;
use crate::mapping::{Combine, ProductRow, ServiceTarget};
use crate::quota::{GivenItem, Grant};
use crate::quota_change::Because;
use crate::quota_plan::QuotaPlanner;
use crate::sold::{Sale, Sales, oversells, sales};
use crate::storages;
use crate::usage::{ItemKey, ItemKind};
use std::collections::{BTreeMap, BTreeSet};

/// What an item should be given, and why.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) grant: Grant,
    pub(crate) because: Because,
}

impl QuotaPlanner<'_> {
    /// What each item should be given; items that are to be left as they are have no wish. `is_new`: the tenant
    /// is being created, so that it gets a storage in any case (Q3).
    pub(crate) fn wishes(&mut self, is_new: bool) -> BTreeMap<ItemKey, Wish> {
        let Sales { by_service, findings } = sales(self.facts, self.terms);
        findings.into_iter().for_each(|what| self.found(what));
        let mut wishes = BTreeMap::new();
        for given in self.facts.items.iter().filter(|given| given.item.kind == ItemKind::Count) {
            if let Some(wish) = self.counted_wish(given, &by_service) {
                wishes.insert(given.item.key.clone(), wish);
            }
        }
        storages::add_wishes(self, &by_service, is_new, &mut wishes);
        for given in self.facts.items.iter().filter(|given| given.item.kind == ItemKind::Feature) {
            if let Some(wish) = self.feature_wish(given, &by_service, &wishes) {
                wishes.insert(given.item.key.clone(), wish);
            }
        }
        self.drop_packs_without_standard(&mut wishes);
        self.tell_about_the_mapping(&by_service, &wishes);
        wishes
    }

    /// Q1, Q2, Q4: what is given of an item that is counted.
    pub(crate) fn counted_wish(&self, given: &GivenItem, sold: &BTreeMap<ServiceId, Sale>) -> Option<Wish> {
        let row = self.terms.row(&given.item.key)?;
        let service = service_of(row);
        let service_name = service.map(|service| self.terms.common.service_name(service));
        match (service.and_then(|service| sold.get(&service)), service_name) {
            (Some(Sale::Unclear), _) => None,
            (Some(sale), Some(service_name)) => Some(self.sold_wish(row, sale, service_name)),
            (_, service_name) => self.unsold_wish(given, row.free, service_name),
        }
    }

    fn sold_wish(&self, row: &ProductRow, sale: &Sale, service_name: String) -> Wish {
        let units = match sale {
            Sale::PayAsYouGo(contract) => {
                let because = Because::PayAsYouGo { service_name, contract: *contract };
                return Wish { grant: Grant::Unlimited, because };
            }
            Sale::Prepaid(units) => units.clone(),
            Sale::Unclear => Default::default(),
        };
        let total = u128::try_from(units.total()).unwrap_or_default() + u128::from(row.included);
        let limit = total.saturating_mul(row.unit_size.base_units());
        // Beyond what the vendor can hold there is no limit to speak of.
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).min(i64::MAX.unsigned_abs());
        let overage = if self.terms.common.settings.quotas.soft { None } else { Some(0) };
        let (included, unit_size) = (row.included, row.unit_size);
        let because = Because::Units {
            service_name,
            on_lines: units.on_lines,
            in_bundles: units.in_bundles,
            included,
            unit_size,
        };
        Wish { grant: Grant::UpTo { limit, overage }, because }
    }

    /// Q2: free on, unlimited; free off, a quota of 0, or off under the setting. What is off stays off.
    fn unsold_wish(&self, given: &GivenItem, free: bool, service_name: Option<String>) -> Option<Wish> {
        let because = Because::NotSold { service_name, free };
        let grant = match (free, given.grant.is_on(), self.terms.common.settings.quotas.switch_off) {
            (true, ..) => Grant::Unlimited,
            (false, false, _) | (false, true, true) => Grant::Off,
            (false, true, false) => Grant::NOTHING,
        };
        Some(Wish { grant, because })
    }

    /// Q7: a feature is on with its service or its parent, and is switched off only under the setting.
    fn feature_wish(
        &self,
        given: &GivenItem,
        sold: &BTreeMap<ServiceId, Sale>,
        wishes: &BTreeMap<ItemKey, Wish>,
    ) -> Option<Wish> {
        let row = self.terms.row(&given.item.key);
        let sale = row.and_then(|row| Some((row, service_of(row)?))).and_then(|(row, service)| {
            let sale = sold.get(&service)?;
            Some((service, sale, self.sold_wish(row, sale, String::new()).grant.gives_something()))
        });
        if matches!(sale, Some((_, Sale::Unclear, _))) {
            return None;
        }
        let service = sale.filter(|(_, _, gives)| *gives).map(|(service, ..)| service);
        let parent = parent_of(&given.item.key).filter(|parent| self.is_given(parent, wishes));
        let with = service.map(|service| self.terms.common.service_name(service)).or(parent.map(|p| self.label(&p)));
        if let Some(name) = with {
            return Some(Wish { grant: Grant::Unlimited, because: Because::With { name } });
        }
        let row = row?;
        let because = Because::NotSold {
            service_name: service_of(row).map(|service| self.terms.common.service_name(service)),
            free: row.free,
        };
        if row.free && parent_of(&given.item.key).is_none() {
            return Some(Wish { grant: Grant::Unlimited, because });
        }
        self.terms.common.settings.quotas.switch_off.then_some(Wish { grant: Grant::Off, because })
    }

    /// Whether something is given of an item, as wished or else as it is.
    fn is_given(&self, key: &ItemKey, wishes: &BTreeMap<ItemKey, Wish>) -> bool {
        let Some(given) = self.facts.item(key) else { return false };
        let stays_off = given.locked && !given.grant.is_on();
        !stays_off && wishes.get(key).map_or(given.grant, |wish| wish.grant).gives_something()
    }

    /// A06: an Advanced pack is only ever enabled with its standard item.
    fn drop_packs_without_standard(&mut self, wishes: &mut BTreeMap<ItemKey, Wish>) {
        let packs: Vec<ItemKey> = wishes
            .iter()
            .filter(|(key, wish)| is_pack(key) && wish.grant.gives_something())
            .map(|(key, _)| key.clone())
            .collect();
        for pack in packs {
            let mut bases = self.facts.items.iter().filter(|given| stands_on(&pack, &given.item));
            if !bases.any(|base| self.is_given(&base.item.key, wishes)) {
                let is_on = self.facts.item(&pack).is_some_and(|given| given.grant.is_on());
                if !is_on {
                    wishes.remove(&pack);
                }
                self.found_prepaid(PrepaidWhat::PackWithoutStandard { pack: self.label(&pack) });
            }
        }
    }

    /// What is sold and cannot be given, and what is given to several items at once.
    fn tell_about_the_mapping(&mut self, sold: &BTreeMap<ServiceId, Sale>, wishes: &BTreeMap<ItemKey, Wish>) {
        for (service, sale) in sold {
            let Some(product) = self.terms.common.products.get(service) else { continue };
            let there: Vec<&&ProductRow> =
                product.rows.iter().filter(|row| self.facts.item(&row.item.key).is_some()).collect();
            let labels = |rows: &[&&ProductRow]| rows.iter().map(|row| row.label.clone()).collect::<Vec<_>>();
            if there.is_empty() {
                let items = product.rows.iter().map(|row| row.label.clone()).collect();
                let service_name = self.terms.common.service_name(*service);
                self.found_prepaid(PrepaidWhat::NotAvailable { service_name, items });
            }
            let counted: Vec<&&ProductRow> = there
                .into_iter()
                .filter(|row| row.item.kind == ItemKind::Count && wishes.contains_key(&row.item.key))
                .collect();
            let side_by_side = product.terms().combine == Combine::Sum;
            if matches!(sale, Sale::Prepaid(_)) && side_by_side && counted.len() > 1 {
                self.found(oversells(self.terms, *service, &labels(&counted)));
            }
        }
        let unknown: BTreeSet<String> = self
            .facts
            .items
            .iter()
            .filter(|given| given.grant.gives_something() && self.terms.row(&given.item.key).is_none())
            .map(|given| given.item.key.to_string())
            .collect();
        if !unknown.is_empty() {
            self.found_prepaid(PrepaidWhat::NotInMapping { items: unknown.into_iter().collect() });
        }
    }
}

/// The service an item is sold as, where it exists.
pub(crate) fn service_of(row: &ProductRow) -> Option<ServiceId> {
    match row.service {
        Some(ServiceTarget::Existing(service)) => Some(service),
        Some(ServiceTarget::New(_)) | None => None,
    }
}
