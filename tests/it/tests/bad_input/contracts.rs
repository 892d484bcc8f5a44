//! Contracts as nobody would write them: without an end, from the 31st on, quarterly and yearly, the
//! provider's own, and units rows with holes.

use crate::site::Site;
use functions::run::Approve;
use it::lines::Sold;
use it::world::{TODAY, even};
use jiff::civil::{Date, date};
use reqwest::Method;
use serde_json::{Value, json};
use shared::contract::{PAYG_FIELD, PeriodType};
use shared::ids::{CompanyId, ServiceId, TenantId};
use shared::mapping::{CustomerLink, ServiceTarget};
use shared::settings::EffectiveDates;

const ITEM: &str = "pw_base_workstations";

#[tokio::test]
async fn c1_a_contract_without_end_counts_for_ever() {
    for end in [Value::Null, json!("9999-12-31T00:00:00Z"), json!("9999-12-31T23:59:59.9999999")] {
        let site = Site::with_work(2, 3).await;
        site.lens.bend_rows("/Contracts/query", move |row| row["endDate"] = end.clone());
        site.tells(6, &[]).await;
        site.world.all_is_right_and_made_once().await;
        site.is_right_again().await;
    }
}

#[tokio::test]
async fn c1_a_contract_whose_days_cannot_be_read_fails_the_run_and_is_named() {
    let site = Site::with_work(2, 3).await;
    for (field, value) in [("startDate", Value::Null), ("startDate", json!("soon")), ("endDate", json!("31.12.2027"))] {
        let told = value.as_str().unwrap_or("invalid type: null").to_owned();
        site.lens.bend_rows("/Contracts/query", move |row| row[field] = value.clone());
        site.fails_and_changes_nothing(&["Contracts", &told]).await;
    }
    site.is_right_again().await;
}

/// A contract of a company that bills workstations by a service of this period, and its line.
async fn contract_of(site: &Site, company: i64, start: Date, period: PeriodType, units: i64) -> Sold {
    let body = json!({"name": format!("Acronis Workstations, {period}"), "billingCodeID": billing_code(site),
        "periodType": period.number(), "unitPrice": 30.0, "isActive": true});
    let made = site.autotask(Method::POST, "Services", &body).await;
    let service = made["itemId"].as_i64().expect("an id");
    let body = json!({"companyID": company, "contractName": "Odd", "contractType": 7, "status": 1,
        "contractPeriodType": period.number(), "startDate": format!("{start}T00:00:00Z"),
        "endDate": "2028-12-31T00:00:00Z", "timeReportingRequiresStartAndStopTimes": 0});
    let made = site.autotask(Method::POST, "Contracts", &body).await;
    let contract = made["itemId"].as_i64().expect("an id");
    let line = site.world.sandbox.world(|vendors| {
        vendors.set_udf(contract, PAYG_FIELD, Some("Yes"));
        vendors.add_line(contract, service, units, None)
    });
    site.world
        .change_mapping(|mapping| {
            let row = mapping.products.values_mut().find(|row| row.item.key.name == ITEM).expect("the item is known");
            row.service = Some(ServiceTarget::Existing(ServiceId(service)));
            mapping.settings.holds.new_customers = false;
        })
        .await;
    let item = ITEM.to_owned();
    Sold { line, contract, service, company, tenant: String::new(), item, storage: None, size: 1 }
}

fn billing_code(site: &Site) -> i64 {
    let code =
        site.world.sandbox.world(|vendors| vendors.autotask.table("BillingCodes").rows().next().map(|row| row.id()));
    code.expect("there are billing codes")
}

fn uses(site: &Site, tenant: &str, amount: u64) {
    site.world.sandbox.world(|vendors| vendors.set_usage(tenant, ITEM, None, amount, Some(amount)));
}

/// A company of its own, mapped to a tenant of its own that uses workstations.
async fn customer(site: &Site, company: i64, used: u64) -> String {
    let tenant = site.world.sandbox.world(|vendors| {
        let tenant = vendors.add_tenant("Odd One", None);
        vendors.set_item_status(&tenant, ITEM, None, true);
        tenant
    });
    uses(site, &tenant, used);
    let link = CustomerLink::Mapped { tenant: TenantId::new(&tenant), tenant_name: "Odd One".to_owned() };
    let mapping = site.world.connect_again(false).await.expect("it is connected").mapping;
    let mut row = mapping.customers[&CompanyId(company)].clone();
    row.link = link;
    site.world.change_mapping(|mapping| _ = mapping.customers.insert(row.company, row)).await;
    tenant
}

