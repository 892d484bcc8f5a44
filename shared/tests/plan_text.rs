//! The plan as an operator reads it.

mod common;

use common::{COMPANY, COMPUTE, WORKSTATION, World, contract, item, key};
use insta::assert_snapshot;
use rust_decimal::Decimal;
use shared::contract::PeriodType;
use shared::ids::{BillingCodeId, CompanyId, LineId, ServiceId};
use shared::mapping::{NewService, ServiceTarget};
use shared::quantity::{GIB, MeasurementUnit};
use shared::settings::EffectiveDates::{self, NextPeriod, PeriodEnd, UpTodayDownNext};

const STORAGE: ServiceId = ServiceId(504);

/// Two customers with lines of ours: Alpenblick holds 5 workstations and 10 GiB, Birke 8 workstations.
fn two_customers(policy: EffectiveDates) -> World {
    let mut world = World::empty("2026-05-01");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.product("local_storage", MeasurementUnit::Bytes, STORAGE, "Cloud Storage");
    world.product("cloud_storage", MeasurementUnit::Bytes, STORAGE, "Cloud Storage");
    for name in ["local_storage", "cloud_storage"] {
        world.row(name, |row| row.included = 5);
    }
    world.customer(7, "Alpenblick").line(70, 700, WORKSTATION, 4).line(70, 701, STORAGE, 9).known();
    world.uses("workstations", 5).uses("local_storage", 0).uses("cloud_storage", 15 * GIB);
    world.customer(8, "Birke").line(80, 800, WORKSTATION, 7).known();
    world.uses("workstations", 8).uses("local_storage", 0).uses("cloud_storage", 0);
    assert_eq!(world.run().changes.len(), 3);
    world.policy(policy);
    world
}

/// Alpenblick uses more, Birke less.
fn use_of_may(world: &mut World) {
    world.of = COMPANY;
    world.uses("workstations", 7).uses("cloud_storage", 20 * GIB + GIB / 4);
    world.of = CompanyId(8);
    world.uses("workstations", 6);
}

