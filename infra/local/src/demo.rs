//! The `demo` command: a simulated provider, everything on this machine, the first syncs shown, and then one
//! simulated day after the other. It plays operator and world; the work is done by the real jobs.

mod days;
mod tickets;
mod walk;

use crate::cli;
use crate::commands::Exit;
use crate::machine::{Machine, Storage};
use crate::plans::told;
use crate::session::{note, print, watched};
use anyhow::{Context, anyhow, bail};
use functions::context::{AcronisCredentials, AutotaskCredentials, Clock, Secret, VendorCredentials};
use functions::http::HttpSettings;
use functions::run::{Approve, Run, Scope};
use functions::setup::{self, Connected};
use functions::{contract_changed, usage_sync};
use jiff::{Timestamp, ToSpan};
use sandbox::acronis::catalogue::ACRONIS_STORAGE as DEFAULT_STORAGE;
use sandbox::{Sandbox, Seed};
use shared::finding::What;
use shared::ids::{ConnectionId, ServiceId, StorageId};
use shared::mapping::{Mapping, ServiceTarget};
use shared::matching::{suggestions, unmapped_tenants};
use shared::plan::Plan;
use shared::run::{Mode, Outcome};
use shared::words::count;
use std::collections::VecDeque;

struct Play {
    sandbox: Sandbox,
    machine: Machine,
    connection: ConnectionId,
    quiet: bool,
    /// What the last run of units held.
    held: Vec<String>,
    /// How many changes the first sync made.
    made: usize,
    /// Alerts raised on the last days, the latest day first.
    raised: VecDeque<[String; 2]>,
}

/// Plays the demo.
pub async fn run(args: &cli::Demo) -> anyhow::Result<Exit> {
    let seed = Seed {
        customers: args.customers as usize,
        seed: args.seed,
        changed_percent: 25,
        prepaid: true,
        alerts: true,
        ..Seed::default()
    };
    if args.setup {
        return walk::run(seed).await;
    }
    let mut play = Play::start(seed, args.json).await?;
    let connected = play.set_up().await?;
    play.map_products(connected.mapping).await?;
    let first = play.first_plan().await?;
    let applied = play.apply(&first).await?;
    let second = play.second_run().await?;
    let quotas = play.quotas(&first).await?;
    let alerts = play.alerts().await?;
    if args.json {
        let all = serde_json::json!({
            "first_plan": first, "run": applied.record, "second_plan": second, "quotas": quotas, "alerts": alerts,
        });
        print(&serde_json::to_string_pretty(&all)?)?;
    }
    if args.once || args.json {
        return Ok(Exit::Done);
    }
    play.days().await
}

