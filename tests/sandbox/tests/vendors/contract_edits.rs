//! Autotask: what people change on contracts, the notes it leaves, and the edits that leave none.

use crate::client::Desk;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn november(day: i8) -> Date {
    date(2026, 11, day)
}

fn titles(desk: &Desk, contract: i64) -> Vec<String> {
    desk.world(|world| world.notes_of(contract).into_iter().map(|note| note.title).collect())
}

/// The contract's stamp of change.
async fn modified(desk: &Desk, contract: i64) -> Value {
    desk.get(&format!("/Contracts/{contract}")).await.body["item"]["lastModifiedDateTime"].clone()
}

#[tokio::test]
async fn services_that_come_and_go_are_noted() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    let added = desk.world(|world| {
        let vms = world.service_by_sku("pw_base_vms").expect("a seeded service");
        world.human_add_service(contract, vms, 4, november(20)).expect("within the contract")
    });
    desk.world(|world| {
        assert_eq!(world.line_units_on(added, november(19)), Some(0));
        assert_eq!(world.line_units_on(added, november(20)), Some(4), "future-dated: noted now, in force later");
        assert!(world.human_remove_service(line));
        assert!(world.rows_of(line).is_empty() && world.lines_of(contract).len() == 1);
    });
    assert_eq!(titles(&desk, contract), ["Service was added", "Service units were changed", "Service was removed"]);
    let service = desk.world(|world| world.service_by_sku("pw_base_nas"));
    assert!(service.is_none(), "not in the catalogue");
    let vms = desk.world(|world| world.service_by_sku("pw_base_servers")).expect("a seeded service");
    desk.post(&format!("/Contracts/{contract}/Services"), &json!({"serviceID": vms})).await;
    let patch = json!({"id": added, "adjustedPrice": 9.5});
    assert_eq!(desk.patch(&format!("/Contracts/{contract}/Services"), &patch).await.status, 200);
    assert_eq!(titles(&desk, contract)[3..], ["Service was added", "Service unit price was changed"]);
}

#[tokio::test]
async fn notes_are_found_by_their_time() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    desk.adjust(line, 1, "2026-11-12").await;
    desk.sandbox.advance_days(1);
    desk.adjust(line, 1, "2026-11-13").await;
    for field in ["createDateTime", "lastActivityDate"] {
        let fresh = desk.find("ContractNotes", "gte", field, json!("2026-11-11T09:00:00Z")).await;
        assert_eq!(fresh.rows().len(), 1);
        assert_eq!(fresh.rows()[0]["contractID"], json!(contract));
    }
    desk.sandbox.advance_days(40);
    assert_eq!(titles(&desk, contract).len(), 2, "a new period writes no note");
}

#[tokio::test]
async fn bundles_come_change_and_go() {
    let desk = Desk::small().await;
    let (contract, _) = desk.contract_with_line();
    let (bundle, line) = desk.world(|world| {
        let vms = world.service_by_sku("pw_base_vms").expect("a seeded service");
        let bundle = world.add_bundle("Paket", &[vms], Decimal::new(990, 2));
        (bundle, world.human_add_bundle(contract, bundle, 3, november(15)).expect("within the contract"))
    });
    desk.world(|world| {
        world.human_adjust_bundle(line, 2, november(25)).expect("accepted");
        assert!(world.human_adjust_bundle(line, -6, november(26)).is_err(), "below zero");
        let units = |day| world.bundle_units_on(line, november(day));
        assert_eq!((units(14), units(15), units(25)), (Some(0), Some(3), Some(5)));
        assert_eq!(world.bundle_lines_of(contract)[0].bundle_id, bundle);
        let servers = world.service_by_sku("pw_base_servers").expect("a seeded service");
        assert!(world.add_service_to_bundle(bundle, servers));
    });
    let parts = desk.find("ServiceBundleServices", "eq", "serviceBundleID", json!(bundle)).await;
    assert_eq!(parts.rows().len(), 2);
    let found = desk.find("ContractServiceBundles", "in", "contractID", json!([contract])).await;
    assert_eq!(found.ids(), [line]);
    desk.world(|world| assert!(world.human_remove_bundle(line)));
    let wanted = ["Service bundle was added", "Service bundle units were changed", "Service bundle was removed"];
    assert_eq!(titles(&desk, contract), wanted);
}

