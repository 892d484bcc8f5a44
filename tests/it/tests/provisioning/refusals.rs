//! What the vendor refuses while a tenant is made (P2): each refusal is a finding with what to do, nothing is made
//! twice, other customers go on, and once the reason is gone the tenant is completed.

use crate::stage::{PLAIN, Stage};
use it::prepaid::Buyer;
use it::wire::{Operation, Strike};
use sandbox::acronis::catalogue::PARTNER_STORAGE;
use sandbox::{Fault, FaultKind};
use shared::run::Outcome;
use std::sync::Arc;

/// The steps that write, in the vendor's order.
const STEPS: [&str; 8] = [
    "create_tenant",
    "set_two_factor",
    "bind_application",
    "set_offering_items",
    "set_pricing",
    "create_user",
    "set_access_policies",
    "send_activation_mail",
];
/// Codes that say no to one tenant, with the status they come under.
const CODES: [(i64, u16); 9] = [
    (1001, 409),
    (1003, 403),
    (1012, 403),
    (1021, 400),
    (1023, 400),
    (1026, 400),
    (1027, 400),
    (1031, 409),
    (415, 415),
];

fn refused(step: &str, code: i64, status: u16) -> Fault {
    let body = format!(
        "{{\"error\": {{\"code\": {code}, \"domain\": null, \"message\": \"No\", \"details\": {{\"info\": \"because\"}}}}}}"
    );
    Fault::once(format!("acronis.{step}"), FaultKind::StatusBefore { status, body: Some(body) })
}

#[tokio::test]
async fn p2_whatever_step_is_refused_for_whatever_reason_others_go_on_and_it_is_completed_later() {
    let stage = Stage::new().await;
    let mut played = 0;
    for step in STEPS {
        for (code, status) in CODES {
            let first = stage.plain_buyer(&format!("Erste {step} {code} GmbH"));
            let second = stage.plain_buyer(&format!("Zweite {step} {code} GmbH"));
            let both = functions::run::Scope::Only(
                [&first, &second]
                    .map(|buyer| functions::events::About::Company(shared::ids::CompanyId(buyer.company)))
                    .into(),
            );
            stage.sandbox.fail(refused(step, code, status));
            let run = stage.quotas_of(both.clone()).await;
            let told = stage.told(&run);
            let says_so = matches!(&run.record.outcome, Outcome::Failed(why) if !why.is_empty());
            assert!(says_so, "{step} {code}: {:?}", run.record);
            // What was changed meanwhile is no finding: it is simply looked at again.
            if code != 1001 {
                assert!(
                    told.contains("Acronis refused its tenant") && told.contains("because"),
                    "{step} {code}: {told}"
                );
            }
            stage.has_one_tenant(&second).await;
            stage.sandbox.clear_faults();
            stage.pass_days(1);
            let run = stage.quotas_of(both).await;
            assert_eq!(run.record.outcome, Outcome::Complete, "{step} {code}: {:?}", run.record);
            stage.has_one_tenant(&first).await;
            played += 1;
        }
    }
    println!("{played} refusals of steps");
}

#[tokio::test]
async fn p2_an_api_client_that_may_only_read_is_told_once_and_makes_nothing() {
    let stage = Stage::new().await;
    let names = ["Darf Nicht GmbH", "Darf Auch Nicht GmbH", "Darf Ebenso Nicht GmbH"];
    let buyers = names.map(|name| stage.plain_buyer(name));
    stage.sandbox.world(|world| world.settings.read_only_client = true);
    stage.sandbox.clear_requests();
    let run = stage.quotas().await;
    assert!(matches!(&run.record.outcome, Outcome::Failed(why) if why.contains("change nothing")), "{:?}", run.record);
    assert_eq!(stage.asked("acronis.create_tenant"), 2, "asking for everybody would change nothing");
    stage.sandbox.world(|world| world.settings.read_only_client = false);
    stage.pass_days(1);
    stage.quotas_complete().await;
    for buyer in &buyers {
        stage.has_one_tenant(buyer).await;
    }
}

type Happens = fn(&mut sandbox::World, &str);

