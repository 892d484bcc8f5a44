//! What every job needs to work for a connection, built once per process: the store, the clock, and the
//! vendors' clients with the connection's own credentials. No job's logic is here.

use crate::acronis::Acronis;
use crate::autotask::{Allowance, AutotaskReader};
use crate::context::{Clock, Deadline, VendorCredentials};
use crate::http::{Calls, Http, HttpSettings};
use crate::progress::Progress;
use crate::secrets::Secrets;
use crate::store::Store;
use anyhow::{Context, anyhow};
use shared::ids::ConnectionId;
use std::time::Duration;

/// Runs of one connection's job are shorter, but for the first ones of the day, which look at everybody anyway.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Where jobs run: on AWS, or on one machine behind the same clients.
#[derive(Debug, Clone)]
pub struct Host {
    /// The table.
    pub store: Store,
    /// Where credentials are.
    pub secrets: Secrets,
    /// The time.
    pub clock: Clock,
    /// When the process has to be done.
    pub deadline: Deadline,
    /// How the vendors are called.
    pub http: HttpSettings,
    /// Whether the vendors' addresses may be loopback ones.
    pub allow_loopback: bool,
    /// Where runs say how far they are.
    pub progress: Progress,
    /// How long a run waits where another one is at work.
    pub patience: Duration,
}

/// The vendors as one connection sees them.
#[derive(Debug)]
pub struct Vendors {
    /// Reads Acronis.
    pub acronis: Acronis,
    /// Reads Autotask; writers are built from it.
    pub autotask: AutotaskReader,
    /// The Autotask requests that may still be made (B1).
    pub allowance: Allowance,
    /// The calls made.
    pub calls: Calls,
}

impl Host {
    /// The same for events of a queue, of which two batches may come at a time: a run waits for the other's end, with
    /// half of its own time at the most. What gives way instead comes again only when the queue's visibility time-out
    /// is over, and after a few times to nobody.
    pub fn patient(self) -> Host {
        let half = self.deadline.left().map_or(LONGEST_WAIT, |left| left / 2);
        Host { patience: half.min(LONGEST_WAIT), ..self }
    }

    /// Both vendors with the connection's own credentials; nothing is sent to them yet.
    pub async fn vendors(&self, connection: &ConnectionId) -> anyhow::Result<Vendors> {
        self.vendors_with(&self.credentials(connection).await?)
    }

    /// Both vendors with these credentials, which need not be kept anywhere; nothing is sent to them yet.
    pub fn vendors_with(&self, credentials: &VendorCredentials) -> anyhow::Result<Vendors> {
        let settings = HttpSettings { deadline: self.deadline, clock: self.clock.clone(), ..self.http.clone() };
        let http = Http::new(settings).map_err(|error| anyhow!(error))?;
        let acronis = Acronis::new(http.clone(), &credentials.acronis, self.allow_loopback, self.clock.clone())
            .map_err(|error| anyhow!(error))?;
        let allowance = Allowance::unlimited();
        let autotask = AutotaskReader::new(http.clone(), &credentials.autotask, self.allow_loopback, allowance.clone())
            .map_err(|error| anyhow!(error))?;
        Ok(Vendors { acronis, autotask, allowance, calls: http.calls().clone() })
    }

    async fn credentials(&self, connection: &ConnectionId) -> anyhow::Result<VendorCredentials> {
        let name = self.secrets.vendors(connection);
        // Who may read no other secrets is refused one that is not there.
        let text = match self.secrets.read(&name).await {
            Err(error) if error.is_refused() => None,
            read => read?,
        };
        let text = text.with_context(|| {
            format!("there is no secret {name} that may be read: `acrotask connect --stack NAME` keeps the vendors' credentials there")
        })?;
        Ok(VendorCredentials::from_json(&text)?)
    }
}
