//! The `demo` command: a simulated provider, everything on this machine, the first sync shown, and then one
//! simulated day after the other. It plays operator and world; the work is done by the real jobs.

use crate::cli;
use crate::commands::Exit;
use crate::machine::{Machine, Storage};
use crate::plans::{in_words, told};
use crate::session::{asked_to_stop, note, print, watched};
use crate::wake::wake;
use crate::webhook_server::{self, WebhookServer};
use anyhow::{Context, bail};
use functions::context::{AcronisCredentials, AutotaskCredentials, Clock, Secret, VendorCredentials, WebhookKeys};
use functions::http::HttpSettings;
use functions::run::{Approve, Run, Scope};
use functions::setup::{self, Connected};
use functions::{contract_changed, usage_sync};
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sandbox::acronis::catalogue::ACRONIS_STORAGE as DEFAULT_STORAGE;
use sandbox::seed::story;
use sandbox::{Sandbox, Seed};
use shared::ids::{ConnectionId, ServiceId, StorageId};
use shared::mapping::{Mapping, ServiceTarget};
use shared::matching::{suggestions, unmapped_tenants};
use shared::plan::Plan;
use shared::run::{Job, Mode, Outcome};
use shared::words::count;
use std::time::Duration;

/// How long one simulated day takes.
const DAY: Duration = Duration::from_secs(15);
/// When a simulated day's run is.
const RUN_AT: Time = time(4, 0, 0, 0);
/// How much of a day is told line by line.
const LINES_TOLD: usize = 6;
/// Customers whose units do not follow, each for a reason that the plan finds.
const NOT_BILLED: [&str; 7] = [
    story::TENANT_ONLY,
    story::NEAR_MATCH_TENANT,
    story::TRIAL,
    story::EXPIRED,
    story::TWO_CONTRACTS,
    story::PREPAID,
    story::PERHAPS,
];

struct Play {
    sandbox: Sandbox,
    machine: Machine,
    connection: ConnectionId,
    quiet: bool,
    /// What the last run held.
    held: Vec<String>,
    /// How many changes the first sync made.
    made: usize,
}

