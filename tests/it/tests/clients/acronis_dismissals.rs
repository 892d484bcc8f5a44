//! Dismissing alerts: one at a time, never all, and what is known after each answer.

use crate::stub::{Answer, Stub, says};
use crate::support::Vendors;
use anyhow::Result;
use functions::acronis::{AcronisWriteError, AcronisWriter};
use sandbox::{Fault, FaultKind};
use serde_json::json;
use shared::ids::AlertId;
use std::time::Duration;

const ID: &str = "a1b2c3d4-0000-4000-8000-00000000000f";

/// A refusal in the Alert Manager's words.
fn words(code: &str) -> String {
    json!({"domain": "AlertManager", "code": code, "reason": "Because.", "context": {}, "kbLink": "k"}).to_string()
}

/// Three alerts of one customer, and a writer.
async fn three_alerts() -> Result<(Vendors, AcronisWriter, [AlertId; 3])> {
    let vendors = Vendors::empty().await?;
    let ids = vendors.sandbox.world(|world| {
        let tenant = world.add_tenant("Kunde GmbH", None);
        [(); 3].map(|()| AlertId::new(world.raise_alert(&tenant, "BackupFailed")))
    });
    let writer = AcronisWriter::new(&vendors.acronis());
    Ok((vendors, writer, ids))
}

fn active(vendors: &Vendors) -> Vec<AlertId> {
    let alerts = vendors.sandbox.world(|world| world.alerts());
    alerts.into_iter().filter(|alert| alert.deleted_at.is_none()).map(|alert| AlertId::new(alert.id)).collect()
}

/// Whatever was sent, it named one alert.
fn nothing_but_single_alerts_was_touched(vendors: &Vendors) {
    assert!(vendors.sandbox.world(|world| world.take_destructions()).is_empty());
    for request in vendors.sandbox.requests().iter().filter(|request| request.method == "DELETE") {
        assert_eq!((request.operation.as_str(), request.query.as_str()), ("acronis.dismiss_alert", ""));
    }
    assert!(vendors.sandbox.unknown_requests().is_empty());
}

async fn dismiss(answer: Answer) -> Result<Result<bool, AcronisWriteError>> {
    let stub = Stub::with([answer]).await?;
    let result = stub.writer().dismiss_alert(&AlertId::new(ID)).await;
    let line = format!("DELETE /api/alert_manager/v1/alerts/{}", ID.to_uppercase());
    assert_eq!(stub.lines(), [line], "once, and one alert");
    Ok(result)
}

#[tokio::test]
async fn t6_one_alert_is_dismissed_and_one_that_is_gone_already_is_no_fault() -> Result<()> {
    let (vendors, writer, [first, second, third]) = three_alerts().await?;
    assert!(writer.dismiss_alert(&first).await?);
    assert_eq!(active(&vendors), [second.clone(), third.clone()]);
    assert!(!writer.dismiss_alert(&first).await?, "gone already");
    assert!(!writer.dismiss_alert(&AlertId::new(ID)).await?, "never there");
    assert_eq!(active(&vendors), [second, third]);
    assert_eq!(vendors.asked("acronis.dismiss_alert"), 3);
    nothing_but_single_alerts_was_touched(&vendors);
    Ok(())
}

#[tokio::test]
async fn t6_an_alert_of_a_customer_that_manages_itself_stays() -> Result<()> {
    let (vendors, writer, ids) = three_alerts().await?;
    vendors.sandbox.world(|world| {
        let tenant = world.tenant_named("Kunde GmbH").expect("added");
        world.set_self_service(&tenant, true);
    });
    assert!(!writer.dismiss_alert(&ids[0]).await?, "not shown to us");
    assert_eq!(active(&vendors), ids);
    nothing_but_single_alerts_was_touched(&vendors);
    Ok(())
}

