//! What can be planned, approved and applied by itself: units, quotas, tickets, and the dismissals that belong to
//! these. Calls the jobs; prints nothing.

use crate::cli::Subject;
use crate::session::Session;
use functions::alert_sync::{self, Look};
use functions::run::{Approve, Run, Scope};
use functions::ticket_changed::{self, Tickets};
use functions::{contract_changed, usage_sync};
use shared::plan::Plan;
use shared::run::{Connection, Job, Mode};

impl Subject {
    /// What is looked at where nothing is named: tenants and quotas first, then what they use, then their alerts.
    const ALL: [Subject; 4] = [Subject::Quotas, Subject::Usage, Subject::Alerts, Subject::Dismissals];

    /// What is looked at: alerts only where they make tickets, if they are not asked for, and dismissals only where
    /// closing a ticket dismisses its alert.
    pub(super) async fn of(named: Option<Subject>, session: &Session) -> anyhow::Result<Vec<Subject>> {
        let mapping = session.host.store.mapping(&session.connection).await?.unwrap_or_default();
        let tickets = &mapping.settings.tickets;
        let is_wanted = |subject: &Subject| match (named, *subject) {
            (None | Some(Subject::Alerts), Subject::Dismissals) => tickets.enabled && tickets.dismiss_on_close,
            (None, Subject::Alerts) => tickets.enabled,
            (None, _) => true,
            (Some(named), subject) => named == subject,
        };
        Ok(Self::ALL.into_iter().filter(is_wanted).collect())
    }

    pub(super) fn of_plan(plan: &Plan) -> Subject {
        match plan.job {
            Job::UsageSync => Subject::Usage,
            Job::AlertSync => Subject::Alerts,
            Job::TicketChanged => Subject::Dismissals,
            Job::ContractWatch | Job::ContractChanged => Subject::Quotas,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Subject::Usage => "usage",
            Subject::Quotas => "quotas",
            Subject::Alerts => "alerts",
            Subject::Dismissals => "dismissals",
        }
    }

    /// Whether its first plan still waits for approval (M5); dismissals begin with tickets.
    pub(super) fn waits_for_first_plan(self, connection: &Connection) -> bool {
        !match self {
            Subject::Usage => connection.first_plan_approved,
            Subject::Quotas => connection.first_quotas_approved,
            Subject::Alerts => connection.first_tickets_approved,
            Subject::Dismissals => true,
        }
    }

    /// What its plans change.
    pub(super) fn changes(self) -> &'static str {
        match self {
            Subject::Usage => "units",
            Subject::Quotas => "quotas",
            Subject::Alerts => "tickets",
            Subject::Dismissals => "alerts",
        }
    }

    /// The word by which it is named on the command line.
    pub(super) fn named(self) -> &'static str {
        if self == Subject::Dismissals { Subject::Alerts.word() } else { self.word() }
    }

    pub(super) async fn plan(self, session: &Session) -> anyhow::Result<Plan> {
        let (host, connection) = (&session.host, &session.connection);
        match self {
            Subject::Usage => session.watched(usage_sync::plan(host, connection)).await,
            Subject::Quotas => session.watched(contract_changed::plan(host, connection)).await,
            Subject::Alerts => session.watched(alert_sync::plan(host, connection)).await,
            Subject::Dismissals => session.watched(ticket_changed::plan(host, connection)).await,
        }
    }

    pub(super) async fn apply(self, session: &Session) -> anyhow::Result<Run> {
        let (host, connection) = (&session.host, &session.connection);
        match self {
            Subject::Usage => session.watched(usage_sync::run(host, connection, Scope::Everybody, Mode::Apply)).await,
            Subject::Quotas => {
                session.watched(contract_changed::run(host, connection, Scope::Everybody, Mode::Apply)).await
            }
            Subject::Alerts => session.watched(alert_sync::run(host, connection, Look::Whole, Mode::Apply)).await,
            Subject::Dismissals => {
                session.watched(ticket_changed::run(host, connection, Tickets::All, Mode::Apply)).await
            }
        }
    }

    pub(super) async fn approve(self, session: &Session, what: &Approve, by: &str) -> anyhow::Result<Plan> {
        let (host, connection) = (&session.host, &session.connection);
        match self {
            Subject::Usage => session.watched(usage_sync::approve(host, connection, what, by)).await,
            Subject::Quotas => session.watched(contract_changed::approve(host, connection, what, by)).await,
            Subject::Alerts => session.watched(alert_sync::approve(host, connection, what, by)).await,
            Subject::Dismissals => session.watched(ticket_changed::approve(host, connection, what, by)).await,
        }
    }
}