/// A run in whose midst, as items are about to be given, something happens at the vendor to the new tenant.
async fn as_items_are_given(stage: &Arc<Stage>, buyer: &Buyer, happens: Happens) -> functions::run::Run {
    let (on, whose) = (Arc::clone(stage), buyer.clone());
    let meanwhile = move || {
        let tenant = on.tenants_of(&whose).remove(0).id;
        on.sandbox.world(|world| happens(world, &tenant));
    };
    stage.wire.strike(Operation::SetItems, 0, 1, Strike::Meanwhile(Arc::new(meanwhile)));
    let run = stage.quotas().await;
    assert!(stage.wire.struck() > 0, "nothing happened: {:?}", run.record);
    stage.wire.mend();
    run
}

#[tokio::test]
async fn p2_what_happens_to_a_tenant_in_the_midst_is_told_and_the_next_run_completes_it() {
    let stage = Arc::new(Stage::new().await);
    let cases: [(&str, Happens, Happens); 4] = [
        ("locked tenant", |world, id| _ = world.lock_tenant(id, true), |world, id| _ = world.lock_tenant(id, false)),
        (
            "locked item",
            |world, id| _ = world.lock_item(id, "pw_base_servers", None, true),
            |world, id| _ = world.lock_item(id, "pw_base_servers", None, false),
        ),
        (
            "item not available",
            |world, _| world.withhold_item(None, "pw_base_servers", None, true),
            |world, _| world.withhold_item(None, "pw_base_servers", None, false),
        ),
        (
            "disabled",
            |world, id| _ = world.change_tenant(id, |tenant| tenant.enabled = false),
            |world, id| _ = world.change_tenant(id, |tenant| tenant.enabled = true),
        ),
    ];
    for (case, happens, is_over) in cases {
        let buyer = stage.plain_buyer(&format!("Firma {case}"));
        let other = stage.buyer(&format!("Daneben {case}"), &PLAIN[..1]);
        let run = as_items_are_given(&stage, &buyer, happens).await;
        assert!(stage.told(&run).contains("Acronis refused its tenant"), "{case}: {:?}", run.record);
        stage.has_one_tenant(&other).await;
        // While it lasts, nothing is made twice, and it goes on being told.
        let run = stage.quotas().await;
        assert!(stage.told(&run).contains(&buyer.name), "{case}: {:?}", run.record);
        let tenant = stage.tenants_of(&buyer).remove(0).id;
        stage.sandbox.world(|world| is_over(world, &tenant));
        stage.pass_days(1);
        stage.quotas().await;
        stage.quotas_complete().await;
        stage.has_one_tenant(&buyer).await;
    }
}

#[tokio::test]
async fn q6_a_quota_that_somebody_sets_in_the_midst_is_read_again_and_set_as_sold() {
    let stage = Arc::new(Stage::new().await);
    let buyer = stage.plain_buyer("Zwei Köche GmbH");
    as_items_are_given(&stage, &buyer, |world, id| {
        world.set_item_status(id, "pw_base_servers", None, true);
        world.set_usage(id, "pw_base_servers", None, 0, Some(0));
        let quota = sandbox::acronis::Quota { value: Some(99), overage: None, version: 0 };
        world.set_quota(id, "pw_base_servers", None, quota);
    })
    .await;
    // What is there already is lowered only once its usage is known (Q5).
    stage.quotas_complete().await;
    stage.quotas_complete().await;
    stage.has_one_tenant(&buyer).await;
}

#[tokio::test]
async fn q3_a_storage_that_somebody_gives_in_the_midst_stays_the_only_one() {
    let stage = Arc::new(Stage::new().await);
    let buyer = stage.plain_buyer("Zwei Lager AG");
    let run = as_items_are_given(&stage, &buyer, |world, id| {
        world.set_item_status(id, "pw_base_storage", Some(PARTNER_STORAGE), true);
        world.set_usage(id, "pw_base_storage", Some(PARTNER_STORAGE), 0, Some(0));
    })
    .await;
    assert!(stage.told(&run).contains("Acronis refused its tenant"), "{}", stage.told(&run));
    stage.pass_days(1);
    stage.quotas_complete().await;
    stage.quotas_complete().await;
    let tenant = stage.has_one_tenant(&buyer).await;
    assert_eq!(stage.storages(&tenant.id), [PARTNER_STORAGE], "a storage is never switched");
}

