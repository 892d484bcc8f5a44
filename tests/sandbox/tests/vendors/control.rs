//! The control paths do over HTTP what tests do in the same process.

use crate::client::{Answer, Desk, send};
use serde_json::{Value, json};

async fn control(desk: &Desk, action: &str, body: Option<Value>) -> Answer {
    let url = format!("{}/_sandbox/{action}", desk.sandbox.acronis_url());
    let request = match body {
        Some(body) => desk.http.post(url).json(&body),
        None => desk.http.get(url),
    };
    send(request).await.expect("answered")
}

#[tokio::test]
async fn state_clock_edits_and_adjustments_are_reached_over_http() {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    let edit = json!({"edit": "human_adjust", "line": line, "delta": 2, "effective": "2026-11-12"});
    assert_eq!(control(&desk, "edit", Some(edit.clone())).await.status, 200);
    assert_eq!(control(&desk, "edit", Some(edit)).await.status, 400, "a duplicate");
    let made = control(&desk, "adjustments", None).await;
    assert_eq!((&made.body[0]["delta"], &made.body[0]["by"]), (&json!(2), &json!("human")));
    let clock = control(&desk, "clock", Some(json!({"advance_days": 2}))).await;
    assert_eq!(clock.body["now"], json!("2026-11-12T09:00:00Z"));
    let tenant = control(&desk, "edit", Some(json!({"edit": "add_tenant", "name": "Neu"}))).await;
    let usage = json!({"edit": "set_usage", "tenant": tenant.body, "item": "pw_base_vms", "value": 3});
    assert_eq!(control(&desk, "edit", Some(usage)).await.status, 200);
    let state = control(&desk, "state", None).await;
    assert!(state.body["usages"].as_array().is_some_and(|all| all.iter().any(|it| it["tenant"] == tenant.body)));
    assert_eq!(state.body["lines"].as_array().map(Vec::len), Some(desk.world(|world| world.lines().len())));
}

