//! The days after the demo's first syncs, one after the other until Ctrl-C: usage moves, alerts come and go, and the
//! jobs follow on their schedule. It plays the world, and the person who approves what is held.

use super::Play;
use super::tickets::MINUTES_BETWEEN_LOOKS;
use crate::commands::Exit;
use crate::console_server;
use crate::plans::{in_words, told};
use crate::session::asked_to_stop;
use crate::wake::wake;
use crate::webhook_server::{self, WebhookServer};
use functions::context::{Secret, WebhookKeys};
use functions::run::{Approve, Run};
use functions::usage_sync;
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sandbox::acronis::alerts::NewAlert;
use sandbox::seed::story;
use shared::run::{Job, Mode};
use std::collections::VecDeque;
use std::time::Duration;

/// How long one simulated day takes.
const DAY: Duration = Duration::from_secs(15);
/// When a simulated day's run of units is.
const RUN_AT: Time = time(4, 0, 0, 0);
/// How long after that alerts come and go.
const HOURS_UNTIL_ALERTS: i64 = 5;
/// How much of a day is told line by line.
const LINES_TOLD: usize = 6;
/// What most customers use.
const WORKSTATIONS: &str = "pw_base_workstations";
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

impl Play {
    /// One day after the other: usage moves, the schedule comes, and units follow.
    pub(super) async fn days(&mut self) -> anyhow::Result<Exit> {
        self.say(&format!(
            "\n12. Days pass, one every {} seconds: usage moves, at 04:00 usage-sync is due, and units follow; alerts come and\n    \
             go, and their tickets follow at alert-sync's next look. Ctrl-C ends it.",
            DAY.as_secs()
        ));
        let _webhooks = self.take_webhooks().await?;
        let _console = console_server::start_and_tell(&self.machine).await?;
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
            self.next_alerts(day);
            for run in wake(&mut self.machine, &self.connection, Job::AlertSync, Mode::Apply).await? {
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

    /// Lets alerts come and go in the morning, and moves everybody to the look that follows.
    fn next_alerts(&mut self, day: u64) {
        self.set_time(self.machine.host.clock.now() + HOURS_UNTIL_ALERTS.hours());
        let moved = self.sandbox.world(|world| move_alerts(world, &mut self.raised, day));
        self.say(&format!("{} alerts in Acronis: {moved}", self.time_of_day()));
        self.set_time(self.machine.host.clock.now() + MINUTES_BETWEEN_LOOKS.minutes());
    }

    /// A day's run: what it made, and what it left to a person.
    fn tell(&mut self, run: &Run) {
        self.say(&format!("{} {}: {}", self.time_of_day(), run.record.job, told(&run.record)));
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
        if run.record.job == Job::UsageSync {
            self.held = plan.held.iter().map(|held| held.change.id.clone()).collect();
        }
    }

    fn say_some(&self, lines: &[String]) {
        lines.iter().take(LINES_TOLD).for_each(|line| self.say(&format!("   {line}")));
        if lines.len() > LINES_TOLD {
            self.say(&format!("   and {} more", lines.len() - LINES_TOLD));
        }
    }
}

/// The billed tenants that use an item: each with its name, and how much it uses.
fn customers_with(world: &sandbox::World, item: &str) -> Vec<(String, String, u64)> {
    let billed = world.acronis.tenants.iter().filter(|(_, tenant)| !NOT_BILLED.contains(&tenant.name.as_str()));
    let used = billed.filter_map(|(id, tenant)| {
        let usage = world.acronis.usage(id, item, None)?;
        Some((id.clone(), tenant.name.clone(), usage.value))
    });
    used.collect()
}

/// Every third customer with workstations gets one more or one less, in turn, and now and then one gets
/// far more servers, or loses them again.
fn move_usage(world: &mut sandbox::World, day: u64) -> Vec<String> {
    let customers = customers_with(world, WORKSTATIONS);
    let mut moved: Vec<String> = jump(world, day).into_iter().collect();
    for (position, (id, name, was)) in (0_u64..).zip(customers) {
        if (position + day).is_multiple_of(3) && was > 1 {
            let is = if (position + day).is_multiple_of(2) { was + 1 } else { was - 1 };
            world.set_usage(&id, WORKSTATIONS, None, is, Some(is));
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

/// Two alerts a day. Of the last days' the first clears, comes back, and clears for good, a day apart; the second clears
/// with it. Tells what happened.
fn move_alerts(world: &mut sandbox::World, raised: &mut VecDeque<[String; 2]>, day: u64) -> String {
    const KINDS: [&str; 4] = ["BackupFailed", "BackupDidNotStart", "BackupNotResponding", "BackupCorrupted"];
    let (yesterdays, before, oldest) = (raised.front().cloned(), raised.get(1).cloned(), raised.get(2).cloned());
    raised.truncate(2);
    let clearing: Vec<String> =
        yesterdays.into_iter().map(|[first, _]| first).chain(oldest.into_iter().flatten()).collect();
    let cleared = clearing.iter().filter(|alert| world.clear_alert(alert)).count();
    let returned = before.iter().filter(|[first, _]| world.raise_again(first)).count();
    let customers = customers_with(world, WORKSTATIONS);
    let turn = usize::try_from(day).unwrap_or_default();
    let new = [0, 1].map(|number| {
        let (tenant, ..) = &customers[(2 * turn + number) % customers.len()];
        let kind = KINDS[(turn + number) % KINDS.len()];
        world.raise(NewAlert::of(tenant, kind).about(&format!("PC-{:02}", 10 + (7 * turn + number) % 90), "Daily"))
    });
    let told = [(new.len(), "raised"), (cleared, "cleared"), (returned, "raised again")];
    raised.push_front(new);
    let told = told.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}"));
    told.collect::<Vec<_>>().join(", ")
}
