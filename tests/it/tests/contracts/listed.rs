//! What a run leaves in the list of what happened of quotas and tenants: what it made, what was refused, and what it had
//! begun when it died.

use crate::stage::{SERVERS, Stage, VMS, WORKSTATIONS};
use functions::contract_changed;
use functions::run::Scope;
use functions::store::Span;
use it::wire::Phase;
use jiff::Timestamp;
use shared::deed::{Became, Deed};
use shared::run::{Mode, Outcome};

async fn listed(stage: &Stage) -> Vec<Deed> {
    let span = Span { from: Timestamp::UNIX_EPOCH, to: Timestamp::MAX, most: 1_000 };
    stage.machine.host.store.deeds(&stage.msp.connection, span).await.expect("it is read").rows
}

#[tokio::test]
async fn each_quota_that_is_set_is_listed_with_its_run_and_an_idle_look_lists_nothing() {
    let mut stage = Stage::new().await;
    let one = stage.msp.customer("One", &[(WORKSTATIONS, 5), (SERVERS, 2)]);
    stage.settle().await;
    let before = listed(&stage).await.len();
    stage.msp.adjust(&one, WORKSTATIONS, 3);
    stage.pass_minutes(5);
    let run = stage.look_at(&one).await;
    assert_eq!((&run.record.outcome, run.record.counts.made), (&Outcome::Complete, 1));
    let after = listed(&stage).await;
    assert_eq!(after.len(), before + 1);
    let deed = &after[0];
    assert_eq!((&deed.run, deed.company, &deed.became), (&run.record.id, Some(one.id()), &Became::Made));
    assert!(deed.what.starts_with("quota of ") && deed.moved == "5 → 8", "{deed:?}");
    assert!(deed.why.contains("on contract"), "{deed:?}");
    stage.pass_minutes(5);
    stage.look_at(&one).await;
    assert_eq!(listed(&stage).await, after);
}

#[tokio::test]
async fn what_acronis_refuses_is_listed_with_its_words_and_what_was_made_beside_it_too() {
    let mut stage = Stage::new().await;
    let one = stage.msp.customer("One", &[(WORKSTATIONS, 5)]);
    stage.settle().await;
    stage.msp.change(|world| {
        let (vms, today) = (world.service_by_sku(VMS).expect("it is sold"), world.today());
        world.human_add_service(one.contract, vms, 3, today).expect("a person may");
        world.withhold_item(None, VMS, None, true);
    });
    stage.msp.adjust(&one, WORKSTATIONS, 3);
    stage.pass_minutes(5);
    let run = stage.look_at(&one).await;
    let of_run: Vec<Deed> = listed(&stage).await.into_iter().filter(|deed| deed.run == run.record.id).collect();
    assert_eq!((run.record.counts.made, run.record.counts.refused), (1, 1), "{:?}", run.record);
    assert_eq!(of_run.iter().filter(|deed| deed.became == Became::Made).count(), 1, "{of_run:#?}");
    assert_eq!(of_run.iter().filter(|deed| matches!(deed.became, Became::Refused(_))).count(), 1, "{of_run:#?}");
}

#[tokio::test]
async fn what_a_run_had_begun_when_it_died_stays_in_the_list() {
    let (mut stage, wire) = Stage::wired().await;
    let one = stage.msp.customer("One", &[(WORKSTATIONS, 5)]);
    stage.settle().await;
    let mut moments = 0;
    let mut units = 5;
    loop {
        stage.msp.adjust(&one, WORKSTATIONS, 1);
        units += 1;
        stage.pass_minutes(5);
        wire.cut_at_write(moments, Phase::Committed);
        let (host, connection) = (&stage.machine.host, &stage.msp.connection);
        let died = tokio::select! {
            biased;
            () = wire.cut() => true,
            run = contract_changed::run(host, connection, Scope::company(one.id()), Mode::Apply) => {
                run.expect("it is recorded");
                false
            }
        };
        wire.mend();
        wire.quiet().await;
        stage.pass_minutes(5);
        stage.look_at(&one).await;
        assert_eq!(stage.msp.allowed(&one, WORKSTATIONS), units.to_string(), "died after write {moments}");
        let moved = format!("{} → {units}", units - 1);
        let told = listed(&stage).await.iter().filter(|deed| deed.moved == moved).count();
        assert!(told >= 1, "{moved} is told {told} times, died after write {moments}");
        if !died {
            break;
        }
        moments += 1;
        assert!(moments < 40, "it comes to no end");
    }
    assert!(moments >= 4, "the run has only {moments} writes");
}
