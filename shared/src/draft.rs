//! What a person means to change in a mapping and has not applied yet (A36): for each row, how it was when he looked and
//! how it is to be. Pure: what is applied is decided here, who saves it is elsewhere.

use crate::alert::AlertKind;
use crate::alert_settings::AlertRow;
use crate::ids::CompanyId;
use crate::mapping::{CustomerLink, CustomerRow, Mapping, MappingFault, MappingRowName, ProductRow};
use crate::setting_path::SettingPath;
use crate::settings::Settings;
use crate::usage::ItemKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
    /// Settings, each by itself, so that another person's change of another one is in nobody's way.
    pub settings: BTreeMap<SettingPath, Edit<Value>>,
    /// Alert types.
    pub alerts: BTreeMap<AlertKind, Edit<AlertRow>>,
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
        self.customers.len() + self.products.len() + self.settings.len() + self.alerts.len()
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

    /// Stages a setting in place of what it is in `settings`, which were shown.
    ///
    /// # Errors
    /// There is no such setting, or it is nothing that this value could be.
    pub fn stage_setting(&mut self, settings: &Settings, path: &SettingPath, to: &Value) -> Result<(), String> {
        let after = settings.with([(path, to)])?;
        // Both are read out of settings, so that one value is written in one way.
        match (settings.value(path), after.value(path)) {
            (Some(was), Some(to)) if after != *settings => _ = self.settings.insert(path.clone(), Edit { was, to }),
            _ => _ = self.settings.remove(path),
        }
        Ok(())
    }

    /// Stages what is said of an alert type in place of `was`, which is what was shown.
    pub fn stage_alert(&mut self, kind: &AlertKind, was: AlertRow, to: AlertRow) {
        if was.says_as(&to) {
            self.alerts.remove(kind);
        } else {
            self.alerts.insert(kind.clone(), Edit { was, to });
        }
    }

    /// Gives up the edit of a row. False: there is none.
    pub fn discard(&mut self, row: &MappingRowName) -> bool {
        match row {
            MappingRowName::Customer(company) => self.customers.remove(company).is_some(),
            MappingRowName::Product(key) => self.products.remove(key).is_some(),
            MappingRowName::Setting(path) => self.settings.remove(path).is_some(),
            MappingRowName::Alert(kind) => self.alerts.remove(kind).is_some(),
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
            MappingRowName::Setting(path) => {
                let Some(edit) = self.settings.remove(path) else { return false };
                // What cannot be set any more is given up.
                _ = self.stage_setting(&mapping.settings, path, &edit.to);
            }
            MappingRowName::Alert(kind) => {
                let Some(edit) = self.alerts.remove(kind) else { return false };
                self.stage_alert(kind, alert_of(mapping, kind), edit.to);
            }
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
        let is_setting = |path: &SettingPath, value: &Value| mapping.settings.value(path).as_ref() == Some(value);
        let settings = self.settings.iter().filter(|(path, edit)| !is_setting(path, &edit.was));
        let alerts = self.alerts.iter().filter(|(kind, edit)| !alert_of(mapping, kind).says_as(&edit.was));
        let customers = customers.map(|(company, _)| MappingRowName::Customer(*company));
        let products = products.map(|(key, _)| MappingRowName::Product(key.clone()));
        let settings = settings.map(|(path, _)| MappingRowName::Setting(path.clone()));
        let alerts = alerts.map(|(kind, _)| MappingRowName::Alert(kind.clone()));
        customers.chain(products).chain(settings).chain(alerts).collect()
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
        for (path, edit) in &self.settings {
            // One that is no setting any more stays as moved, and is given up by its person.
            if let Ok(settings) = after.settings.with([(path, &edit.to)]) {
                after.settings = settings;
            }
        }
        for (kind, edit) in &self.alerts {
            match edit.to.says_something() {
                true => {
                    let known = after.alerts.get(kind).map(|row| row.label.clone());
                    let row = AlertRow { label: known.unwrap_or_else(|| edit.to.label.clone()), ..edit.to.clone() };
                    after.alerts.insert(kind.clone(), row);
                }
                false => _ = after.alerts.remove(kind),
            }
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

/// What is said of an alert type, of which there may be nothing yet.
pub fn alert_of(mapping: &Mapping, kind: &AlertKind) -> AlertRow {
    mapping.alerts.get(kind).cloned().unwrap_or_default()
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
