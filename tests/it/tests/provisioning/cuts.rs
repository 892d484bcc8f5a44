//! A provisioning run stopped before and after every write, at the vendors and at the table, and the next one
//! stopped too: in the end there is one tenant, complete, with one administrator.

use crate::stage::{SETTLED_SECONDS, Stage};
use functions::run::Scope;
use it::wire::Phase;
use shared::ids::CompanyId;
use shared::run::Outcome;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::LocalSet;

/// Stages at a time.
const AT_A_TIME: usize = 4;
/// Writes of a run that makes a tenant: what it makes at Acronis, what it remembers, and its lease.
const FEWEST_WRITES: usize = 16;

/// A moment of a run: before one of its writes, or after it.
type Moment = (usize, Phase);

/// A new buyer whose run is stopped at each of these moments in turn, and then runs through. Tells how many
/// stops there were, and how many mails were sent beyond the one.
async fn stopped_at(stage: &Stage, name: &str, moments: &[Moment]) -> (usize, usize) {
    let buyer = stage.plain_buyer(name);
    let scope = Scope::company(CompanyId(buyer.company));
    let mut stops = 0;
    for (write, phase) in moments {
        stage.wire.cut_at_write(*write, *phase);
        stops += usize::from(stage.run_of_some_until_cut(scope.clone()).await.is_none());
        assert!(stage.tenants_of(&buyer).len() <= 1, "{name}: two tenants");
        stage.pass_seconds(SETTLED_SECONDS);
    }
    let run = stage.quotas_of(scope).await;
    assert_eq!(run.record.outcome, Outcome::Complete, "{name}: {:?}", run.record);
    let tenant = stage.has_one_tenant(&buyer).await;
    let mails = stage.mails(&tenant.id);
    assert!(mails <= 1 + moments.len(), "{name}: {mails} mails");
    (stops, mails - 1)
}

/// Plays rows of moments, several at a time, each on a stage of its own.
fn play(rows: &[Vec<Moment>]) -> (usize, usize) {
    let (next, stops, mails) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let some_rows = async || {
        let stage = Stage::new().await;
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            let Some(moments) = rows.get(number) else { break };
            let (stopped, more_mails) = stopped_at(&stage, &format!("Firma {number} {moments:?}"), moments).await;
            stops.fetch_add(stopped, Ordering::SeqCst);
            mails.fetch_add(more_mails, Ordering::SeqCst);
        }
        stage.nothing_unknown();
    };
    std::thread::scope(|threads| {
        for _ in 0..AT_A_TIME.min(rows.len()) {
            threads.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                LocalSet::new().block_on(&runtime, some_rows());
            });
        }
    });
    (stops.load(Ordering::SeqCst), mails.load(Ordering::SeqCst))
}

/// How many writes a run makes that makes a tenant.
fn writes_of_a_run() -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let stage = Stage::new().await;
        let buyer = stage.plain_buyer("Vorlauf GmbH");
        stage.wire.mend();
        stage.quotas_of(Scope::company(CompanyId(buyer.company))).await;
        stage.has_one_tenant(&buyer).await;
        stage.wire.passed().into_iter().flatten().filter(|operation| operation.is_write()).count()
    })
}

#[test]
fn p2_a_run_stopped_at_any_write_and_run_again_gives_one_tenant_complete() {
    let writes = writes_of_a_run();
    assert!(writes >= FEWEST_WRITES, "only {writes} writes");
    let moments = |write| [Phase::Unsent, Phase::Committed].map(|phase| vec![(write, phase)]);
    let rows: Vec<Vec<Moment>> = (0..writes).flat_map(moments).collect();
    let (stops, mails) = play(&rows);
    println!("{stops} stops of {} moments around {writes} writes; {mails} second mails", rows.len());
    assert_eq!(stops, rows.len(), "each moment is one of the run");
    assert!(mails <= 4, "a second mail only where nobody can know of the first: {mails}");
}

#[test]
fn p2_two_runs_stopped_one_after_the_other_still_give_one_tenant_complete() {
    let writes = writes_of_a_run();
    // Each write of the first, carried out; a step further each time in the second.
    let pairs = (0..writes).flat_map(|first| {
        (0..writes).filter(move |second| (first + second) % 3 == 0).map(move |second| (first, second))
    });
    let phase = |number: usize| if number.is_multiple_of(2) { Phase::Committed } else { Phase::Unsent };
    let rows: Vec<Vec<Moment>> =
        pairs.map(|(first, second)| vec![(first, Phase::Committed), (second, phase(first + second))]).collect();
    let (stops, mails) = play(&rows);
    println!("{stops} stops in {} pairs; {mails} second mails", rows.len());
    assert!(stops > rows.len(), "the second run is stopped too: {stops}");
}
