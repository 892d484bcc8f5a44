//! The real program, killed at any moment with no chance to tidy up, and started again. Its clock is the
//! system's, so that no minute of its lease passes here: the story takes the lease away in the table instead.

use acrotask::table::EmbeddedTable;
use functions::context::Clock;
use functions::setup;
use functions::store::Store;
use it::folder::Folder;
use it::lines::Sold;
use it::program::built;
use it::wire::{Operation, Strike, Wire};
use it::world::{World, even};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sandbox::Seed;
use shared::run::Job;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::Child;
use tokio::sync::Notify;

const KILLS: u64 = 10;
/// Lines that a killed run has to change. Each is changed once: Autotask takes one change a day.
const LINES_A_KILL: usize = 9;
/// Longer than any run takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

/// A provider today, the program's folder, and what it is started with.
struct Desk {
    world: World,
    wire: Wire,
    environment: Vec<(&'static str, String)>,
    folder: Folder,
    _table: EmbeddedTable,
}

impl Desk {
    async fn settled() -> Desk {
        let now = Timestamp::now();
        let today = now.to_zoned(TimeZone::UTC).date();
        let customers = usize::try_from(KILLS).expect("a few") * LINES_A_KILL / 3 + 1;
        let (mut world, wire) = World::unconnected(Seed { today, ..even(customers, 3) }, true).await;
        let wire = wire.expect("a wire was asked for");
        world.sandbox.world(|vendors| {
            vendors.set_now(now);
            vendors.follow_system_clock(true);
        });
        let folder = Folder::of("kills");
        let table = EmbeddedTable::in_folder(folder.path()).await.expect("the table is there");
        world.host.store = Store::new(table.client(), "acrotask");
        world.host.clock = Clock::system();
        world.host.store.create_table().await.expect("the table is made");
        setup::connect(&world.host, &world.connection, true).await.expect("the connection is set up");
        world.map_products_by_sku().await;
        world.settle().await;
        let given = world.sandbox.credentials();
        let environment = vec![
            ("ACRONIS_DATACENTER_URL", wire.also_to_acronis(&world.sandbox.acronis_url()).await),
            ("ACRONIS_CLIENT_ID", given.acronis_client_id),
            ("ACRONIS_CLIENT_SECRET", given.acronis_client_secret),
            ("AUTOTASK_ZONE_URL", wire.autotask_url.clone()),
            ("AUTOTASK_USER_NAME", given.autotask_user_name),
            ("AUTOTASK_SECRET", given.autotask_secret),
            ("AUTOTASK_INTEGRATION_CODE", given.autotask_integration_code),
            ("ACROTASK_ALLOW_LOOPBACK", "1".to_owned()),
            ("ACROTASK_DATA", folder.path().display().to_string()),
        ];
        Desk { world, wire, environment, folder, _table: table }
    }

    fn start(&self) -> Child {
        let mut command = tokio::process::Command::new(built("acrotask"));
        command.args(["--connection", self.world.connection.as_str(), "apply", "usage"]);
        command.env_clear().envs(self.environment.iter().cloned()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        command.spawn().expect("the program is run")
    }

    async fn run_to_the_end(&self) -> Duration {
        let began = Instant::now();
        let ended = tokio::time::timeout(PATIENCE, self.start().wait_with_output()).await;
        let ended = ended.expect("the program ends").expect("it is run");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        began.elapsed()
    }

    /// The lease of a run that was killed ends after a minute; here it is taken and given back.
    async fn the_lease_is_over(&self) {
        let later = Timestamp::now().checked_add(SignedDuration::from_secs(61)).expect("a time in the calendar");
        let store = &self.world.host.store;
        let lease = store.acquire_lease(&self.world.connection, Job::UsageSync, "nobody", later).await;
        let lease = lease.expect("the table is there").expect("it is over by then");
        store.release_lease(lease).await.expect("the table is there");
    }

    fn use_one_more_of(&self, lines: &[Sold]) {
        for sold in lines {
            self.world.set_used(sold, self.world.used(sold) + 1);
        }
    }

    /// Kills the program: by turns at any time of its run, and some moments after a change was sent.
    async fn killed(&self, kill: u64, run_takes: Duration, dice: &mut Dice) -> bool {
        let sent = Arc::new(Notify::new());
        let tell = Arc::clone(&sent);
        let after = usize::try_from(dice.below(LINES_A_KILL as u64)).expect("a few");
        self.wire.strike(Operation::Adjustments, after, 1, Strike::Meanwhile(Arc::new(move || tell.notify_one())));
        let mut child = self.start();
        let wait = if kill.is_multiple_of(2) {
            let told = tokio::time::timeout(PATIENCE, sent.notified()).await;
            told.expect("it sends changes");
            Duration::from_micros(dice.below(30_000))
        } else {
            run_takes * u32::try_from(dice.below(1_000)).expect("a few") / 1_000
        };
        let ended = tokio::time::timeout(wait, child.wait()).await;
        child.kill().await.expect("it is killed, or has ended");
        ended.is_err()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn u6_the_program_killed_at_any_moment_makes_each_change_once_in_the_end() {
    let desk = Desk::settled().await;
    let (world, sold) = (&desk.world, desk.world.sold());
    let mut groups = sold.chunks(LINES_A_KILL);
    let run_takes = desk.run_to_the_end().await;
    let (mut dice, mut killed) = (Dice(20_261_110), 0);
    for kill in 0..KILLS {
        desk.use_one_more_of(groups.next().expect("there are lines for each kill"));
        killed += u64::from(desk.killed(kill, run_takes, &mut dice).await);
        desk.wire.quiet().await;
        desk.the_lease_is_over().await;
        // Every other one is left to the next run, which is killed as well.
        if kill.is_multiple_of(2) {
            continue;
        }
        desk.wire.mend();
        desk.run_to_the_end().await;
        world.all_is_right_and_made_once().await;
    }
    println!("{killed} of {KILLS} runs were killed before their end; a run takes {run_takes:?}");
    assert!(killed >= KILLS / 2, "only {killed} were killed");
    assert_eq!(world.adjustments(), usize::try_from(KILLS).expect("a few") * LINES_A_KILL);
    let refused = world.adjustment_posts().into_iter().filter(|status| *status >= 400).count();
    assert_eq!(refused, 0, "Autotask had to refuse what was sent again");
}
