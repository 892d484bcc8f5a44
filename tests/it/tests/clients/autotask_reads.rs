//! Reading Autotask: whole lists by id, what each row means, limits and refusals.

use crate::support::{TODAY, Vendors};
use anyhow::Result;
use functions::autotask::{Allowance, AutotaskError};
use functions::context::Secret;
use jiff::civil::date;
use rust_decimal::Decimal;
use sandbox::seed::story;
use sandbox::{Fault, FaultKind};
use shared::contract::{Billing, Contract, Period, PeriodType, UnitsRow};
use shared::ids::{BundleId, ContractId, LineId, ServiceId};

const FROM_TODAY: Period = Period { start: TODAY, end: date(2029, 12, 31) };

async fn contracts(vendors: &Vendors) -> Result<Vec<Contract>, AutotaskError> {
    let mut contracts = Vec::new();
    vendors.autotask().await?.contracts(date(2020, 1, 1), |contract| contracts.push(contract)).await?;
    Ok(contracts)
}

#[tokio::test]
async fn the_zone_names_the_database_and_serves_the_rest() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let reader = vendors.autotask().await?;
    assert_eq!(reader.database().await?, 30_595);
    assert!(reader.web_url().await?.is_some());
    let threshold = reader.threshold().await?;
    assert_eq!((threshold.limit, threshold.window_minutes), (10_000, 60));
    let paths = vendors.sandbox.requests().into_iter().map(|request| request.path).collect::<Vec<_>>();
    assert_eq!(paths, ["/atservicesrest/v1.0/zoneInformation", "/ATServicesRest/v1.0/ThresholdInformation"]);
    Ok(())
}

#[tokio::test]
async fn the_providers_own_company_with_the_id_0_is_read_too() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let mut companies = Vec::new();
    vendors.autotask().await?.companies(|company| companies.push(company)).await?;
    assert_eq!(companies.first().map(|company| company.id.0), Some(0));
    assert_eq!(companies.len(), vendors.sandbox.world(|world| world.companies().len()));
    Ok(())
}

#[tokio::test]
async fn c1_contracts_carry_their_dates_period_and_payg_field() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let read = contracts(&vendors).await?;
    let of = |name: &str| {
        let company = vendors.sandbox.world(|world| world.company_named(name)).expect("in the story");
        read.iter().filter(|contract| contract.company.0 == company).cloned().collect::<Vec<_>>()
    };
    assert_eq!(of(story::PREPAID)[0].billing(), Billing::Prepaid);
    assert_eq!(of(story::PERHAPS)[0].billing(), Billing::Unclear("Perhaps".to_owned()));
    assert!(of(story::TWO_CONTRACTS).iter().any(|contract| contract.billing() == Billing::PayAsYouGo));
    assert!(!of(story::EXPIRED)[0].counts_on(TODAY));
    assert!(of(story::PREPAID)[0].counts_on(TODAY) && of(story::PREPAID)[0].period == Some(PeriodType::Monthly));
    let mut ended_since = Vec::new();
    vendors.autotask().await?.contracts(TODAY, |contract| ended_since.push(contract)).await?;
    assert!(ended_since.len() < read.len() && ended_since.iter().all(|contract| contract.end >= TODAY));
    Ok(())
}

#[tokio::test]
async fn c1_an_evergreen_contract_without_user_defined_fields_is_read() -> Result<()> {
    let vendors = Vendors::empty().await?;
    for fields in ["", r#","userDefinedFields":null"#, r#","userDefinedFields":[]"#] {
        let body = format!(
            r#"{{"items":[{{"id":5,"companyID":0,"contractName":"Evergreen","contractType":7,"status":1,
                "startDate":"2026-02-23T12:52:03.767Z","endDate":"9999-12-31T00:00:00Z",
                "contractPeriodType":null{fields}}}],"pageDetails":{{"count":1,"nextPageUrl":null}}}}"#
        );
        let kind = FaultKind::StatusBefore { status: 200, body: Some(body) };
        vendors.sandbox.fail(Fault::once("autotask.contracts.query", kind));
        let read = contracts(&vendors).await?;
        assert_eq!((read[0].start, read[0].end), (date(2026, 2, 23), date(9999, 12, 31)));
        assert_eq!((read[0].payg.clone(), read[0].period), (None, None));
    }
    Ok(())
}