#[test]
fn the_plan_dated_today() {
    let mut world = two_customers(EffectiveDates::Today);
    use_of_may(world.day("2026-05-12"));
    assert_snapshot!(world.plan(), @r#"
    Plan 41821bf2fce8 of units · connection main · 2026-05-12
    3 changes (3 extra invoice lines), 0 held, 0 waiting, 0 findings, 0 lines right

    Changes
        id            service        units        from                 money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        fcd9e09fcbc1  Workstation    5 → 7    +2  2026-05-12   +6.00 a month  7 × workstations
        e13163098a20  Cloud Storage  10 → 16  +6  2026-05-12  +18.00 a month  20.25 GiB cloud storage, 5 included
      Birke (company 8), contract 80 "Managed 80"
        0b310c3aa51b  Workstation    8 → 6    -2  2026-05-12   -6.00 a month  6 × workstations
    "#);
}

#[test]
fn the_plan_that_raises_today_and_lowers_from_the_next_period() {
    let mut world = two_customers(UpTodayDownNext);
    use_of_may(world.day("2026-05-12"));
    assert_snapshot!(world.run(), @r#"
    Plan 677314480e5a of units · connection main · 2026-05-12
    2 changes (2 extra invoice lines), 0 held, 1 waiting, 0 findings, 0 lines right

    Changes
        id            service        units        from                 money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        fcd9e09fcbc1  Workstation    5 → 7    +2  2026-05-12   +6.00 a month  7 × workstations
        e13163098a20  Cloud Storage  10 → 16  +6  2026-05-12  +18.00 a month  20.25 GiB cloud storage, 5 included

    Waiting
        service      units      until
      Birke (company 8), contract 80
        Workstation  8 → 6  -2  the period ends on 2026-05-31
    "#);
    assert_snapshot!(world.day("2026-05-31").run(), @r#"
    Plan 059b2b93283b of units · connection main · 2026-05-31
    1 change, 0 held, 0 waiting, 0 findings, 2 lines right

    Changes
        id            service      units      from                money  because
      Birke (company 8), contract 80 "Managed 80"
        0b310c3aa51b  Workstation  8 → 6  -2  2026-06-01  -6.00 a month  6 × workstations
    "#);
}

#[test]
fn the_plan_for_the_next_period() {
    let mut world = two_customers(NextPeriod);
    use_of_may(world.day("2026-05-12"));
    assert_snapshot!(world.run(), @"
    Plan e3b0c44298fc of units · connection main · 2026-05-12
    0 changes, 0 held, 3 waiting, 0 findings, 0 lines right

    Waiting
        service        units        until
      Alpenblick (company 7), contract 70
        Workstation    5 → 7    +2  the period ends on 2026-05-31
        Cloud Storage  10 → 16  +6  the period ends on 2026-05-31
      Birke (company 8), contract 80
        Workstation    8 → 6    -2  the period ends on 2026-05-31
    ");
    assert_snapshot!(world.day("2026-05-31").run(), @r#"
    Plan 41821bf2fce8 of units · connection main · 2026-05-31
    3 changes, 0 held, 0 waiting, 0 findings, 0 lines right

    Changes
        id            service        units        from                 money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        fcd9e09fcbc1  Workstation    5 → 7    +2  2026-06-01   +6.00 a month  7 × workstations
        e13163098a20  Cloud Storage  10 → 16  +6  2026-06-01  +18.00 a month  20.25 GiB cloud storage, 5 included
      Birke (company 8), contract 80 "Managed 80"
        0b310c3aa51b  Workstation    8 → 6    -2  2026-06-01   -6.00 a month  6 × workstations
    "#);
}

#[test]
fn the_plan_for_the_whole_period() {
    let mut world = two_customers(PeriodEnd);
    world.day("2026-05-31").run();
    use_of_may(world.day("2026-06-30"));
    assert_snapshot!(world.run(), @r#"
    Plan fdec2834f5fb of units · connection main · 2026-06-30
    3 changes, 0 held, 0 waiting, 0 findings, 0 lines right

    Changes
        id            service        units        from                 money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        851877aa717e  Workstation    5 → 7    +2  2026-06-01   +6.00 a month  7 × workstations
        c7f56d9a0001  Cloud Storage  10 → 16  +6  2026-06-01  +18.00 a month  20.25 GiB cloud storage, 5 included
      Birke (company 8), contract 80 "Managed 80"
        90de03f5ee21  Workstation    8 → 6    -2  2026-06-01   -6.00 a month  6 × workstations
    "#);
}

#[test]
fn the_first_plan() {
    let mut world = World::on("2026-05-10");
    world.connection.first_plan_approved = false;
    assert_snapshot!(world.uses("workstations", 6).plan(), @r#"
    Plan 4e2070785e39 of units · connection main · 2026-05-10
    0 changes, 1 held, 0 waiting, 0 findings, 0 lines right

    Held until approved: the first plan waits for approval
        id            service      units      from                money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        e62bd037c5cc  Workstation  5 → 6  +1  2026-05-10  +3.00 a month  6 × workstations
    "#);
}

#[test]
fn the_plan_of_nothing() {
    assert_snapshot!(World::on("2026-05-10").plan(), @"
    Plan e3b0c44298fc of units · connection main · 2026-05-10
    0 changes, 0 held, 0 waiting, 0 findings, 1 line right
    ");
    assert_snapshot!(World::empty("2026-05-10").plan(), @"
    Plan e3b0c44298fc of units · connection main · 2026-05-10
    0 changes, 0 held, 0 waiting, 1 finding, 0 lines right

    Findings
      - nothing to do yet: 0 products and 0 customers mapped
        → map at least one product and one customer: `acrotask mapping export FILE`, edit, `acrotask mapping import FILE`
    ");
}

#[test]
fn the_plan_with_lines_that_are_held() {
    let mut world = two_customers(EffectiveDates::Today);
    world.settings().holds.money_per_period = Some(Decimal::from(60));
    world.others_change(800, "2026-05-09", 9).day("2026-05-10").run();
    world.others_change(800, "2026-05-11", 7).day("2026-05-12");
    world.of = COMPANY;
    world.uses("workstations", 0).uses("cloud_storage", 100 * GIB);
    world.row("workstations", |row| row.minimum = 0).row("local_storage", |row| row.included = 0);
    world.row("cloud_storage", |row| row.included = 0);
    let plan = world.run();
    assert_snapshot!(plan, @r#"
    Plan 0cad38e7c28a of units · connection main · 2026-05-12
    0 changes, 3 held, 0 waiting, 1 finding, 0 lines right

    Held until approved
        id            service        units          from                  money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        88cba238b17a  Workstation    5 → 0      -5  2026-05-12   -15.00 a month  0 × workstations; held: the units fall to 0
        529d4249dcef  Cloud Storage  10 → 100  +90  2026-05-12  +270.00 a month  100 GiB cloud storage; held: the units jump, +270 a period is more than the limit of 60, the mapping changed since it was last written
      Birke (company 8), contract 80 "Managed 80"
        5abce91dcdf2  Workstation    7 → 8      +1  2026-05-12    +3.00 a month  8 × workstations; somebody else changed it from 8; held: changed by somebody else again after our correction of 2026-05-10; another integration may be writing

    Findings
      - Birke (company 8): Workstation on contract 80 was changed by somebody else: 8 → 7
        → find out who writes to this line; we write it too
    "#);
    world.approvals.insert(plan.held[0].change.id.clone(), "ada".to_owned());
    assert_snapshot!(world.plan(), @r#"
    Plan 0cad38e7c28a of units · connection main · 2026-05-12
    1 change (1 extra invoice line), 2 held, 0 waiting, 1 finding, 0 lines right

    Changes
        id            service      units      from                 money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        88cba238b17a  Workstation  5 → 0  -5  2026-05-12  -15.00 a month  0 × workstations; approved by ada

    Held until approved
        id            service        units          from                  money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        529d4249dcef  Cloud Storage  10 → 100  +90  2026-05-12  +270.00 a month  100 GiB cloud storage; held: the units jump, +270 a period is more than the limit of 60, the mapping changed since it was last written
      Birke (company 8), contract 80 "Managed 80"
        5abce91dcdf2  Workstation    7 → 8      +1  2026-05-12    +3.00 a month  8 × workstations; somebody else changed it from 8; held: changed by somebody else again after our correction of 2026-05-10; another integration may be writing

    Findings
      - Birke (company 8): Workstation on contract 80 was changed by somebody else: 8 → 7
        → find out who writes to this line; we write it too
    "#);
}

#[test]
fn the_plan_whose_whole_run_is_held() {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    for id in 1..=5 {
        world.customer(id, &format!("Customer {id}")).line(id * 10, id * 100, WORKSTATION, 3).uses("workstations", 3);
    }
    world.run();
    for id in 1..=4 {
        world.of = CompanyId(id);
        world.it().tenant = None;
    }
    world.of = CompanyId(5);
    assert_snapshot!(world.day("2026-05-11").uses("workstations", 4).plan(), @r#"
    Plan 9f9536f3e8b2 of units · connection main · 2026-05-11
    0 changes, 1 held, 0 waiting, 4 findings, 0 lines right

    The whole run is held (cf21974b8484): 4 of 5 mapped tenants vanished or fell to zero since the last run that counted; a permission lost at a vendor looks like that

    Held until approved: the whole run is held
        id            service      units      from                money  because
      Customer 5 (company 5), contract 50 "Managed 50"
        66bed585b1fb  Workstation  3 → 4  +1  2026-05-11  +3.00 a month  4 × workstations

    Findings
      - Customer 1 (company 1): tenant tenant-1 "Customer 1" is not in our tree; the lines are left alone
        → map the company to another tenant, or remove the mapping
      - Customer 2 (company 2): tenant tenant-2 "Customer 2" is not in our tree; the lines are left alone
        → map the company to another tenant, or remove the mapping
      - Customer 3 (company 3): tenant tenant-3 "Customer 3" is not in our tree; the lines are left alone
        → map the company to another tenant, or remove the mapping
      - Customer 4 (company 4): tenant tenant-4 "Customer 4" is not in our tree; the lines are left alone
        → map the company to another tenant, or remove the mapping
    "#);
}

#[test]
fn the_plan_with_bundles() {
    let mut world = World::on("2026-05-10");
    world.product("seats", MeasurementUnit::Quantity, ServiceId(503), "Seat");
    world.it().items.push(item("seats", MeasurementUnit::Quantity));
    world.bundle(70, 90, WORKSTATION, 4).bundle(70, 91, ServiceId(503), 2).uses("workstations", 11).uses("seats", 7);
    assert_snapshot!(world.plan(), @r#"
    Plan c993376ce1e5 of units · connection main · 2026-05-10
    1 change (1 extra invoice line), 0 held, 0 waiting, 1 finding, 0 lines right

    Changes
        id            service      units      from                money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        da3aaf81eed0  Workstation  5 → 7  +2  2026-05-10  +6.00 a month  11 × workstations, 4 in bundles

    Findings
      - Alpenblick (company 7): 5 Seat not billed: not on contract 70 "Managed 70" beyond the 2 in bundles
        → add the service to the contract in Autotask, or switch on `add_missing_services`
    "#);
}

#[test]
fn the_plan_with_metered_items() {
    let mut world = World::metered_on("2026-05-20");
    world.meters(41, "2026-05-01").run();
    assert_snapshot!(world.day("2026-05-31").meters(12, "2026-05-01").plan(), @r#"
    Plan 1e702f2e929c of units · connection main · 2026-05-31
    0 changes, 1 held, 0 waiting, 0 findings, 0 lines right

    Held until approved: the units jump
        id            service        units        from                  money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        d054dae08afe  Compute Point  0 → 41  +41  2026-05-01  +123.00 a month  41 h compute points
    "#);
}

#[test]
fn the_plan_with_services_to_create_and_lines_to_add() {
    let mut world = World::on("2026-05-10");
    world.product("seats", MeasurementUnit::Quantity, ServiceId(503), "Seat").uses("seats", 7);
    world.product("servers", MeasurementUnit::Quantity, COMPUTE, "to be replaced");
    let new = NewService {
        name: "Acronis Server".to_owned(),
        period: PeriodType::Monthly,
        billing_code: BillingCodeId(12),
        unit_price: Decimal::new(950, 2),
    };
    world.row("servers", |row| row.service = Some(ServiceTarget::New(new)));
    world.settings().add_missing_services = true;
    assert_snapshot!(world.plan(), @r#"
    Plan 83837cb56e40 of units · connection main · 2026-05-10
    2 changes (1 extra invoice line), 0 held, 0 waiting, 0 findings, 1 line right

    Changes
        id            service         units      from                 money  because
      New services in Autotask
        11499e85240f  Acronis Server                           9.50 a month  for servers
      Alpenblick (company 7), contract 70 "Managed 70"
        1894e4fa5344  Seat            0 → 7  +7  2026-05-10  +21.00 a month  7 × seats; adds the service to the contract
    "#);
}

#[test]
fn the_plan_of_a_posted_period() {
    let mut world = World::on("2026-05-10");
    assert_snapshot!(world.post_until("2026-05-31").uses("workstations", 9).plan(), @r#"
    Plan de63a1f992d7 of units · connection main · 2026-05-10
    1 change, 0 held, 0 waiting, 1 finding, 0 lines right

    Changes
        id            service      units      from                 money  because
      Alpenblick (company 7), contract 70 "Managed 70"
        d547b6e4a971  Workstation  5 → 9  +4  2026-06-01  +12.00 a month  9 × workstations

    Findings
      - Alpenblick (company 7): Workstation on contract 70 is already invoiced up to 2026-05-31: +4 units from 2026-05-10 to 2026-05-31 were missed
        → bill what was missed by hand, or let it go
    "#);
}

#[test]
fn the_plan_with_findings() {
    let mut world = two_customers(EffectiveDates::Today);
    world.of = CompanyId(8);
    world.it().contracts[0].payg = Some("maybe".to_owned());
    let mapped = world.mapping.customers.get_mut(&COMPANY).expect("it is mapped");
    mapped.pins.insert(WORKSTATION, LineId(999));
    world.of = COMPANY;
    world.it().contracts.push(contract(71, COMPANY, "2026-01-01", "9999-12-31"));
    world.line(71, 710, WORKSTATION, 1).reports_nothing_of("cloud_storage");
    world.services.get_mut(&STORAGE).expect("it is sold").name = "Storage".to_owned();
    world.customer(9, "Cedar").uses("workstations", 2).known().it().tenant.as_mut().expect("it is there").in_trial =
        true;
    world.customer(10, "Dachs").uses("workstations", 2).uses("local_storage", 0).uses("cloud_storage", 0).known();
    assert_snapshot!(world.day("2026-05-12").plan(), @r#"
    Plan e3b0c44298fc of units · connection main · 2026-05-12
    0 changes, 0 held, 0 waiting, 6 findings, 0 lines right

    Findings
      - Alpenblick (company 7): Workstation is on several lines (700, 710); all are held
        → remove all lines but one, or pin one line in the mapping file (`pins`)
      - Alpenblick (company 7): the line 999 pinned for Workstation is on no active contract; the pin is dropped
        → nothing, or pin another line
      - Alpenblick (company 7): Storage: cloud_storage is on and its usage is missing; the line is held
        → wait for Acronis to report it; the line is left alone until then
      - Birke (company 8): contract 80 "Managed 80": "Acronis PAYG" says "maybe"; the contract is held
        → set "Acronis PAYG" to Yes or No on the contract
      - Cedar (company 9): tenant tenant-9 is in trial and not billed; the lines are left alone
        → switch the tenant to production in Acronis when it should be billed
      - Dachs (company 10): 2 Workstation not billed: not on contract 100 "Managed 100"
        → add the service to the contract in Autotask, or switch on `add_missing_services`
    "#);
    assert!(world.mapping.products.contains_key(&key("workstations")));
}
