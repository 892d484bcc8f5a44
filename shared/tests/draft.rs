//! What a person staged: applied to its rows and to nothing else, and nobody's change is lost (A36).

use serde_json::{Value, json};
use shared::alert::AlertKind;
use shared::alert_settings::AlertRow;
use shared::draft::{Draft, Edit, new_row};
use shared::ids::{ApplicationId, CompanyId, ContractId, LineId, ServiceId, StorageId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow, Mapping, MappingRowName, ProductRow, ServiceTarget};
use shared::quantity::MeasurementUnit;
use shared::setting_path::SettingPath;
use shared::settings::{EffectiveDates, Settings};
use shared::usage::{ItemKey, ItemKind, OfferingItem};

const COMPANY: CompanyId = CompanyId(1);
const NOTHING_SAID: CustomerLink = CustomerLink::Unmapped { left_alone: false };

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
    set(&mut draft, "new_tenants.default_storage", &json!("s"));
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
    set(&mut draft, "new_tenants.default_storage", &json!("s"));
    set(&mut draft, "new_tenants.default_storage", &Value::Null);
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
    assert!(!draft.stand_on(&setting("review_mode"), &others));
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
    set(&mut draft, "holds.money_per_period", &json!("12.50"));
    draft.stage_alert(&AlertKind::new("A.b~1"), AlertRow::default(), priority(2));
    let text = serde_json::to_string(&draft).unwrap();
    assert_eq!(serde_json::from_str::<Draft>(&text).unwrap(), draft);
    assert_eq!(serde_json::from_str::<Draft>("{}").unwrap(), Draft::default());
}

/// Stages a setting where all are as usual.
fn set(draft: &mut Draft, path: &str, value: &Value) {
    draft.stage_setting(&Settings::default(), &SettingPath::new(path), value).expect("it may be so");
}

fn setting(path: &str) -> MappingRowName {
    MappingRowName::Setting(SettingPath::new(path))
}

fn priority(number: i64) -> AlertRow {
    AlertRow { priority: Some(number), ..AlertRow::default() }
}

fn with_settings(change: impl FnOnce(&mut Settings)) -> Mapping {
    let mut mapping = mapping(NOTHING_SAID);
    change(&mut mapping.settings);
    mapping
}

#[test]
fn a36_settings_are_staged_one_by_one_and_applied_together() {
    let mut draft = Draft::default();
    set(&mut draft, "budget.share_percent", &json!(10));
    set(&mut draft, "budget.units_percent", &json!(5));
    set(&mut draft, "contract_effective_dates.4711", &json!("period-end"));
    let before = with_settings(|settings| settings.review_mode = true);
    let after = draft.applied_to(&before).settings;
    assert!(after.review_mode, "another person's stays");
    assert_eq!((after.budget.share_percent, after.budget.units_percent), (10, 5));
    assert_eq!(after.effective_dates_of(ContractId(4711)), EffectiveDates::PeriodEnd);
    assert!(draft.moved(&before).is_empty() && draft.len() == 3);
    let refused = draft.stage_setting(&Settings::default(), &SettingPath::new("holds.jump"), &json!(1));
    assert_eq!(refused, Err("holds.jump: there is no such setting".to_owned()));
    assert!(draft.stage_setting(&Settings::default(), &SettingPath::new("review_mode"), &json!(1)).is_err());
    assert_eq!(draft.len(), 3);
}

#[test]
fn only_another_persons_change_of_the_same_setting_is_in_the_way() {
    let mut draft = Draft::default();
    set(&mut draft, "holds.jump_units", &json!(7));
    set(&mut draft, "holds.money_per_period", &json!("250.00"));
    assert!(draft.moved(&with_settings(|settings| settings.holds.jump_percent = 9)).is_empty());
    let others = with_settings(|settings| settings.holds.jump_units = 9);
    assert_eq!(draft.moved(&others), [setting("holds.jump_units")]);
    assert!(draft.stand_on(&setting("holds.jump_units"), &others));
    assert_eq!(draft.settings[&SettingPath::new("holds.jump_units")], Edit { was: json!(9), to: json!(7) });
    assert!(draft.moved(&others).is_empty());
    // The other one did just the same: nothing is left to do.
    let same = with_settings(|settings| settings.holds.money_per_period = "250".parse().ok());
    assert!(draft.stand_on(&setting("holds.money_per_period"), &same));
    assert!(draft.discard(&setting("holds.jump_units")) && draft.is_empty());
    assert!(!draft.discard(&setting("holds.jump_units")));
}

#[test]
fn a_setting_that_contradicts_another_one_is_told_by_its_path() {
    let mut draft = Draft::default();
    set(&mut draft, "budget.share_percent", &json!(15));
    let faults = draft.faults(&mapping(NOTHING_SAID));
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].row, setting("budget.units_percent"));
    set(&mut draft, "budget.units_percent", &json!(15));
    assert!(draft.faults(&mapping(NOTHING_SAID)).is_empty());
}

#[test]
fn a36_an_alert_type_is_staged_applied_and_put_back_to_usual() {
    let (kind, other) = (AlertKind::new("BackupFailed"), AlertKind::new("BackupWarning"));
    let mut before = mapping(NOTHING_SAID);
    before.alerts = [(kind.clone(), AlertRow { label: "Backup failed".to_owned(), ..priority(1) })].into();
    let mut draft = Draft::default();
    draft.stage_alert(&kind, before.alerts[&kind].clone(), priority(1));
    assert!(draft.is_empty(), "a name is nobody's edit");
    draft.stage_alert(&kind, before.alerts[&kind].clone(), priority(2));
    draft.stage_alert(&other, AlertRow::default(), priority(3));
    let after = draft.applied_to(&before).alerts;
    assert_eq!(after[&kind], AlertRow { label: "Backup failed".to_owned(), ..priority(2) });
    assert_eq!(after[&other], priority(3));
    let mut others = before.clone();
    others.alerts.insert(kind.clone(), priority(4));
    assert_eq!(draft.moved(&others), [MappingRowName::Alert(kind.clone())]);
    assert!(draft.stand_on(&MappingRowName::Alert(kind.clone()), &others) && draft.moved(&others).is_empty());
    draft.stage_alert(&kind, before.alerts[&kind].clone(), AlertRow::default());
    assert!(draft.discard(&MappingRowName::Alert(other.clone())) && !draft.discard(&MappingRowName::Alert(other)));
    assert!(draft.applied_to(&before).alerts.is_empty());
    let astray = AlertRow { sub_issue: Some(1), ..AlertRow::default() };
    draft.stage_alert(&kind, before.alerts[&kind].clone(), astray);
    assert_eq!(draft.faults(&before)[0].row, MappingRowName::Alert(kind));
}

#[test]
fn a_draft_of_before_is_read_without_what_is_written_otherwise_now() {
    let text = r#"{"customers":{},"products":[],"default_storage":{"was":null,"to":"s"}}"#;
    assert_eq!(serde_json::from_str::<Draft>(text).unwrap(), Draft::default());
    // A setting that there is no more is nothing that could be applied, and hinders nobody.
    let text = r#"{"settings":{"holds.gone":{"was":1,"to":2}}}"#;
    let mut draft = serde_json::from_str::<Draft>(text).unwrap();
    let before = mapping(NOTHING_SAID);
    assert_eq!(draft.applied_to(&before), before);
    assert_eq!(draft.moved(&before), [setting("holds.gone")]);
    assert!(draft.stand_on(&setting("holds.gone"), &before) && draft.is_empty());
}