#[tokio::test]
async fn c1_the_payg_field_is_found_or_missed() -> Result<()> {
    assert!(Vendors::usual().await?.autotask().await?.payg_field().await?);
    assert!(!Vendors::empty().await?.autotask().await?.payg_field().await?);
    Ok(())
}

#[tokio::test]
async fn units_are_read_by_day_by_line_and_by_contract() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let reader = vendors.autotask().await?;
    let lines = vendors.sandbox.world(|world| world.lines());
    let services = reader.services(None).await?.iter().map(|service| service.id).collect::<Vec<_>>();
    let mut today = Vec::new();
    reader.units_on(TODAY, &services, |row| today.push(row)).await?;
    for row in &today {
        let units = vendors.sandbox.world(|world| world.line_units_on(row.line.0, TODAY));
        assert_eq!(Some(row.units), units);
        assert!(row.start <= TODAY && TODAY <= row.end);
    }
    let line = lines.iter().find(|line| today.iter().any(|row| row.line.0 == line.id)).expect("a line in force");
    let of_line = reader.units_of_lines(&[LineId(line.id)], FROM_TODAY).await?;
    let rows = vendors.sandbox.world(|world| world.rows_of(line.id));
    let from_today = rows.iter().filter(|row| row.end >= TODAY).map(|row| (row.start, row.units, row.price));
    let read = |row: &UnitsRow| (row.start, row.units, row.price);
    assert_eq!(of_line.iter().map(read).collect::<Vec<_>>(), from_today.collect::<Vec<_>>());
    let today_only = Period { start: TODAY, end: TODAY };
    assert_eq!(reader.units_of_lines(&[LineId(line.id)], today_only).await?.len(), 1);
    let (contract, service) = (ContractId(line.contract_id), ServiceId(line.service_id));
    assert_eq!(reader.units_of_contracts(&[contract], &[service], TODAY).await?, of_line);
    let found = reader.lines_of(&[contract], &[service]).await?;
    assert_eq!(found.iter().map(|found| found.id.0).collect::<Vec<_>>(), [line.id]);
    assert_eq!(found[0].unit_price, Some(line.unit_price));
    assert!(reader.units_of_lines(&[], FROM_TODAY).await?.is_empty());
    assert!(reader.lines_of(&[contract], &[]).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn u4_bundles_are_read_with_their_services_and_units() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let reader = vendors.autotask().await?;
    let service = vendors.sandbox.world(|world| world.service_by_sku("pw_base_workstations")).expect("sold");
    let contents = reader.bundle_contents(&[ServiceId(service)]).await?;
    let bundles = contents.iter().map(|(bundle, _)| *bundle).collect::<Vec<BundleId>>();
    assert_eq!(bundles.len(), 1);
    let mut rows = Vec::new();
    reader.bundle_units_on(TODAY, &bundles, |row| rows.push(row)).await?;
    assert_eq!(rows.iter().map(|row| (row.bundle, row.units)).collect::<Vec<_>>(), [(bundles[0], 4)]);
    Ok(())
}

#[tokio::test]
async fn lists_longer_than_a_page_and_longer_than_a_condition_are_read_whole() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let ids = vendors.sandbox.world(|world| {
        let sku = |number| format!("sku{number}");
        (0..1_203).map(|number| world.add_service(&sku(number), &sku(number), Decimal::ONE)).collect::<Vec<_>>()
    });
    let reader = vendors.autotask().await?;
    assert_eq!(reader.services(None).await?.len(), 1_203);
    assert_eq!(vendors.asked("autotask.services.query"), 3);
    let ids = ids.into_iter().map(ServiceId).collect::<Vec<_>>();
    assert_eq!(reader.services(Some(&ids)).await?.iter().map(|service| service.id).collect::<Vec<_>>(), ids);
    vendors.sandbox.fail(Fault::once("autotask.services.query", FaultKind::ShortPage));
    assert_eq!(reader.services(None).await?.len(), 1_203, "a short page that is not the last loses nothing");
    Ok(())
}

