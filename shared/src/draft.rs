//! What a person means to change in a mapping and has not applied yet (A36): for each row, how it was when he looked and
//! how it is to be. Pure: what is applied is decided here, who saves it is elsewhere.

use crate::ids::{CompanyId, StorageId};
use crate::mapping::{CustomerLink, CustomerRow, Mapping, MappingFault, MappingRowName, ProductRow};
use crate::usage::ItemKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most edits of one draft: with their records they have to fit into one transaction of the table.
pub const MOST_EDITS: usize = 1_000;

/// The edits of one person in one connection's mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Links of customers. Their pins are not edited here.
    pub customers: BTreeMap<CompanyId, CustomerEdit>,
    /// Products.
    #[serde(with = "by_item")]
    pub products: BTreeMap<ItemKey, Edit<ProductRow>>,
    /// The storage that new tenants are given (A39).
    pub default_storage: Option<Edit<Option<StorageId>>>,
}

/// How something was, and how it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit<T> {
    /// As it was when the person looked.
    pub was: T,
    /// As it is to be.
    pub to: T,
}

/// The edit of a customer's link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerEdit {
    /// The company's name, for display, and for the row where there is none yet.
    pub company_name: String,
    /// Its link.
    #[serde(flatten)]
    pub link: Edit<CustomerLink>,
}

/// A company of which nothing was said.
const NOTHING_SAID: CustomerLink = CustomerLink::Unmapped { left_alone: false };

/// The row of a company of which nothing was said.
pub fn new_row(company: CompanyId, name: &str) -> CustomerRow {
    CustomerRow {
        company,
        company_name: name.to_owned(),
        link: NOTHING_SAID,
        pins: BTreeMap::new(),
        decisions: BTreeMap::new(),
    }
}

/// The link of a company, which may have no row yet.
pub fn link_of(mapping: &Mapping, company: CompanyId) -> CustomerLink {
    mapping.customers.get(&company).map_or(NOTHING_SAID, |row| row.link.clone())
}

/// Whether two links say the same. The names in them are for display only.
pub fn is_same_link(one: &CustomerLink, other: &CustomerLink) -> bool {
    match (one, other) {
        (CustomerLink::Mapped { tenant: one, .. }, CustomerLink::Mapped { tenant: other, .. }) => one == other,
        (one, other) => one == other,
    }
}

/// Whether two rows of an item say the same of it. Its label, and whether it is on, are nobody's edits.
pub fn is_same_product(one: &ProductRow, other: &ProductRow) -> bool {
    // Taken apart by name, so that a term added there cannot be forgotten here.
    let ProductRow { item, label: _, service, combine, free, unit_size, rounding, included, minimum, smallest_change } =
        one;
    item.key == other.item.key
        && *service == other.service
        && (*combine, *free, *unit_size, *rounding) == (other.combine, other.free, other.unit_size, other.rounding)
        && (*included, *minimum, *smallest_change) == (other.included, other.minimum, other.smallest_change)
}

impl Draft {
    /// How many rows are edited.
    pub fn len(&self) -> usize {
        self.customers.len() + self.products.len() + usize::from(self.default_storage.is_some())
    }

    /// Whether nothing is edited.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stages a link in place of `was`, which is the one that was shown. One that says the same is no edit.
    pub fn stage_link(&mut self, company: CompanyId, company_name: &str, was: CustomerLink, to: CustomerLink) {
        if is_same_link(&was, &to) {
            self.customers.remove(&company);
        } else {
            let company_name = company_name.to_owned();
            self.customers.insert(company, CustomerEdit { company_name, link: Edit { was, to } });
        }
    }

    /// Stages a product row in place of `was`, which is the one that was shown.
    pub fn stage_product(&mut self, was: ProductRow, to: ProductRow) {
        let key = to.item.key.clone();
        if is_same_product(&was, &to) {
            self.products.remove(&key);
        } else {
            self.products.insert(key, Edit { was, to });
        }
    }

