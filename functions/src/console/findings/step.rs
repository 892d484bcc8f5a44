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
    pub(super) link: Option<(String, &'static str)>,
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

pub(super) fn step(finding: &Finding, listed: &Listed) -> Step {
    let to = |path: &str, fields: &[(&str, &str)]| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("connection", listed.connection.as_str()).extend_pairs(fields);
        format!("{path}?{}", query.finish())
    };
    let company = finding.company.map(|company| company.to_string()).unwrap_or_default();
    let customer = || Some((to("/customers", &[("search", &company)]), "See the customer's mapping"));
    let (service, service_name) = finding.what.service();
    let lines = || {
        let mut fields = vec![("show", "all"), ("customer", company.as_str())];
        let service = service.map(|service| service.to_string());
        fields.extend(service.as_deref().map(|service| ("service", service)));
        Some((to("/plan", &fields), "See the lines in the plan"))
    };
    let named = |name: &str| Some((to("/products", &[("search", name)]), "See the product"));
    let link = match &finding.what {
        What::NothingMapped { .. } | What::PaygFieldMissing => Some((to("/setup", &[]), "Go on with the setup")),
        What::ServiceOnSeveralLines { .. } | What::ServiceOnBothKinds { .. } | What::PinDropped { .. } => {
            lines().map(|(href, _)| (href, "Pin a line"))
        }
        What::Excluded { .. } => lines().map(|(href, _)| (href, "Include it again")),
        What::PostedPeriod { .. }
        | What::PostedToTheEnd { .. }
        | What::PeriodNotSeen { .. }
        | What::PeriodUnclear { .. }
        | What::PaygFieldUnclear { .. }
        | What::MeteredNeedsCalendarMonths { .. }
        | What::ChangedByOthers { .. }
        | What::Unanswered { .. }
        | What::Refused { .. }
        | What::UsageRefused { .. }
        | What::InTrial { .. } => lines(),
        What::UsageRowMissing { item, .. } | What::FeatureMapped { item, .. } => {
            Some((to("/products/item", &[("item", &print_of_item(item))]), "See the product"))
        }
        What::ServiceRefused { .. } | What::ServiceGone { .. } | What::TooManyUnits { .. } => {
            let sold_as = service.and_then(|service| listed.snapshot.services.iter().find(|one| one.id == service));
            named(sold_as.map_or(service_name, |service| &service.name))
        }
        What::NotOnContract { .. } => {
            Some((format!("{}#add_missing_services", to("/settings", &[])), "Have missing services added"))
        }
        What::ContractToChoose { .. } => None,
        What::NoActiveContract | What::TenantMissing { .. } | What::CompanyMissing { .. } | What::Renamed { .. } => {
            customer()
        }
        What::Prepaid(what) => match what {
            PrepaidWhat::Oversells { service_name, .. } | PrepaidWhat::NotAvailable { service_name, .. } => {
                named(service_name)
            }
            PrepaidWhat::NotInMapping { .. } => named(""),
            PrepaidWhat::PackWithoutStandard { pack: item } => named(item),
            PrepaidWhat::Locked { .. } | PrepaidWhat::QuotaRefused { .. } | PrepaidWhat::NotDisabled { .. } => {
                Some((to("/plan", &[("tab", "quotas"), ("customer", &company)]), "See its quotas"))
            }
            PrepaidWhat::NoContract { .. }
            | PrepaidWhat::ContractWithoutTenant
            | PrepaidWhat::TenantWithoutContract
            | PrepaidWhat::TenantWithItsName { .. } => customer(),
            PrepaidWhat::StorageToChoose { .. } => Some((to("/settings", &[]), "Choose the default storage")),
            _ => None,
        },
        What::Alert(what) => match what {
            AlertWhat::UnmappedAlerts { tenant_name, .. } => {
                Some((to("/customers", &[("find", tenant_name)]), "Map the tenant"))
            }
            AlertWhat::CompanyTakesNoTickets { .. } => customer(),
            AlertWhat::AtSwitchOn { .. } => Some((to("/plan", &[("tab", "tickets")]), "See the first plan")),
            _ => None,
        },
    };
    Step { link, sync: may_settle(finding) }
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
