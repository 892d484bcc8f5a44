//! A run that dies, or is held up and overtaken, at any of its requests to the table or to a vendor (U6). Whatever was done
//! by then, the next run ends where the first would have: every active alert is in one ticket, and nothing is told twice.

use crate::stage::{COMPLETE, NEW, Stage};
use functions::alert_sync::{self, Look};
use it::wire::{Operation, Phase, Wire};
use sandbox::acronis::alerts::NewAlert;
use shared::run::{Mode, Outcome};

/// The lease's time, and a second.
const LEASE_IS_OVER_SECONDS: i64 = 61;
/// After this long what shows no effect was not made, and tickets may be made anew in the hour.
const SETTLED_MINUTES: i64 = 61;
/// What the run has to do: at least so many requests change something.
const FEWEST_MOMENTS: usize = 14;
const MOST_MOMENTS: usize = 100;

/// Alerts in every state from which a run has something to do.
struct Round {
    kind: String,
    back: String,
    cleared: String,
    cleared_and_taken: String,
}

async fn open() -> (Stage, Wire) {
    let (stage, wire) = Stage::wired(4).await;
    stage.map(|mapping| mapping.settings.settle_minutes = 10).await;
    stage.set(|tickets| (tickets.auto_close, tickets.storm_tickets_per_hour) = (true, 2)).await;
    stage.look().await;
    (stage, wire)
}

/// Everything there is to do: two tickets and one that is shared, a note that lists one more, a ticket to be reopened, one
/// to be closed, and a note for who took one.
async fn everything_to_do(stage: &Stage, round: usize) -> Round {
    // Of a type of its own, so that no round finds a shared ticket of the one before.
    let kind = format!("Round{round}");
    let raise = |customer: usize, device: &str| {
        let of_backups = |alert: NewAlert| NewAlert { category: Some("Backup".to_owned()), ..alert };
        stage.raise_as(customer, &kind, |alert| of_backups(alert.about(device, "Daily")))
    };
    let [back, cleared, cleared_and_taken] = [raise(0, "BACK"), raise(1, "CLEARED"), raise(1, "TAKEN")];
    (0..4).for_each(|number| _ = raise(3, &format!("EARLIER-{number}")));
    stage.next_look().await;
    stage.person_closes(stage.ticket_of(&back).id);
    let taken = stage.ticket_of(&cleared_and_taken).id;
    assert!(stage.vendors(|world| world.human_take_ticket(taken)));
    stage.pass_minutes(1);
    stage.raise_again(&back);
    stage.clear(&cleared);
    stage.clear(&cleared_and_taken);
    (0..4).for_each(|number| _ = raise(2, &format!("STORM-{number}")));
    raise(3, "ONE-MORE");
    stage.pass_minutes(4);
    Round { kind, back, cleared, cleared_and_taken }
}

fn all_is_done_once(stage: &Stage, round: &Round, when: &str) {
    stage.each_active_alert_is_in_one_ticket();
    let of = |alert: &str| {
        let ticket = stage.ticket_of(alert);
        (ticket.status, stage.notes(ticket.id).len())
    };
    assert_eq!(of(&round.back), (NEW, 1), "reopened, {when}");
    assert_eq!(of(&round.cleared), (COMPLETE, 0), "closed, {when}");
    assert_eq!(of(&round.cleared_and_taken), (NEW, 1), "noted, {when}");
    // The ticket a type's alerts share has the type in its title.
    let shared = format!("{}: 2 alerts", round.kind.replace("Round", "Round "));
    let of_customer = |customer: usize| {
        let company = stage.customers[customer].company;
        let tickets = stage.vendors(|world| world.tickets_of(company)).into_iter();
        let shared: Vec<i64> = tickets.filter(|ticket| ticket.title == shared).map(|ticket| ticket.id).collect();
        shared.into_iter().map(|ticket| stage.notes(ticket).len()).collect::<Vec<_>>()
    };
    assert_eq!((of_customer(2), of_customer(3)), (vec![0], vec![1]), "shared, {when}");
}

/// Whatever died: the list of what happened has each ticket at least as begun.
async fn each_ticket_is_listed(stage: &Stage, when: &str) {
    let listed = stage.world.listed().await;
    let created = listed.iter().filter(|deed| deed.moved.contains("new: ")).count();
    let tickets = stage.tickets().len();
    assert!(created >= tickets, "{tickets} tickets, and {created} are listed, {when}");
}

