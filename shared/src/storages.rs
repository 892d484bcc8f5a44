//! Which storage a customer is given (Q3): at most one of a kind, never another one in its place, and never
//! taken away because it is not in the contract. Part of `quota_plan`.

use crate::finding::PrepaidWhat;
use crate::ids::{ApplicationId, ServiceId};
use crate::quantity::MeasurementUnit;
use crate::quota::{GivenItem, Grant};
use crate::quota_change::Because;
use crate::quota_plan::QuotaPlanner;
use crate::sold::Sale;
use crate::usage::{ItemKey, ItemKind};
use crate::wishes::{Wish, service_of};
use std::collections::{BTreeMap, BTreeSet};

/// The storage that backups go to, by the vendor's `usage_name`: the one that every customer needs.
const BACKUP_STORAGE: &str = "storage";

/// The items of one kind that exist once per storage.
type Group<'a> = Vec<&'a GivenItem>;

/// Adds what should be given of storages, and of what is counted per storage.
pub(crate) fn add_wishes(
    planner: &mut QuotaPlanner<'_>,
    sold: &BTreeMap<ServiceId, Sale>,
    is_new: bool,
    wishes: &mut BTreeMap<ItemKey, Wish>,
) {
    let mut groups: BTreeMap<(&ApplicationId, &str), Group<'_>> = BTreeMap::new();
    for given in planner.facts.items.iter().filter(|given| given.item.kind == ItemKind::Storage) {
        groups.entry((&given.item.key.application, &given.item.usage_name)).or_default().push(given);
    }
    for ((_, usage_name), mut group) in groups {
        group.sort_by(|one, other| one.item.key.cmp(&other.item.key));
        let is_storage = group.iter().any(|given| given.item.unit == MeasurementUnit::Bytes);
        let (on, off): (Group<'_>, Group<'_>) = group.into_iter().partition(|given| given.grant.is_on());
        let is_sold = |given: &&&GivenItem| {
            let service = planner.terms.row(&given.item.key).and_then(service_of);
            service.is_some_and(|service| sold.contains_key(&service))
        };
        let sold_off: Vec<&GivenItem> = off.iter().filter(is_sold).copied().collect();
        let sold_on: Vec<&GivenItem> = on.iter().filter(is_sold).copied().collect();
        if on.is_empty() {
            let wanted = if usage_name == BACKUP_STORAGE && sold_off.is_empty() && is_new {
                default_storage(planner, &of_an_edition_given(planner, &off, wishes))
            } else {
                chosen(planner, sold, &of_an_edition_given(planner, &sold_off, wishes))
            };
            wishes.extend(wanted);
            continue;
        }
        for given in &on {
            if sold_on.iter().any(|one| one.item.key == given.item.key) || !is_storage {
                wishes.extend(planner.counted_wish(given, sold).map(|wish| (given.item.key.clone(), wish)));
            } else {
                planner.found_prepaid(PrepaidWhat::StorageLeft { storage: planner.label(&given.item.key) });
            }
        }
        if sold_on.is_empty() && is_storage && !sold_off.is_empty() {
            let wanted = sold_off.iter().map(|given| planner.label(&given.item.key)).collect();
            let storage = planner.label(&on[0].item.key);
            planner.found_prepaid(PrepaidWhat::AnotherStorage { storage, wanted });
        }
    }
}

/// The storage to switch on: the only one that is sold, or the default one among them.
fn chosen(
    planner: &mut QuotaPlanner<'_>,
    sold: &BTreeMap<ServiceId, Sale>,
    candidates: &[&GivenItem],
) -> Option<(ItemKey, Wish)> {
    let default = planner.terms.common.settings.new_tenants.default_storage.as_ref();
    let given = match candidates {
        [] => return None,
        [only] => only,
        several => {
            let preferred = several.iter().find(|given| given.item.key.storage.as_ref() == default);
            let Some(preferred) = preferred.filter(|_| default.is_some()) else {
                let storages = several.iter().map(|given| planner.label(&given.item.key)).collect();
                planner.found_prepaid(PrepaidWhat::StorageToChoose { storages });
                return None;
            };
            preferred
        }
    };
    let wish = planner.counted_wish(given, sold)?;
    wish.grant.gives_something().then(|| (given.item.key.clone(), wish))
}

/// Storages of the editions that the tenant gets items of; all, where it gets none.
fn of_an_edition_given<'a>(
    planner: &QuotaPlanner<'a>,
    candidates: &[&'a GivenItem],
    wishes: &BTreeMap<ItemKey, Wish>,
) -> Vec<&'a GivenItem> {
    let given = wishes.iter().filter(|(_, wish)| wish.grant.gives_something());
    let editions: BTreeSet<&str> =
        given.filter_map(|(key, _)| planner.facts.item(key)?.item.edition.as_deref()).collect();
    let fits = |given: &&&GivenItem| given.item.edition.as_deref().is_some_and(|edition| editions.contains(edition));
    let fitting: Vec<&GivenItem> = candidates.iter().filter(fits).copied().collect();
    if fitting.is_empty() { candidates.to_vec() } else { fitting }
}

/// The storage of a new tenant whose contract sells none: unlimited (A39).
fn default_storage(planner: &mut QuotaPlanner<'_>, candidates: &[&GivenItem]) -> Option<(ItemKey, Wish)> {
    let default = planner.terms.common.settings.new_tenants.default_storage.as_ref();
    let named = candidates.iter().find(|given| default.is_some() && given.item.key.storage.as_ref() == default);
    let Some(given) = named.or(candidates.first().filter(|_| default.is_none() && candidates.len() == 1)) else {
        if !candidates.is_empty() {
            let storages = candidates.iter().map(|given| planner.label(&given.item.key)).collect();
            planner.found_prepaid(PrepaidWhat::StorageToChoose { storages });
        }
        return None;
    };
    Some((given.item.key.clone(), Wish { grant: Grant::Unlimited, because: Because::DefaultStorage }))
}
