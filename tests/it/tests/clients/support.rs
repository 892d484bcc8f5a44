//! A sandbox with both clients on it, made to wait for milliseconds where real ones wait for seconds.
//! No test's own expectations stand here.

use anyhow::Result;
use functions::acronis::Acronis;
use functions::autotask::{Allowance, AutotaskError, AutotaskReader, AutotaskWriter};
use functions::context::{AcronisCredentials, AutotaskCredentials, Clock, Deadline, Secret};
use functions::http::{Http, HttpSettings, RetryPolicy};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use sandbox::{Sandbox, Seed};
use std::time::Duration;

/// The day of every sandbox here.
pub(crate) const TODAY: Date = date(2026, 11, 10);

/// Both vendors and what logs in to them.
pub(crate) struct Vendors {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Http,
    pub(crate) clock: Clock,
    pub(crate) acronis_credentials: AcronisCredentials,
    pub(crate) autotask_credentials: AutotaskCredentials,
}

/// A client that gives up a request after 300 ms and repeats it after 1 ms.
pub(crate) fn quick_http(clock: Clock) -> Http {
    Http::new(HttpSettings {
        request_timeout: Duration::from_millis(300),
        retry: RetryPolicy { base_delay: Duration::from_millis(1), ..RetryPolicy::default() },
        clock,
        deadline: Deadline::none(),
    })
    .expect("a client can be made")
}

impl Vendors {
    pub(crate) async fn start(seed: Seed) -> Result<Self> {
        let sandbox = Sandbox::start(seed).await?;
        let clock = Clock::set_to(sandbox.world(|world| world.now()));
        let given = sandbox.credentials();
        Ok(Self {
            http: quick_http(clock.clone()),
            clock,
            acronis_credentials: AcronisCredentials {
                datacenter_url: sandbox.acronis_url(),
                client_id: given.acronis_client_id,
                client_secret: Secret::new(given.acronis_client_secret),
            },
            autotask_credentials: AutotaskCredentials {
                zone_url: sandbox.autotask_url(),
                user_name: given.autotask_user_name,
                secret: Secret::new(given.autotask_secret),
                integration_code: Secret::new(given.autotask_integration_code),
            },
            sandbox,
        })
    }

    /// A world of the stories and twelve plain customers.
    pub(crate) async fn usual() -> Result<Self> {
        Self::start(Seed { today: TODAY, ..Seed::default() }).await
    }

    /// A world with nobody in it but the provider.
    pub(crate) async fn empty() -> Result<Self> {
        Self::start(Seed::empty(TODAY)).await
    }

    pub(crate) fn acronis(&self) -> Acronis {
        Acronis::new(self.http.clone(), &self.acronis_credentials, true, self.clock.clone())
            .expect("the sandbox's address is allowed here")
    }

    pub(crate) async fn autotask_within(&self, allowance: Allowance) -> Result<AutotaskReader, AutotaskError> {
        let reader = AutotaskReader::new(self.http.clone(), &self.autotask_credentials, true, allowance);
        let reader = reader.expect("the sandbox's address is allowed here");
        reader.database().await?;
        Ok(reader)
    }

    pub(crate) async fn autotask(&self) -> Result<AutotaskReader, AutotaskError> {
        self.autotask_within(Allowance::unlimited()).await
    }

    pub(crate) async fn writer(&self) -> Result<AutotaskWriter, AutotaskError> {
        Ok(AutotaskWriter::new(&self.autotask().await?))
    }

    /// Moves both clocks.
    pub(crate) fn set_now(&self, now: Timestamp) {
        self.sandbox.set_now(now);
        self.clock.set(now);
    }

    /// How often an operation was asked for.
    pub(crate) fn asked(&self, operation: &str) -> usize {
        self.sandbox.requests().iter().filter(|request| request.operation == operation).count()
    }
}