#[tokio::test]
async fn headers_move_the_stamp_and_leave_no_note() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    let mut last = modified(&desk, contract).await;
    let edits: [fn(&mut sandbox::World, i64) -> bool; 4] = [
        |world, id| world.set_contract_status(id, 0),
        |world, id| world.set_udf(id, sandbox::seed::PAYG_FIELD, Some("No")),
        |world, id| world.move_contract(id, date(2026, 1, 1), date(2027, 6, 30)),
        |world, id| world.end_contract(id, date(2027, 12, 31)),
    ];
    for edit in edits {
        desk.sandbox.advance_days(1);
        assert!(desk.world(|world| edit(world, contract)));
        let now = modified(&desk, contract).await;
        assert_ne!(now, last);
        last = now;
    }
    desk.sandbox.advance_days(1);
    desk.adjust(line, 1, "2026-11-20").await;
    assert_eq!(modified(&desk, contract).await, last, "units do not move it");
    assert_eq!(titles(&desk, contract).len(), 1, "only the units are noted");
    desk.world(|world| world.settings.adjustments_touch_contracts = true);
    desk.adjust(line, 1, "2026-11-21").await;
    assert_ne!(modified(&desk, contract).await, last);
    desk.world(|world| world.settings.write_notes = false);
    desk.adjust(line, 1, "2026-11-22").await;
    assert_eq!(titles(&desk, contract).len(), 2);
}

#[tokio::test]
async fn moved_days_cut_and_make_rows() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    desk.world(|world| {
        assert!(world.move_contract(contract, date(2026, 3, 15), date(2026, 12, 10)));
        let rows = world.rows_of(line);
        let days = rows.first().zip(rows.last()).map(|(first, last)| (first.start, last.end));
        assert_eq!(days, Some((date(2026, 3, 15), date(2026, 12, 10))));
        assert!(world.move_contract(contract, date(2026, 2, 1), date(2026, 12, 10)));
        assert_eq!(world.line_units_on(line, date(2026, 2, 1)), Some(10));
    });
}

#[tokio::test]
async fn a_renewal_is_a_new_contract_without_a_note() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    desk.adjust(line, 2, "2026-11-12").await;
    let renewed = desk.world(|world| {
        let vms = world.service_by_sku("pw_base_vms").expect("a seeded service");
        let bundle = world.add_bundle("Paket", &[vms], Decimal::ONE);
        world.add_bundle_line(contract, bundle, 7);
        let renewed = world.renew_contract(contract, date(2026, 12, 1), date(2027, 11, 30)).expect("there");
        let lines = world.lines_of(renewed);
        assert_eq!(world.line_units_on(lines[0].id, date(2026, 12, 1)), Some(12));
        let bundles = world.bundle_lines_of(renewed);
        assert_eq!(world.bundle_units_on(bundles[0].id, date(2027, 1, 1)), Some(7));
        renewed
    });
    assert!(titles(&desk, renewed).is_empty());
    let company = desk.world(|world| world.contract(renewed)).expect("there").company_id;
    let both = desk.find("Contracts", "in", "companyID", json!([company])).await;
    assert_eq!(both.ids(), [contract, renewed]);
    assert_eq!(desk.find("Contracts", "in", "id", json!([contract, renewed])).await.ids(), [contract, renewed]);
    assert_eq!(desk.find("Companies", "in", "id", json!([0, company])).await.ids(), [0, company]);
    assert_eq!(desk.find("ContractServices", "in", "contractID", json!([contract, renewed])).await.rows().len(), 2);
}

#[tokio::test]
async fn every_company_has_one_primary_contact() {
    let desk = Desk::small().await;
    let (company, contact) = desk.world(|world| {
        let company = world.add_company("Ansprechbar GmbH");
        (company, world.add_contact(company, ("Bert", "Zweiter"), "bert@kunde.example", false))
    });
    let found = desk.find("Contacts", "in", "companyID", json!([company])).await;
    assert_eq!(found.rows().len(), 2);
    assert_eq!((&found.rows()[0]["isActive"], &found.rows()[0]["primaryContact"]), (&json!(1), &json!(true)));
    assert_eq!(desk.find("Contacts", "eq", "isActive", json!(true)).await.status, 500);
    assert_eq!(desk.get(&format!("/Contacts/{contact}")).await.body["item"]["firstName"], json!("Bert"));
    desk.world(|world| world.hide_company(company));
    assert!(desk.find("Contacts", "eq", "companyID", json!(company)).await.rows().is_empty());
}
