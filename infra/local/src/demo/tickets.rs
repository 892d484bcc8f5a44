//! The demo's part about alerts: ticket sync is switched on, alerts become tickets, and then machines and people go on.
//! It plays the operator, the machines and a technician; the work is `alert-sync`'s, and what is told is what came of it.

use super::Play;
use crate::plans::{in_words, told};
use crate::session::watched;
use crate::wake::wake;
use anyhow::{Context, ensure};
use functions::alert_sync::{self, Look};
use functions::run::{Approve, Run};
use jiff::{Timestamp, ToSpan};
use sandbox::acronis::alerts::NewAlert;
use sandbox::autotask::ticket_views::Ticket;
use sandbox::seed::alerts::{COMING_AND_GOING, NOISY, RETURNED, UNMAPPED};
use serde_json::{Value, json};
use shared::alert_link::AlertLink;
use shared::alert_settings::TicketSettings;
use shared::finding::{AlertWhat, What};
use shared::ids::{AlertId, TenantId};
use shared::plan::{Action, Plan};
use shared::run::{Job, Mode, Outcome};
use shared::words::count;

/// Alerts raised so many days before the switch-on make tickets too (T8), so that there is something to see at once.
const DAYS_BEFORE: u32 = 7;
/// How often `alert-sync` looks.
pub(super) const MINUTES_BETWEEN_LOOKS: i64 = 5;
/// The type of the alert that clears.
const CLEARS: &str = "BackupCanceled";

impl Play {
    /// Alerts become tickets; one clears, one comes back, one is nobody's. Gives the first plan and the runs.
    pub(super) async fn alerts(&mut self) -> anyhow::Result<Value> {
        self.say(&format!(
            "\n9. Alerts: each, of the types that make tickets, becomes one in Autotask. Ticket sync is switched on, for \
             alerts\n   of the last {DAYS_BEFORE} days too (`days_before_switch_on`), and so that a ticket is closed when \
             its alert clears\n   (`auto_close`)."
        ));
        self.switch_tickets_on().await?;
        let (host, connection) = (&self.machine.host, &self.connection);
        let first = watched(&host.progress, alert_sync::plan(host, connection)).await?;
        self.show(&first)?;
        let made = self.make_tickets(&first).await?;
        self.say(&format!(
            "\n11. Time passes, and alert-sync looks every {MINUTES_BETWEEN_LOOKS} minutes at what changed."
        ));
        let began = self.machine.host.clock.now();
        let followed = self.machines_and_people_go_on(began).await?;
        let idle = self.nothing_changes(began).await?;
        let runs = [made, followed, idle].map(|run| json!({"run": run.record, "plan": run.plan}));
        Ok(json!({"first_plan": first, "runs": runs}))
    }

    /// As an operator does with the mapping file.
    async fn switch_tickets_on(&self) -> anyhow::Result<()> {
        let (store, connection) = (&self.machine.host.store, &self.connection);
        let mut mapping = store.mapping(connection).await?.context("there is no mapping")?;
        mapping.settings.tickets = TicketSettings {
            enabled: true,
            auto_close: true,
            days_before_switch_on: DAYS_BEFORE,
            ..TicketSettings::default()
        };
        store.save_mapping(connection, &mapping).await?;
        Ok(())
    }

    async fn make_tickets(&self, first: &Plan) -> anyhow::Result<Run> {
        self.say(&format!("\n10. Approve this plan, {}, as a person would, and apply it.", first.id));
        let (host, connection) = (&self.machine.host, &self.connection);
        alert_sync::approve(host, connection, &Approve::Plan(first.id.clone()), "demo").await?;
        let run = alert_sync::run(host, connection, Look::Whole, Mode::Apply);
        let run = complete(watched(&host.progress, run).await?)?;
        self.say(&format!("   {}", told(&run.record)));
        let mut tickets = Vec::new();
        for held in &first.held {
            let Action::CreateTicket(creation) = &held.change.action else { continue };
            tickets.push(self.ticket_known_by(&creation.ticket.external_id)?);
        }
        let example = tickets.first().context("no alert became a ticket")?;
        self.say(&format!(
            "   In Autotask there are {} now, one for each alert, such as {}.",
            count(tickets.len(), "ticket"),
            named(example)
        ));
        Ok(run)
    }

