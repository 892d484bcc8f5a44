//! Autotask: additive adjustments, billing periods and what stands in their way.

use crate::client::Desk;
use jiff::civil::{Date, date};
use sandbox::autotask::adjustments::Author;
use serde_json::{Value, json};

fn november(day: i8) -> Date {
    date(2026, 11, day)
}

#[tokio::test]
async fn an_adjustment_adds_to_the_units_from_its_day_on() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    let answer = desk.adjust(line, 3, "2026-11-12T00:00:00Z").await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"itemId": null})));
    let rows = desk.world(|world| world.rows_of(line));
    let in_november: Vec<_> = rows.iter().filter(|row| row.start.month() == 11 && row.start.year() == 2026).collect();
    let days: Vec<_> = in_november.iter().map(|row| (row.start, row.end, row.units)).collect();
    assert_eq!(days, [(november(1), november(11), 10), (november(12), november(30), 13)]);
    assert_eq!(in_november[1].price.to_string(), "58.50");
    assert!(rows.iter().filter(|row| row.start > november(12)).all(|row| row.units == 13));
    assert!(rows.iter().filter(|row| row.start < november(1)).all(|row| row.units == 10));
    let again = desk.adjust(line, -2, "2026-12-01T00:00:00Z").await;
    assert_eq!(again.status, 200);
    desk.world(|world| {
        let service = world.lines_of(contract)[0].service_id;
        assert_eq!(world.units_on(contract, service, november(30)), Some(13));
        assert_eq!(world.units_on(contract, service, date(2026, 12, 1)), Some(11));
        assert_eq!(world.units_on(contract, service, date(2025, 12, 31)), None);
        let made: Vec<_> = world.adjustments().iter().map(|it| (it.delta, it.effective, it.by)).collect();
        assert_eq!(made, [(3, november(12), Author::Api), (-2, date(2026, 12, 1), Author::Api)]);
    });
}

#[tokio::test]
async fn an_adjustment_at_the_start_of_a_row_changes_it_in_place() {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    let before = desk.world(|world| world.rows_of(line).len());
    assert_eq!(desk.adjust(line, 5, "2026-11-01").await.status, 200);
    desk.world(|world| {
        assert_eq!(world.rows_of(line).len(), before);
        assert_eq!(world.line_units_on(line, november(1)), Some(15));
        assert_eq!(world.line_units_on(line, date(2026, 10, 31)), Some(10));
    });
}

#[tokio::test]
async fn the_earlier_row_can_end_on_the_effective_day() {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    desk.world(|world| world.settings.row_ends_on_effective_date = true);
    assert_eq!(desk.adjust(line, 1, "2026-11-12").await.status, 200);
    desk.world(|world| {
        let ends: Vec<Date> = world.rows_of(line).iter().map(|row| row.end).collect();
        assert!(ends.contains(&november(12)));
        assert_eq!(world.line_units_on(line, november(12)), Some(11), "the later row counts");
    });
}

#[tokio::test]
async fn a_second_adjustment_for_the_same_day_is_a_duplicate() {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    assert_eq!(desk.adjust(line, 1, "2026-11-12").await.status, 200);
    let second = desk.adjust(line, 1, "2026-11-12T00:00:00Z").await;
    assert_eq!(second.status, 500);
    assert!(second.first_error().contains("Attempt to insert duplicate data into contract_service_period"));
    assert_eq!(desk.world(|world| world.line_units_on(line, november(12))), Some(11));
}

#[tokio::test]
async fn refused_adjustments_change_nothing() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    let outside = desk.adjust(line, 1, "2025-12-31").await;
    assert_eq!(
        (outside.status, outside.first_error()),
        (
            500,
            "ContractServiceAdjustment effectiveDate must be between the start date and end date of the Contract \
             referenced by contractID."
        )
    );
    assert_eq!(desk.adjust(line, -11, "2026-11-12").await.status, 500, "below zero");
    let no_change = json!({"contractServiceID": line, "effectiveDate": "2026-11-12"});
    assert_eq!(desk.post("/ContractServiceAdjustments", &no_change).await.status, 500);
    let no_day = json!({"contractServiceID": line, "unitChange": 1});
    assert_eq!(desk.post("/ContractServiceAdjustments", &no_day).await.status, 500);
    let no_line = json!({"contractID": contract, "unitChange": 1, "effectiveDate": "2026-11-12"});
    assert_eq!(desk.post("/ContractServiceAdjustments", &no_line).await.status, 500);
    assert_eq!(desk.adjust(999_999, 1, "2026-11-12").await.status, 500);
    desk.world(|world| {
        assert!(world.adjustments().is_empty());
        assert!(world.rows_of(line).iter().all(|row| row.units == 10));
    });
}

#[tokio::test]
async fn units_can_go_to_zero() {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    assert_eq!(desk.adjust(line, -10, "2026-11-12").await.status, 200);
    assert_eq!(desk.world(|world| world.line_units_on(line, november(12))), Some(0));
}