impl Play {
    async fn start(seed: Seed, quiet: bool) -> anyhow::Result<Play> {
        let sandbox = Sandbox::start(seed).await.context("the simulated vendors cannot be started")?;
        let clock = Clock::set_to(sandbox.world(|world| world.now()));
        let mut machine = Machine::start(Storage::InMemory, clock, HttpSettings::default(), true).await?;
        machine.takes_offers = false;
        let connection = ConnectionId::new("demo");
        machine.keep_credentials(&connection, &credentials(&sandbox));
        let play = Play { sandbox, machine, connection, quiet, held: Vec::new(), made: 0, raised: VecDeque::new() };
        play.say(&format!(
            "A simulated provider: Acronis at {}, Autotask at {}, the table in memory. Today is {} there.",
            play.sandbox.acronis_url(),
            play.sandbox.autotask_url(),
            play.sandbox.world(|world| world.today()),
        ));
        Ok(play)
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            note(text);
        }
    }

    fn show(&self, plan: &Plan) -> anyhow::Result<()> {
        if self.quiet { Ok(()) } else { print(&format!("\n{plan}")) }
    }

    /// As `acrotask connect --create-field` does.
    async fn set_up(&self) -> anyhow::Result<Connected> {
        self.say("\n1. Connect: both credentials are checked, and customers with equal names are mapped.");
        let host = &self.machine.host;
        let connected = watched(&host.progress, setup::connect(host, &self.connection, true)).await?;
        let survey = &connected.survey;
        self.say(&format!(
            "   {} and {} are visible; {} customers have equal, unique names and are mapped.",
            count(survey.tenants.len(), "tenant"),
            count(survey.companies.len(), "company").replace("companys", "companies"),
            connected.mapped_by_name.unwrap_or_default(),
        ));
        for (company, near) in suggestions(&connected.mapping, &survey.companies, &survey.tenants) {
            let name = connected.mapping.customers.get(&company).map(|row| row.company_name.as_str());
            let tenants = survey.tenants.iter().filter(|tenant| near.contains(&tenant.id));
            let names: Vec<String> = tenants.map(|tenant| format!("\"{}\"", tenant.name)).collect();
            self.say(&format!(
                "   Near, so only suggested: company \"{}\" and tenant {}.",
                name.unwrap_or_default(),
                names.join(", ")
            ));
        }
        let nobody: Vec<String> = unmapped_tenants(&connected.mapping, &survey.tenants)
            .into_iter()
            .map(|tenant| format!("\"{}\"", tenant.name))
            .collect();
        if !nobody.is_empty() {
            self.say(&format!("   Tenants that nobody is billed for: {}.", nobody.join(", ")));
        }
        Ok(connected)
    }

    /// As an operator does with the mapping file: each item is sold as the service that has its name as
    /// its SKU.
    async fn map_products(&self, mut mapping: Mapping) -> anyhow::Result<()> {
        let services = self.sandbox.world(|world| world.services());
        // Nothing is on its way for long in a simulated world.
        mapping.settings.settle_minutes = 0;
        mapping.settings.automatic_provisioning = true;
        mapping.settings.new_tenants.default_storage = Some(StorageId::new(DEFAULT_STORAGE));
        for (key, row) in &mut mapping.products {
            let sold_as = services.iter().find(|service| service.sku == key.name);
            row.service = sold_as.map(|service| ServiceTarget::Existing(ServiceId(service.id)));
        }
        let mapped = mapping.products.values().filter(|row| row.service.is_some()).count();
        self.machine.host.store.save_mapping(&self.connection, &mapping).await?;
        self.say(&format!("\n2. Map products: {mapped} of {} items are sold as a service.", mapping.products.len()));
        Ok(())
    }

    async fn first_plan(&self) -> anyhow::Result<Plan> {
        self.say("\n3. Plan: what would change and why. Nothing is changed before the first plan is approved.");
        let host = &self.machine.host;
        let plan = watched(&host.progress, usage_sync::plan(host, &self.connection)).await?;
        self.show(&plan)?;
        Ok(plan)
    }

    async fn apply(&mut self, plan: &Plan) -> anyhow::Result<Run> {
        self.say(&format!("\n4. Approve: the demo approves its own first plan, {}. With you, a person does.", plan.id));
        let host = &self.machine.host;
        usage_sync::approve(host, &self.connection, &Approve::Plan(plan.id.clone()), "demo").await?;
        self.say("\n5. Apply: each change is recorded, sent once, and read back.");
        let mut run =
            watched(&host.progress, usage_sync::run(host, &self.connection, Scope::Everybody, Mode::Apply)).await?;
        self.say(&format!("   {}", told(&run.record)));
        self.made = run.record.counts.made;
        // So many changes do not fit into Autotask's hour; each run has to make some of them.
        while matches!(run.record.outcome, Outcome::Stopped(_)) && run.record.counts.made > 0 {
            self.say("   An hour passes, and the next run goes on.");
            self.set_time(self.machine.host.clock.now() + 61.minutes());
            run =
                watched(&host.progress, usage_sync::run(host, &self.connection, Scope::Everybody, Mode::Apply)).await?;
            self.say(&format!("   {}", told(&run.record)));
            self.made += run.record.counts.made;
        }
        if run.record.outcome != Outcome::Complete {
            bail!("the first run did not complete: {}", run.record.outcome);
        }
        Ok(run)
    }

    fn set_time(&self, now: Timestamp) {
        self.sandbox.set_now(now);
        self.machine.host.clock.set(now);
    }

    fn time_of_day(&self) -> String {
        self.machine.host.clock.now().strftime("%H:%M").to_string()
    }

    async fn second_run(&self) -> anyhow::Result<Plan> {
        self.say("\n6. Run again: a run looks at what is, so a second one has nothing to do.");
        let host = &self.machine.host;
        let run =
            watched(&host.progress, usage_sync::run(host, &self.connection, Scope::Everybody, Mode::Apply)).await?;
        let plan = run.plan.context("the second run made no plan")?;
        if !plan.is_empty() || run.record.counts.made > 0 {
            bail!("the second run still had something to do:\n{plan}");
        }
        let right = count(plan.right, "line");
        self.say(&format!("   Nothing to do: {right} are as they should be; {} were changed before.", self.made));
        Ok(plan)
    }

    /// The other direction: what contracts sell is what tenants may use. `units` is the first plan of units.
    async fn quotas(&mut self, units: &Plan) -> anyhow::Result<Plan> {
        self.say(
            "\n7. Quotas: prepaid units become quotas in Acronis, and companies with a contract and no tenant get one.",
        );
        self.sell_what_is_missing(units)?;
        let (host, connection) = (&self.machine.host, &self.connection);
        let plan = watched(&host.progress, contract_changed::plan(host, connection)).await?;
        self.show(&plan)?;
        self.say(&format!("\n8. Approve this plan, {}, as a person would, and apply it.", plan.id));
        contract_changed::approve(host, connection, &Approve::Plan(plan.id.clone()), "demo").await?;
        for is_second in [false, true] {
            let run = contract_changed::run(host, connection, Scope::Everybody, Mode::Apply);
            let run = watched(&host.progress, run).await?;
            self.say(&format!("   {}", told(&run.record)));
            if run.record.outcome != Outcome::Complete {
                bail!("the run of quotas did not complete: {}", run.record.outcome);
            }
            let plan = run.plan.context("the run of quotas made no plan")?;
            if is_second && !plan.is_empty() {
                bail!("the second run of quotas still had something to do:\n{plan}");
            }
        }
        self.say("   The second of these runs had nothing to do.");
        Ok(plan)
    }

    /// As a salesperson does who reads the findings: what is used and not on the contract is put there. Until then the
    /// contract does not sell it, and its quota would be 0.
    fn sell_what_is_missing(&self, units: &Plan) -> anyhow::Result<()> {
        for finding in &units.findings {
            let What::NotOnContract { contract, service_name, unbilled, .. } = &finding.what else { continue };
            let sold = self.sandbox.world(|world| {
                let service = world.services().into_iter().find(|service| service.name == *service_name);
                let service = service.ok_or_else(|| format!("there is no service {service_name}"))?;
                world.human_add_service(contract.0, service.id, *unbilled, world.today())
            });
            sold.map_err(|why| anyhow!("{service_name} cannot be put on contract {contract}: {why}"))?;
            self.say(&format!(
                "   A salesperson has read what the first plan found: {} gets {unbilled} {service_name} on its contract.",
                finding.company_name
            ));
        }
        Ok(())
    }
}

/// What logs in at the simulated vendors.
pub fn credentials(sandbox: &Sandbox) -> VendorCredentials {
    let given = sandbox.credentials();
    VendorCredentials {
        acronis: AcronisCredentials {
            datacenter_url: sandbox.acronis_url(),
            client_id: given.acronis_client_id,
            client_secret: Secret::new(given.acronis_client_secret),
        },
        autotask: AutotaskCredentials {
            zone_url: sandbox.autotask_url(),
            user_name: given.autotask_user_name,
            secret: Secret::new(given.autotask_secret),
            integration_code: Secret::new(given.autotask_integration_code),
        },
    }
}