#[tokio::test]
async fn an_id_that_would_mean_other_alerts_is_never_sent() -> Result<()> {
    let stub = Stub::start().await?;
    let odd =
        ["", " ", ".", "..", "/", "a/b", "?", "?type=BackupFailed", "a?show_deleted=true", "#", "a,b", "*", "%2e", "ä"];
    for odd in odd {
        let error = stub.writer().dismiss_alert(&AlertId::new(odd)).await.expect_err(odd);
        assert!(matches!(&error, AcronisWriteError::Refused { code: None, .. }), "{odd}: {error:?}");
    }
    assert!(stub.asked().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_client_that_may_only_read_is_refused_with_the_vendors_reason() -> Result<()> {
    let (vendors, writer, ids) = three_alerts().await?;
    vendors.sandbox.world(|world| world.settings.read_only_client = true);
    let error = writer.dismiss_alert(&ids[0]).await.expect_err("read-only");
    assert!(
        matches!(&error, AcronisWriteError::Refused { code: None, text }
        if text.ends_with("status 403: code AccessDenied, The client may only read.")),
        "{error:?}"
    );
    assert_eq!(active(&vendors), ids);
    Ok(())
}

#[tokio::test]
async fn a_lost_reply_is_unknown_and_sending_again_settles_it() -> Result<()> {
    let (vendors, writer, ids) = three_alerts().await?;
    for (id, kind) in ids.iter().zip([FaultKind::ResetAfter, FaultKind::SilenceAfter, FaultKind::ResetBefore]) {
        vendors.sandbox.fail(Fault::once("acronis.dismiss_alert", kind.clone()));
        let before = active(&vendors).len();
        let error = writer.dismiss_alert(id).await.expect_err("no reply");
        assert!(matches!(error, AcronisWriteError::Unknown(_)), "{error:?}");
        let was_run = active(&vendors).len() < before;
        assert_eq!(was_run, kind != FaultKind::ResetBefore);
        writer.dismiss_alert(id).await?;
        assert!(!active(&vendors).contains(id));
    }
    assert_eq!(vendors.asked("acronis.dismiss_alert"), 6, "nothing is repeated unasked");
    nothing_but_single_alerts_was_touched(&vendors);
    Ok(())
}

#[tokio::test]
async fn b2_a_token_refused_by_the_web_server_is_renewed_once_and_the_alert_dismissed() -> Result<()> {
    let (vendors, writer, ids) = three_alerts().await?;
    vendors.sandbox.fail(Fault::once("acronis.dismiss_alert", FaultKind::ExpireToken));
    writer.dismiss_alert(&ids[0]).await?;
    assert_eq!(active(&vendors), ids[1..]);
    vendors.sandbox.fail(Fault::always("acronis.dismiss_alert", FaultKind::ExpireToken));
    vendors.sandbox.clear_requests();
    let error = writer.dismiss_alert(&ids[1]).await.expect_err("never let in");
    assert!(matches!(error, AcronisWriteError::NotRun { .. }), "{error:?}");
    assert_eq!((vendors.asked("acronis.dismiss_alert"), active(&vendors)), (2, ids[1..].to_vec()));
    Ok(())
}

#[tokio::test]
async fn each_answer_to_a_dismissal_says_what_is_known() -> Result<()> {
    for done in [says(204, ""), says(200, ""), says(200, "{}"), says(404, ""), says(404, words("NotFound"))] {
        dismiss(done).await??;
    }
    let wrapped = json!({"error": {"code": 404, "message": "Not found", "details": {}}});
    let refused = [says(400, words("InvalidRequest")), says(403, ""), says(404, "<html>"), says(404, wrapped)];
    for answer in refused {
        let error = dismiss(answer.clone()).await?.expect_err("refused");
        assert!(matches!(error, AcronisWriteError::Refused { .. }), "{answer:?}: {error:?}");
    }
    let error = dismiss(Answer::TooMany(7)).await?.expect_err("not now");
    let wait = Some(Duration::from_secs(7));
    assert!(matches!(error, AcronisWriteError::NotRun { retry_after, .. } if retry_after == wait), "{error:?}");
    let unknown = [
        says(200, words("InternalError")),
        says(202, "{}"),
        says(200, "<html>OK</html>"),
        says(500, words("InternalError")),
        says(503, ""),
        says(302, ""),
        says(408, words("Timeout")),
        Answer::HangsUp,
        Answer::Silent,
    ];
    for answer in unknown {
        let error = dismiss(answer.clone()).await?.expect_err("unknown");
        assert!(matches!(error, AcronisWriteError::Unknown(_)), "{answer:?}: {error:?}");
    }
    let error = dismiss(says(200, words("InternalError"))).await?.expect_err("an error under a status that says yes");
    assert!(error.to_string().contains("code InternalError, Because."), "{error}");
    Ok(())
}
