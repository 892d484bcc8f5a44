//! The jobs of alerts and tickets stopped around every request of a look that makes, closes, reopens and notes on
//! tickets, and of one that dismisses an alert. Whatever was done by then, a later look ends where the first would have,
//! and nothing is made twice; also when that later look is stopped too.

use crate::alert_desk::AlertDesk;
use crate::ticket_desk::ClosingDesk;
use functions::alert_sync::Look;
use functions::ticket_changed::Tickets;
use it::wire::{Operation, Phase};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::LocalSet;

const PHASES: [Phase; 3] = [Phase::Unsent, Phase::Committed, Phase::Answered];
/// Desks at a time.
const AT_A_TIME: usize = 4;
/// Requests more or fewer than in another look that does the same.
const MORE_OR_FEWER: usize = 6;

/// Looks that are stopped while they read, before one is not: they do nothing.
const READING_TOGETHER: usize = 9;

/// A place where a look is stopped.
type Cut = (usize, Phase);

fn all_phases(requests: Range<usize>) -> Vec<Cut> {
    requests.flat_map(|request| PHASES.map(|phase| (request, phase))).collect()
}

/// The cuts around all requests. From the first one on that changes something, the look after one that was stopped is
/// stopped there too.
fn all_cuts(requests: &[Option<Operation>]) -> Vec<Vec<Cut>> {
    assert!(requests.iter().all(Option::is_some), "a request is of no known operation: {requests:?}");
    let is_of_the_lease = |one: Operation| matches!(one, Operation::Update | Operation::Put);
    let changes = |one: &Option<Operation>| one.is_some_and(|one| one.is_write() && !is_of_the_lease(one));
    let first = requests.iter().position(changes).expect("there are changes");
    let reading = all_phases(0..first);
    let reading = reading.chunks(READING_TOGETHER).map(<[Cut]>::to_vec);
    reading.chain(all_phases(first..requests.len()).into_iter().map(|cut| vec![cut, cut])).collect()
}

fn alone<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, work)
}

/// Plays cuts, several at a time, each on a desk of its own; tells how many were met.
fn play<S>(
    cuts: &[Vec<Cut>],
    make_desk: impl AsyncFn() -> S + Sync,
    play_one: impl AsyncFn(&S, &[Cut]) -> usize + Sync,
) -> usize {
    let (next, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let on_one_desk = async || {
        let desk = make_desk().await;
        while let Some(cuts) = cuts.get(next.fetch_add(1, Ordering::SeqCst)) {
            met.fetch_add(play_one(&desk, cuts).await, Ordering::SeqCst);
        }
    };
    std::thread::scope(|threads| {
        for _ in 0..AT_A_TIME {
            threads.spawn(|| alone(on_one_desk()));
        }
    });
    met.load(Ordering::SeqCst)
}

/// The requests of a look that is not stopped.
async fn requests_of_a_look(desk: &AlertDesk) -> Vec<Option<Operation>> {
    desk.something_to_do();
    desk.stage.count_anew();
    desk.stage.look(Look::Changes).await.expect("nothing strikes");
    let passed = desk.stage.wire.passed();
    desk.all_is_right(Look::Changes, &Ok(())).await;
    passed
}

/// Looks that are stopped one after the other, and then one that is not. Tells how many were.
async fn stopped(desk: &AlertDesk, cuts: &[Cut]) -> usize {
    desk.something_to_do();
    let mut stopped = 0;
    for (request, phase) in cuts {
        desk.stage.wire.cut_at(*request, *phase);
        stopped += usize::from(desk.stage.look_until_cut().await);
        desk.stage.all_is_well().await;
        desk.nothing_is_astray();
    }
    desk.all_is_right(Look::Changes, &Err(format!("stopped at {cuts:?}"))).await;
    stopped
}

async fn stopped_dismissal(desk: &ClosingDesk, cuts: &[Cut]) -> usize {
    let closed = desk.a_person_closes_one().await;
    desk.stage.count_anew();
    let mut stopped = 0;
    for (request, phase) in cuts {
        desk.stage.wire.cut_at(*request, *phase);
        stopped += usize::from(desk.stage.look_at_tickets_until_cut().await);
        desk.stage.all_is_well().await;
    }
    desk.all_is_right(&closed, (true, true), &Err(format!("stopped at {cuts:?}"))).await;
    stopped
}

#[test]
fn u6_a_look_at_alerts_that_is_stopped_around_any_request_is_made_good_and_nothing_is_made_twice() {
    let make_desk = async || AlertDesk::of(Operation::Tickets).await;
    let requests = alone(async { requests_of_a_look(&make_desk().await).await });
    let cuts = all_cuts(&requests);
    let met = play(&cuts, make_desk, stopped);
    print_and_check("six changes", requests.len(), &cuts, met);
}

fn print_and_check(what: &str, requests: usize, cuts: &[Vec<Cut>], met: usize) {
    let all = cuts.iter().map(Vec::len).sum::<usize>();
    println!("{requests} requests of a look with {what}, {all} cuts, {met} met");
    // The second of two looks has less to do the more of it the first one did.
    let least = requests * PHASES.len() - MORE_OR_FEWER;
    assert!(met >= least, "{met} of {all} cuts were met, expected {least} or more");
}

#[test]
fn t6_a_look_at_closed_tickets_that_is_stopped_around_any_request_dismisses_their_alerts_and_no_other() {
    let make_desk = async || ClosingDesk::of(Operation::Tickets).await;
    let requests = alone(async {
        let desk = make_desk().await;
        desk.a_person_closes_one().await;
        desk.stage.count_anew();
        desk.stage.look_at_tickets(Tickets::All).await.expect("nothing strikes");
        desk.stage.wire.passed()
    });
    let cuts = all_cuts(&requests);
    let met = play(&cuts, make_desk, stopped_dismissal);
    print_and_check("a dismissal", requests.len(), &cuts, met);
}