#[tokio::test]
async fn a_page_whose_ids_do_not_grow_fails_the_read() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let reader = vendors.autotask().await?;
    let code = |id| format!(r#"{{"id":{id},"name":"n","isActive":true}}"#);
    let page = |rows: &[i64], next: &str| {
        let rows = rows.iter().copied().map(code).collect::<Vec<_>>().join(",");
        FaultKind::StatusBefore {
            status: 200,
            body: Some(format!(r#"{{"items":[{rows}],"pageDetails":{{"nextPageUrl":{next}}}}}"#)),
        }
    };
    for kind in [page(&[3, 4, 4], "null"), page(&[4, 3], "null")] {
        vendors.sandbox.fail(Fault::once("autotask.billing_codes.query", kind));
        assert!(reader.billing_codes().await.expect_err("repeated").to_string().contains("repeats a page"));
    }
    vendors.sandbox.fail(Fault::always("autotask.billing_codes.query", page(&[3, 4], "\"https://next\"")));
    assert!(reader.billing_codes().await.expect_err("repeated").to_string().contains("repeats a page"));
    vendors.sandbox.clear_faults();
    vendors.sandbox.fail(Fault::once("autotask.billing_codes.query", page(&[], "\"https://next\"")));
    assert!(reader.billing_codes().await.expect_err("empty").to_string().contains("empty page"));
    assert_eq!(reader.billing_codes().await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn money_keeps_every_digit_and_units_may_be_written_with_a_point() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let reader = vendors.autotask().await?;
    let body = r#"{"items":[{"id":1,"contractID":2,"contractServiceID":3,"serviceID":4,
        "startDate":"2026-11-01T00:00:00Z","endDate":"2026-11-30T00:00:00","units":5.0,
        "price":90071992547409.9300,"approveAndPostDate":"2026-11-02T00:00:00Z"}],"pageDetails":null}"#;
    let kind = FaultKind::StatusBefore { status: 200, body: Some(body.to_owned()) };
    vendors.sandbox.fail(Fault::once("autotask.contract_service_units.query", kind));
    let rows = reader.units_of_lines(&[LineId(3)], FROM_TODAY).await?;
    assert_eq!((rows[0].units, rows[0].price.to_string()), (5, "90071992547409.9300".to_owned()));
    assert!(rows[0].posted);
    let broken = body.replace("5.0", "5.5");
    let kind = FaultKind::StatusBefore { status: 200, body: Some(broken) };
    vendors.sandbox.fail(Fault::once("autotask.contract_service_units.query", kind));
    assert!(reader.units_of_lines(&[LineId(3)], FROM_TODAY).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a12_an_unknown_user_a_wrong_secret_and_a_wrong_code_are_told_apart_and_not_repeated() -> Result<()> {
    let mut vendors = Vendors::empty().await?;
    let good = vendors.autotask_credentials.clone();
    vendors.autotask_credentials.user_name = "nobody@example.com".to_owned();
    let error = vendors.autotask().await.expect_err("unknown");
    assert!(matches!(&error, AutotaskError::Refused(text) if text.contains("AUTOTASK_USER_NAME")), "{error}");
    vendors.autotask_credentials = good.clone();
    vendors.autotask_credentials.secret = Secret::new("wrong");
    let error = vendors.autotask().await?.billing_codes().await.expect_err("wrong");
    assert!(matches!(error, AutotaskError::Unauthorized(_)), "{error}");
    vendors.autotask_credentials = good;
    vendors.autotask_credentials.integration_code = Secret::new("wrong");
    let error = vendors.autotask().await?.billing_codes().await.expect_err("wrong");
    assert!(matches!(error, AutotaskError::Refused(_)), "{error}");
    assert_eq!(vendors.asked("autotask.zone"), 3);
    assert_eq!(vendors.asked("autotask.billing_codes.query"), 2);
    Ok(())
}

#[tokio::test]
async fn b1_a_thread_text_is_waited_out_under_any_status() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let reader = vendors.autotask().await?;
    for status in [429, 500, 503, 403] {
        vendors.sandbox.fail(Fault::once("autotask.billing_codes", FaultKind::ThreadLimitText { status }));
        assert_eq!(reader.billing_codes().await?.len(), 3, "{status}");
    }
    for retry_after in [None, Some(0)] {
        vendors.sandbox.fail(Fault::once("autotask.billing_codes", FaultKind::Throttle { retry_after }));
        assert_eq!(reader.billing_codes().await?.len(), 3);
    }
    Ok(())
}

#[tokio::test]
async fn b1_a_full_hour_ends_the_read_at_once() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let reader = vendors.autotask().await?;
    vendors.sandbox.world(|world| world.settings.hourly_limit = 0);
    let error = reader.billing_codes().await.expect_err("full");
    assert!(error.to_string().contains("request threshold"), "{error}");
    assert_eq!(vendors.asked("autotask.billing_codes.query"), 1);
    Ok(())
}

