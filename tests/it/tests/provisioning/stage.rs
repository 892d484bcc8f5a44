//! Where the stories play: a provider with one settled customer, automatic provisioning with every option on, and
//! a wire before both vendors and the table.

use functions::contract_changed;
use functions::run::{Run, Scope};
use it::prepaid::Buyer;
use it::wire::Wire;
use it::world::{World, even};
use sandbox::acronis::catalogue::ACRONIS_STORAGE;
use shared::ids::StorageId;
use shared::run::Mode;
use shared::settings::Settings;
use std::ops::Deref;

/// The lease's time, and a second.
pub(crate) const LEASE_IS_OVER_SECONDS: i64 = 61;
/// The time after which what was sent has arrived or never will, and a second.
pub(crate) const SETTLED_SECONDS: i64 = 601;
/// What the plain buyer is sold.
pub(crate) const PLAIN: [(&str, i64); 3] =
    [("pw_base_workstations", 5), ("pw_base_servers", 2), ("pw_base_storage", 200)];

/// The stage.
pub(crate) struct Stage {
    world: World,
    pub(crate) wire: Wire,
}

impl Deref for Stage {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Stage {
    /// With automatic provisioning, and an administrator, two factors and a default storage for everybody new.
    pub(crate) async fn new() -> Stage {
        Stage::with(|_| {}).await
    }

    /// The same, with some settings changed before anybody gets a tenant.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Stage {
        let (world, wire) = World::wired_throughout(even(1, 1)).await;
        world
            .change_mapping(|mapping| {
                let settings = &mut mapping.settings;
                settings.settle_minutes = 10;
                settings.automatic_provisioning = true;
                settings.new_tenants.administrator = true;
                settings.new_tenants.two_factor = true;
                settings.new_tenants.default_storage = Some(StorageId::new(ACRONIS_STORAGE));
                change(settings);
            })
            .await;
        world.approve_quotas().await;
        world.quotas_complete().await;
        wire.mend();
        Stage { world, wire }
    }

    /// Gives up on a request soon, for stories in which a vendor is silent.
    pub(crate) fn impatient(&mut self) {
        self.world.impatient();
    }

    /// A buyer of the plain things.
    pub(crate) fn plain_buyer(&self, name: &str) -> Buyer {
        self.buyer(name, &PLAIN)
    }

    /// Changes the settings, as an operator would.
    pub(crate) async fn set(&self, change: impl FnOnce(&mut Settings)) {
        self.change_mapping(|mapping| change(&mut mapping.settings)).await;
    }

    /// Nothing strikes any more, nobody holds the lease, and what was sent has arrived.
    pub(crate) fn all_is_well(&self) {
        self.wire.mend();
        self.sandbox.clear_faults();
        self.pass_seconds(SETTLED_SECONDS);
    }

    /// A run for some that is dropped where the wire is cut. None: it was; else how it ended.
    pub(crate) async fn run_of_some_until_cut(&self, scope: Scope) -> Option<Run> {
        let ended = tokio::select! {
            biased;
            () = self.wire.cut() => None,
            run = contract_changed::run(&self.host, &self.connection, scope, Mode::Apply) => {
                Some(run.expect("it is recorded"))
            }
        };
        self.wire.mend();
        self.wire.quiet().await;
        ended
    }

    /// Requests of an operation that the sandbox saw since they were last forgotten.
    pub(crate) fn asked(&self, operation: &str) -> usize {
        self.sandbox.requests().into_iter().filter(|seen| seen.operation == operation).count()
    }
}
