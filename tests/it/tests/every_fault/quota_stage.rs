//! Where the stories of tenants and quotas play: a small provider with a customer whose units rise and one who gets a
//! tenant, or loses it, and a wire before both vendors and the table.

use crate::stage::{ENDS_WITHIN, PATIENCE, store_at};
use acrotask::demo::credentials;
use acrotask::machine::{Machine, Storage};
use functions::contract_changed;
use functions::events::About;
use functions::http::HttpSettings;
use functions::run::Scope;
use it::prepaid::Buyer;
use it::wire::{Operation, Strike, Wire};
use it::world::{World, even};
use sandbox::acronis::catalogue::ACRONIS_STORAGE;
use shared::ids::{CompanyId, StorageId};
use shared::run::{Mode, Outcome};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Above so many tenants their items are read as one list.
const FEW: usize = 11;
/// The item whose units rise.
const RISES: &str = "pw_base_servers";
/// One that it buys besides.
const BESIDES: &str = "pw_base_workstations";
/// The time after which what was sent has arrived or never will, and a second.
pub(crate) const SETTLED_SECONDS: i64 = 601;

/// The stage.
pub(crate) struct QuotaStage {
    pub(crate) world: World,
    pub(crate) wire: Wire,
    pub(crate) secrets: Machine,
    acronis_url: String,
    /// The customer whose units rise.
    pub(crate) known: Buyer,
    pub(crate) tenant: String,
    everybody: bool,
    number: AtomicUsize,
}

/// What a run has to do.
pub(crate) struct Todo {
    /// Who gets a tenant.
    pub(crate) new: Option<Buyer>,
    /// Whose tenant is disabled.
    pub(crate) leaving: Option<(Buyer, String)>,
    /// What the known customer could use of the item before.
    before: u64,
}

impl QuotaStage {
    /// A provider whose runs make this operation.
    pub(crate) async fn of(column: Operation) -> QuotaStage {
        let everybody = column == Operation::Items;
        let (mut world, wire) = World::wired(even(if everybody { FEW } else { 1 }, 1)).await;
        let secrets = Machine::start(Storage::InMemory, world.clock.clone(), HttpSettings::default(), true);
        let secrets = secrets.await.expect("the machine starts");
        world.host.secrets = secrets.host.secrets.clone();
        world.host.store = store_at(&wire.table_url, Duration::from_secs(20));
        let acronis_url = wire.also_to_acronis(&world.sandbox.acronis_url()).await;
        let known = world.buyer("Bestand GmbH", &[(BESIDES, 9), (RISES, 5)]);
        world.sandbox.world(|vendors| {
            let service = vendors.service_by_sku("pw_base_websites").expect("there is one");
            vendors.add_bundle("All in one", &[service], "9.00".parse().expect("an amount"))
        });
        let (number, tenant) = (AtomicUsize::new(0), String::new());
        let mut stage = QuotaStage { world, wire, secrets, acronis_url, known, tenant, everybody, number };
        stage.store_credentials();
        let disables = matches!(column, Operation::Tenant | Operation::UpdateTenant);
        let set = |mapping: &mut shared::mapping::Mapping| {
            let settings = &mut mapping.settings;
            settings.settle_minutes = 10;
            settings.automatic_provisioning = true;
            settings.new_tenants.administrator = true;
            settings.new_tenants.two_factor = true;
            settings.new_tenants.default_storage = Some(StorageId::new(ACRONIS_STORAGE));
            settings.disable_after_days = disables.then_some(2);
        };
        stage.world.change_mapping(set).await;
        stage.world.approve_quotas().await;
        stage.world.quotas_complete().await;
        stage.tenant = stage.world.has_one_tenant(&stage.known).await.id;
        // All that it may use is in use: nothing may ever be lowered.
        stage.world.sandbox.world(|vendors| vendors.set_usage(&stage.tenant, RISES, None, 5, Some(5)));
        stage
    }

    /// Gives our side the credentials as both vendors have them now.
    pub(crate) fn store_credentials(&self) {
        let mut login = credentials(&self.world.sandbox);
        login.acronis.datacenter_url.clone_from(&self.acronis_url);
        login.autotask.zone_url.clone_from(&self.wire.autotask_url);
        self.secrets.keep_credentials(&self.world.connection, &login);
    }

    /// The units of the known customer rise by one, from today.
    pub(crate) fn known_buys_one_more(&self) {
        self.known_buys(RISES);
    }

    /// The same of another item: Autotask takes one change of a line for a day.
    pub(crate) fn known_buys_another(&self) {
        self.known_buys(BESIDES);
    }

    fn known_buys(&self, item: &str) {
        let line = self.known.lines[item];
        self.world.sandbox.world(|vendors| vendors.human_adjust(line, 1, vendors.today())).expect("a person may");
    }

    /// What the known customer may use of the item.
    pub(crate) fn allowed(&self) -> u64 {
        let given = self.world.given(&self.tenant);
        given.get(&(RISES.to_owned(), None)).copied().flatten().expect("it has a quota")
    }

