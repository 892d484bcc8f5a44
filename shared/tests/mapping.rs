//! Who is who and what is what, as the operator maps it (rules M1 to M4 and M6). M5 is `guard`'s.

mod common;

use common::{
    COMPANY, WORKSTATION, World, assert_found, assert_quiet, company, date, findings, item, key, tenant, used,
};
use shared::contract::PeriodType;
use shared::ids::{ApplicationId, BillingCodeId, CompanyId, ServiceId, StorageId, TenantId};
use shared::kept::Reading;
use shared::mapping::{Combine, CustomerLink, Mapping, MappingRowName, NewService, ProductRow, ServiceTarget};
use shared::matching::{Standing, map_equal_names, standings, suggestions, unmapped_tenants, with_all_companies};
use shared::plan::Action;
use shared::quantity::{GIB, HOUR, MeasurementUnit, Rounding};
use shared::usage::{ItemKey, ItemKind, OfferingItem, Tenant, TenantKind, UsageRow};

fn mapped_to(id: &str, name: &str) -> CustomerLink {
    CustomerLink::Mapped { tenant: TenantId::new(id), tenant_name: name.to_owned() }
}

/// A mapping with a row for each company, linked as given.
fn mapping(links: &[(i64, &str, CustomerLink)]) -> Mapping {
    let mut mapping = Mapping::default();
    let companies: Vec<_> = links.iter().map(|(id, name, _)| company(*id, name)).collect();
    with_all_companies(&mut mapping, &companies, &[]);
    for (id, _, link) in links {
        mapping.customers.get_mut(&CompanyId(*id)).expect("it has a row").link = link.clone();
    }
    mapping
}

#[test]
fn m1_a_company_is_mapped_unmapped_ignored_renamed_or_missing() {
    let mapping = mapping(&[
        (0, "Ourselves", mapped_to("t-0", "Ourselves")),
        (1, "Alpenblick", mapped_to("t-1", "Alpenblick")),
        (2, "Birke", mapped_to("t-2", "Birke old")),
        (3, "Cedar old", mapped_to("t-3", "Cedar")),
        (4, "Dachs", mapped_to("t-gone", "Dachs")),
        (5, "Esche", mapped_to("t-5", "Esche")),
        (6, "Fichte GmbH", CustomerLink::Unmapped { left_alone: false }),
        (7, "Gans", CustomerLink::Ignored { reason: "a supplier".to_owned() }),
    ]);
    let companies = [
        (0, "Ourselves"),
        (1, "Alpenblick"),
        (2, "Birke"),
        (3, "Cedar"),
        (4, "Dachs"),
        (6, "Fichte GmbH"),
        (7, "Gans"),
    ];
    let companies: Vec<_> = companies.map(|(id, name)| company(id, name)).to_vec();
    let tenants = [
        ("t-0", "Ourselves"),
        ("t-1", "Alpenblick"),
        ("t-2", "Birke"),
        ("t-3", "Cedar"),
        ("t-5", "Esche"),
        ("t-6", "Fichte"),
    ];
    let tenants: Vec<Tenant> = tenants.map(|(id, name)| tenant(id, name)).to_vec();
    let standings = standings(&mapping, &companies, &tenants);
    let renamed = |name: &str| Standing::Renamed { company: name.to_owned(), tenant: name.to_owned() };
    assert_eq!(standings[&CompanyId(0)], Standing::Mapped, "0 is a company like any other");
    assert_eq!(standings[&CompanyId(1)], Standing::Mapped);
    assert_eq!(standings[&CompanyId(2)], renamed("Birke"), "the tenant's name changed");
    assert_eq!(standings[&CompanyId(3)], renamed("Cedar"), "the company's name changed");
    assert_eq!(standings[&CompanyId(4)], Standing::Missing, "the tenant left our tree");
    assert_eq!(standings[&CompanyId(5)], Standing::Missing, "the company is not to be seen");
    assert_eq!(standings[&CompanyId(6)], Standing::Unmapped(vec![TenantId::new("t-6")]));
    assert_eq!(standings[&CompanyId(7)], Standing::Ignored);
}

#[test]
fn m1_a_tenant_moved_within_our_tree_stays_mapped() {
    let mapping = mapping(&[(1, "Alpenblick", mapped_to("t-1", "Alpenblick"))]);
    let mut moved = tenant("t-1", "Alpenblick");
    moved.parent = Some(TenantId::new("another-folder"));
    assert_eq!(standings(&mapping, &[company(1, "Alpenblick")], &[moved])[&CompanyId(1)], Standing::Mapped);
}

