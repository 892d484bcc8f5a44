//! A running sandbox: two servers on the loopback interface over one shared state, and the calls a
//! test makes on it from the same process.

use crate::faults::Fault;
use crate::requests::{RequestSeen, Traffic, Vendor};
use crate::seed::Seed;
use crate::server;
use crate::world::World;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What an integration needs to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Acronis API client.
    pub acronis_client_id: String,
    /// Its secret.
    pub acronis_client_secret: String,
    /// Autotask API user.
    pub autotask_user_name: String,
    /// Its secret.
    pub autotask_secret: String,
    /// Tracking identifier of the integration.
    pub autotask_integration_code: String,
}

/// All that both servers share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) faults: Vec<Fault>,
    pub(crate) traffic: Traffic,
}

/// The state behind its lock.
#[derive(Debug)]
pub(crate) struct Shared(Mutex<State>);

impl Shared {
    /// The state; a test that panicked while holding it does not spoil it for others.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both vendors, running. Dropping it stops the servers and closes their connections.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    acronis: SocketAddr,
    autotask: SocketAddr,
    servers: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts on two free ports.
    pub async fn start(seed: Seed) -> anyhow::Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::start_at(seed, any, any).await
    }

    /// Starts on two given addresses.
    pub async fn start_at(seed: Seed, acronis: SocketAddr, autotask: SocketAddr) -> anyhow::Result<Self> {
        let acronis_listener = TcpListener::bind(acronis).await?;
        let autotask_listener = TcpListener::bind(autotask).await?;
        let (acronis, autotask) = (acronis_listener.local_addr()?, autotask_listener.local_addr()?);
        let mut world = seed.plant();
        world.acronis.base_url = format!("http://{acronis}");
        world.autotask.base_url = format!("http://{autotask}");
        let shared = Arc::new(Shared(Mutex::new(State { world, faults: Vec::new(), traffic: Traffic::default() })));
        let servers = vec![
            tokio::spawn(server::serve(acronis_listener, shared.clone(), Vendor::Acronis)),
            tokio::spawn(server::serve(autotask_listener, shared.clone(), Vendor::Autotask)),
        ];
        Ok(Self { shared, acronis, autotask, servers })
    }

    /// Base address of the Acronis data centre, "http://127.0.0.1:NNN".
    #[must_use]
    pub fn acronis_url(&self) -> String {
        format!("http://{}", self.acronis)
    }

    /// Base address where Autotask's zone is asked; the zone is the same server.
    #[must_use]
    pub fn autotask_url(&self) -> String {
        format!("http://{}", self.autotask)
    }

    /// What to log in with.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.world(|world| Credentials {
            acronis_client_id: world.acronis.client_id.clone(),
            acronis_client_secret: world.acronis.client_secret.clone(),
            autotask_user_name: world.autotask.user_name.clone(),
            autotask_secret: world.autotask.secret.clone(),
            autotask_integration_code: world.autotask.integration_code.clone(),
        })
    }

    /// A direct look at the state, or a human's edit of it.
    pub fn world<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        look(&mut self.shared.lock().world)
    }

    /// Sets the sandbox's clock.
    pub fn set_now(&self, now: Timestamp) {
        self.world(|world| world.set_now(now));
    }

    /// Moves the sandbox's clock by whole days.
    pub fn advance_days(&self, days: i64) {
        self.world(|world| world.advance_days(days));
    }

    /// Adds a fault rule.
    pub fn fail(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Takes all fault rules away.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Every request so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestSeen> {
        self.shared.lock().traffic.seen.clone()
    }

    /// Forgets the requests seen and the counts of requests at a time.
    pub fn clear_requests(&self) {
        self.shared.lock().traffic.clear();
    }

    /// Requests for which no route or entity is known.
    #[must_use]
    pub fn unknown_requests(&self) -> Vec<RequestSeen> {
        let unknown = |request: &RequestSeen| !request.known;
        self.requests().into_iter().filter(unknown).collect()
    }

    /// The greatest number of requests under way at one time, by operation.
    #[must_use]
    pub fn most_at_a_time(&self) -> BTreeMap<String, usize> {
        self.shared.lock().traffic.most.clone()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
        let destructions = self.shared.lock().world.take_destructions();
        let quiet = destructions.is_empty() || std::thread::panicking();
        assert!(quiet, "requests that would have destroyed a customer's data: {destructions:?}");
    }
}