    /// Makes something to do that needs the operation.
    pub(crate) async fn something_to_do(&self, column: Operation) -> Todo {
        let before = self.allowed();
        let name = format!("Neu {} GmbH", self.number.fetch_add(1, Ordering::SeqCst));
        let buyer = self.world.buyer(&name, &[("pw_base_workstations", 3)]);
        if matches!(column, Operation::Tenant | Operation::UpdateTenant) {
            self.run(&self.scope_of(&buyer)).await.expect("nothing strikes yet");
            let tenant = self.world.has_one_tenant(&buyer).await.id;
            self.world.sandbox.world(|vendors| {
                let yesterday = vendors.day(-1);
                vendors.end_contract(buyer.contract, yesterday)
            });
            self.run(&self.scope_of(&buyer)).await.expect("nothing strikes yet");
            self.world.pass_days(2);
            self.known_buys_one_more();
            return Todo { new: None, leaving: Some((buyer, tenant)), before };
        }
        if column == Operation::Users {
            // The user is there already: a run was stopped before.
            self.wire.strike(Operation::AccessPolicies, 0, 1, Strike::ResetBefore);
            self.run(&self.scope_of(&buyer)).await.expect_err("it was struck");
            self.wire.mend();
            self.world.pass_seconds(SETTLED_SECONDS);
        }
        self.known_buys_one_more();
        Todo { new: Some(buyer), leaving: None, before }
    }

    fn scope_of(&self, buyer: &Buyer) -> Scope {
        match self.everybody {
            true => Scope::Everybody,
            false => {
                let both = [self.known.company, buyer.company];
                Scope::Only(both.map(|company| About::Company(CompanyId(company))).into())
            }
        }
    }

    /// For whom the runs are that do this.
    pub(crate) fn scope(&self, todo: &Todo) -> Scope {
        let buyer = todo.new.as_ref().or(todo.leaving.as_ref().map(|(buyer, _)| buyer));
        self.scope_of(buyer.expect("there is somebody"))
    }

    /// A run that is not struck, or is by what never ends; the reason where it did not complete.
    async fn run(&self, scope: &Scope) -> Result<(), String> {
        self.run_on(&self.world.host, scope).await
    }

    async fn run_on(&self, host: &functions::host::Host, scope: &Scope) -> Result<(), String> {
        let run = contract_changed::run(host, &self.world.connection, scope.clone(), Mode::Apply);
        match tokio::time::timeout(ENDS_WITHIN, run).await.expect("the run ends") {
            Ok(run) if run.record.outcome == Outcome::Complete => Ok(()),
            Ok(run) => Err(format!("{}: {:?}", run.record.outcome, run.record.findings)),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    /// A run that something strikes, of a host that gives up on the silent.
    pub(crate) async fn struck_run(&self, scope: &Scope) -> Result<(), String> {
        let mut host = self.world.host.clone();
        host.http.request_timeout = PATIENCE;
        host.http.retry.most_attempts = 3;
        host.store = store_at(&self.wire.table_url, PATIENCE);
        self.run_on(&host, scope).await
    }

    /// What the struck run did is no worse than nothing: one tenant at most, and nobody may use less.
    pub(crate) fn nothing_is_astray(&self, todo: &Todo) {
        if let Some(new) = &todo.new {
            assert!(self.world.tenants_of(new).len() <= 1, "two tenants of {}", new.name);
        }
        assert!(self.allowed() >= todo.before, "{} may be used, {} before", self.allowed(), todo.before);
    }

    /// The next run ends where the struck one would have.
    pub(crate) async fn ends_right(&self, todo: &Todo, ended: &Result<(), String>) {
        let scope = self.scope(todo);
        self.run(&scope).await.unwrap_or_else(|why| panic!("the next run: {why}; the struck one: {ended:?}"));
        self.world.has_what_was_bought(&self.known, &self.tenant);
        if let Some(new) = &todo.new {
            self.world.has_one_tenant(new).await;
        }
        if let Some((buyer, tenant)) = &todo.leaving {
            let there = self.world.tenants_of(buyer);
            assert_eq!(there.len(), 1, "it is never deleted");
            assert!(!there[0].enabled && there[0].id == *tenant, "it is disabled: {there:?}");
        }
        assert_eq!(self.world.tenants_of(&self.known).len(), 1);
        assert_eq!(self.wire.inconsistent_reads(), 0, "a read of the table may be stale");
        self.world.nothing_unknown();
    }

    /// How many requests changed something at Acronis.
    pub(crate) fn writes(&self) -> usize {
        let is_write = |name: &str| {
            let mut writes = Operation::OF_QUOTAS.into_iter().filter(|one| one.is_write_to_acronis());
            writes.any(|one| one.operation() == Some(name))
        };
        self.world.sandbox.requests().into_iter().filter(|seen| is_write(&seen.operation)).count()
    }

    /// Nothing strikes any more, nobody holds the lease, and what was sent has arrived.
    pub(crate) async fn all_is_well(&self) {
        self.wire.mend();
        self.world.sandbox.clear_faults();
        self.world.pass_seconds(SETTLED_SECONDS);
        self.wire.quiet().await;
    }
}
