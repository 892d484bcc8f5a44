//! Usage figures that no meter gives: the greatest there is, negative, broken, as text, twice. Nothing is
//! billed by them, and what cannot be read says so.

use crate::site::Site;
use serde_json::{Value, json};

const USAGES: &str = "/tenants/usages";

/// Bends the first usage row of the first tenant in a reply that has one.
fn bend_a_usage(site: &Site, field: &'static str, value: &Value) {
    let value = value.clone();
    site.lens.bend(move |path, body| {
        let Some(tenants) = body["items"].as_array_mut().filter(|_| path.ends_with(USAGES)) else { return };
        let rows = tenants.iter_mut().filter_map(|tenant| tenant["usages"].as_array_mut());
        if let Some(row) = rows.flatten().find(|row| row["name"] == "pw_base_workstations") {
            row[field] = value.clone();
        }
    });
}

#[tokio::test]
async fn u1_a_figure_that_is_no_whole_number_fails_the_run_and_is_named() {
    let site = Site::with_work(2, 3).await;
    let wrong =
        [json!(-1), json!(1.5), json!(12.0), json!("7"), json!(true), json!([]), json!({}), json!(1e30), json!(-0.1)];
    for value in wrong {
        for field in ["value", "absolute_value"] {
            bend_a_usage(&site, field, &value);
            let words = ["reading Acronis usage", "pw_base_workstations", field, "expected a whole number, 0 or more"];
            site.fails_and_changes_nothing(&words).await;
        }
    }
    bend_a_usage(&site, "value", &Value::Null);
    site.fails_and_changes_nothing(&["pw_base_workstations", "it has no value"]).await;
    bend_a_usage(&site, "range_start", &json!("the day before yesterday"));
    site.fails_and_changes_nothing(&["pw_base_workstations", "the day before yesterday"]).await;
    site.is_right_again().await;
}

#[tokio::test]
async fn u1_the_greatest_figure_there_is_is_told_and_its_line_left_alone() {
    let site = Site::with_work(2, 3).await;
    for greatest in [u64::MAX, 1 << 32, 1 << 31] {
        bend_a_usage(&site, "absolute_value", &json!(greatest));
        let run = site.world.apply_complete().await;
        let told = run.record.findings.iter().filter(|text| text.contains("more units than a line can hold")).count();
        assert_eq!(told, 1, "{:#?}", run.record.findings);
    }
    assert_eq!(site.world.wrong().len(), 1);
    site.is_right_again().await;
}

#[tokio::test]
async fn h1_the_greatest_figure_that_a_line_can_hold_waits_for_a_person() {
    let site = Site::with_work(2, 3).await;
    bend_a_usage(&site, "absolute_value", &json!(i32::MAX));
    let run = site.world.apply_complete().await;
    let plan = run.plan.expect("there is one");
    assert_eq!((run.record.counts.made, run.record.counts.held), (5, 1), "{plan}");
    assert!(plan.to_string().contains("→ 2147483647") && plan.to_string().contains("the units jump"), "{plan}");
    site.is_right_again().await;
}

/// Every tenant's workstations are told twice; the second time with this much more.
fn tell_twice(site: &Site, more: u64) {
    site.lens.bend(move |path, body| {
        let Some(tenants) = body["items"].as_array_mut().filter(|_| path.ends_with(USAGES)) else { return };
        for rows in tenants.iter_mut().filter_map(|tenant| tenant["usages"].as_array_mut()) {
            let row = rows.iter().find(|row| row["name"] == "pw_base_workstations").cloned();
            rows.extend(row.map(|mut row| {
                row["absolute_value"] = json!(row["absolute_value"].as_u64().unwrap_or_default() + more);
                row
            }));
        }
    });
}

#[tokio::test]
async fn u2_a_figure_told_twice_is_counted_once_and_two_figures_of_one_item_hold_the_tenant() {
    let site = Site::with_work(2, 3).await;
    for more in [1, 7] {
        tell_twice(&site, more);
        site.tells(0, &["refuses the usage", "pw_base_workstations", "twice"]).await;
    }
    tell_twice(&site, 0);
    site.tells(6, &[]).await;
    site.is_right_again().await;
}

#[tokio::test]
async fn u1_usage_of_an_item_that_the_tenant_does_not_have_still_counts_and_is_told_where_it_is_not_sold() {
    let site = Site::even(2, 3).await;
    site.world.pass_days(1);
    let line = site.world.sold().remove(0);
    site.world.sandbox.world(|vendors| vendors.set_usage(&line.tenant, "pw_base_mobiles", None, 4, Some(4)));
    site.lens.bend(|path, body| {
        if path.ends_with("/offering_items") {
            crate::lens::rows_of(body).retain(|item| item["name"] != "pw_base_mobiles");
        }
    });
    site.tells(0, &["4 Acronis Mobile Devices not billed: not on contract"]).await;
    site.is_right_again().await;
}

#[tokio::test]
async fn u2_a_tenant_left_out_of_the_usage_and_one_told_twice_bill_nothing() {
    let site = Site::with_work(3, 2).await;
    site.lens.bend(|path, body| {
        if path.ends_with(USAGES) {
            crate::lens::rows_of(body).truncate(1);
        }
    });
    site.tells(2, &["left the tenant out of its reply"]).await;
    site.lens.bend(|path, body| {
        if path.ends_with(USAGES) {
            let rows = crate::lens::rows_of(body);
            rows.extend(rows.clone());
        }
    });
    site.fails_and_changes_nothing(&["reading Acronis usage", "twice"]).await;
    site.is_right_again().await;
}
