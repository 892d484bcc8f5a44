//! What needs a person, and the command that does it. A part of `status`; asks no vendor.

use functions::standing::{OVERDUE, Standing, is_or_are};
use shared::run::{Job, Mode, Outcome, RunRecord};
use shared::words::count;

/// How a connection stands, and what makes changes by itself there.
pub(super) struct Needs<'a> {
    pub(super) standing: &'a Standing,
    /// How many findings are not ignored.
    pub(super) findings: usize,
    pub(super) every_day: &'static str,
}

impl Needs<'_> {
    /// What a person has to do.
    pub(super) fn all(&self) -> Vec<String> {
        let mut needs = self.needs_at_first();
        let Some(run) = self.standing.last() else {
            if needs.is_empty() {
                needs.push(format!("Let it run: acrotask apply once, or {} every day", self.every_day));
            }
            return needs;
        };
        for run in self.standing.jobs().filter_map(|job| self.standing.last_of(job)) {
            if let Outcome::Failed(why) | Outcome::Stopped(why) = &run.outcome {
                needs.push(format!("{}: {why}", run.job));
            }
        }
        if self.standing.looks_at_quotas().any(|run| run.counts.held > 0) {
            needs.push(match self.standing.connection.first_quotas_approved {
                false => "Approve the first plan of quotas: acrotask plan quotas shows it and how".to_owned(),
                true => "Quotas or tenants are held: acrotask plan quotas shows why and how to approve".to_owned(),
            });
        }
        needs.extend(self.needs_of_tickets());
        if self.standing.silent(run) > OVERDUE {
            needs.push(format!("Let it run every day: {}", self.every_day));
        }
        needs.extend(self.standing.last_of(Job::UsageSync).map(|run| self.needs_of_units(run)).unwrap_or_default());
        if self.findings > 0 {
            needs.push(format!("Look at {} below", count(self.findings, "finding")));
        }
        needs
    }

    /// What a person does once.
    fn needs_at_first(&self) -> Vec<String> {
        let mut needs = Vec::new();
        if !self.standing.is_mapped() && !self.standing.makes_tickets() {
            needs.push(
                "Map products and customers: acrotask mapping export FILE, edit it, acrotask mapping import FILE"
                    .to_owned(),
            );
        } else if self.standing.is_mapped() && !self.standing.connection.first_plan_approved {
            needs.push("Approve the first plan: acrotask plan usage shows it and how".to_owned());
        }
        if self.standing.makes_tickets() && !self.standing.connection.first_tickets_approved {
            needs.push("Approve the first plan of tickets: acrotask plan alerts shows it and how".to_owned());
        }
        needs
    }

    fn needs_of_units(&self, run: &RunRecord) -> Vec<String> {
        let (counts, mut needs) = (&run.counts, Vec::new());
        if counts.held > 0 && self.standing.connection.first_plan_approved {
            needs.push(format!(
                "{} held: acrotask plan usage shows why and how to approve",
                is_or_are(counts.held, "change")
            ));
        }
        if run.mode == Mode::Plan && counts.changes > 0 {
            needs.push(format!("{} only shown (MODE=plan): acrotask apply usage", is_or_are(counts.changes, "change")));
        }
        if counts.refused > 0 {
            needs.push(format!("{} refused by Autotask; see the findings", is_or_are(counts.refused, "change")));
        }
        needs
    }

    /// Of tickets, once their first plan is approved.
    fn needs_of_tickets(&self) -> Vec<String> {
        if !self.standing.makes_tickets() || !self.standing.connection.first_tickets_approved {
            return Vec::new();
        }
        let last = || [Job::AlertSync, Job::TicketChanged].into_iter().filter_map(|job| self.standing.last_of(job));
        let held: usize = last().map(|run| run.counts.held).sum();
        let shown: usize = last().filter(|run| run.mode == Mode::Plan).map(|run| run.counts.changes).sum();
        let mut needs = Vec::new();
        if held > 0 {
            let held = is_or_are(held, "ticket change");
            needs.push(format!("{held} held: acrotask plan alerts shows why and how to approve"));
        }
        if shown > 0 {
            needs.push(format!("{} only shown (MODE=plan): acrotask apply alerts", is_or_are(shown, "ticket change")));
        }
        needs
    }
}
