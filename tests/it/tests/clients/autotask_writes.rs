//! Writing to Autotask: what is known after each kind of reply (U6), and how many go at a time (B1).

use crate::support::{TODAY, Vendors};
use anyhow::Result;
use functions::autotask::{Adjust, Allowance, AutotaskWriter, WriteError};
use jiff::civil::date;
use rust_decimal::Decimal;
use sandbox::{Fault, FaultKind};
use shared::contract::PeriodType;
use shared::ids::{BillingCodeId, ContractId, LineId, ServiceId};
use shared::mapping::NewService;
use std::time::Duration;

const ADJUST: &str = "autotask.adjustments.create";

/// A contract with one line of ten units.
fn one_line(vendors: &Vendors) -> Adjust {
    let (contract, service, line) = vendors.sandbox.world(|world| {
        let company = world.add_company("Anna");
        let contract = world.add_contract(company, "Backup", date(2026, 1, 1), date(2027, 12, 31));
        let service = world.add_service("Workstations", "pw", Decimal::new(450, 2));
        (contract, service, world.add_line(contract, service, 10, None))
    });
    Adjust {
        contract: ContractId(contract),
        service: ServiceId(service),
        line: Some(LineId(line)),
        unit_change: 3,
        effective: TODAY,
    }
}

fn units_of(vendors: &Vendors, adjust: &Adjust) -> Option<i64> {
    vendors.sandbox.world(|world| world.units_on(adjust.contract.0, adjust.service.0, TODAY))
}

#[tokio::test]
async fn u6_an_adjustment_is_sent_once_and_succeeds_without_an_id() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let adjust = one_line(&vendors);
    vendors.writer().await?.adjust(&adjust).await?;
    assert_eq!(units_of(&vendors, &adjust), Some(13));
    let fewer = Adjust { unit_change: -2, line: None, effective: TODAY.tomorrow()?, ..adjust };
    vendors.writer().await?.adjust(&fewer).await?;
    assert_eq!(vendors.asked(ADJUST), 2);
    assert_eq!(vendors.sandbox.world(|world| world.autotask.unknown_properties.len()), 0);
    Ok(())
}

#[tokio::test]
async fn u6_what_was_certainly_not_run_is_told_so() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (adjust, writer) = (one_line(&vendors), vendors.writer().await?);
    let cases = [
        (FaultKind::Throttle { retry_after: Some(7) }, Some(Duration::from_secs(7))),
        (FaultKind::Throttle { retry_after: None }, None),
        (FaultKind::ThreadLimitText { status: 500 }, None),
        (FaultKind::ThreadLimitText { status: 503 }, None),
        (FaultKind::ThreadLimitText { status: 200 }, None),
    ];
    for (kind, wait) in cases {
        vendors.sandbox.fail(Fault::once(ADJUST, kind.clone()));
        let error = writer.adjust(&adjust).await.expect_err("not run");
        assert!(
            matches!(&error, WriteError::NotRun { retry_after, .. } if *retry_after == wait),
            "{kind:?}: {error:?}"
        );
    }
    vendors.sandbox.world(|world| {
        world.settings.hourly_limit = 0;
        world.settings.hourly_retry_after = Some(600);
    });
    let error = writer.adjust(&adjust).await.expect_err("a full hour");
    let wait = Some(Duration::from_secs(600));
    assert!(matches!(error, WriteError::NotRun { retry_after, .. } if retry_after == wait));
    assert_eq!(units_of(&vendors, &adjust), Some(10));
    assert_eq!(vendors.asked(ADJUST), 6, "nothing is repeated");
    Ok(())
}

#[tokio::test]
async fn u6_a_vendor_that_cannot_be_reached_ran_nothing() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (adjust, writer) = (one_line(&vendors), vendors.writer().await?);
    let Vendors { sandbox, http, .. } = vendors;
    drop(sandbox);
    let mut error = writer.adjust(&adjust).await.expect_err("nobody there");
    // A connection kept open from before may be found closed only while the request is on it.
    if matches!(error, WriteError::Unknown(_)) {
        error = writer.adjust(&adjust).await.expect_err("nobody there");
    }
    assert!(matches!(error, WriteError::NotRun { retry_after: None, .. }), "{error:?}");
    drop(http);
    Ok(())
}

