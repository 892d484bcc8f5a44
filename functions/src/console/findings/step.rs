//! Where one goes to do something about a finding, where that is a page of ours; and whether looking again now may do.

use crate::console::listed::Listed;
use crate::console::products::print_of_item;
use shared::finding::{AlertWhat, Finding, PrepaidWhat, What};
use shared::run::Job;
use url::form_urlencoded;

/// What a person may do here about a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// The page to go to, and what the link says.
    pub(super) link: Link,
    /// Whether a sync of its customer, or of all alerts, may settle it.
    pub(super) sync: bool,
}

/// The job that looks again at a finding of this kind.
pub(super) fn job_of(what: &What) -> Job {
    match what {
        What::Alert(_) => Job::AlertSync,
        What::Prepaid(_) => Job::ContractChanged,
        _ => Job::UsageSync,
    }
}

/// The page to go to, and what the link says.
type Link = Option<(String, &'static str)>;

/// The pages that have to do with a finding.
struct Ways<'a> {
    finding: &'a Finding,
    listed: &'a Listed,
    company: String,
}

pub(super) fn step(finding: &Finding, listed: &Listed) -> Step {
    let company = finding.company.map(|company| company.to_string()).unwrap_or_default();
    let ways = Ways { finding, listed, company };
    let link = match &finding.what {
        What::Prepaid(what) => ways.of_quotas(what),
        What::Alert(what) => ways.of_alerts(what),
        what => ways.of_units(what),
    };
    Step { link, sync: may_settle(finding) }
}

impl Ways<'_> {
    fn to(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("connection", self.listed.connection.as_str()).extend_pairs(fields);
        format!("{path}?{}", query.finish())
    }

    fn customer(&self) -> Link {
        Some((self.to("/customers", &[("search", &self.company)]), "See the customer's mapping"))
    }

    fn lines(&self, words: &'static str) -> Link {
        let service = self.finding.what.service().0.map(|service| service.to_string());
        let mut fields = vec![("show", "all"), ("customer", self.company.as_str())];
        fields.extend(service.as_deref().map(|service| ("service", service)));
        Some((self.to("/plan", &fields), words))
    }

    fn product(&self, name: &str) -> Link {
        Some((self.to("/products", &[("search", name)]), "See the product"))
    }

    fn of_units(&self, what: &What) -> Link {
        match what {
            What::NothingMapped { .. } | What::PaygFieldMissing => {
                Some((self.to("/setup", &[]), "Go on with the setup"))
            }
            What::ServiceOnSeveralLines { .. } | What::ServiceOnBothKinds { .. } | What::PinDropped { .. } => {
                self.lines("Pin a line")
            }
            What::Excluded { .. } => self.lines("Include it again"),
            What::UsageRowMissing { item, .. } | What::FeatureMapped { item, .. } => {
                Some((self.to("/products/item", &[("item", &print_of_item(item))]), "See the product"))
            }
            What::ServiceRefused { .. } | What::ServiceGone { .. } | What::TooManyUnits { .. } => {
                let (service, name) = what.service();
                let sold_as = self.listed.snapshot.services.iter().find(|one| Some(one.id) == service);
                self.product(sold_as.map_or(name, |service| &service.name))
            }
            What::NotOnContract { .. } => {
                let setting = format!("{}#add_missing_services", self.to("/settings", &[]));
                Some((setting, "Have missing services added"))
            }
            What::NoActiveContract
            | What::TenantMissing { .. }
            | What::CompanyMissing { .. }
            | What::Renamed { .. } => self.customer(),
            What::ContractToChoose { .. } | What::Prepaid(_) | What::Alert(_) => None,
            _ => self.lines("See the lines in the plan"),
        }
    }

    fn of_quotas(&self, what: &PrepaidWhat) -> Link {
        match what {
            PrepaidWhat::Oversells { service_name, .. } | PrepaidWhat::NotAvailable { service_name, .. } => {
                self.product(service_name)
            }
            PrepaidWhat::NotInMapping { .. } => self.product(""),
            PrepaidWhat::PackWithoutStandard { pack: item } => self.product(item),
            PrepaidWhat::Locked { .. } | PrepaidWhat::QuotaRefused { .. } | PrepaidWhat::NotDisabled { .. } => {
                Some((self.to("/plan", &[("tab", "quotas"), ("customer", &self.company)]), "See its quotas"))
            }
            PrepaidWhat::NoContract { .. }
            | PrepaidWhat::ContractWithoutTenant
            | PrepaidWhat::TenantWithoutContract
            | PrepaidWhat::TenantWithItsName { .. } => self.customer(),
            PrepaidWhat::StorageToChoose { .. } => Some((self.to("/settings", &[]), "Choose the default storage")),
            _ => None,
        }
    }

    fn of_alerts(&self, what: &AlertWhat) -> Link {
        match what {
            AlertWhat::UnmappedAlerts { tenant_name, .. } => {
                Some((self.to("/customers", &[("find", tenant_name)]), "Map the tenant"))
            }
            AlertWhat::CompanyTakesNoTickets { .. } => self.customer(),
            AlertWhat::AtSwitchOn { .. } => Some((self.to("/plan", &[("tab", "tickets")]), "See the first plan")),
            AlertWhat::TicketsNotStarted { .. }
            | AlertWhat::TypeUnknown { .. }
            | AlertWhat::PickGone { .. }
            | AlertWhat::NoQueue { .. }
            | AlertWhat::SubIssueAstray { .. }
            | AlertWhat::AssigneeGone { .. }
            | AlertWhat::NoClosingStatus { .. } => Some((self.to("/tickets", &[]), "Choose what tickets are like")),
            _ => None,
        }
    }
}

/// What another look may settle: what was refused or not answered, and what was mended at a vendor since.
fn may_settle(finding: &Finding) -> bool {
    let of_customer = matches!(
        finding.what,
        What::Refused { .. }
            | What::Unanswered { .. }
            | What::UsageRefused { .. }
            | What::UsageRowMissing { .. }
            | What::NotOnContract { .. }
            | What::ContractToChoose { .. }
            | What::NoActiveContract
            | What::PaygFieldUnclear { .. }
            | What::Prepaid(
                PrepaidWhat::TenantUnanswered
                    | PrepaidWhat::TenantRefused { .. }
                    | PrepaidWhat::QuotaRefused { .. }
                    | PrepaidWhat::NotDisabled { .. }
                    | PrepaidWhat::Locked { .. }
            )
    );
    let of_alerts = matches!(
        finding.what,
        What::Alert(
            AlertWhat::TicketUnanswered { .. }
                | AlertWhat::TicketRefused { .. }
                | AlertWhat::DismissalRefused { .. }
                | AlertWhat::CompanyTakesNoTickets { .. }
        )
    );
    (of_customer && finding.company.is_some()) || of_alerts
}
