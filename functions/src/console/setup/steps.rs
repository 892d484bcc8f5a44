//! The steps of the setup and what each needs: one is open when all before it are done, and where it is not, its page
//! says what is missing and where that is done (A18, A26, G16, G25).

use super::super::gates::SignedIn;
use super::super::pages::Failure;
use super::super::words::Shown;
use crate::standing::Standing;
use shared::ids::ConnectionId;
use shared::mapping::Mapping;
use shared::run::{Connection, Job, Outcome, RunRecord};
use shared::setup::Setup;
use url::form_urlencoded;

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Connect,
    Customers,
    Products,
    Review,
    Finish,
}

impl Step {
    const ALL: [Step; 5] = [Step::Connect, Step::Customers, Step::Products, Step::Review, Step::Finish];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Connect => "Connect",
            Self::Customers => "Customers",
            Self::Products => "Products",
            Self::Review => "Review",
            Self::Finish => "Finish",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Connect => "/setup",
            Self::Customers => "/setup/customers",
            Self::Products => "/setup/products",
            Self::Review => "/setup/review",
            Self::Finish => "/setup/finish",
        }
    }
}

/// What is known of a connection that is being set up.
pub(super) struct HowFar {
    pub(super) id: Option<ConnectionId>,
    pub(super) connection: Option<Connection>,
    pub(super) setup: Option<Setup>,
    pub(super) mapping: Mapping,
    /// The last run of units.
    pub(super) run: Option<RunRecord>,
}

/// A step as the list of all shows it.
pub(super) struct StepRow {
    pub(super) number: usize,
    pub(super) title: &'static str,
    /// None where it is not open.
    pub(super) href: Option<String>,
    pub(super) is_done: bool,
    pub(super) is_current: bool,
}

/// What has to be done first.
pub(super) struct Missing {
    pub(super) what: &'static str,
    pub(super) title: &'static str,
    pub(super) href: String,
}

/// What every step's page shows.
pub(super) struct Wizard {
    pub(super) name: Option<Shown>,
    pub(super) steps: Vec<StepRow>,
    /// Why the step is not open.
    pub(super) missing: Option<Missing>,
    /// The step after this one, where it is open.
    pub(super) next: Option<(&'static str, String)>,
    /// Why it is not.
    pub(super) to_do: Option<&'static str>,
}

impl HowFar {
    /// What is known of this connection, which need not be there yet.
    pub(super) async fn read(who: &SignedIn, id: Option<ConnectionId>) -> Result<Self, Failure> {
        let mut far = Self { id, connection: None, setup: None, mapping: Mapping::default(), run: None };
        let Some(id) = &far.id else { return Ok(far) };
        let (store, now) = (&who.console.store, who.console.jobs_clock.now());
        far.setup = store.setup(id).await?;
        if let Some(standing) = Box::pin(Standing::read(store, id, now)).await? {
            far.run = standing.last_of(Job::UsageSync).cloned();
            (far.connection, far.mapping) = (Some(standing.connection), standing.mapping);
        }
        Ok(far)
    }

    pub(super) fn customers(&self) -> usize {
        self.mapping.mapped_customers().count()
    }

    pub(super) fn products(&self) -> usize {
        self.mapping.products.values().filter(|row| row.service.is_some()).count()
    }

    pub(super) fn is_approved(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.first_plan_approved)
    }

    /// The last run of units, if it ended with a plan.
    pub(super) fn planned(&self) -> Option<&RunRecord> {
        self.run.as_ref().filter(|run| run.outcome != Outcome::Running && run.plan.is_some())
    }

    /// What a step still needs before it is done.
    fn lacks(&self, step: Step) -> Option<&'static str> {
        let field_is_missing =
            self.setup.as_ref().and_then(Setup::sight).is_some_and(|sight| !sight.payg_field) && !self.is_approved();
        match step {
            Step::Connect if self.connection.is_none() => Some("Nothing is connected yet."),
            Step::Connect if field_is_missing => {
                Some("The contract field \"Acronis PAYG\" is missing in Autotask. Nothing can be planned without it.")
            }
            Step::Customers if self.customers() == 0 && !self.mapping.settings.automatic_provisioning => {
                Some("No customer is mapped yet, and automatic provisioning is off. At least one is needed.")
            }
            Step::Products if self.products() == 0 => {
                Some("No product is sold as a service yet. At least one is needed.")
            }
            Step::Review if self.planned().is_none() => Some("No plan was made yet."),
            Step::Finish if !self.is_approved() => Some("The first plan is not approved yet."),
            _ => None,
        }
    }

    /// The first step before this one that is not done, and what it needs.
    fn before(&self, step: Step) -> Option<(Step, &'static str)> {
        let earlier = Step::ALL.into_iter().take_while(|one| *one < step);
        earlier.filter_map(|one| self.lacks(one).map(|what| (one, what))).next()
    }

    pub(super) fn is_open(&self, step: Step) -> bool {
        self.before(step).is_none()
    }

    /// Where a step's page is.
    pub(super) fn href(&self, step: Step) -> String {
        format!("{}{}", step.path(), self.query())
    }

    /// What addresses say so that a page is about this connection.
    pub(super) fn query(&self) -> String {
        let named = |id: &ConnectionId| {
            let mut fields = form_urlencoded::Serializer::new(String::new());
            format!("?{}", fields.append_pair("connection", id.as_str()).finish())
        };
        self.id.as_ref().map(named).unwrap_or_default()
    }

    pub(super) fn wizard(&self, current: Step) -> Wizard {
        let row = |(index, step): (usize, Step)| StepRow {
            number: index + 1,
            title: step.title(),
            href: self.is_open(step).then(|| self.href(step)),
            is_done: self.is_open(step) && self.lacks(step).is_none(),
            is_current: step == current,
        };
        let missing = |(step, what): (Step, &'static str)| Missing { what, title: step.title(), href: self.href(step) };
        let next = Step::ALL.into_iter().find(|step| *step > current);
        Wizard {
            name: self.id.as_ref().map(Shown::of),
            steps: Step::ALL.into_iter().enumerate().map(row).collect(),
            missing: self.before(current).map(missing),
            next: next.filter(|step| self.is_open(*step)).map(|step| (step.title(), self.href(step))),
            to_do: self.lacks(current),
        }
    }
}