/// Plays the demo.
pub async fn run(args: &cli::Demo) -> anyhow::Result<Exit> {
    let seed = Seed {
        customers: args.customers as usize,
        seed: args.seed,
        changed_percent: 25,
        prepaid: true,
        ..Seed::default()
    };
    let mut play = Play::start(seed, args.json).await?;
    let connected = play.set_up().await?;
    play.map_products(connected.mapping).await?;
    let first = play.first_plan().await?;
    let applied = play.apply(&first).await?;
    let second = play.second_run().await?;
    let quotas = play.quotas().await?;
    if args.json {
        let all = serde_json::json!({
            "first_plan": first, "run": applied.record, "second_plan": second, "quotas": quotas,
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
        let machine = Machine::start(Storage::InMemory, clock, HttpSettings::default(), true).await?;
        let connection = ConnectionId::new("demo");
        machine.keep_credentials(&connection, &credentials(&sandbox));
        let play = Play { sandbox, machine, connection, quiet, held: Vec::new(), made: 0 };
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
        self.say("\n3. Plan: what would change and why. Nothing is changed before the first plan is approved.\n");
        let host = &self.machine.host;
        let plan = watched(&host.progress, usage_sync::plan(host, &self.connection)).await?;
        if !self.quiet {
            print(&plan.to_string())?;
        }
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

    /// The other direction: what contracts sell is what tenants may use.
    async fn quotas(&mut self) -> anyhow::Result<Plan> {
        self.say(
            "\n7. Quotas: prepaid units become quotas in Acronis, and companies with a contract and no tenant get one.\n",
        );
        let (host, connection) = (&self.machine.host, &self.connection);
        let plan = watched(&host.progress, contract_changed::plan(host, connection)).await?;
        if !self.quiet {
            print(&plan.to_string())?;
        }
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

    /// One day after the other: usage moves, the schedule comes, and units follow.
    async fn days(&mut self) -> anyhow::Result<Exit> {
        self.say(&format!(
            "\n9. Days pass, one every {} seconds: usage moves, at 04:00 usage-sync is due, and units follow. Ctrl-C ends it.",
            DAY.as_secs()
        ));
        let _webhooks = self.take_webhooks().await?;
        let mut stop = std::pin::pin!(asked_to_stop());
        for day in 1.. {
            tokio::select! {
                () = tokio::time::sleep(DAY) => {}
                () = stop.as_mut() => break,
            }
            self.approve_held().await;
            let moved = self.next_day(day)?;
            self.say(&format!("\n{}, usage of today", self.sandbox.world(|world| world.today())));
            self.say_some(&moved);
            for run in wake(&mut self.machine, &self.connection, Job::UsageSync, Mode::Apply).await? {
                self.tell(&run);
            }
        }
        self.say("\nThe demo is over; nothing of it is kept.");
        Ok(Exit::Done)
    }

    /// Lets itself be called from outside, with keys that nobody else knows.
    async fn take_webhooks(&self) -> anyhow::Result<WebhookServer> {
        let key = || Secret::new(uuid::Uuid::new_v4().simple().to_string());
        let keys = WebhookKeys { autotask: vec![key()], contract_changed: vec![key()] };
        self.machine.keep_webhook_keys(&self.connection, &keys);
        let server = webhook_server::start(&self.machine, 0).await?;
        self.say(&format!(
            "Webhooks are taken at {}/v1/{}/autotask and …/contract-changed, signed with {} and {}.",
            server.url(),
            self.connection,
            keys.autotask[0].expose(),
            keys.contract_changed[0].expose()
        ));
        Ok(server)
    }

    /// As a person does who has looked at it.
    async fn approve_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.say(&format!(
                "\nThe demo approves what was held, as a person would: acrotask approve {}",
                held.join(" ")
            ));
            let approved = usage_sync::approve(&self.machine.host, &self.connection, &Approve::Ids(held), "demo").await;
            if let Err(error) = approved {
                self.say(&format!("   It was refused: {error:#}"));
            }
        }
    }

    /// Moves everybody to tomorrow's run and a few customers' usage with it; tells whose.
    fn next_day(&self, day: u64) -> anyhow::Result<Vec<String>> {
        let tomorrow = self.sandbox.world(|world| world.today()).checked_add(1.day())?;
        let now: Timestamp = tomorrow.to_datetime(RUN_AT).to_zoned(TimeZone::UTC)?.timestamp();
        self.set_time(now);
        Ok(self.sandbox.world(|world| move_usage(world, day)))
    }

    /// A day's run: what it made, and what it left to a person.
    fn tell(&mut self, run: &Run) {
        self.say(&format!("04:00 {}: {}", run.record.job, told(&run.record)));
        let Some(plan) = &run.plan else { return };
        let made: Vec<String> = plan.changes.iter().map(|change| in_words(change).join("  ")).collect();
        self.say_some(&made);
        for held in &plan.held {
            let reasons: Vec<String> = held.reasons.iter().map(ToString::to_string).collect();
            self.say(&format!("   HELD: {}: {}", in_words(&held.change).join("  "), reasons.join("; ")));
            self.say(&format!(
                "         It waits for a person; in your own setup: acrotask approve {}",
                held.change.id
            ));
        }
        self.held = plan.held.iter().map(|held| held.change.id.clone()).collect();
    }

    fn say_some(&self, lines: &[String]) {
        lines.iter().take(LINES_TOLD).for_each(|line| self.say(&format!("   {line}")));
        if lines.len() > LINES_TOLD {
            self.say(&format!("   and {} more", lines.len() - LINES_TOLD));
        }
    }
}

/// Every third customer with workstations gets one more or one less, in turn, and now and then one gets
/// far more servers, or loses them again.
fn move_usage(world: &mut sandbox::World, day: u64) -> Vec<String> {
    const ITEM: &str = "pw_base_workstations";
    let mut customers: Vec<(String, String, u64)> = Vec::new();
    for (id, tenant) in &world.acronis.tenants {
        let usage = world.acronis.usage(id, ITEM, None).filter(|_| !NOT_BILLED.contains(&tenant.name.as_str()));
        customers.extend(usage.map(|usage| (id.clone(), tenant.name.clone(), usage.value)));
    }
    let mut moved: Vec<String> = jump(world, day).into_iter().collect();
    for (position, (id, name, was)) in (0_u64..).zip(customers) {
        if (position + day).is_multiple_of(3) && was > 1 {
            let is = if (position + day).is_multiple_of(2) { was + 1 } else { was - 1 };
            world.set_usage(&id, ITEM, None, is, Some(is));
            moved.push(format!("{name} has {is} workstations instead of {was}"));
        }
    }
    moved
}

/// A change that no run makes without a person (H1).
fn jump(world: &mut sandbox::World, day: u64) -> Option<String> {
    const ITEM: &str = "pw_base_servers";
    let (name, few, many) = (story::IN_FOLDER, 2, 42);
    let is = match day % 8 {
        2 => many,
        6 => few,
        _ => return None,
    };
    let tenant = world.tenant_named(name)?;
    world.set_usage(&tenant, ITEM, None, is, Some(is));
    Some(format!("{name} has {is} servers instead of {}", few + many - is))
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
