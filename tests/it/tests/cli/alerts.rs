//! Alerts and tickets at the command line, as a service manager uses them: what is shown, approved and made, and what is
//! read when something waits or fails.

use crate::service_desk::{COMPLETE, CUSTOMER, connected, plan_id, raise, steady, switch_on, tickets, working};
use insta::assert_snapshot;
use it::desk::Desk;
use sandbox::seed::story;
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use shared::mapping::CustomerLink;

fn nobody() -> CustomerLink {
    CustomerLink::Unmapped { left_alone: true }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn before_ticket_sync_is_on_nobody_speaks_of_it_and_who_asks_is_told_what_to_do() {
    let desk = Desk::new(1).await;
    desk.map_all().await;
    raise(&desk, CUSTOMER, "SRV-01");
    assert_eq!(keys(&desk.run("plan --json").await.exits(3).json()), ["quotas", "usage"]);
    let asked = desk.run("plan alerts").await.exits(0);
    assert_snapshot!(steady(&asked.out), @"
    Plan xxxxxxxxxxxx of tickets · connection default · YYYY-MM-DD
    0 changes, 0 held, 0 waiting, 1 finding, 0 alerts right

    Findings
      - alerts make no tickets: ticket sync is off
        → switch it on: `enabled = true` in [settings.tickets] of the mapping file
    ");
    assert_eq!(asked.err, "", "there is nothing to approve");
    desk.run("apply").await.exits(0);
    let status = desk.run("status").await.exits(0);
    assert!(!status.out.contains("alert") && !status.out.contains("ticket"), "{status:#?}");
    // Switched on, and nobody is mapped.
    desk.change_mapping(|mapping| mapping.customers.values_mut().for_each(|row| row.link = nobody())).await;
    switch_on(&desk, |_| {}).await;
    let asked = desk.run("plan alerts").await.exits(0);
    asked.prints(&["alerts make no tickets yet: 0 customers mapped", "map at least one customer"]);
    assert_eq!(tickets(&desk), []);
}

#[tokio::test]
async fn m5_t8_a_service_manager_gets_from_alerts_to_tickets() {
    let desk = connected().await;
    raise(&desk, CUSTOMER, "SRV-01");
    raise(&desk, story::UNDER_SUB_PARTNER, "NB-02");
    raise(&desk, story::TENANT_ONLY, "PC-03");
    // By default what was raised before makes no ticket, and that is told.
    desk.run("mapping export desk.toml").await.exits(0);
    desk.write("desk.toml", &desk.read("desk.toml").replacen("\nenabled = false\n", "\nenabled = true\n", 1));
    desk.run("mapping import desk.toml").await.exits(0).prints(&["Taken over: settings"]).notes(&["acrotask plan"]);
    let plan = desk.run("plan alerts").await.exits(0);
    plan.prints(&["0 tickets from alerts raised since", "2 active alerts raised before make none"])
        .notes(&["Nothing to change today. To let it change tickets from now on: acrotask approve --plan"]);
    switch_on(&desk, |_| {}).await;
    let plan = desk.run("plan alerts").await.exits(3);
    assert_snapshot!(steady(&plan.out), @r#"
    Plan xxxxxxxxxxxx of tickets · connection default · YYYY-MM-DD
    0 changes, 2 held, 0 waiting, 2 findings, 0 alerts right

    Held until approved: the first plan waits for approval
        id            alert                  severity  ticket                           because
      Ordnerkind Bäckerei GmbH (company 185)
        xxxxxxxxxxxx  Backup failed: SRV-01  critical  new: Critical, Monitoring Alert  raised
      Untermieter Logistik GmbH (company 186)
        xxxxxxxxxxxx  Backup failed: NB-02   critical  new: Critical, Monitoring Alert  raised

    Findings
      - 2 tickets from alerts raised since YYYY-MM-DD hh:mm UTC; 0 active alerts raised before make none
        → approve the plan, or change days_before_switch_on in [settings.tickets] first
      - 1 alert in tenant 78dde6e5-acac-4000-8000-000000000004 "Einsame Mandantin AG", which is not mapped
        → map the tenant to a company, or ignore it
    "#);
    assert_snapshot!(steady(&plan.err), @"Nothing is changed before the first plan is approved. If it is right: acrotask approve --plan xxxxxxxxxxxx");
    let status = desk.run("status").await.exits(0);
    assert_snapshot!(steady(&status.out).split_once('\n').expect("a line of the folder").1, @"
    It has not run yet.
    11 of 14 customers and 0 of 28 products are mapped; ticket sync is on.

    What needs you
      - Approve the first plan of tickets: acrotask plan alerts shows it and how
    ");
    desk.run("apply alerts").await.exits(0).prints(&["Run complete: 0 of 0 changes made, 2 held"]);
    desk.run("status").await.exits(0).prints(&["It only looks so far, just now last", "which is not mapped"]);
    assert_eq!(tickets(&desk), []);

    let held = desk.run("plan alerts --json").await.exits(3).json();
    let (plan, change) = (held["id"].as_str().expect("an id"), held["held"][0]["change"]["id"].as_str());
    let single = desk.run(&format!("approve {}", change.expect("an id"))).await.exits(1);
    assert_snapshot!(steady(&single.err), @"acrotask: the first plan is approved as a whole: `acrotask approve --plan xxxxxxxxxxxx`");
    let approved = desk.run(&format!("approve --plan {plan}")).await.exits(0);
    assert_snapshot!(steady(&approved.out), @"
    Approved by anna:
     xxxxxxxxxxxx  Ordnerkind Bäckerei GmbH   Backup failed: SRV-01  gets a ticket
     xxxxxxxxxxxx  Untermieter Logistik GmbH  Backup failed: NB-02   gets a ticket
    ");
    approved.notes(&["Make the changes: acrotask apply alerts"]);
    desk.run("plan alerts").await.exits(2).prints(&["approved by anna"]);
    desk.run("apply alerts").await.exits(0).prints(&["Run complete: 2 of 2 changes made"]);
    assert_eq!(tickets(&desk).len(), 2);
    desk.run("plan alerts").await.exits(0).prints(&["0 changes, 0 held", "2 alerts right"]);
    let status = desk.run("status").await.exits(0);
    status.prints(&["It works: the last run, just now, made 2 of 2 changes", "What needs you\n  - Look at 1 finding"]);
}

#[tokio::test]
async fn h2_in_review_mode_each_ticket_waits_for_its_approval() {
    let desk = working(|_| {}).await;
    desk.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    raise(&desk, CUSTOMER, "SRV-01");
    raise(&desk, CUSTOMER, "SRV-02");
    let plan = desk.run("plan alerts").await.exits(3);
    assert_snapshot!(steady(&plan.err), @"Approve all of it: acrotask approve --plan xxxxxxxxxxxx   or some of it by its id: acrotask approve ID…");
    desk.run("apply alerts").await.exits(0).prints(&["0 of 0 changes made, 2 held"]);
    desk.run("status").await.exits(0).prints(&["2 ticket changes are held: acrotask plan alerts shows why"]);
    let wrong = desk.run("approve 0123456789ab").await.exits(1);
    wrong.notes(&["0123456789ab is not in the plan any more", "alerts or the mapping moved", "acrotask plan"]);
    desk.run("approve --plan 0123456789ab").await.exits(1).notes(&["is no longer what would be done"]);

    let held = desk.run("plan alerts --json").await.exits(3).json();
    let ids: Vec<&str> = [0, 1].map(|one| held["held"][one]["change"]["id"].as_str().expect("an id")).into();
    desk.run(&format!("approve {} 0123456789ab", ids[0])).await.exits(1).notes(&["Nothing was approved"]);
    desk.run("plan alerts").await.exits(3);
    let approved = desk.run(&format!("approve {} --by Berta", ids[0])).await.exits(0);
    approved.prints(&["Approved by Berta:", ids[0], "Backup failed: SRV-01", "gets a ticket"]);
    desk.run("plan alerts").await.exits(2).prints(&["approved by Berta"]).notes(&["acrotask apply alerts"]);
    desk.run("apply alerts").await.exits(0).prints(&["1 of 1 change made, 1 held"]);
    let made: Vec<String> = tickets(&desk).into_iter().map(|ticket| ticket.title).collect();
    assert_eq!(made, ["Backup failed: SRV-01"]);
    // What is approved is exactly what was shown.
    desk.sandbox.world(|world| world.alerts().iter().for_each(|alert| _ = world.clear_alert(&alert.id)));
    desk.run(&format!("approve {}", ids[1])).await.exits(1).notes(&["Nothing was approved"]);
}

#[tokio::test]
async fn json_is_one_plan_or_by_subject_where_there_are_two() {
    let desk = connected().await;
    switch_on(&desk, |_| {}).await;
    raise(&desk, CUSTOMER, "SRV-01");
    let one = desk.run("plan alerts --json").await.exits(3).json();
    assert_eq!((&one["job"], &one["held"][0]["reasons"]), (&json!("alert-sync"), &json!([{"reason": "first-plan"}])));
    assert_eq!(one["held"][0]["change"]["action"]["action"], "create-ticket");
    assert_eq!(keys(&desk.run("plan --json").await.exits(3).json()), ["alerts", "quotas", "usage"]);
    desk.run(&format!("approve --plan {}", plan_id(&desk).await)).await.exits(0);
    let made = desk.run("apply alerts --json").await.exits(0).json();
    assert_eq!((keys(&made), &made["run"]["counts"]["made"]), (vec!["plan", "run"], &json!(1)));

    switch_on(&desk, |tickets| tickets.dismiss_on_close = true).await;
    let ticket = tickets(&desk).remove(0);
    assert!(desk.sandbox.world(|world| world.human_close(ticket.id)));
    let two = desk.run("plan alerts --json").await.exits(2).json();
    assert_eq!((keys(&two), &two["dismissals"]["job"]), (vec!["alerts", "dismissals"], &json!("ticket-changed")));
    assert_eq!(two["dismissals"]["changes"][0]["action"]["action"], "dismiss-alert");
    assert_eq!(keys(&desk.run("plan --json").await.json()), ["alerts", "dismissals", "quotas", "usage"]);
    let runs = desk.run("apply alerts --json").await.exits(0).json();
    assert_eq!(
        (&runs["alerts"]["run"]["counts"]["made"], &runs["dismissals"]["run"]["counts"]["made"]),
        (&json!(0), &json!(1))
    );
    let status = desk.run("status --json").await.exits(0).json();
    assert_eq!((&status["connection"]["first_tickets_approved"], &status["findings"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn t6_with_dismissals_on_both_plans_are_shown_and_the_alert_of_a_closed_ticket_is_dismissed() {
    let desk = connected().await;
    switch_on(&desk, |tickets| tickets.dismiss_on_close = true).await;
    let first = desk.run("plan alerts").await.exits(0);
    // One approval starts both; that of dismissals is none.
    assert_eq!(first.err.matches("acrotask approve --plan").count(), 1, "{first:#?}");
    desk.run(&format!("approve --plan {}", plan_id(&desk).await)).await.exits(0).prints(&["nothing in it to change"]);
    let alert = raise(&desk, CUSTOMER, "SRV-01");
    desk.run("apply alerts").await.exits(0).prints(&["of tickets", "of dismissals", "1 of 1 change made"]);
    let ticket = tickets(&desk).remove(0);
    assert!(desk.sandbox.world(|world| world.human_close(ticket.id)));
    let plan = desk.run("plan alerts").await.exits(2);
    assert_snapshot!(steady(&plan.out), @"
    Plan xxxxxxxxxxxx of tickets · connection default · YYYY-MM-DD
    0 changes, 0 held, 0 waiting, 0 findings, 1 alert right

    Plan xxxxxxxxxxxx of dismissals · connection default · YYYY-MM-DD
    1 change, 0 held, 0 waiting, 0 findings, 0 alerts right

    Changes
        id            alert                  severity  ticket          because
      Ordnerkind Bäckerei GmbH (company 185)
        xxxxxxxxxxxx  Backup failed: SRV-01  critical  TYYYYMMDD.0001  its ticket is closed: dismissed in Acronis
    ");
    assert_snapshot!(steady(&plan.err), @"Make the changes: acrotask apply alerts");
    desk.run("apply alerts").await.exits(0);
    let (status, cleared) = desk.sandbox.world(|world| {
        let cleared = world.alert(&alert).and_then(|alert| alert.deleted_at);
        (world.ticket(ticket.id).map(|ticket| ticket.status), cleared)
    });
    assert!(status == Some(COMPLETE) && cleared.is_some(), "{status:?}, {cleared:?}");
    desk.run("plan alerts").await.exits(0);
}

#[tokio::test]
async fn alerts_that_cannot_be_read_are_told_and_hold_up_neither_units_nor_quotas() {
    let desk = Desk::settled(1).await;
    switch_on(&desk, |_| {}).await;
    desk.run(&format!("approve --plan {}", plan_id(&desk).await)).await.exits(0);
    desk.uses(story::IN_FOLDER, "pw_base_servers", 42);
    let refused = FaultKind::StatusBefore { status: 403, body: None };
    desk.sandbox.fail(Fault::always("acronis.alerts", refused));
    let plan = desk.run("plan").await.exits(1);
    plan.prints(&["of quotas", "of units", "2 → 42"]).notes(&["reading Acronis alerts"]);
    let json = desk.run("plan --json").await.exits(1);
    assert_eq!(json.out, "");
    let units = desk.run("plan usage --json").await.exits(3).json();
    let held = units["held"][0]["change"]["id"].as_str().expect("an id");
    desk.run(&format!("approve {held}")).await.exits(0).prints(&["2 → 42"]);
    // What is of no plan may be of the one that could not be made.
    desk.run("approve 0123456789ab").await.exits(1).notes(&["reading Acronis alerts"]);
    let applied = desk.run("apply").await.exits(1);
    applied.prints(&["Run complete: 1 of 1 change made", "Run failed: 0 of 0 changes made", "reading Acronis alerts"]);
    let status = desk.run("status").await.exits(0);
    status.prints(&[
        "It does not work: the last run of alert-sync, just now, failed.",
        "  - alert-sync: reading Acronis alerts",
    ]);
    desk.sandbox.clear_faults();
    desk.run("apply alerts").await.exits(0);
    desk.run("status").await.exits(0).prints(&["It works: the last run, just now, made 1 of 1 change"]);
}