#[tokio::test]
async fn a_posted_period_is_closed_unless_the_switch_opens_it() {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    desk.world(|world| assert!(world.post_period(line, november(5))));
    assert_eq!(desk.adjust(line, 1, "2026-11-12").await.status, 500);
    assert_eq!(desk.adjust(line, 1, "2026-12-01").await.status, 200);
    desk.world(|world| world.settings.allow_posted = true);
    assert_eq!(desk.adjust(line, 1, "2026-11-12").await.status, 200);
    desk.world(|world| {
        let rows = world.rows_of(line);
        let posted: Vec<_> = rows.iter().filter(|row| row.posted.is_some()).map(|row| (row.end, row.units)).collect();
        assert_eq!(posted, [(november(11), 10)]);
    });
}

#[tokio::test]
async fn a_missing_line_is_created_by_contract_and_service() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    let service = desk.world(|world| world.service_by_sku("pw_base_vms")).expect("a seeded service");
    let body = json!({"serviceID": service, "unitChange": 4, "effectiveDate": "2026-11-12", "adjustedUnitPrice": 9.5});
    let path = format!("/Contracts/{contract}/ServiceAdjustments");
    assert_eq!(desk.post(&path, &body).await.body, json!({"itemId": null}));
    desk.world(|world| {
        let lines = world.lines_of(contract);
        assert_eq!((lines.len(), lines[1].service_id), (2, service));
        assert_eq!(world.units_on(contract, service, november(11)), Some(0));
        let rows = world.rows_of(lines[1].id);
        let row = rows.iter().find(|row| row.start == november(12)).expect("a new row");
        assert_eq!((row.units, row.price.to_string()), (4, "38.0".to_owned()));
        assert!(world.adjustments()[0].created_line);
        assert_ne!(lines[1].id, line);
    });
    let repeat = json!({"contractID": contract, "serviceID": service, "unitChange": 1,
        "effectiveDate": "2026-11-12", "allowRepeatService": true});
    assert_eq!(desk.post("/ContractServiceAdjustments", &repeat).await.status, 200);
    assert_eq!(desk.world(|world| world.lines_of(contract).len()), 3);
}

#[tokio::test]
async fn every_adjustment_leaves_a_note_and_a_human_leaves_one_too() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    desk.adjust(line, 2, "2026-11-12").await;
    desk.world(|world| world.human_adjust(line, -1, november(20))).expect("accepted");
    let notes = desk.find("ContractNotes", "eq", "contractID", json!(contract)).await;
    let texts: Vec<&str> = notes.rows().iter().filter_map(|row| row["description"].as_str()).collect();
    assert!(texts[0].contains("increased [Acronis Workstations] units by [2]"), "{texts:?}");
    assert!(texts[1].contains("decreased [Acronis Workstations] units by [1]"), "{texts:?}");
    let below = desk.get(&format!("/Contracts/{contract}/Notes")).await;
    assert_eq!(below.rows().len(), 2);
}

#[tokio::test]
async fn rows_reach_fourteen_months_ahead_and_grow_with_the_days() {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    desk.adjust(line, 2, "2026-11-12").await;
    let last = |desk: &Desk| desk.world(|world| world.rows_of(line).last().map(|row| (row.start, row.units)));
    assert_eq!(last(&desk), Some((date(2028, 1, 1), 12)));
    desk.sandbox.advance_days(40);
    assert_eq!(last(&desk), Some((date(2028, 2, 1), 12)));
    let far = desk.adjust(line, 1, "2030-05-10").await;
    assert_eq!(far.status, 200);
    assert_eq!(desk.world(|world| world.line_units_on(line, date(2030, 5, 10))), Some(13));
}

#[tokio::test]
async fn quarterly_services_have_quarterly_rows() {
    let desk = Desk::small().await;
    let (contract, _) = desk.contract_with_line();
    let code = desk.find("BillingCodes", "exist", "id", Value::Null).await.ids()[0];
    let body = json!({"name": "Quarterly", "billingCodeID": code, "periodType": 3, "unitPrice": 30});
    let service = desk.post("/Services", &body).await.body["itemId"].as_i64().expect("an id");
    let line = desk.world(|world| world.add_line(contract, service, 1, None));
    let rows = desk.world(|world| world.rows_of(line));
    assert_eq!((rows[0].start, rows[0].end), (date(2026, 1, 1), date(2026, 3, 31)));
    assert_eq!((rows[1].start, rows[1].end), (date(2026, 4, 1), date(2026, 6, 30)));
}

#[tokio::test]
async fn ending_a_contract_cuts_its_rows_and_extending_makes_them_again() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    desk.world(|world| world.end_contract(contract, november(15)));
    let last = |desk: &Desk| desk.world(|world| world.rows_of(line).last().map(|row| (row.start, row.end)));
    assert_eq!(last(&desk), Some((november(1), november(15))));
    assert_eq!(desk.adjust(line, 1, "2026-11-16").await.status, 500);
    let longer = json!({"id": contract, "endDate": "2027-03-31T00:00:00Z"});
    assert_eq!(desk.patch("/Contracts", &longer).await.body, json!({"itemId": contract}));
    assert_eq!(last(&desk), Some((date(2027, 3, 1), date(2027, 3, 31))));
    assert_eq!(desk.world(|world| world.line_units_on(line, november(16))), Some(10));
}
