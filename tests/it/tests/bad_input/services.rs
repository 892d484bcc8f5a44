//! Services that are sold and are not there any more: their lines are left alone, and it is told.

use crate::lens::rows_of;
use crate::site::Site;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn m3_a_service_that_was_switched_off_is_told_and_its_lines_are_left_alone() {
    let site = Site::with_work(2, 3).await;
    let off = site.world.sold().remove(0);
    let of_it = site.world.sold().iter().filter(|sold| sold.service == off.service).count();
    site.autotask(Method::PATCH, "Services", &json!({"id": off.service, "isActive": false})).await;
    let words = [format!("service {}", off.service), "is not in Autotask or inactive".to_owned(), off.item.clone()];
    site.tells(6 - of_it, &words.each_ref().map(String::as_str)).await;
    assert_eq!(site.world.wrong().len(), of_it);
    site.autotask(Method::PATCH, "Services", &json!({"id": off.service, "isActive": true})).await;
    site.is_right_again().await;
}

#[tokio::test]
async fn m3_a_service_that_is_gone_is_told_and_its_lines_are_left_alone() {
    let site = Site::with_work(2, 3).await;
    let gone = site.world.sold().remove(0).service;
    let of_it = site.world.sold().iter().filter(|sold| sold.service == gone).count();
    site.lens.bend(move |path, body| {
        if path.ends_with("/Services/query") {
            rows_of(body).retain(|row| row["id"] != gone);
        }
    });
    site.tells(6 - of_it, &[&format!("service {gone}"), "is not in Autotask or inactive"]).await;
    assert_eq!(site.world.wrong().len(), of_it);
    site.is_right_again().await;
}

#[tokio::test]
async fn services_without_a_price_a_period_or_a_name_are_sold_all_the_same() {
    for (field, value) in [("unitPrice", Value::Null), ("periodType", Value::Null), ("periodType", json!(77))] {
        let site = Site::with_work(2, 3).await;
        site.lens.bend_rows("/Services/query", move |row| row[field] = value.clone());
        site.tells(6, &[]).await;
        site.world.all_is_right_and_made_once().await;
    }
    let site = Site::with_work(2, 3).await;
    site.lens.bend_rows("/Services/query", |row| row["name"] = Value::Null);
    site.fails_and_changes_nothing(&["Services"]).await;
    site.is_right_again().await;
}

#[tokio::test]
async fn prices_beyond_all_measure_are_shown_and_held_where_money_is_limited() {
    let site = Site::with_work(2, 3).await;
    site.world.change_mapping(|mapping| mapping.settings.holds.money_per_period = Some(100.into())).await;
    let bend = |row: &mut Value| {
        row["unitPrice"] = serde_json::from_str("79228162514264337593543950").expect("a number");
        row["price"] = row["unitPrice"].clone();
    };
    site.lens.bend(move |path, body| {
        if path.ends_with("/Services/query") || path.ends_with("/ContractServiceUnits/query") {
            rows_of(body).iter_mut().for_each(bend);
        }
    });
    let run = site.world.apply().await;
    let plan = run.plan.unwrap_or_else(|| panic!("{:?}", run.record));
    assert_eq!((run.record.counts.made, run.record.counts.held), (0, 6), "{plan}");
    assert!(plan.to_string().contains("is more than the limit of 100"), "{plan}");
    site.is_right_again().await;
}
