//! Every fault at every operation of the job that notices changed contracts: whatever strikes it, the customer whose
//! contract changed is looked at in the end, and nobody is looked at for ever.

use crate::cells::{Cell, Event, Story};
use crate::columns::none_failed;
use crate::quota_cells::quota_cell;
use crate::quota_stage::QuotaStage;
use crate::rows::Row;
use crate::stage::{ENDS_WITHIN, PATIENCE, store_at};
use crate::table::{is_chosen, print_matrix, what_was_said};
use functions::contract_watch;
use functions::events::About;
use functions::host::Host;
use it::wire::{Operation, Strike};
use jiff::SignedDuration;
use serde_json::Value;
use shared::ids::CompanyId;
use shared::run::Outcome;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::LocalSet;

/// A stage whose bus is listened to.
struct Watching {
    stage: QuotaStage,
    events: RefCell<UnboundedReceiver<Value>>,
}

impl Watching {
    async fn look(&self, host: &Host) -> Result<(), String> {
        let run = contract_watch::run(host, &self.stage.secrets.bus, &self.stage.world.connection);
        match tokio::time::timeout(ENDS_WITHIN, run).await.expect("the run ends") {
            Ok(run) if run.record.outcome == Outcome::Complete => Ok(()),
            Ok(run) => Err(run.record.outcome.to_string()),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    fn impatient(&self) -> Host {
        let mut host = self.stage.world.host.clone();
        host.http.request_timeout = PATIENCE;
        host.http.retry.most_attempts = 3;
        host.store = store_at(&self.stage.wire.table_url, PATIENCE);
        host
    }

    /// The companies that were named on the bus since it was last listened to.
    fn named(&self) -> BTreeSet<CompanyId> {
        let mut named = BTreeSet::new();
        while let Ok(event) = self.events.borrow_mut().try_recv() {
            match functions::events::Event::from_invocation(event).expect("it is one of ours") {
                functions::events::Event::ContractChanged(changed) => match changed.about {
                    About::Company(company) => _ = named.insert(company),
                    About::Contract(contract) => panic!("contract {contract} is nobody's"),
                },
                functions::events::Event::CompanyChanged(changed) => _ = named.insert(changed.company),
                other => panic!("{other:?}"),
            }
        }
        named
    }
}

/// Plays a cell: a contract changes, a look is struck, and the next one is not.
async fn play(watching: Rc<Watching>, column: Operation, story: Story) {
    let (stage, host) = (&watching.stage, &watching.stage.world.host);
    let company = CompanyId(stage.known.company);
    stage.world.pass_days(1);
    watching.look(host).await.expect("nothing strikes yet");
    watching.named();
    stage.world.pass_seconds(60);
    stage.known_buys_one_more();
    stage.world.pass_seconds(60);
    arm(stage, column, &story);
    let ended = watching.look(&watching.impatient()).await;
    assert!(stage.wire.struck() > 0, "nothing was struck, and it ended with {ended:?}");
    stage.all_is_well().await;
    watching.look(host).await.unwrap_or_else(|why| panic!("the next look: {why}; before: {ended:?}"));
    assert!(watching.named().contains(&company), "it changed and nobody looks; the struck one ended with {ended:?}");
    // What lies in the overlap is told again for a while, and then no more.
    stage.world.pass_seconds(3_600);
    for _ in 0..2 {
        watching.look(host).await.expect("nothing strikes any more");
    }
    watching.named();
    watching.look(host).await.expect("nothing strikes any more");
    assert!(!watching.named().contains(&company), "nothing changed");
    assert_eq!(stage.wire.inconsistent_reads(), 0, "a read of the table may be stale");
    stage.world.nothing_unknown();
}

fn arm(stage: &QuotaStage, column: Operation, story: &Story) {
    let (clock, sandbox_now) = (stage.world.clock.clone(), stage.world.now());
    match story {
        Story::Struck(strike, _) => stage.wire.strike(column, 0, usize::MAX, strike.clone()),
        Story::Meanwhile(event) => {
            let seconds = match event {
                Event::ClockIsOff { seconds } => *seconds,
                _ => 15 * 3_600,
            };
            let happens = move || {
                let off = sandbox_now.checked_add(SignedDuration::from_secs(seconds));
                clock.set(off.expect("a time in the calendar"));
            };
            stage.wire.strike(column, 0, usize::MAX, Strike::Meanwhile(std::sync::Arc::new(happens)));
        }
        Story::Page(..) => unreachable!("it asks nothing of Acronis"),
    }
}

#[test]
fn every_fault_at_every_operation_of_the_watch_ends_with_the_changed_customer_looked_at() {
    let (mut cells, mut never) = (Vec::new(), BTreeMap::new());
    for (row, column) in Row::ALL.into_iter().flat_map(|row| Operation::OF_WATCH.map(|column| (row, column))) {
        match quota_cell(row, column) {
            Cell::Run(Story::Meanwhile(Event::PersonEdits)) => {
                _ = never.insert((row, column), "what a person edits is what it is there to notice");
            }
            Cell::Run(story) if is_chosen((row, column)) => cells.push(((row, column), story)),
            Cell::Run(_) => {}
            Cell::Never(why) => _ = never.insert((row, column), why),
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let told: BTreeMap<_, _> = LocalSet::new().block_on(&runtime, async {
        let mut stage = QuotaStage::of(Operation::ContractNotes).await;
        let events = RefCell::new(std::mem::replace(&mut stage.secrets.events, unbounded_channel().1));
        let watching = Rc::new(Watching { stage, events });
        let mut told = BTreeMap::new();
        for ((row, column), story) in cells {
            let played = tokio::task::spawn_local(play(Rc::clone(&watching), column, story)).await;
            told.insert((row, column), played.map_err(what_was_said));
        }
        told
    });
    print_matrix(&Operation::OF_WATCH, &told, &never);
    none_failed(&told);
}