/// Looks until nothing is left to be done.
async fn looks_until_done(stage: &Stage, when: &str) {
    for _ in 0..4 {
        stage.pass_minutes(5);
        let run = stage.look_as_it_is().await;
        assert!(!matches!(run.record.outcome, Outcome::Skipped), "{when}");
        if run.record.counts.changes == 0 && run.record.findings.iter().all(|found| !found.contains("it waits")) {
            return;
        }
    }
    panic!("it comes to no end, {when}");
}

/// A look that is dropped where the wire is cut. False when it came to its end before.
async fn look_until_cut(stage: &Stage, wire: &Wire) -> bool {
    let look = alert_sync::run(&stage.world.host, &stage.world.connection, Look::Changes, Mode::Apply);
    let died = tokio::select! {
        biased;
        () = wire.cut() => true,
        run = look => {
            assert_eq!(run.expect("it is recorded").record.outcome, Outcome::Complete);
            false
        }
    };
    wire.mend();
    wire.quiet().await;
    died
}

#[tokio::test]
async fn u6_t7_a_run_that_dies_after_any_request_is_made_good_by_the_next_and_nothing_is_made_twice() {
    let (stage, wire) = open().await;
    let round = everything_to_do(&stage, 0).await;
    wire.mend();
    stage.look().await;
    let passed = wire.passed();
    all_is_done_once(&stage, &round, "undisturbed");
    let is_first_change = |operation: &Option<Operation>| *operation == Some(Operation::Transact);
    let first_change = passed.iter().position(is_first_change).expect("something is recorded");
    // Before the first change all is as before the run: one moment stands for all of them.
    let mut moments = 0;
    for request in first_change - 1.. {
        assert!(moments < MOST_MOMENTS, "it comes to no end");
        stage.pass_minutes(SETTLED_MINUTES);
        let round = everything_to_do(&stage, 1 + moments).await;
        wire.cut_at(request, Phase::Committed);
        let died = look_until_cut(&stage, &wire).await;
        let when = format!("died after request {request} of {}", passed.len());
        if died {
            stage.world.pass_seconds(LEASE_IS_OVER_SECONDS);
            looks_until_done(&stage, &when).await;
        }
        each_ticket_is_listed(&stage, &when).await;
        all_is_done_once(&stage, &round, &when);
        if !died {
            break;
        }
        moments += 1;
    }
    assert!(moments >= FEWEST_MOMENTS, "the run has only {moments} moments");
    assert!(stage.links().await.iter().all(|link| link.sent.is_none()));
}

/// A look that is held up at a write to the table while the next one does its work after the lease's end. False when it
/// came to its end before.
async fn held_up_and_overtaken(stage: &Stage, wire: &Wire, write: usize, phase: Phase) -> bool {
    wire.hold_at_write(write, phase);
    let overtaken = async {
        wire.cut().await;
        stage.world.pass_seconds(LEASE_IS_OVER_SECONDS);
        stage.look_as_it_is().await;
        wire.mend();
    };
    let held_up = alert_sync::run(&stage.world.host, &stage.world.connection, Look::Changes, Mode::Apply);
    tokio::pin!(held_up);
    tokio::select! {
        biased;
        run = &mut held_up => {
            assert_eq!(run.expect("it is recorded").record.outcome, Outcome::Complete);
            return false;
        }
        () = overtaken => {}
    }
    drop(held_up.await.expect("it is recorded"));
    true
}

#[tokio::test]
async fn u6_a_run_that_is_held_up_past_its_lease_makes_nothing_after_the_next_has_begun() {
    let (stage, wire) = open().await;
    let mut moments = 0;
    for write in 0.. {
        assert!(moments < MOST_MOMENTS, "it comes to no end");
        let mut came_to_its_end = false;
        for phase in [Phase::Unsent, Phase::Committed] {
            stage.pass_minutes(SETTLED_MINUTES);
            let round = everything_to_do(&stage, moments).await;
            let when = format!("held up at write {write}, {phase:?}");
            came_to_its_end = !held_up_and_overtaken(&stage, &wire, write, phase).await;
            wire.mend();
            stage.pass_minutes(5);
            looks_until_done(&stage, &when).await;
            all_is_done_once(&stage, &round, &when);
            moments += 1;
        }
        if came_to_its_end {
            break;
        }
    }
    assert!(moments >= 2 * 5, "the run has only {moments} moments");
}
