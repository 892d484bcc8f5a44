//! What the vendors may add one day: items, types, units of measurement, kinds, statuses and fields that
//! nobody has heard of. They are let pass, and bill nothing until a person maps them.

use crate::lens::rows_of;
use crate::site::Site;
use serde_json::{Value, json};
use shared::ids::ServiceId;
use shared::mapping::ServiceTarget;

/// An item that no list had before, of a type and in a unit that are new as well.
fn item(tenant: &Value) -> Value {
    json!({
        "application_id": "99999999-aaaa-4bbb-8ccc-dddddddddddd", "name": "pq_quantum_drives", "edition": "pck_quantum",
        "usage_name": "quantum_drives", "tenant_id": tenant, "status": 1, "locked": false, "type": "entangled",
        "infra_id": null, "measurement_unit": "qubits", "quota": {"value": null, "overage": null, "version": 0},
        "updated_at": "2026-11-10T09:00:00+00:00", "deleted_at": null, "spin": {"up": [0.5, -0.5]},
    })
}

/// Every tenant has the new item, may be given it, and uses 3.
fn add_the_item(site: &Site) {
    site.lens.bend(|path, body| {
        if path.ends_with("/available_for_child") {
            rows_of(body).push(item(&Value::Null));
        } else if path.ends_with("/tenants/offering_items") {
            let rows = rows_of(body);
            let mut tenants: Vec<Value> = rows.iter().map(|row| row["tenant_id"].clone()).collect();
            tenants.dedup();
            rows.extend(tenants.iter().map(item));
        } else if path.ends_with("/tenants/usages") {
            for tenant in rows_of(body) {
                let mut row = item(&tenant["tenant"]);
                (row["value"], row["absolute_value"]) = (json!(3), json!(3));
                row["range_start"] = json!("2026-11-01T00:00:00");
                tenant["usages"].as_array_mut().expect("a list").push(row);
            }
        }
    });
}

#[tokio::test]
async fn m3_an_item_never_heard_of_changes_nothing_until_it_is_mapped() {
    let site = Site::with_work(2, 3).await;
    add_the_item(&site);
    let run = site.tells(6, &[]).await;
    assert!(run.record.findings.is_empty(), "what is not sold is not told: {:?}", run.record.findings);
    site.world.all_is_right_and_made_once().await;

    let shown = site.world.connect_again(false).await.expect("it is connected");
    let known = shown.mapping.products.values().find(|row| row.item.key.name == "pq_quantum_drives");
    let mut row = known.expect("a new item is there to be mapped").clone();
    assert_eq!(row.service, None);
    let service = site.world.sandbox.world(|vendors| vendors.add_service("Quanta", "q", 7.into()));
    row.service = Some(ServiceTarget::Existing(ServiceId(service)));
    site.world.change_mapping(|mapping| _ = mapping.products.insert(row.item.key.clone(), row)).await;
    site.world.pass_days(1);
    site.tells(0, &["3 Quanta not billed: not on contract"]).await;
    site.is_right_again().await;
}

#[tokio::test]
async fn fields_never_heard_of_are_let_pass_at_both_vendors() {
    let site = Site::with_work(2, 3).await;
    site.lens.bend(|_, body| {
        let Some(fields) = body.as_object_mut() else { return };
        fields.insert("zz_added".to_owned(), json!({"id": null, "items": [1.5]}));
        for row in fields.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(row) = row.as_object_mut() {
                row.insert("__typename".to_owned(), json!("Row"));
                row.insert("aFutureFlag".to_owned(), json!([null, {"name": "Acronis PAYG", "value": "No"}]));
            }
        }
    });
    site.tells(6, &[]).await;
    site.world.all_is_right_and_made_once().await;
    site.is_right_again().await;
}

#[tokio::test]
async fn kinds_and_modes_of_tenants_never_heard_of_neither_stop_nor_bill_anybody_else() {
    let site = Site::with_work(2, 3).await;
    let odd = site.world.sold().remove(0).tenant;
    let is_odd = odd.clone();
    site.lens.bend_rows("/api/2/tenants", move |row| {
        if row["id"] == is_odd.as_str() {
            row["kind"] = json!("constellation");
            row["pricing_mode"] = json!("barter");
        }
    });
    site.tells(6, &[]).await;
    site.world.all_is_right_and_made_once().await;
    site.world.pass_days(1);
    site.world.use_one_more_of_each();
    site.lens.bend_rows("/api/2/tenants", move |row| {
        if row["id"] == odd.as_str() {
            row["pricing_mode"] = Value::Null;
        }
    });
    site.fails_and_changes_nothing(&["reading Acronis tenants", "has no pricing_mode"]).await;
    site.is_right_again().await;
}

#[tokio::test]
async fn types_and_units_of_sold_items_never_heard_of_go_on_being_counted_as_mapped() {
    let site = Site::with_work(2, 3).await;
    site.lens.bend(|path, body| {
        if path.ends_with("/offering_items") {
            for row in rows_of(body) {
                (row["type"], row["measurement_unit"]) = (json!("countable"), json!("heaps"));
            }
        } else if path.ends_with("/tenants/usages") {
            for row in rows_of(body).iter_mut().filter_map(|tenant| tenant["usages"].as_array_mut()).flatten() {
                (row["type"], row["measurement_unit"]) = (json!("countable"), json!("heaps"));
            }
        }
    });
    site.tells(6, &[]).await;
    site.world.all_is_right_and_made_once().await;
    site.is_right_again().await;
}

#[tokio::test]
async fn numbers_of_autotask_never_heard_of_bill_nothing_and_are_told() {
    let site = Site::with_work(6, 3).await;
    let (contract, company) = {
        let line = site.world.sold().remove(0);
        (line.contract, line.company)
    };
    site.lens.bend_rows("/Companies/query", move |row| row["companyType"] = json!(4_711));
    site.tells(18, &[]).await;
    for (field, value) in [("status", json!(42)), ("contractType", json!(99))] {
        site.world.pass_days(1);
        site.world.use_one_more_of_each();
        site.lens.bend_rows("/Contracts/query", move |row| {
            if row["id"] == contract {
                row[field] = value.clone();
            }
        });
        let run = site.tells(15, &["there is usage and no active recurring contract"]).await;
        assert!(run.record.findings.iter().all(|text| text.contains(&format!("company {company}"))), "{run:#?}");
        site.is_right_again().await;
    }
}
