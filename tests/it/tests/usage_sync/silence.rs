//! A table that takes every request and never answers: the client gives up within its own limits, and the run
//! ends with the reason. Its time passes a hundred times as fast here.

use acrotask::table::client_at;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{AsyncSleep, Sleep};
use functions::run::Scope;
use functions::store::Store;
use functions::usage_sync;
use it::world::World;
use shared::ids::{CompanyId, ContractId, ServiceId};
use shared::line::{LinePlace, LineState};
use shared::run::{Job, Mode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How much faster the client's time passes.
const TIMES_AS_FAST: u32 = 100;
/// Far longer than all limits together: who still waits then waits for ever.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a run's lease is long.
const LEASE: Duration = Duration::from_secs(60);

/// The client's time; it remembers the longest wait.
#[derive(Debug, Clone, Default)]
struct FastTime {
    longest: Arc<Mutex<Duration>>,
}

impl FastTime {
    fn longest(&self) -> Duration {
        *self.longest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncSleep for FastTime {
    fn sleep(&self, time: Duration) -> Sleep {
        let mut longest = self.longest.lock().unwrap_or_else(PoisonError::into_inner);
        *longest = time.max(*longest);
        let over = tokio::time::timeout(time / TIMES_AS_FAST, std::future::pending::<()>());
        Sleep::new(async move { drop(over.await) })
    }
}

/// A table on loopback that accepts, and never answers.
async fn silent_table(time: &FastTime) -> Store {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
    let url = format!("http://{}", listener.local_addr().expect("it has a port"));
    tokio::spawn(async move {
        let mut taken = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            taken.push(stream);
        }
    });
    let config = client_at(&url).config().to_builder().sleep_impl(time.clone()).build();
    Store::new(Client::from_conf(config), "acrotask")
}

async fn ends<T>(what: &str, work: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(PATIENCE, work).await;
    ended.unwrap_or_else(|_| panic!("{what} waits for ever"))
}

#[tokio::test]
async fn a_run_whose_table_is_silent_ends_and_says_so() {
    let mut world = World::settled(1).await;
    let time = FastTime::default();
    world.host.store = silent_table(&time).await;
    let run = usage_sync::run(&world.host, &world.connection, Scope::Everybody, Mode::Apply);
    let error = ends("the run", run).await.expect_err("it cannot even be recorded");
    let told = format!("{error:#}");
    assert!(told.contains("saving the run's record") && told.contains("timeout"), "{told}");
    assert_eq!(world.adjustments(), 0);
}

#[tokio::test]
async fn every_operation_on_a_silent_table_ends_before_a_lease_would() {
    let world = World::settled(1).await;
    let (id, store, now) = (&world.connection, &world.host.store, world.now());
    let time = FastTime::default();
    let silent = silent_table(&time).await;
    let lease = store.acquire_lease(id, Job::UsageSync, "a run", now).await.unwrap().expect("it is free");
    let state =
        LineState::new(LinePlace { company: CompanyId(1), contract: ContractId(2), service: ServiceId(3), line: None });
    let told = [
        ("reading", ends("a get", silent.connection(id)).await.map(drop)),
        ("reading", ends("a query", silent.line_states(id, drop)).await),
        ("the lease", ends("an update", silent.acquire_lease(id, Job::UsageSync, "another", now)).await.map(drop)),
        ("storing line", ends("a transaction", silent.save_line_state(&lease, &state)).await.map_err(Into::into)),
    ];
    for (what, told) in told {
        let told = format!("{:#}", told.expect_err(what));
        assert!(told.contains(what) && told.contains("timeout"), "{told}");
    }
    assert!(time.longest() < LEASE, "it would wait {:?}", time.longest());
}