    /// Stages the default storage in place of `was`, which is the one that was shown.
    pub fn stage_default_storage(&mut self, was: Option<StorageId>, to: Option<StorageId>) {
        self.default_storage = (was != to).then_some(Edit { was, to });
    }

    /// Gives up the edit of a row. False: there is none.
    pub fn discard(&mut self, row: &MappingRowName) -> bool {
        match row {
            MappingRowName::Customer(company) => self.customers.remove(company).is_some(),
            MappingRowName::Product(key) => self.products.remove(key).is_some(),
            MappingRowName::Settings => self.default_storage.take().is_some(),
            MappingRowName::Alert(_) => false,
        }
    }

    /// Lets an edit stand on the row as it is in `mapping` now: the person has seen what somebody else made of it, and
    /// wants his own all the same. False: there is no such edit.
    pub fn stand_on(&mut self, row: &MappingRowName, mapping: &Mapping) -> bool {
        match row {
            MappingRowName::Customer(company) => {
                let Some(edit) = self.customers.remove(company) else { return false };
                let was = link_of(mapping, *company);
                self.stage_link(*company, &edit.company_name, was, edit.link.to);
            }
            MappingRowName::Product(key) => {
                let Some(edit) = self.products.remove(key) else { return false };
                let was = product_of(mapping, &edit);
                self.stage_product(was, edit.to);
            }
            MappingRowName::Settings => {
                let Some(edit) = self.default_storage.take() else { return false };
                self.stage_default_storage(mapping.settings.new_tenants.default_storage.clone(), edit.to);
            }
            MappingRowName::Alert(_) => return false,
        }
        true
    }

    /// The edited rows that are not as the person saw them: somebody else changed them since.
    pub fn moved(&self, mapping: &Mapping) -> Vec<MappingRowName> {
        let customers = self.customers.iter().filter(|(company, edit)| {
            let now = link_of(mapping, **company);
            !is_same_link(&now, &edit.link.was)
        });
        let products = self.products.iter().filter(|(_, edit)| !is_same_product(&product_of(mapping, edit), &edit.was));
        let storage = self.default_storage.iter();
        let storage = storage.filter(|edit| edit.was != mapping.settings.new_tenants.default_storage);
        let customers = customers.map(|(company, _)| MappingRowName::Customer(*company));
        let products = products.map(|(key, _)| MappingRowName::Product(key.clone()));
        customers.chain(products).chain(storage.map(|_| MappingRowName::Settings)).collect()
    }

    /// The mapping with all edits in it. All that is not edited stays as it is in `mapping`.
    pub fn applied_to(&self, mapping: &Mapping) -> Mapping {
        let mut after = mapping.clone();
        for (company, edit) in &self.customers {
            let row = after.customers.entry(*company).or_insert_with(|| new_row(*company, &edit.company_name));
            row.link = edit.link.to.clone();
        }
        for (key, edit) in &self.products {
            let known = after.products.remove(key);
            let row = match known {
                Some(ProductRow { item, label, .. }) => ProductRow { item, label, ..edit.to.clone() },
                None => edit.to.clone(),
            };
            after.products.insert(key.clone(), row);
        }
        if let Some(edit) = &self.default_storage {
            after.settings.new_tenants.default_storage = edit.to.clone();
        }
        after
    }

    /// What would contradict itself after these edits and does not yet.
    pub fn faults(&self, mapping: &Mapping) -> Vec<MappingFault> {
        let before = mapping.faults();
        let mut faults = self.applied_to(mapping).faults();
        faults.retain(|fault| !before.contains(fault));
        faults
    }
}

/// The row of an edited item as it is in `mapping`, which may have none yet.
fn product_of(mapping: &Mapping, edit: &Edit<ProductRow>) -> ProductRow {
    let known = mapping.products.get(&edit.to.item.key).cloned();
    known.unwrap_or_else(|| ProductRow::unmapped(edit.to.item.clone(), edit.to.label.clone()))
}