#[tokio::test]
async fn faults_are_set_and_cleared_over_http() {
    let desk = Desk::small().await;
    let fault = json!({"operation": "autotask.", "times": 1, "kind": {"throttle": {"retry_after": 3}}});
    assert_eq!(control(&desk, "faults", Some(fault.clone())).await.status, 200);
    assert_eq!(desk.get("/Companies/0").await.status, 429);
    control(&desk, "faults", Some(fault)).await;
    let url = format!("{}/_sandbox/faults", desk.sandbox.autotask_url());
    send(desk.http.delete(url)).await.expect("answered");
    assert_eq!(desk.get("/Companies/0").await.status, 200);
    desk.get("/Nowhere").await;
    assert_eq!(control(&desk, "unknown", None).await.body.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn people_and_administrators_act_over_http_too() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    let done = async |edit: Value| {
        let answer = control(&desk, "edit", Some(edit.clone())).await;
        assert_eq!(answer.status, 200, "{edit}: {}", answer.text);
        answer.body
    };
    let service = desk.world(|world| world.service_by_sku("pw_base_vms")).expect("a seeded service");
    let (from, to) = ("2026-01-01", "2027-12-31");
    let added = done(json!({"edit": "human_add_service", "contract": contract, "service": service, "units": 2,
        "effective": "2026-11-12"}))
    .await;
    done(json!({"edit": "human_remove_service", "line": added})).await;
    let bundle = done(json!({"edit": "add_bundle", "name": "Paket", "services": [service], "unit_price": "3"})).await;
    let bundled = done(json!({"edit": "human_add_bundle", "contract": contract, "bundle": bundle, "units": 2,
        "effective": "2026-11-12"}))
    .await;
    done(json!({"edit": "human_adjust_bundle", "line": bundled, "delta": 1, "effective": "2026-11-13"})).await;
    done(json!({"edit": "add_service_to_bundle", "bundle": bundle, "service": service})).await;
    done(json!({"edit": "human_remove_bundle", "line": bundled})).await;
    done(json!({"edit": "move_contract", "contract": contract, "start": from, "end": to})).await;
    done(json!({"edit": "renew_contract", "contract": contract, "start": "2028-01-01", "end": "2028-12-31"})).await;
    let tenant = done(json!({"edit": "add_tenant", "name": "Neu"})).await;
    done(json!({"edit": "offer_everything", "tenant": tenant})).await;
    let storage = sandbox::acronis::catalogue::PARTNER_STORAGE;
    done(json!({"edit": "set_storage", "tenant": tenant, "infra": storage})).await;
    done(json!({"edit": "lock_item", "tenant": tenant, "item": "pw_base_vms", "on": true})).await;
    done(json!({"edit": "lock_tenant", "tenant": tenant, "on": true})).await;
    done(json!({"edit": "withhold_item", "item": "pw_base_vms", "on": true})).await;
    done(json!({"edit": "add_contact", "company": 0, "first_name": "A", "last_name": "B", "email": "a@b.example",
        "primary": false}))
    .await;
    assert_eq!(control(&desk, "notes", None).await.body.as_array().map(Vec::len), Some(6));
    assert_eq!(control(&desk, "destructions", None).await.body, json!([]));
    assert_eq!(control(&desk, "users", None).await.body, json!([]));
    let event = json!({"entity": "Company", "action": "Update", "id": 0, "person": 1});
    assert_eq!(control(&desk, "callouts", Some(event)).await.body, json!([]));
    let gone = json!({"edit": "human_remove_service", "line": line + 999});
    assert_eq!(control(&desk, "edit", Some(gone)).await.status, 400);
}

#[tokio::test]
async fn alerts_and_tickets_are_edited_over_http_too() {
    let desk = Desk::small().await;
    let done = async |edit: Value| {
        let answer = control(&desk, "edit", Some(edit.clone())).await;
        assert_eq!(answer.status, 200, "{edit}: {}", answer.text);
        answer.body
    };
    let tenant = done(json!({"edit": "add_tenant", "name": "Neu"})).await;
    let alert = done(json!({"edit": "raise_alert", "tenant": tenant, "type": "BackupFailed", "severity": "error",
        "shape": "activity"}))
    .await;
    done(json!({"edit": "clear_alert", "alert": alert})).await;
    done(json!({"edit": "raise_again", "alert": alert})).await;
    done(json!({"edit": "set_alert_severity", "alert": alert, "severity": "critical"})).await;
    done(json!({"edit": "dismiss_alert", "alert": alert})).await;
    done(json!({"edit": "raise_anew", "alert": alert})).await;
    done(json!({"edit": "alert_storm", "tenant": tenant, "type": "AgentOffline", "count": 5})).await;
    done(json!({"edit": "enable_alert_type", "type": "AgentOffline", "on": false})).await;
    done(json!({"edit": "set_self_service", "tenant": tenant, "on": true})).await;
    let alerts = control(&desk, "alerts", None).await.body;
    assert_eq!((alerts.as_array().map(Vec::len), &alerts[0]["type"]), (Some(7), &json!("BackupFailed")));
    let company = done(json!({"edit": "add_company", "name": "Neu"})).await;
    let ticket = done(json!({"edit": "human_ticket", "company": company, "title": "Kaputt"})).await;
    let other = done(json!({"edit": "human_ticket", "company": company, "title": "Auch"})).await;
    done(json!({"edit": "human_note", "ticket": ticket, "title": "Hallo", "text": "Welt"})).await;
    done(json!({"edit": "human_take_ticket", "ticket": ticket})).await;
    done(json!({"edit": "human_move_ticket", "ticket": ticket, "queue": 8})).await;
    done(json!({"edit": "human_change_status", "ticket": ticket, "status": 8})).await;
    done(json!({"edit": "human_close", "ticket": ticket})).await;
    done(json!({"edit": "human_merge_ticket", "ticket": other, "into": ticket})).await;
    done(json!({"edit": "add_configuration_item", "company": company, "name": "WS-1"})).await;
    let value = json!({"edit": "offer_picklist_value", "entity": "Tickets", "field": "queueID", "value": 8,
        "on": false});
    done(value).await;
    done(json!({"edit": "deactivate_resource", "resource": sandbox::autotask::HUMAN_RESOURCE})).await;
    let tickets = control(&desk, "tickets", None).await.body;
    assert_eq!((&tickets[0]["ticket"]["status"], &tickets[0]["notes"][1]["creator"]), (&json!(5), &json!(29_682_890)));
    assert_eq!(control(&desk, "take_callouts", Some(json!({}))).await.body, json!([]));
    for gone in [ticket, other] {
        done(json!({"edit": "human_delete_ticket", "ticket": gone})).await;
    }
    let state = control(&desk, "state", None).await.body;
    assert_eq!((&state["tickets"], state["alerts"].as_array().map(Vec::len)), (&json!([]), Some(7)));
}
