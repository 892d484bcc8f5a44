//! What an import refuses, and in which words: each case of a table spoils one thing in a good file.

use crate::samples::world;
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

/// Everything that is told of a file that is refused.
fn faults_of(text: &str) -> String {
    let faults = import(text, &world().mapping).expect_err("the file should be refused");
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Checks a table of cases `what is in the good file => what is there instead`, each above the faults told,
/// which are indented. `⏎` is a line break and `∅` is nothing.
pub(crate) fn assert_refused(good: &str, table: &str) {
    import(good, &world().mapping).expect("the good file should be taken");
    let mut lines = table.lines().filter(|line| !line.is_empty()).peekable();
    while let Some(case) = lines.next() {
        let case = case.replace('⏎', "\n").replace('∅', "");
        let (from, to) = case.split_once(" => ").expect("a case has an arrow");
        assert!(good.contains(from), "the good file has no {from}");
        let mut told = Vec::new();
        while let Some(fault) = lines.next_if(|line| line.starts_with("  ")) {
            told.push(fault.trim_start());
        }
        assert_eq!(faults_of(&good.replacen(from, to, 1)), told.join("\n"), "\n{case}");
    }
}

#[test]
fn a_setting_that_cannot_be_used_is_told_with_its_line() {
    assert_refused(
        GOOD,
        r#"
Europe/Berlin => Europe/Berlim
  line 2, settings.time_zone: expected a time zone such as "Europe/Berlin", found "Europe/Berlim"
Europe/Berlin => Etc/Unknown
  line 2, settings.time_zone: expected a time zone such as "Europe/Berlin", found "Etc/Unknown"
"today" => "tomorrow"
  line 3, settings.effective_dates: expected today, up-today-down-next, next-period or period-end, found "tomorrow"
review_mode = false => review_mode = "no"
  line 4, settings.review_mode: expected true or false, found "no"
review_mode => reviewmode
  line 4, settings.reviewmode: unknown; known are time_zone, effective_dates, posted_periods, add_missing_services, automatic_provisioning, new_tenants, quotas, disable_after_days, tickets, review_mode, settle_minutes, contract_effective_dates, holds, budget
settle_minutes = 10 => settle_minutes = -1
  line 5, settings.settle_minutes: expected a whole number from 0 to 4294967295, found -1
settle_minutes = 10 => settle_minutes = 0
  line 5, settings.settle_minutes: expected 6 to 1440 minutes, found 0
settle_minutes = 10 => settle_minutes = 2026-01-01
  line 5, settings.settle_minutes: expected a whole number from 0 to 4294967295, found the date 2026-01-01
"4711" = "next-period" => "4711" = 3
  line 6, settings.contract_effective_dates.4711: expected today, up-today-down-next, next-period or period-end, found 3
"4711" => "04711"
  line 6, settings.contract_effective_dates.04711: expected a number as Autotask shows it, such as "4711"
[settings.holds] => [settings.hold]
  line 7, settings.hold: unknown; known are time_zone, effective_dates, posted_periods, add_missing_services, automatic_provisioning, new_tenants, quotas, disable_after_days, tickets, review_mode, settle_minutes, contract_effective_dates, holds, budget
"250.00" => 250.00
  line 9, settings.holds.money_per_period: expected an amount in quotes; write "250.00" instead of 250.00
"250.00" => "250,00"
  line 9, settings.holds.money_per_period: expected an amount in quotes, such as "4.50", or a whole number, found "250,00"
"250.00" => 0
  line 9, settings.holds.money_per_period: expected more than 0, or leave it out
share_percent = 40 => share_percent = 400
  line 11, settings.budget.share_percent: expected 1 to 100
jump_units = 25 => jump_units = 99999999999999999999
  line 8, settings.holds.jump_units: expected a whole number from 0 to 4294967295, found 99999999999999999999
"#,
    );
}

#[test]
fn a_customer_that_contradicts_itself_or_another_is_told_with_its_line() {
    assert_refused(
        GOOD,
        r#"
company = 176 => company = 175
  line 21, customer[2].company: company 175 is already in customer[1]; a company has one block
company = 176 => company = "176"
  line 21, customer[2].company: expected a number as Autotask shows it, such as 4711, found "176"
company = 176 => ∅
  line 20, customer[2].company: it is missing; expected the company's number in Autotask
left_alone = true => tenant = "4F1C1B9E-0A62-4F0E-9D3A-5F6C0C1D2E01"
  line 22, customer[2].tenant: 4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e01 is already mapped to company 175; a tenant belongs to one company
left_alone = true => left_alone = 1
  line 22, customer[2].left_alone: expected true or false, found 1
left_alone = true => ignored = " "
  line 22, customer[2].ignored: expected the reason in quotes, found " "
tenant_name => ignored = "us"⏎tenant_name
  line 17, customer[1].ignored: it contradicts tenant; keep one of them
tenant = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e01"⏎ => ∅
  line 16, customer[1].tenant_name: it goes with tenant, which is not there; take both out to remove the link
5f6c0c1d2e01 => 5f6c0c1d2e0
  line 16, customer[1].tenant: expected an id such as "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e3f" or "new", found "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e0"
{ "12" = 4711 } => { "twelve" = 4711 }
  line 18, customer[1].pins.twelve: expected a number as Autotask shows it, such as "4711"
{ "12" = 4711 } => { "12" = "4711" }
  line 18, customer[1].pins.12: expected a number as Autotask shows it, such as 4711, found "4711"
{ "12" = 4711 } => [12]
  line 18, customer[1].pins: expected a table, found a list
left_alone => left alone
  line 22: key with no value, expected `=`
left_alone => leftalone
  line 22, customer[2].leftalone: unknown; known are company, name, tenant, tenant_name, ignored, left_alone, pins, decision
[[customer]]⏎company = 176 => [[customers]]⏎company = 176
  line 20, customers: unknown; known are version, settings, customer, product, alert
"#,
    );
}

#[test]
fn a_product_that_cannot_be_billed_as_told_is_told_with_its_line() {
    assert_refused(
        GOOD,
        r#"
"up" => "upp"
  line 29, product[1].rounding: expected up, nearest or down, found "upp"
included = 0 => included = 1.5
  line 30, product[1].included: expected a whole number from 0 to 4294967295, found 1.5
"1 piece" => "1 PB"
  line 35, product[2].unit_size: "1 PB" is not a unit size; write a whole number and piece, GiB, TiB or hour, such as "1 GiB"
"1 piece" => "1 GiB"
  line 35, product[2].unit_size: "1 GiB" does not measure this item, which is counted in pieces
"14.90" => 14.90
  line 36, product[2].new_service.unit_price: expected an amount in quotes; write "14.90" instead of 14.90
"14.90" => -3
  line 36, product[2].new_service.unit_price: expected 0 or more
name = "Acronis Servers" => name = ""
  line 32, product[2]: the service's name has 0 characters; Autotask takes 1 to 100
period = "monthly",  => ∅
  line 36, product[2].new_service.period: it is missing; expected monthly, quarterly, semi-annual or yearly
"monthly" => "weekly"
  line 36, product[2].new_service.period: expected monthly, quarterly, semi-annual or yearly, found "weekly"
billing_code = 3 => billing_code = 3, tax = 19
  line 36, product[2].new_service.tax: unknown; known are name, period, billing_code, unit_price
new_service = => service = 15⏎new_service =
  line 37, product[2].new_service: it contradicts service; keep one of them
new_service = => service = 12⏎minimum = 5⏎new =
  line 24, product[1]: it shares a service with pw_base_servers, but their minimum differ; the service is counted once, so they must be equal
  line 38, product[2].new: unknown; known are item, application, storage, label, service, new_service, combine, free, unit_size, rounding, included, minimum, smallest_change
"pw_base_servers" => "pw_base_workstations"
  line 33, product[2].item: pw_base_workstations is already in product[1]; an item has one block
"pw_base_servers" => "pw_base_sheep"
  line 33, product[2].item: your partner account has no item "pw_base_sheep"; items cannot be added here
storage = "d46a4b2a-2631-4f76-84cd-07ce3aed3dde"⏎ => ∅
  line 39, product[3].item: your partner account has "pw_base_storage" under another application or storage than here
item = "pw_base_storage"⏎ => ∅
  line 38, product[3].item: it is missing; expected the item's name at Acronis
label = "Workstations" => label = 7
  line 27, product[1].label: expected text in quotes, found 7
service = 12⏎ => service = 12⏎unit = "piece"⏎
  line 29, product[1].unit: unknown; known are item, application, storage, label, service, new_service, combine, free, unit_size, rounding, included, minimum, smallest_change
"#,
    );
}

#[test]
fn what_contradicts_another_row_is_told_on_its_own_line() {
    let both_as_12 = GOOD.replace("new_service = ", "service = 12\nminimum = 5 #");
    assert_eq!(
        faults_of(&both_as_12),
        r#"line 24, product[1]: it shares a service with pw_base_servers, but their minimum differ; the service is counted once, so they must be equal"#
    );
    let unnamed = "new_service = { period = \"monthly\", billing_code = 3, unit_price = 4 }\nlabel = \"Cover\"";
    let start = GOOD.find("new_service").expect("it is there");
    let twice = format!(
        "{}{unnamed}\n{}{unnamed}\n",
        &GOOD[..start],
        &GOOD[GOOD.find("\n[[product]]\nitem = \"pw_base_storage").expect("it is there")..]
    );
    assert_eq!(
        faults_of(&twice),
        r#"line 44, product[3].new_service.name: the label gives "Acronis Cover", which product[2].new_service has already; write a name"#
    );
}

#[test]
fn a_text_that_is_no_toml_is_told_with_its_lines_and_nothing_more() {
    for (text, expected) in [
        ("", r#"line 1, settings: it is missing; expected the block [settings], as an export has it"#),
        (
            "[settings]\ntime_zone = Europe/Berlin\nsettle_minutes = \"x\"\n",
            r#"line 2: string values must be quoted, expected literal string"#,
        ),
        ("[settings]\nreview_mode = false\nreview_mode = true\n", r#"line 3: duplicate key"#),
        (
            "settings = 3\ncustomer = 3\nproduct = [1]\n",
            r#"line 1, settings: expected a table, found 3
line 2, customer: expected blocks that begin with [[customer]], found 3
line 3, product[1]: expected blocks that begin with [[product]], found 1"#,
        ),
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
    assert_eq!(
        faults_of(&bad),
        r#"line 2, settings.time_zone: expected a time zone such as "Europe/Berlin", found "Europe"
line 8, settings.holds.jumps_units: unknown; known are jumps, jump_units, jump_percent, falls_to_zero, zero_from_units, money_per_period, mapping_changes, new_customers, vanished, vanished_percent, vanished_count
line 21, customer[2].company: expected a number as Autotask shows it, such as 4711, found 176.0
line 29, product[1].rounding: expected up, nearest or down, found "sideways"
line 36, product[2].new_service.unit_price: expected an amount in quotes; write "14.90" instead of 14.90
line 42, product[3].unit_size: "100 hour" does not measure this item, which is counted in bytes"#
    );
}
