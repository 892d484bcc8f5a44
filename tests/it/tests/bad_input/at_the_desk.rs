//! What a person is told at the command line, and by which exit code, when a permission is missing or a
//! vendor is out of reach; and that nothing was changed meanwhile.

use it::desk::Desk;
use sandbox::seed::story;

const SERVERS: &str = "pw_base_servers";

#[tokio::test]
async fn an_api_user_of_one_line_of_business_sees_nothing_and_changes_nothing() {
    let desk = Desk::settled(6).await;
    let before = desk.adjustments();
    desk.uses(story::IN_FOLDER, SERVERS, 3);
    desk.sandbox.world(|vendors| {
        for contract in vendors.contracts() {
            assert!(vendors.set_line_of_business(contract.id, 5));
        }
        vendors.hide_from_api_user(5);
    });
    let blind = desk.run("connect").await.exits(0);
    blind.prints(&["The API user sees no recurring contracts", "no line of business is set on it"]);
    let plan = desk.run("plan usage").await.exits(3);
    plan.prints(&["The whole run is held", "active contracts", "a permission lost at a vendor looks like that"]);
    desk.run("apply usage").await.exits(0).prints(&["0 of 0 changes made"]);
    assert_eq!(desk.adjustments(), before);
    desk.sandbox.world(|vendors| vendors.hide_nothing());
    desk.run("apply usage").await.exits(0).prints(&["1 of 1 change made"]);
    desk.run("plan usage").await.exits(0);
}

#[tokio::test]
async fn an_api_user_who_sees_nothing_at_all_is_told_so_before_anything_is_mapped() {
    let desk = Desk::new(1).await;
    let hidden = ["Companies", "Contracts", "Services", "BillingCodes"];
    desk.sandbox.world(|vendors| vendors.settings.unreadable = hidden.map(str::to_owned).into());
    let blind = desk.run("connect").await.exits(0);
    blind.prints(&[
        "The API user sees no companies, no recurring contracts, no services, no billing codes",
        "check its security level",
    ]);
    let plan = desk.run("plan usage").await.exits(0).prints(&["nothing to do yet: 0 products and 0 customers mapped"]);
    assert!(!plan.out.contains("is not in Autotask"), "nothing was looked for: {plan:#?}");
    desk.run("apply usage").await.exits(0);
    assert_eq!(desk.adjustments(), 0);
    desk.sandbox.world(|vendors| vendors.settings.unreadable.clear());
    let seeing = desk.run("connect").await.exits(0).prints(&["customers with equal names are mapped"]);
    assert!(!seeing.out.contains("The API user sees no"), "{seeing:#?}");
    desk.map_all().await;
    desk.run("plan usage").await.exits(3).prints(&["Held until approved: the first plan waits for approval"]);
}

#[tokio::test]
async fn an_api_user_who_may_not_write_ends_the_run_with_1_and_the_vendors_words() {
    let desk = Desk::settled(0).await;
    let before = desk.adjustments();
    desk.uses(story::IN_FOLDER, SERVERS, 3);
    let entity = "ContractServiceAdjustments".to_owned();
    desk.sandbox.world(|vendors| vendors.settings.unwritable.insert(entity));
    let refused = desk.run("apply usage").await.exits(1);
    refused.prints(&["Run failed: 0 of 1 change made, 1 refused", "1 refused by the vendor"]);
    desk.run("plan usage").await.exits(0).prints(&["Autotask refused the change", story::IN_FOLDER]);
    desk.run("status").await.exits(0).prints(&["It does not work", "failed"]);
    assert_eq!(desk.adjustments(), before);
}

#[tokio::test]
async fn a_vendor_out_of_reach_is_named_by_its_host() {
    let desk = Desk::settled(0).await;
    let before = desk.adjustments();
    desk.uses(story::IN_FOLDER, SERVERS, 3);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    let nowhere = format!("http://{}", listener.local_addr().expect("it has a port"));
    drop(listener);
    for (name, vendor) in [("ACRONIS_DATACENTER_URL", "Acronis"), ("AUTOTASK_ZONE_URL", "Autotask")] {
        let told = [&format!("logging in at {vendor}"), "no connection to 127.0.0.1"];
        // Side by side: each asks the vendor several times, and waits in between.
        let run = |line| desk.run_with(name, Some(&nowhere), line);
        let (plan, connect, apply) = tokio::join!(run("plan usage"), run("connect"), run("apply usage"));
        plan.exits(1).notes(&told);
        connect.exits(1).notes(&told);
        apply.exits(1).prints(&["Run failed: 0 of 0 changes made"]);
    }
    assert_eq!(desk.adjustments(), before);
    desk.run("apply usage").await.exits(0).prints(&["1 of 1 change made"]);
    desk.run("plan usage").await.exits(0);
}