#[tokio::test]
async fn u5_contracts_from_the_31st_on_are_billed_by_their_own_periods() {
    let cases = [
        // From 31 August: the periods begin on the last days of months.
        (date(2026, 8, 31), PeriodType::Monthly, date(2026, 11, 29), date(2026, 11, 30)),
        (date(2026, 5, 31), PeriodType::Quarterly, date(2026, 11, 29), date(2026, 11, 30)),
        (date(2025, 12, 31), PeriodType::Yearly, date(2026, 12, 30), date(2026, 12, 31)),
        (date(2026, 5, 31), PeriodType::SemiAnnual, date(2026, 11, 29), date(2026, 11, 30)),
    ];
    for (start, period, last_day, next) in cases {
        let site = Site::of(even(1, 1)).await;
        let company = site.world.sandbox.world(|vendors| vendors.add_company("Odd One"));
        let line = contract_of(&site, company, start, period, 4).await;
        let tenant = customer(&site, company, 6).await;
        site.world.settle().await;
        assert_eq!(site.world.units(&line), 6, "{period}: first dated today");
        site.world.change_mapping(|mapping| mapping.settings.effective_dates = EffectiveDates::NextPeriod).await;
        uses(&site, &tenant, 9);
        while site.world.today() < last_day {
            assert_eq!(site.world.units(&line), 6, "{period} on {}", site.world.today());
            site.world.pass_days(1);
            site.world.apply_complete().await;
        }
        assert_eq!((site.world.units_on(&line, last_day), site.world.units_on(&line, next)), (6, 9), "{period}");
        site.world.pass_days(40);
        site.world.apply_complete().await;
        assert_eq!(site.world.units(&line), 9, "{period}");
        site.world.made_once().await;
    }
}

#[tokio::test]
async fn m1_the_providers_own_company_of_number_0_is_mapped_and_billed_as_every_other() {
    let site = Site::of(even(1, 1)).await;
    let line = contract_of(&site, 0, date(2026, 1, 1), PeriodType::Monthly, 2).await;
    let tenant = customer(&site, 0, 5).await;
    let shown = site.world.approve_plan().await;
    assert!(shown.to_string().contains("(company 0)"), "{shown}");
    site.world.apply_complete().await;
    assert_eq!((line.company, site.world.units(&line)), (0, 5));
    site.world.pass_days(1);
    uses(&site, &tenant, 8);
    let plan = site.world.plan().await;
    assert_eq!(plan.changes.len(), 1, "{plan}");
    site.world.apply_complete().await;
    assert_eq!(site.world.units(&line), 8);
    site.world.made_once().await;
}

#[tokio::test]
async fn units_rows_with_holes_fail_the_run_and_are_named() {
    let site = Site::with_work(2, 3).await;
    let cases = [
        ("units", Value::Null),
        ("units", json!("5")),
        ("units", json!(5.5)),
        ("units", json!(3_000_000_000_u64)),
        ("units", json!(i64::MIN)),
        ("contractID", Value::Null),
        ("contractServiceID", Value::Null),
        ("serviceID", json!("x")),
        ("startDate", Value::Null),
        ("endDate", json!("")),
        ("id", Value::Null),
    ];
    for (field, value) in cases {
        site.lens.bend_rows("/ContractServiceUnits/query", move |row| row[field] = value.clone());
        site.fails_and_changes_nothing(&["ContractServiceUnits"]).await;
    }
    site.is_right_again().await;
}

#[tokio::test]
async fn units_rows_without_price_or_post_date_are_counted_all_the_same() {
    let site = Site::with_work(2, 3).await;
    site.lens.bend_rows("/ContractServiceUnits/query", |row| {
        (row["price"], row["approveAndPostDate"]) = (Value::Null, Value::Null);
        row["units"] = json!(row["units"].as_f64());
    });
    site.tells(6, &[]).await;
    site.world.all_is_right_and_made_once().await;
    site.is_right_again().await;
}

#[tokio::test]
async fn c1_what_the_contract_field_says_is_shown_as_it_is_and_held() {
    let site = Site::with_work(2, 3).await;
    let held = site.world.sold().remove(0);
    let odd = ["Y\u{435}s", "yes please", "\u{202e}oN", "1", "true", &"ja ".repeat(60)];
    for text in odd {
        site.world.sandbox.world(|vendors| vendors.set_udf(held.contract, PAYG_FIELD, Some(text)));
        let plan = site.world.plan().await;
        assert_eq!(plan.changes.len(), 3, "{plan}");
        let told = plan.findings.iter().any(|finding| finding.to_string().contains("the contract is held"));
        assert!(told && serde_json::to_string(&plan).is_ok(), "{plan}");
    }
    for text in ["YES", " yes ", "yEs"] {
        site.world.sandbox.world(|vendors| vendors.set_udf(held.contract, PAYG_FIELD, Some(text)));
        assert_eq!(site.world.plan().await.changes.len(), 6, "{text}");
    }
    site.is_right_again().await;
    assert!(site.world.today() > TODAY);
    let nothing = site.world.approve(Approve::Ids(vec!["\u{0}".to_owned(), "💥".repeat(500)])).await;
    assert!(nothing.is_err(), "{nothing:?}");
}