#[test]
fn m1_ids_lead_and_a_renamed_customer_is_billed_and_told() {
    let mut world = World::on("2026-05-10");
    world.uses("workstations", 6).it().company = Some(company(7, "Alpenglow"));
    let plan = world.plan();
    assert_eq!(plan.changes.len(), 1);
    assert_found(&plan, "renamed from \"Alpenblick\" to \"Alpenglow\"");
}

#[test]
fn m1_company_0_is_planned_like_any_other() {
    let mut world = World::on("2026-05-10");
    world.customer(0, "Ourselves").line(0, 1, WORKSTATION, 2).uses("workstations", 3).known();
    assert_eq!(common::the_change(&world.plan()).place.company, CompanyId(0));
}

#[test]
fn m1_a_company_that_is_inactive_or_not_to_be_seen_is_a_finding() {
    let mut world = World::on("2026-05-10");
    world.it().company.as_mut().expect("it is there").active = false;
    assert_found(&world.plan(), "the company mapped to tenant tenant-7 is inactive or not visible in Autotask");
    world.it().company = None;
    assert_found(&world.plan(), "the company mapped to tenant tenant-7 is inactive or not visible in Autotask");
}

#[test]
fn m1_a_tenant_belongs_to_one_company() {
    let mapping = mapping(&[(1, "Alpenblick", mapped_to("t-1", "x")), (2, "Birke", mapped_to(" T-1 ", "x"))]);
    let faults = mapping.faults();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].row, MappingRowName::Customer(CompanyId(2)));
    assert!(faults[0].text.contains("already mapped to company 1"));
}

#[test]
fn m2_names_that_are_equal_and_unique_on_both_sides_are_mapped() {
    let unmapped = || CustomerLink::Unmapped { left_alone: false };
    let mut mapping = mapping(&[
        (1, "Alpenblick", unmapped()),
        (2, "Birke", unmapped()),
        (3, "Cedar", unmapped()),
        (4, "Cedar", unmapped()),
        (5, "Dachs", unmapped()),
        (6, "Esche", CustomerLink::Ignored { reason: "no".to_owned() }),
        (8, "Fichte", CustomerLink::Unmapped { left_alone: true }),
        (9, "Gans", mapped_to("t-d", "Dachs")),
        (10, "Hase", unmapped()),
    ]);
    let companies: Vec<_> = mapping.customers.values().map(|row| company(row.company.0, &row.company_name)).collect();
    let mut tenants: Vec<Tenant> = [
        ("t-a", "Alpenblick"),
        ("t-b1", "Birke"),
        ("t-b2", "Birke"),
        ("t-c", "Cedar"),
        ("t-d", "Dachs"),
        ("t-e", "Esche"),
        ("t-f", "Fichte"),
        ("t-h", "Hase"),
    ]
    .map(|(id, name)| tenant(id, name))
    .to_vec();
    tenants.last_mut().expect("there are some").kind = TenantKind::Group;
    assert_eq!(map_equal_names(&mut mapping, &companies, &tenants), 1);
    let linked: Vec<(i64, &str)> =
        mapping.mapped_customers().map(|(row, tenant)| (row.company.0, tenant.as_str())).collect();
    assert_eq!(linked, [(1, "t-a"), (9, "t-d")], "not: twice at a vendor, ignored, left alone, taken, no customer");
}

#[test]
fn m2_near_names_are_suggested_and_never_applied() {
    let mut mapping = mapping(&[
        (1, "Alpenblick GmbH & Co. KG", CustomerLink::Unmapped { left_alone: false }),
        (2, "Birke", mapped_to("t-b", "Birke")),
        (3, "Cedar Ltd.", CustomerLink::Unmapped { left_alone: true }),
    ]);
    let companies: Vec<_> = mapping.customers.values().map(|row| company(row.company.0, &row.company_name)).collect();
    let tenants =
        [("t-a", "ALPENBLICK"), ("t-a2", "Alpen-Blick"), ("t-b", "Birke"), ("t-c", "cedar"), ("t-d", "Dachs")];
    let tenants = tenants.map(|(id, name)| tenant(id, name));
    let suggested = suggestions(&mapping, &companies, &tenants);
    assert_eq!(suggested[&CompanyId(1)], [TenantId::new("t-a"), TenantId::new("t-a2")]);
    assert_eq!(suggested[&CompanyId(3)], [TenantId::new("t-c")]);
    assert_eq!(suggested.len(), 2);
    assert_eq!(map_equal_names(&mut mapping, &companies, &tenants), 0);
    let nobodys: Vec<&str> = unmapped_tenants(&mapping, &tenants).iter().map(|tenant| tenant.id.as_str()).collect();
    assert_eq!(nobodys, ["t-a", "t-a2", "t-c", "t-d"]);
}