    /// An alert clears, one comes back although its ticket was closed, and one is of a tenant that is nobody's.
    async fn machines_and_people_go_on(&mut self, began: Timestamp) -> anyhow::Result<Run> {
        let (cleared, returned) = (self.active_alert(NOISY, CLEARS)?, self.active_alert(COMING_AND_GOING, RETURNED)?);
        let (of_cleared, of_returned) = (self.ticket_of(&cleared).await?, self.ticket_of(&returned).await?);
        self.set_time(began + 2.minutes());
        ensure!(self.sandbox.world(|world| world.clear_alert(&cleared)), "alert {cleared} is not there to clear");
        self.say_at(&format!("{NOISY}: the alert \"{}\" clears in Acronis.", of_cleared.title));
        ensure!(self.sandbox.world(|world| world.human_close(of_returned.id)), "a ticket is not there to complete");
        self.say_at(&format!("{COMING_AND_GOING}: a technician completes {}.", named(&of_returned)));
        self.set_time(began + 3.minutes());
        ensure!(self.sandbox.world(|world| world.raise_again(&returned)), "alert {returned} is not there to come back");
        self.say_at(&format!("{COMING_AND_GOING}: the same backup fails again."));
        let nobodys = self.sandbox.world(|world| world.tenant_named(UNMAPPED)).context("a tenant is missing")?;
        let alert = NewAlert::of(&nobodys, RETURNED).about("KASSE-01", "Taeglich");
        self.sandbox.world(|world| world.raise(alert));
        self.say_at(&format!("{UNMAPPED}, a tenant that belongs to no company: a backup fails."));

        self.set_time(began + MINUTES_BETWEEN_LOOKS.minutes());
        let run = self.look().await?;
        let plan = run.plan.as_ref().context("the look at alerts made no plan")?;
        self.say_changes(plan);
        for finding in &plan.findings {
            self.say(&format!("          Finding: {}\n          → {}", finding.fact(), finding.what.advice()));
        }
        let closing = TicketSettings::default().closing_status;
        let (of_cleared, of_returned) = (self.ticket_of(&cleared).await?, self.ticket_of(&returned).await?);
        ensure!(of_cleared.status == closing, "the alert cleared, and ticket {} is not closed", of_cleared.number);
        ensure!(of_returned.status != closing, "the alert came back, and ticket {} is closed", of_returned.number);
        let notes = self.sandbox.world(|world| world.notes_of_ticket(of_returned.id));
        ensure!(!notes.is_empty(), "ticket {} was reopened without a note", of_returned.number);
        let unmapped = |what: &What| matches!(what, What::Alert(AlertWhat::UnmappedAlerts { tenant, .. }) if *tenant == TenantId::new(&nobodys));
        ensure!(
            plan.findings.iter().any(|finding| unmapped(&finding.what)),
            "nobody was told of the alert of {UNMAPPED}"
        );
        Ok(run)
    }

    async fn nothing_changes(&mut self, began: Timestamp) -> anyhow::Result<Run> {
        self.set_time(began + (2 * MINUTES_BETWEEN_LOOKS).minutes());
        let run = self.look().await?;
        let found = run.plan.as_ref().is_none_or(|plan| !plan.is_empty());
        ensure!(!found, "the next look at alerts still had something to do");
        self.say("          Nothing changed, so there was nothing to do.");
        Ok(run)
    }

    /// One look of the schedule's.
    async fn look(&mut self) -> anyhow::Result<Run> {
        let runs = wake(&mut self.machine, &self.connection, Job::AlertSync, Mode::Apply).await?;
        let run = runs.into_iter().find(|run| run.record.job == Job::AlertSync);
        let run = complete(run.context("alert-sync was not woken")?)?;
        self.say_at(&format!("alert-sync: {}", told(&run.record)));
        Ok(run)
    }

    fn say_changes(&self, plan: &Plan) {
        for change in &plan.changes {
            self.say(&format!("          {}", in_words(change).join("  ")));
        }
    }

    /// Says something with the time of day.
    fn say_at(&self, text: &str) {
        self.say(&format!("   {}  {text}", self.time_of_day()));
    }

    /// The id of a tenant's active alert of a type.
    fn active_alert(&self, tenant: &str, kind: &str) -> anyhow::Result<String> {
        let found = self.sandbox.world(|world| {
            let tenant = world.tenant_named(tenant)?;
            let mut alerts = world.alerts().into_iter();
            alerts.find(|alert| alert.tenant_id == tenant && alert.kind == kind && alert.deleted_at.is_none())
        });
        Ok(found.with_context(|| format!("{tenant} has no active alert {kind}"))?.id)
    }

    /// The ticket of an alert, by what we remember of it, as it is in Autotask.
    async fn ticket_of(&self, alert: &str) -> anyhow::Result<Ticket> {
        let alert = AlertId::new(alert);
        let mut ticket = None;
        let each = |link: AlertLink| {
            if link.alert.id == alert {
                ticket = link.ticket.map(|ticket| ticket.id);
            }
        };
        self.machine.host.store.alert_links(&self.connection, each).await?;
        let ticket = ticket.and_then(|ticket| self.sandbox.world(|world| world.ticket(ticket.0)));
        ticket.with_context(|| format!("alert {alert} has no ticket"))
    }

    /// The only ticket with an external id.
    fn ticket_known_by(&self, external_id: &str) -> anyhow::Result<Ticket> {
        let mut tickets = self.sandbox.world(|world| world.tickets());
        tickets.retain(|ticket| ticket.external_id == external_id);
        ensure!(tickets.len() == 1, "{} have the external id {external_id}", count(tickets.len(), "ticket"));
        Ok(tickets.remove(0))
    }
}

fn named(ticket: &Ticket) -> String {
    format!("{} \"{}\"", ticket.number, ticket.title)
}

fn complete(run: Run) -> anyhow::Result<Run> {
    ensure!(run.record.outcome == Outcome::Complete, "the run of alerts did not complete: {}", run.record.outcome);
    Ok(run)
}