#[tokio::test]
async fn b1_a_spent_budget_sends_nothing() -> Result<()> {
    let vendors = Vendors::empty().await?;
    assert_eq!(vendors.autotask_within(Allowance::of(0)).await.err(), Some(AutotaskError::BudgetSpent));
    assert!(vendors.sandbox.requests().is_empty());
    let allowance = Allowance::of(3);
    let reader = vendors.autotask_within(allowance.clone()).await?;
    vendors.sandbox.fail(Fault::always("autotask.billing_codes", FaultKind::ResetBefore));
    assert_eq!(reader.billing_codes().await, Err(AutotaskError::BudgetSpent), "repeated requests count too");
    assert_eq!((vendors.sandbox.requests().len(), allowance.left()), (3, 0));
    allowance.lower_to(7);
    assert_eq!(allowance.left(), 0);
    Ok(())
}

#[tokio::test]
async fn b1_one_request_at_a_time_on_an_endpoint_that_several_jobs_use() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let reader = vendors.autotask().await?;
    vendors.sandbox.fail(Fault::always("autotask.", FaultKind::Delay { millis: 20 }));
    let clone = reader.clone();
    let (a, b, c, d) = tokio::join!(
        reader.billing_codes(),
        clone.billing_codes(),
        reader.payg_field(),
        clone.contracts(TODAY, |_| ())
    );
    assert_eq!((a?, c?), (b?, false));
    d?;
    let most = vendors.sandbox.most_at_a_time();
    assert_eq!(most.get("autotask.billing_codes.query"), Some(&1));
    let counts = vendors.http.calls().by_endpoint();
    let most = |endpoint: &str| {
        counts.iter().find(|((_, known), _)| known == endpoint).map(|(_, count)| (count.total, count.most_at_a_time))
    };
    assert_eq!((most("BillingCodes"), most("Contracts")), (Some((2, 1)), Some((2, 1))));
    Ok(())
}

#[tokio::test]
async fn a_reset_and_a_silence_are_outlived_by_reads() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let reader = vendors.autotask().await?;
    for kind in
        [FaultKind::ResetBefore, FaultKind::ResetAfter, FaultKind::SilenceAfter, FaultKind::HtmlBody { status: 500 }]
    {
        vendors.sandbox.fail(Fault::once("autotask.billing_codes", kind));
        assert_eq!(reader.billing_codes().await?.len(), 3);
    }
    for kind in [FaultKind::BrokenJson, FaultKind::CutBody, FaultKind::HtmlBody { status: 200 }] {
        vendors.sandbox.fail(Fault::once("autotask.billing_codes", kind));
        assert!(matches!(reader.billing_codes().await, Err(AutotaskError::Failed(_))));
    }
    Ok(())
}

#[tokio::test]
async fn reads_of_both_vendors_run_as_tasks_side_by_side() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let (reader, acronis) = (vendors.autotask().await?, vendors.acronis());
    let contracts = tokio::spawn(async move {
        let mut ids = Vec::new();
        reader.contracts(TODAY, |contract| ids.push(contract.id)).await.map(|()| ids)
    });
    let tenants = tokio::spawn(async move {
        let (mut tenants, mut used) = (Vec::new(), 0);
        let root = acronis.own_tenant().await?;
        acronis.tenants(&root, |tenant| tenants.push(tenant.id)).await?;
        acronis.usages(&tenants, |_, _| used += 1).await.map(|()| (tenants.len(), used))
    });
    assert!(!contracts.await??.is_empty());
    let (tenants, used) = tenants.await??;
    assert_eq!(tenants, used);
    Ok(())
}
