//! The program stopped around every request of a run, at the vendors and at the table: before it is sent,
//! after it is carried out, after it is answered. Whatever was done by then, a later run ends where the first
//! would have, and nothing is made twice; also when that later run is stopped too.

use crate::stage::{LEASE_IS_OVER_SECONDS, Stage};
use it::wire::Operation;
use it::wire::Phase;
use it::world::TODAY;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::LocalSet;

const PHASES: [Phase; 3] = [Phase::Unsent, Phase::Committed, Phase::Answered];
/// Stages at a time.
const AT_A_TIME: usize = 8;

/// A place where a run is stopped.
type Cut = (usize, Phase);

/// The requests of a run that is not stopped and makes a change of each line.
async fn requests_of_a_run(stage: &Stage) -> Vec<Option<Operation>> {
    stage.world.pass_days(1);
    stage.something_to_do(Operation::Units).await;
    stage.wire.mend();
    stage.world.apply_complete().await;
    let passed = stage.wire.passed();
    stage.world.all_is_right_and_made_once().await;
    passed
}

fn all_phases(requests: impl Iterator<Item = usize>) -> Vec<Cut> {
    requests.flat_map(|request| PHASES.map(|phase| (request, phase))).collect()
}

/// A day on which the runs are stopped one after the other, and then one is not. Tells how many were.
async fn a_day_with(stage: &Stage, cuts: &[Cut]) -> usize {
    stage.world.pass_days(1);
    stage.something_to_do(Operation::Units).await;
    let (units, mut stopped) = (stage.units(), 0);
    for (request, phase) in cuts {
        stage.wire.cut_at(*request, *phase);
        stopped += usize::from(stage.run_until_cut().await);
        stage.nothing_is_astray(&units);
        stage.world.pass_seconds(LEASE_IS_OVER_SECONDS);
    }
    stage.world.apply_complete().await;
    stage.world.all_is_right_and_made_once().await;
    stopped
}

/// Plays days of cuts, several at a time, each on a stage of its own; tells how many cuts were met.
fn play(customers: usize, lines: usize, days: &[Vec<Cut>]) -> usize {
    let (next, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let days_of_one_stage = async || {
        let stage = Stage::on(TODAY, customers, lines).await;
        while let Some(cuts) = days.get(next.fetch_add(1, Ordering::SeqCst)) {
            let stopped = a_day_with(&stage, cuts).await;
            met.fetch_add(stopped, Ordering::SeqCst);
        }
        nothing_was_refused(&stage);
    };
    std::thread::scope(|threads| {
        for _ in 0..AT_A_TIME {
            threads.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                LocalSet::new().block_on(&runtime, days_of_one_stage());
            });
        }
    });
    met.load(Ordering::SeqCst)
}

fn nothing_was_refused(stage: &Stage) {
    let refused = stage.world.adjustment_posts().into_iter().filter(|status| *status >= 400).count();
    assert_eq!(refused, 0, "Autotask had to refuse what was sent again");
}

fn requests(customers: usize, lines: usize) -> Vec<Option<Operation>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let counted = async { requests_of_a_run(&Stage::on(TODAY, customers, lines).await).await };
    LocalSet::new().block_on(&runtime, counted)
}

#[test]
fn u6_a_run_that_is_stopped_around_any_request_is_made_good_and_nothing_is_made_twice() {
    let requests = requests(2, 2);
    assert!(requests.iter().all(Option::is_some), "a request is of no known operation: {requests:?}");
    let days: Vec<Vec<Cut>> = all_phases(0..requests.len()).into_iter().map(|cut| vec![cut]).collect();
    let met = play(2, 2, &days);
    println!("{} requests of a run with 4 changes, {} cuts, {met} met", requests.len(), days.len());
    // The order of requests side by side differs from run to run, their number hardly.
    assert!(met + 6 >= days.len(), "{met} of {} cuts were met", days.len());
}

#[test]
fn u6_two_runs_that_are_stopped_on_the_way_of_a_change_leave_it_to_the_third() {
    let requests = requests(1, 1);
    let way = |column: &Option<Operation>| matches!(column, Some(Operation::Transact | Operation::Adjustments));
    let first = requests.iter().position(way).expect("there are changes");
    let path = all_phases(first..requests.len());
    let pairs: Vec<Vec<Cut>> =
        path.iter().flat_map(|first| path.iter().map(move |second| vec![*first, *second])).collect();
    let met = play(1, 1, &pairs);
    let cuts = 2 * pairs.len();
    println!(
        "{} requests on the way of a change, {} pairs of cuts, {met} of {cuts} cuts met",
        path.len() / 3,
        pairs.len()
    );
    // A second run has less to do the more of it the first one did.
    assert!(2 * met > cuts, "{met} of {cuts} cuts were met");
}