#[tokio::test]
async fn m3_what_cannot_be_given_is_a_finding_and_the_rest_is_given() {
    let stage = Stage::new().await;
    stage.sandbox.world(|world| world.withhold_item(None, "pw_base_servers", None, true));
    let (buyer, other) = (stage.plain_buyer("Ohne Server GmbH"), stage.buyer("Nur Arbeitsplätze", &PLAIN[..1]));
    let run = stage.quotas_complete().await;
    let told = stage.told(&run);
    assert!(told.contains("cannot be given to the tenant"), "{told}");
    let tenant = stage.tenants_of(&buyer).remove(0);
    let names: Vec<String> = stage.given(&tenant.id).into_keys().map(|(name, _)| name).collect();
    assert_eq!(names, ["pw_base_storage", "pw_base_workstations"]);
    stage.has_one_tenant(&other).await;
    stage.sandbox.world(|world| {
        world.withhold_item(None, "pw_base_servers", None, false);
        world.offer_everything(&tenant.id);
    });
    stage.quotas_complete().await;
    stage.has_what_was_bought(&buyer, &tenant.id);
}

#[tokio::test]
async fn a06_a_pack_without_its_standard_item_is_a_finding_and_the_rest_is_given() {
    let stage = Stage::new().await;
    let buyer = stage.buyer("Nur Paket GmbH", &[("pw_pack_adv_email_security", 9)]);
    let run = stage.quotas_complete().await;
    let told = stage.told(&run);
    assert!(told.contains("stands on a standard item") && told.contains("sell the standard item"), "{told}");
    let tenant = stage.tenants_of(&buyer).remove(0);
    let names: Vec<String> = stage.given(&tenant.id).into_keys().map(|(name, _)| name).collect();
    assert_eq!(names, ["pw_base_storage"]);
}

#[tokio::test]
async fn a06_a_pack_on_the_wrong_standard_item_is_refused_told_and_given_once_the_right_one_is_sold() {
    let stage = Stage::new().await;
    let buyer = stage.buyer("Falsches Paket GmbH", &[("pw_pack_adv_email_security", 9), ("pw_base_servers", 2)]);
    let other = stage.plain_buyer("Richtiges Paket GmbH");
    let run = stage.quotas().await;
    let told = stage.told(&run);
    assert!(told.contains("Acronis refused its tenant") && told.contains("1023"), "{told}");
    stage.has_one_tenant(&other).await;
    stage.sandbox.world(|world| {
        let seats = world.service_by_sku("pw_base_m365_seats").expect("there is one");
        world.human_add_service(buyer.contract, seats, 9, world.today()).expect("a person may");
    });
    stage.quotas_complete().await;
    let tenant = stage.tenants_of(&buyer).remove(0);
    let given = stage.given(&tenant.id);
    for (item, units) in [("pw_pack_adv_email_security", 9), ("pw_base_servers", 2), ("pw_base_m365_seats", 9)] {
        assert_eq!(given.get(&(item.to_owned(), None)), Some(&Some(units)), "{item}");
    }
}

#[tokio::test]
async fn p2_below_a_disabled_parent_nothing_is_made_and_it_is_told() {
    let stage = Stage::new().await;
    let buyer = stage.plain_buyer("Unter Verschluss GmbH");
    let partner = stage.sandbox.world(|world| world.acronis.partner_id.clone());
    let enable = |on: bool| stage.sandbox.world(|world| world.change_tenant(&partner, |tenant| tenant.enabled = on));
    enable(false);
    let run = stage.quotas().await;
    assert!(stage.told(&run).contains("disabled"), "{:?}", run.record);
    assert_eq!(stage.tenants_of(&buyer), []);
    enable(true);
    stage.pass_days(1);
    stage.quotas_complete().await;
    stage.has_one_tenant(&buyer).await;
}