#[tokio::test]
async fn u6_an_outcome_that_nobody_knows_is_unknown_and_not_sent_again() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (adjust, writer) = (one_line(&vendors), vendors.writer().await?);
    let status = |status, body: &str| FaultKind::StatusBefore { status, body: Some(body.to_owned()) };
    let unknown = [
        FaultKind::ResetBefore,
        FaultKind::SilenceBefore,
        status(500, ""),
        status(502, "<html>Bad Gateway</html>"),
        status(504, "<p>The request exceeded the response-time threshold: more than 3 requests per hour</p>"),
        status(503, "{}"),
        status(504, r#"{"errors":[]}"#),
        status(400, "no"),
        status(302, ""),
        status(201, r#"{"itemId":5}"#),
        status(200, "<html>OK</html>"),
        status(200, ""),
    ];
    for (number, kind) in unknown.into_iter().enumerate() {
        vendors.sandbox.fail(Fault::once(ADJUST, kind.clone()));
        let error = writer.adjust(&adjust).await.expect_err("unknown");
        assert!(matches!(error, WriteError::Unknown(_)), "{kind:?}: {error:?}");
        assert_eq!(vendors.asked(ADJUST), number + 1);
    }
    assert_eq!(units_of(&vendors, &adjust), Some(10));
    Ok(())
}

#[tokio::test]
async fn u6_a_login_that_ended_was_not_run_and_condemns_no_line() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (adjust, writer) = (one_line(&vendors), vendors.writer().await?);
    for body in [None, Some(r#"{"errors":["no"]}"#.to_owned())] {
        vendors.sandbox.fail(Fault::once(ADJUST, FaultKind::StatusBefore { status: 401, body: body.clone() }));
        let error = writer.adjust(&adjust).await.expect_err("not let in");
        assert!(matches!(error, WriteError::NotRun { .. }), "{body:?}: {error:?}");
    }
    assert_eq!(units_of(&vendors, &adjust), Some(10));
    Ok(())
}

#[tokio::test]
async fn u6_a_reply_lost_after_the_change_is_unknown() -> Result<()> {
    let lost = [
        FaultKind::StatusAfter { status: 503, body: None },
        FaultKind::ResetAfter,
        FaultKind::SilenceAfter,
        FaultKind::CutBody,
        FaultKind::BrokenJson,
    ];
    for kind in lost {
        let vendors = Vendors::empty().await?;
        let (adjust, writer) = (one_line(&vendors), vendors.writer().await?);
        vendors.sandbox.fail(Fault::once(ADJUST, kind.clone()));
        let error = writer.adjust(&adjust).await.expect_err("unknown");
        assert!(matches!(error, WriteError::Unknown(_)), "{kind:?}: {error:?}");
        assert_eq!((units_of(&vendors, &adjust), vendors.asked(ADJUST)), (Some(13), 1), "{kind:?}");
    }
    Ok(())
}

#[tokio::test]
async fn u6_another_reply_with_errors_is_refused_and_a_duplicate_told_apart() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (adjust, writer) = (one_line(&vendors), vendors.writer().await?);
    let outside = Adjust { effective: date(2028, 1, 1), ..adjust };
    let error = writer.adjust(&outside).await.expect_err("outside");
    assert!(matches!(&error, WriteError::Refused(text) if text.contains("start date and end date")), "{error:?}");
    writer.adjust(&adjust).await?;
    let error = writer.adjust(&adjust).await.expect_err("twice on one day");
    assert!(matches!(&error, WriteError::Duplicate(text) if text.contains("duplicate data")), "{error:?}");
    let status = |status, body: Option<&str>| FaultKind::StatusBefore { status, body: body.map(str::to_owned) };
    let refused = [
        status(403, Some("<html>")),
        status(404, Some("no such resource")),
        status(405, Some(r#"{"Message":"no"}"#)),
        status(409, Some(r#"{"errors":["no"]}"#)),
        status(200, Some(r#"{"errors":["no"]}"#)),
        status(503, Some(r#"{"errors":["no"]}"#)),
    ];
    for kind in refused {
        vendors.sandbox.fail(Fault::once(ADJUST, kind.clone()));
        let error = writer.adjust(&Adjust { effective: TODAY.tomorrow()?, ..adjust }).await.expect_err("refused");
        assert!(matches!(error, WriteError::Refused(_)), "{kind:?}: {error:?}");
    }
    assert_eq!(units_of(&vendors, &adjust), Some(13));
    let asked = vendors.asked(ADJUST);
    let huge = Adjust { unit_change: i64::from(i32::MAX) + 1, ..adjust };
    assert!(matches!(writer.adjust(&huge).await, Err(WriteError::Refused(_))));
    assert_eq!(vendors.asked(ADJUST), asked);
    Ok(())
}

#[tokio::test]
async fn b1_three_adjustments_at_a_time_and_no_more() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (adjust, writer) = (one_line(&vendors), vendors.writer().await?);
    vendors.sandbox.fail(Fault::always(ADJUST, FaultKind::Delay { millis: 30 }));
    let sends = (0..9).map(|days| {
        let (writer, effective) = (writer.clone(), date(2026, 11, 20 + days));
        tokio::spawn(async move { writer.adjust(&Adjust { effective, ..adjust }).await })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await??;
    }
    assert_eq!(vendors.sandbox.most_at_a_time().get(ADJUST), Some(&3));
    Ok(())
}

#[tokio::test]
async fn b1_a_spent_budget_sends_no_adjustment() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let adjust = one_line(&vendors);
    let reader = vendors.autotask_within(Allowance::of(2)).await?;
    let writer = AutotaskWriter::new(&reader);
    writer.adjust(&adjust).await?;
    let next = Adjust { effective: TODAY.tomorrow()?, ..adjust };
    assert_eq!(writer.adjust(&next).await, Err(WriteError::BudgetSpent));
    assert_eq!(vendors.asked(ADJUST), 1);
    Ok(())
}

#[tokio::test]
async fn u6_a_new_service_is_found_again_by_its_key() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (reader, writer) = (vendors.autotask().await?, vendors.writer().await?);
    let code = reader.billing_codes().await?[0].id;
    let new = NewService {
        name: "Acronis Servers".to_owned(),
        period: PeriodType::Monthly,
        billing_code: code,
        unit_price: "21.0001".parse()?,
    };
    assert_eq!(reader.service_by_external_id(&new.external_id()).await?, None);
    let id = writer.create_service(&new).await?;
    let found = reader.service_by_external_id(&new.external_id()).await?.expect("created");
    assert_eq!((found.id, found.name.as_str(), found.period), (id, "Acronis Servers", Some(PeriodType::Monthly)));
    assert!(found.active && found.unit_price == Some(new.unit_price));
    let other = NewService { name: "Acronis Websites".to_owned(), ..new.clone() };
    vendors.sandbox.fail(Fault::once("autotask.services.create", FaultKind::ResetAfter));
    assert!(matches!(writer.create_service(&other).await, Err(WriteError::Unknown(_))));
    assert!(reader.service_by_external_id(&other.external_id()).await?.is_some());
    let no_code = NewService { billing_code: BillingCodeId(1), ..new };
    assert!(matches!(writer.create_service(&no_code).await, Err(WriteError::Refused(_))));
    let body = Some(r#"{"itemId":null}"#.to_owned());
    vendors.sandbox.fail(Fault::once("autotask.services.create", FaultKind::StatusAfter { status: 200, body }));
    let third = NewService { name: "Acronis Vms".to_owned(), ..other };
    assert!(matches!(writer.create_service(&third).await, Err(WriteError::Unknown(_))));
    Ok(())
}

#[tokio::test]
async fn c1_the_payg_field_is_created_for_contracts() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (reader, writer) = (vendors.autotask().await?, vendors.writer().await?);
    writer.create_payg_field().await?;
    assert!(reader.payg_field().await?);
    vendors.sandbox.fail(Fault::always("autotask.user_defined_field_definitions.fields", FaultKind::ResetBefore));
    assert!(matches!(writer.create_payg_field().await, Err(WriteError::NotRun { .. })));
    assert_eq!(vendors.asked("autotask.user_defined_field_definitions.create"), 1);
    Ok(())
}
