//! Quotas and new tenants at the command line: planned, approved and made beside the units, or by themselves.

use it::desk::Desk;
use sandbox::Seed;
use sandbox::seed::prepaid;

const WORKSTATIONS: &str = "pw_base_workstations";

/// The quota of workstations of a customer.
fn quota(desk: &Desk, customer: &str) -> Option<u64> {
    desk.sandbox.world(|world| {
        let tenant = world.tenant_named(customer)?;
        let item = world.acronis.items.get(&tenant)?.iter().find(|item| item.product.name == WORKSTATIONS)?;
        item.quota.value
    })
}

async fn desk() -> Desk {
    let desk = Desk::of(Seed { customers: 0, prepaid: true, ..Seed::default() }).await;
    desk.map_all().await;
    desk
}

#[tokio::test]
async fn a_salesperson_gets_from_a_contract_to_a_quota() {
    let desk = desk().await;
    let both = desk.run("plan").await.exits(3).prints(&["of quotas", "of units", prepaid::BEHIND, "8 → 12"]);
    assert!(both.err.contains("before the first plan is approved"), "{both:#?}");
    let plan = desk.run("plan quotas --json").await.exits(3).json();
    let id = plan["id"].as_str().expect("a plan has an id").to_owned();
    desk.run("apply quotas").await.exits(0).prints(&["0 of 0 changes made"]);
    assert_eq!(quota(&desk, prepaid::BEHIND), Some(8), "nothing before the first plan is approved");
    let approved = desk.run(&format!("approve --plan {id}")).await.exits(0);
    approved.prints(&["Approved by", prepaid::BEHIND]).notes(&["acrotask apply quotas"]);
    desk.run("apply quotas").await.exits(0).prints(&["made", "calls to Acronis"]);
    assert_eq!(quota(&desk, prepaid::BEHIND), Some(12));
    let again = desk.run("plan quotas --json").await.exits(0).json();
    assert_eq!((again["changes"].as_array().map(Vec::len), again["held"].as_array().map(Vec::len)), (Some(0), Some(0)));
    desk.run("status").await.exits(0).prints(&["contract-changed", "Findings"]);
}

#[tokio::test]
async fn everything_at_once_is_told_by_subject() {
    let desk = desk().await;
    let plans = desk.run("plan --json").await.exits(3).json();
    assert_eq!((&plans["usage"]["job"], &plans["quotas"]["job"]), (&"usage-sync".into(), &"contract-changed".into()));
    let runs = desk.run("apply --json").await.exits(0).json();
    assert_eq!(runs["quotas"]["run"]["counts"]["made"], 0);
    assert_eq!(runs["usage"]["plan"]["id"], plans["usage"]["id"]);
}
