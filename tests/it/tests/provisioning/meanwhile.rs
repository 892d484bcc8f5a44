//! What happens while a tenant is made (P2, U6, M6): replies that are lost or late, a second run, a run held up past
//! its lease, and an operator who saves the mapping.

use crate::stage::{LEASE_IS_OVER_SECONDS, PLAIN, SETTLED_SECONDS, Stage};
use functions::contract_changed;
use functions::run::Scope;
use it::prepaid::Buyer;
use it::wire::{Operation, Phase, Reply, Strike};
use it::world::World;
use shared::ids::CompanyId;
use shared::mapping::{CustomerLink, CustomerRow};
use shared::run::{Mode, Outcome};
use std::collections::BTreeMap;
use std::sync::Arc;

const CREATION: &str = "acronis.create_tenant";

#[tokio::test]
async fn p2_a_lost_reply_to_the_creation_makes_no_second_tenant() {
    let mut stage = Stage::new().await;
    stage.impatient();
    let said = |status, body| Strike::AfterIt(Reply::of(status, "application/json", body));
    let lost = [
        ("reset", Strike::ResetAfter),
        ("silence", Strike::SilenceAfter),
        ("500", said(500, "")),
        ("504 in html", said(504, "<h1>Bad gateway</h1>")),
        ("200 in html", said(200, "<h1>Sign in</h1>")),
        ("201 of nobody", said(201, "{}")),
        ("half a reply", Strike::CutBody),
        ("no JSON", said(201, "{\"id\": }")),
    ];
    for (kind, strike) in lost {
        let buyer = stage.plain_buyer(&format!("Verschollen {kind} GmbH"));
        stage.sandbox.clear_requests();
        stage.wire.strike(Operation::CreateTenant, 0, 1, strike);
        let run = stage.quotas().await;
        stage.wire.mend();
        assert!(matches!(run.record.outcome, Outcome::Failed(_)), "{kind:?}: {:?}", run.record);
        assert!(stage.told(&run).contains("Acronis has not answered"), "{kind:?}: {}", stage.told(&run));
        // Nobody has to wait: the tag tells.
        stage.quotas_complete().await;
        stage.has_one_tenant(&buyer).await;
        assert_eq!(stage.asked(CREATION), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn p2_a_creation_that_was_never_carried_out_is_sent_again_once_it_cannot_arrive_any_more() {
    let mut stage = Stage::new().await;
    stage.impatient();
    for (kind, strike) in [("reset", Strike::ResetBefore), ("silence", Strike::SilenceBefore)] {
        let buyer = stage.plain_buyer(&format!("Nie Angekommen {kind} GmbH"));
        stage.sandbox.clear_requests();
        stage.wire.strike(Operation::CreateTenant, 0, 1, strike);
        stage.quotas().await;
        stage.wire.mend();
        let run = stage.quotas().await;
        assert!(stage.told(&run).contains("Acronis has not answered"), "{kind:?}: {}", stage.told(&run));
        assert_eq!((stage.asked(CREATION), stage.tenants_of(&buyer).len()), (0, 0), "{kind:?}");
        stage.pass_seconds(SETTLED_SECONDS);
        stage.quotas_complete().await;
        stage.has_one_tenant(&buyer).await;
    }
}

#[tokio::test]
async fn p2_a_tenant_that_shows_up_later_is_found_and_no_second_one_is_made() {
    let stage = Stage::new().await;
    let buyer = stage.plain_buyer("Spätzünder GmbH");
    stage.wire.strike(Operation::CreateTenant, 0, 1, Strike::Late(Reply::of(503, "text/html", "later")));
    stage.quotas().await;
    stage.wire.mend();
    stage.pass_seconds(300);
    let run = stage.quotas().await;
    assert!(stage.told(&run).contains("Acronis has not answered"), "{}", stage.told(&run));
    assert_eq!(stage.tenants_of(&buyer), []);
    stage.wire.let_late_ones_arrive().await;
    stage.pass_seconds(60);
    stage.quotas_complete().await;
    let tenant = stage.has_one_tenant(&buyer).await;
    assert_eq!((stage.mails(&tenant.id), stage.asked(CREATION)), (1, 1));
}

/// The tenant that was asked for long ago comes to be just as it is asked for again.
fn arrives_at_last(stage: &Stage, buyer: &Buyer) -> String {
    let tag = stage.tag(buyer.company);
    stage.sandbox.world(|world| {
        let tenant = world.add_tenant(&buyer.name, None);
        world.offer_everything(&tenant);
        world.change_tenant(&tenant, |tenant| {
            tenant.internal_tag = Some(tag);
            tenant.pricing_mode = sandbox::acronis::PricingMode::Trial;
        });
        tenant
    })
}

#[tokio::test]
async fn p2_a_tenant_that_shows_up_as_it_is_asked_for_again_is_not_made_a_second_time_under_a_number() {
    let stage = Arc::new(Stage::new().await);
    let buyer = stage.plain_buyer("Im Letzten Moment GmbH");
    stage.wire.strike(Operation::CreateTenant, 0, 1, Strike::Instead(Reply::of(503, "text/html", "later")));
    stage.quotas().await;
    stage.all_is_well();
    let (late, whose) = (Arc::clone(&stage), buyer.clone());
    let arrives = move || _ = arrives_at_last(&late, &whose);
    stage.wire.strike(Operation::CreateTenant, 0, 1, Strike::Meanwhile(Arc::new(arrives)));
    stage.quotas().await;
    stage.wire.mend();
    stage.quotas_complete().await;
    let tenant = stage.has_one_tenant(&buyer).await;
    assert_eq!(tenant.name, buyer.name);
}

#[tokio::test]
async fn u6_two_runs_at_once_make_one_tenant() {
    let stage = Stage::new().await;
    for number in 0..5 {
        let buyer = stage.plain_buyer(&format!("Gleichzeitig {number} GmbH"));
        let (one, other) = tokio::join!(stage.quotas(), stage.quotas());
        let skipped = [&one, &other].into_iter().filter(|run| run.record.outcome == Outcome::Skipped).count();
        assert_eq!(skipped, 1, "{:?} {:?}", one.record.outcome, other.record.outcome);
        let tenant = stage.has_one_tenant(&buyer).await;
        assert_eq!(stage.mails(&tenant.id), 1);
    }
}

/// A run that is held up at a write while something happens. False when it came to its end before.
async fn held_up_at(stage: &Stage, (write, phase): (usize, Phase), buyer: &Buyer, meanwhile: impl AsyncFn()) -> bool {
    stage.wire.hold_at_write(write, phase);
    let scope = Scope::company(CompanyId(buyer.company));
    let held_up = contract_changed::run(&stage.host, &stage.connection, scope, Mode::Apply);
    tokio::pin!(held_up);
    tokio::select! {
        biased;
        run = &mut held_up => {
            assert_eq!(run.expect("it is recorded").record.outcome, Outcome::Complete);
            stage.wire.mend();
            return false;
        }
        () = stage.wire.cut() => {}
    }
    // The run that is held up stays as it is until the wire is mended.
    meanwhile().await;
    stage.wire.mend();
    drop(held_up.await);
    true
}

fn moment(number: usize) -> (usize, Phase) {
    (number / 2, if number.is_multiple_of(2) { Phase::Unsent } else { Phase::Committed })
}

#[tokio::test]
async fn u6_a_run_held_up_past_its_lease_makes_no_second_tenant() {
    let stage = Stage::new().await;
    let mut met = 0;
    loop {
        let buyer = stage.plain_buyer(&format!("Aufgehalten {met} GmbH"));
        let overtaken = async || {
            stage.pass_seconds(LEASE_IS_OVER_SECONDS);
            stage.quotas_of(Scope::company(CompanyId(buyer.company))).await;
        };
        if !held_up_at(&stage, moment(met), &buyer, overtaken).await {
            break;
        }
        stage.pass_seconds(SETTLED_SECONDS);
        stage.quotas_of(Scope::company(CompanyId(buyer.company))).await;
        let tenant = stage.has_one_tenant(&buyer).await;
        assert!(stage.mails(&tenant.id) <= 3, "moment {met}");
        met += 1;
    }
    println!("{met} moments at which a run was overtaken");
    assert!(met >= 30, "only {met} moments");
}

/// What an operator changes: somebody else's row, a setting and a product.
async fn operator_saves(world: &World, number: usize, other: CompanyId) {
    let row = CustomerRow {
        company: other,
        company_name: String::new(),
        link: CustomerLink::Ignored { reason: format!("for the {number}th time") },
        pins: BTreeMap::new(),
        decisions: BTreeMap::new(),
    };
    world
        .change_mapping(|mapping| {
            mapping.customers.insert(other, row);
            mapping.settings.holds.jump_units = 100 + u32::try_from(number).expect("a small number");
            let product = mapping.products.iter_mut().find(|(key, _)| key.name == "pw_base_websites");
            product.expect("it can be given").1.included = u32::try_from(number).expect("a small number");
        })
        .await;
}

#[tokio::test]
async fn p2_an_operator_who_saves_the_mapping_at_any_moment_loses_nothing_and_neither_does_the_run() {
    let stage = Stage::new().await;
    let other = CompanyId(stage.buyer("Uns Egal KG", &PLAIN[..1]).company);
    stage.change_mapping(|_| {}).await;
    operator_saves(&stage, 0, other).await;
    let mut met = 0;
    loop {
        let buyer = stage.plain_buyer(&format!("Dazwischen {met} GmbH"));
        let saves = async || operator_saves(&stage, met + 1, other).await;
        if !held_up_at(&stage, moment(met), &buyer, saves).await {
            break;
        }
        stage.pass_seconds(SETTLED_SECONDS);
        stage.quotas_of(Scope::company(CompanyId(buyer.company))).await;
        stage.has_one_tenant(&buyer).await;
        let mapping = stage.mapping().await;
        let reason = CustomerLink::Ignored { reason: format!("for the {}th time", met + 1) };
        assert_eq!(mapping.customers[&other].link, reason, "moment {met}");
        assert_eq!(mapping.settings.holds.jump_units as usize, 101 + met, "moment {met}");
        met += 1;
    }
    println!("{met} moments at which an operator saved the mapping");
    assert!(met >= 30, "only {met} moments");
}

#[tokio::test]
async fn p2_what_the_operator_says_of_the_company_itself_meanwhile_counts() {
    let stage = Stage::new().await;
    for (number, operation) in [Operation::CreateTenant, Operation::SetItems].into_iter().enumerate() {
        let buyer = stage.plain_buyer(&format!("Doch Nicht {number} GmbH"));
        let ignored = CustomerLink::Ignored { reason: "moves away".to_owned() };
        stage.wire.strike(operation, 0, 1, Strike::Held(Phase::Unsent));
        let says = async {
            stage.wire.cut().await;
            let row = CustomerRow {
                company: CompanyId(buyer.company),
                company_name: buyer.name.clone(),
                link: ignored.clone(),
                pins: BTreeMap::new(),
                decisions: BTreeMap::new(),
            };
            stage.change_mapping(|mapping| _ = mapping.customers.insert(row.company, row)).await;
            stage.wire.mend();
        };
        tokio::join!(stage.quotas(), says);
        assert_eq!(stage.link(buyer.company).await, Some(ignored), "{operation:?}");
        stage.pass_seconds(SETTLED_SECONDS);
        stage.quotas().await;
        assert!(stage.tenants_of(&buyer).len() <= 1);
        assert_eq!(stage.quotas().await.record.counts.changes, 0);
    }
}

#[tokio::test]
async fn h2_what_changes_between_two_runs_is_what_the_second_one_makes() {
    let stage = Stage::new().await;
    let buyer = stage.plain_buyer("Umentschieden GmbH");
    stage.wire.strike(Operation::SetItems, 0, 1, Strike::ResetBefore);
    stage.quotas().await;
    stage.wire.mend();
    stage
        .set(|settings| {
            settings.new_tenants.trial = true;
            settings.new_tenants.administrator = false;
        })
        .await;
    stage.sandbox.world(|world| {
        world.human_adjust(buyer.lines["pw_base_servers"], 4, world.today()).expect("a person may");
    });
    stage.quotas_complete().await;
    let tenant = stage.has_one_tenant(&buyer).await;
    assert_eq!(stage.users(&tenant.id), []);
    let servers = ("pw_base_servers".to_owned(), None);
    assert_eq!(stage.given(&tenant.id)[&servers], Some(6));
}