/// Keys of several parts cannot name a member of a JSON object; the rows hold them too.
mod by_item {
    use super::{BTreeMap, Edit, ItemKey, ProductRow};
    use serde::{Deserialize, Deserializer, Serializer};

    type Rows = BTreeMap<ItemKey, Edit<ProductRow>>;

    pub(super) fn serialize<S: Serializer>(rows: &Rows, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rows.values())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rows, D::Error> {
        let rows = Vec::<Edit<ProductRow>>::deserialize(deserializer)?;
        Ok(rows.into_iter().map(|edit| (edit.to.item.key.clone(), edit)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ApplicationId, LineId, ServiceId, TenantId};
    use crate::mapping::ServiceTarget;
    use crate::quantity::MeasurementUnit;
    use crate::usage::{ItemKind, OfferingItem};

    const COMPANY: CompanyId = CompanyId(1);

    fn mapped(tenant: &str) -> CustomerLink {
        CustomerLink::Mapped { tenant: TenantId::new(tenant), tenant_name: format!("Tenant {tenant}") }
    }

    fn mapping(link: CustomerLink) -> Mapping {
        let pins = [(ServiceId(7), LineId(8))].into();
        let row = CustomerRow { pins, link, ..new_row(COMPANY, "Anna AG") };
        Mapping { version: 3, customers: [(COMPANY, row)].into(), ..Mapping::default() }
    }

    fn product(service: Option<i64>) -> ProductRow {
        let item = OfferingItem {
            key: ItemKey { application: ApplicationId::new("a"), name: "pw_base_vms".to_owned(), storage: None },
            edition: None,
            usage_name: "vms".to_owned(),
            kind: ItemKind::Count,
            unit: MeasurementUnit::Quantity,
            on: true,
        };
        let service = service.map(|id| ServiceTarget::Existing(ServiceId(id)));
        ProductRow { service, ..ProductRow::unmapped(item, "Virtual Machines".to_owned()) }
    }

    fn with_product(row: ProductRow) -> Mapping {
        Mapping { products: [(row.item.key.clone(), row)].into(), ..mapping(NOTHING_SAID) }
    }

    #[test]
    fn a36_an_edit_is_applied_to_its_row_and_to_nothing_else() {
        let before = mapping(NOTHING_SAID);
        let mut draft = Draft::default();
        draft.stage_link(COMPANY, "Anna AG", NOTHING_SAID, mapped("a"));
        draft.stage_link(CompanyId(2), "Berta KG", NOTHING_SAID, CustomerLink::ToCreate);
        draft.stage_default_storage(None, Some(StorageId::new("s")));
        assert!(draft.moved(&before).is_empty() && draft.faults(&before).is_empty());
        let after = draft.applied_to(&before);
        assert_eq!(after.customers[&COMPANY], CustomerRow { link: mapped("a"), ..before.customers[&COMPANY].clone() });
        assert_eq!(after.customers[&CompanyId(2)].company_name, "Berta KG");
        assert_eq!(after.settings.new_tenants.default_storage, Some(StorageId::new("s")));
        assert_eq!((after.version, draft.len()), (3, 3));
    }

    #[test]
    fn a36_what_says_the_same_as_before_is_no_edit() {
        let mut draft = Draft::default();
        draft.stage_link(COMPANY, "Anna AG", mapped("a"), mapped("b"));
        let renamed = CustomerLink::Mapped { tenant: TenantId::new("a"), tenant_name: "Renamed".to_owned() };
        draft.stage_link(COMPANY, "Anna AG", mapped("a"), renamed);
        draft.stage_product(product(None), product(Some(1)));
        draft.stage_product(product(None), ProductRow { label: "Other".to_owned(), ..product(None) });
        draft.stage_default_storage(None, Some(StorageId::new("s")));
        draft.stage_default_storage(None, None);
        assert!(draft.is_empty(), "{draft:?}");
    }

    #[test]
    fn a_row_that_somebody_else_changed_meanwhile_is_told_and_a_new_name_is_no_change() {
        let mut draft = Draft::default();
        draft.stage_link(COMPANY, "Anna AG", mapped("a"), mapped("b"));
        let renamed = CustomerLink::Mapped { tenant: TenantId::new("a"), tenant_name: "Renamed".to_owned() };
        assert!(draft.moved(&mapping(renamed)).is_empty());
        for link in [mapped("b"), mapped("c"), NOTHING_SAID, CustomerLink::ToCreate] {
            assert_eq!(draft.moved(&mapping(link)), [MappingRowName::Customer(COMPANY)]);
        }
        let mut draft = Draft::default();
        draft.stage_product(product(None), product(Some(1)));
        assert!(draft.moved(&with_product(product(None))).is_empty());
        assert!(draft.moved(&mapping(NOTHING_SAID)).is_empty(), "an item without a row is not sold");
        let key = product(None).item.key;
        let free = ProductRow { free: true, ..product(None) };
        assert_eq!(draft.moved(&with_product(free)), [MappingRowName::Product(key)]);
    }

    #[test]
    fn an_edit_that_its_person_wants_all_the_same_stands_on_what_the_other_made() {
        let mut draft = Draft::default();
        draft.stage_link(COMPANY, "Anna AG", NOTHING_SAID, mapped("a"));
        draft.stage_product(product(None), product(Some(1)));
        let others = Mapping { products: with_product(product(Some(2))).products, ..mapping(mapped("c")) };
        let moved = draft.moved(&others);
        assert_eq!(moved.len(), 2);
        assert!(moved.iter().all(|row| draft.stand_on(row, &others)));
        assert!(draft.moved(&others).is_empty());
        assert_eq!(draft.customers[&COMPANY].link, Edit { was: mapped("c"), to: mapped("a") });
        assert_eq!(draft.applied_to(&others).products, with_product(product(Some(1))).products);
        assert!(!draft.stand_on(&MappingRowName::Settings, &others));
        // The other one did just the same: nothing is left to do.
        assert!(draft.stand_on(&moved[0], &mapping(mapped("a"))));
        assert_eq!(draft.len(), 1);
        assert!(draft.discard(&moved[1]) && !draft.discard(&moved[1]) && draft.is_empty());
    }

    #[test]
    fn only_faults_that_the_edits_make_are_told() {
        let mut broken = with_product(ProductRow { unit_size: "1 GiB".parse().unwrap(), ..product(None) });
        assert_eq!(broken.faults().len(), 1);
        let mut draft = Draft::default();
        draft.stage_link(COMPANY, "Anna AG", NOTHING_SAID, mapped("a"));
        assert!(draft.faults(&broken).is_empty());
        draft.stage_link(CompanyId(2), "Berta KG", NOTHING_SAID, mapped("a"));
        let faults = draft.faults(&broken);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].row, MappingRowName::Customer(CompanyId(2)));
        broken = draft.applied_to(&broken);
        assert!(Draft::default().faults(&broken).is_empty());
    }

    #[test]
    fn a_draft_reads_back_as_it_was_written() {
        let mut draft = Draft::default();
        draft.stage_link(COMPANY, "Anna \"AG\"", NOTHING_SAID, mapped("a"));
        draft.stage_link(CompanyId(-2), "", mapped("b"), CustomerLink::Ignored { reason: "ours".to_owned() });
        draft.stage_product(product(None), product(Some(1)));
        draft.stage_default_storage(Some(StorageId::new("s")), None);
        let text = serde_json::to_string(&draft).unwrap();
        assert_eq!(serde_json::from_str::<Draft>(&text).unwrap(), draft);
        assert_eq!(serde_json::from_str::<Draft>("{}").unwrap(), Draft::default());
    }
}
