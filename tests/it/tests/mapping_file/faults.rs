//! What an import refuses, and in which words: each row of the table spoils one thing in a good file.

use crate::samples::{ALPENBLICK, world};
use acrotask::mapping_file::import;

/// A good file, against which the lines of the faults are counted.
const GOOD: &str = r#"[settings]
time_zone = "Europe/Berlin"
effective_dates = "today"
review_mode = false
settle_minutes = 10
contract_effective_dates = { "4711" = "next-period" }
[settings.holds]
jump_units = 25
money_per_period = "250.00"
[settings.budget]
share_percent = 40

[[customer]]
company = 175
name = "Alpenblick Apotheke GmbH"
tenant = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e01"
tenant_name = "Alpenblick Apotheke"
pins = { "12" = 4711 }

[[customer]]
company = 176
left_alone = true

[[product]]
item = "pw_base_workstations"
application = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb"
label = "Workstations"
service = 12
rounding = "up"
included = 0

[[product]]
item = "pw_base_servers"
application = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb"
unit_size = "1 piece"
new_service = { name = "Acronis Servers", period = "monthly", billing_code = 3, unit_price = "14.90" }

[[product]]
item = "pw_base_storage"
application = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb"
storage = "d46a4b2a-2631-4f76-84cd-07ce3aed3dde"
unit_size = "100 GiB"
"#;

fn faults_of(text: &str) -> String {
    let faults = import(text, &world().mapping).expect_err("the file should be refused");
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What is told when each `from` in the good file is a `to`.
fn assert_refused(table: &[(&str, &str, &str)]) {
    import(GOOD, &world().mapping).expect("the good file should be taken");
    for (from, to, expected) in table {
        assert!(GOOD.contains(from), "the good file has no {from}");
        assert_eq!(faults_of(&GOOD.replacen(from, to, 1)), *expected, "\n{from} -> {to}");
    }
}

#[test]
fn a_setting_that_cannot_be_used_is_told_with_its_line() {
    assert_refused(&[
        ("Europe/Berlin", "Europe/Berlim", ""),
        ("Europe/Berlin", "Etc/Unknown", ""),
        ("\"today\"", "\"tomorrow\"", ""),
        ("review_mode = false", "review_mode = \"no\"", ""),
        ("review_mode", "reviewmode", ""),
        ("settle_minutes = 10", "settle_minutes = -1", ""),
        ("settle_minutes = 10", "settle_minutes = 2026-01-01", ""),
        ("\"4711\" = \"next-period\"", "\"4711\" = 3", ""),
        ("\"4711\"", "\"04711\"", ""),
        ("[settings.holds]", "[settings.hold]", ""),
        ("\"250.00\"", "250.00", ""),
        ("\"250.00\"", "\"250,00\"", ""),
        ("\"250.00\"", "0", ""),
        ("share_percent = 40", "share_percent = 400", ""),
        ("jump_units = 25", "jump_units = 99999999999999999999", ""),
    ]);
}

#[test]
fn a_customer_that_contradicts_itself_or_another_is_told_with_its_line() {
    let taken = format!("tenant = \"{}\"", ALPENBLICK.to_uppercase());
    assert_refused(&[
        ("company = 176", "company = 175", ""),
        ("company = 176", "company = \"176\"", ""),
        ("company = 176", "", ""),
        ("left_alone = true", &taken, ""),
        ("left_alone = true", "left_alone = 1", ""),
        ("left_alone = true", "ignored = \" \"", ""),
        ("tenant_name", "ignored = \"us\"\ntenant_name", ""),
        ("tenant = \"4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e01\"\n", "", ""),
        ("5f6c0c1d2e01", "5f6c0c1d2e0", ""),
        ("{ \"12\" = 4711 }", "{ \"twelve\" = 4711 }", ""),
        ("{ \"12\" = 4711 }", "{ \"12\" = \"4711\" }", ""),
        ("{ \"12\" = 4711 }", "[12]", ""),
        ("left_alone", "left alone", ""),
        ("left_alone", "leftalone", ""),
        ("[[customer]]\ncompany = 176", "[[customers]]\ncompany = 176", ""),
    ]);
}

#[test]
fn a_product_that_cannot_be_billed_as_told_is_told_with_its_line() {
    let storage = "storage = \"d46a4b2a-2631-4f76-84cd-07ce3aed3dde\"\n";
    assert_refused(&[
        ("\"up\"", "\"upp\"", ""),
        ("included = 0", "included = 1.5", ""),
        ("\"1 piece\"", "\"1 PB\"", ""),
        ("\"1 piece\"", "\"1 GiB\"", ""),
        ("\"14.90\"", "14.90", ""),
        ("\"14.90\"", "-3", ""),
        ("name = \"Acronis Servers\"", "name = \"\"", ""),
        ("period = \"monthly\", ", "", ""),
        ("\"monthly\"", "\"weekly\"", ""),
        ("billing_code = 3", "billing_code = 3, tax = 19", ""),
        ("new_service =", "service = 15\nnew_service =", ""),
        ("new_service =", "service = 12\nminimum = 5\nnew =", ""),
        ("\"pw_base_servers\"", "\"pw_base_workstations\"", ""),
        ("\"pw_base_servers\"", "\"pw_base_sheep\"", ""),
        (storage, "", ""),
        ("item = \"pw_base_storage\"\n", "", ""),
        ("label = \"Workstations\"", "label = 7", ""),
        ("service = 12\n", "service = 12\nunit = \"piece\"\n", ""),
    ]);
}

#[test]
fn what_contradicts_another_row_is_told_on_its_own_line() {
    let both_as_12 = GOOD.replace("new_service = ", "service = 12\nminimum = 5 #");
    assert_eq!(faults_of(&both_as_12), "");
    let unnamed = "new_service = { period = \"monthly\", billing_code = 3, unit_price = 4 }\nlabel = \"Cover\"";
    let start = GOOD.find("new_service").expect("it is there");
    let twice = format!(
        "{}{unnamed}\n{}{unnamed}\n",
        &GOOD[..start],
        &GOOD[GOOD.find("\n[[product]]\nitem = \"pw_base_storage").expect("it is there")..]
    );
    assert_eq!(faults_of(&twice), "");
}

#[test]
fn a_text_that_is_no_toml_is_told_with_its_lines_and_nothing_more() {
    for (text, expected) in [
        ("", ""),
        ("[settings]\ntime_zone = Europe/Berlin\nsettle_minutes = \"x\"\n", ""),
        ("[settings]\nreview_mode = false\nreview_mode = true\n", ""),
        ("settings = 3\ncustomer = 3\nproduct = [1]\n", ""),
    ] {
        assert_eq!(faults_of(text), expected, "\n{text}");
    }
}

#[test]
fn every_fault_is_told_at_once_in_the_order_of_the_lines() {
    let mut bad = GOOD.to_owned();
    for (from, to) in [
        ("\"Europe/Berlin\"", "\"Europe\""),
        ("jump_units", "jumps_units"),
        ("company = 176", "company = 176.0"),
        ("\"up\"", "\"sideways\""),
        ("\"14.90\"", "14.90"),
        ("\"100 GiB\"", "\"100 hours\""),
    ] {
        bad = bad.replacen(from, to, 1);
    }
    assert_eq!(faults_of(&bad), "");
}