#[test]
fn m3_an_unmapped_product_bills_nothing() {
    let mut world = World::on("2026-05-10");
    world.row("workstations", |row| row.service = None).uses("workstations", 50);
    let plan = world.plan();
    assert!(plan.is_empty());
    assert!(!findings(&plan).contains("Workstation"));
}

#[test]
fn m3_several_items_feed_one_service_by_sum_or_by_max() {
    for (combine, wanted) in [(Combine::Sum, 9), (Combine::Max, 6)] {
        let mut world = World::on("2026-05-10");
        world.product("servers", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
        for name in ["workstations", "servers"] {
            world.row(name, |row| row.combine = combine);
        }
        let plan = world.uses("workstations", 6).uses("servers", 3).plan();
        assert_eq!(common::the_change(&plan).wanted, wanted, "{combine:?}");
    }
}

fn storage_item(storage: &str) -> OfferingItem {
    let application = ApplicationId::new("cyber-protection");
    let key = ItemKey { application, name: "storage".to_owned(), storage: Some(StorageId::new(storage)) };
    OfferingItem { key, kind: ItemKind::Storage, ..item("storage", MeasurementUnit::Bytes) }
}

#[test]
fn m3_an_item_is_known_by_application_name_and_storage() {
    let mut world = World::empty("2026-05-10");
    world.customer(7, "Alpenblick").known();
    for (storage, service) in [("near", 601), ("far", 602)] {
        let service = ServiceId(service);
        world.product("storage", MeasurementUnit::Bytes, service, storage);
        let mut row = world.mapping.products.remove(&key("storage")).expect("it was just added");
        row.item = storage_item(storage);
        world.it().items.push(row.item.clone());
        let gib = if storage == "near" { 3 } else { 8 };
        let usage = UsageRow { key: row.item.key.clone(), ..used("storage", gib * GIB) };
        world.mapping.products.insert(row.item.key.clone(), row);
        world.line(70, service.0 * 10, service, 1).reports(usage);
    }
    let plan = world.plan();
    let wanted: Vec<_> = plan
        .changes
        .iter()
        .map(|change| common::adjustment(&change.action))
        .map(|one| (one.place.service.0, one.wanted))
        .collect();
    assert_eq!(wanted, [(601, 3), (602, 8)]);
}

#[test]
fn m3_a_new_service_is_created_once_for_all_the_items_that_wait_for_it() {
    let mut world = World::on("2026-05-10");
    let new = NewService {
        name: "Acronis Server".to_owned(),
        period: PeriodType::Monthly,
        billing_code: BillingCodeId(12),
        unit_price: rust_decimal::Decimal::from(9),
    };
    for name in ["servers", "virtual_machines"] {
        world.product(name, MeasurementUnit::Quantity, ServiceId(0), "to be replaced");
        world.row(name, |row| row.service = Some(ServiceTarget::New(new.clone())));
    }
    let plan = world.plan();
    let [change] = plan.changes.as_slice() else { panic!("one change is expected:\n{plan}") };
    let Action::CreateService(creation) = &change.action else { panic!("a creation is expected:\n{plan}") };
    assert_eq!(creation.service, new);
    assert_eq!(creation.items, [key("servers"), key("virtual_machines")]);
}

#[test]
fn m3_a_mapped_service_that_is_gone_or_inactive_is_a_finding_and_its_lines_are_left_alone() {
    let mut world = World::on("2026-05-10");
    world.uses("workstations", 9).services.get_mut(&WORKSTATION).expect("it is sold").active = false;
    for _ in 0..2 {
        let plan = world.plan();
        assert!(plan.is_empty());
        assert_found(&plan, "service 501, mapped for workstations, is not in Autotask or inactive");
        world.services.clear();
    }
}

#[test]
fn m4_items_of_one_service_must_be_counted_alike() {
    type Change = fn(&mut ProductRow);
    let cases: [(&str, Change); 8] = [
        ("units of measurement", |row| row.item.unit = MeasurementUnit::None),
        ("ways of metering", |row| row.item.usage_name = "compute_points".to_owned()),
        ("combine", |row| row.combine = Combine::Max),
        ("unit_size", |row| row.unit_size = "2 piece".parse().expect("a size")),
        ("rounding", |row| row.rounding = Rounding::Down),
        ("included", |row| row.included = 1),
        ("minimum", |row| row.minimum = 1),
        ("smallest_change", |row| row.smallest_change = 1),
    ];
    for (term, change) in cases {
        let mut world = World::on("2026-05-10");
        world.product("servers", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
        assert_eq!(world.mapping.faults(), []);
        let faults = world.row("servers", change).mapping.faults();
        assert_eq!(faults.len(), 1, "{term}");
        assert!(faults[0].text.contains(&format!("their {term} differ")), "{}", faults[0].text);
    }
}

#[test]
fn m4_units_are_pieces_gib_and_hours_and_sizes_must_measure_their_item() {
    for (unit, usual, base_units, wrong) in [
        (MeasurementUnit::Quantity, "1 piece", 1, "1 GiB"),
        (MeasurementUnit::Bytes, "1 GiB", GIB, "1 hour"),
        (MeasurementUnit::Seconds, "1 hour", HOUR, "1 piece"),
    ] {
        let row = ProductRow::unmapped(item("thing", unit), "thing".to_owned());
        assert_eq!((row.unit_size.to_string(), row.unit_size.base_units()), (usual.to_owned(), base_units.into()));
        assert_eq!((row.rounding, row.included, row.minimum, row.free), (Rounding::Up, 0, 0, false));
        let mut mapping = Mapping::default();
        let unit_size = wrong.parse().expect("a size");
        mapping.products.insert(row.item.key.clone(), ProductRow { unit_size, ..row });
        assert!(mapping.faults()[0].text.contains("does not measure this item"), "unmapped rows count too");
    }
}

#[test]
fn m4_a_half_goes_up_to_the_nearest_unit() {
    for (rounding, used, wanted) in
        [(Rounding::Up, 21, 3), (Rounding::Nearest, 24, 2), (Rounding::Nearest, 25, 3), (Rounding::Down, 29, 2)]
    {
        let mut world = World::on("2026-05-10");
        world.row("workstations", |row| {
            (row.unit_size, row.rounding) = ("10 piece".parse().expect("a size"), rounding);
        });
        assert_eq!(common::the_change(&world.uses("workstations", used).plan()).wanted, wanted, "{used} {rounding:?}");
    }
}

#[test]
fn m6_a_removed_link_touches_neither_vendor_and_is_left_alone() {
    let mut world = World::on("2026-05-10");
    world.uses("workstations", 9);
    let row = world.mapping.customers.get_mut(&COMPANY).expect("it is mapped");
    row.remove_link();
    assert_eq!(row.link, CustomerLink::Unmapped { left_alone: true });
    assert_eq!(row.tenant(), None);
    assert!(world.run().is_empty());
    assert_eq!(world.units(700, "2026-05-10"), 5);

    let tenants = [tenant("tenant-7", "Alpenblick")];
    let companies = [company(7, "Alpenblick")];
    assert_eq!(map_equal_names(&mut world.mapping, &companies, &tenants), 0, "until told otherwise");
}

#[test]
fn m6_a_company_mapped_to_another_tenant_is_billed_by_that_tenants_usage() {
    let mut world = World::on("2026-05-10");
    world.uses("workstations", 8).run();
    world.mapping.customers.get_mut(&COMPANY).expect("it is mapped").link = mapped_to("tenant-8", "Birke");
    world.it().tenant = Some(tenant("tenant-8", "Birke"));
    let plan = world.day("2026-05-11").uses("workstations", 6).plan();
    assert_eq!(common::the_held(&plan).wanted, 6);
    assert_eq!(common::the_held(&plan).reckoning.tenant, TenantId::new("tenant-8"));
    assert_quiet(&world.uses("workstations", 8).plan());
    let reading = Reading::of(&world.it().items.clone(), &[used("workstations", 0)]);
    assert_eq!((reading.rows.len(), reading.without_row.len(), world.today), (0, 0, date("2026-05-11")));
}

#[test]
fn m3_two_new_services_of_one_name_must_be_one_service() {
    let new = |price: &str| {
        ServiceTarget::New(NewService {
            name: "Acronis Backup".to_owned(),
            period: PeriodType::Monthly,
            billing_code: BillingCodeId(3),
            unit_price: price.parse().expect("a price"),
        })
    };
    let mut world = World::on("2026-05-10");
    world.product("servers", MeasurementUnit::Quantity, ServiceId(900), "Server");
    for (price, faults) in [("4.50", 0), ("5.00", 1)] {
        world.row("workstations", |row| row.service = Some(new("4.50")));
        world.row("servers", |row| row.service = Some(new(price)));
        assert_eq!(world.mapping.faults().len(), faults, "{:?}", world.mapping.faults());
    }
}
