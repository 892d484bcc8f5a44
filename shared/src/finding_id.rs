//! By what a finding is known again from run to run: what it is, whose, and of which contract, service, item or tenant.
//! Counts, days, names and a vendor's words are not in it, since they move while the finding is the same. A part of
//! `finding`.

use crate::finding::{AlertWhat, Finding, PrepaidWhat, What};
use crate::fingerprint;
use crate::ids::{ContractId, ServiceId, TenantId};

/// What a finding is, by the word it is stored under, and which one of these.
type Key = (&'static str, Vec<String>);

impl Finding {
    /// The id by which a finding is known again.
    pub fn id(&self) -> String {
        let (kind, which) = self.what.key();
        let company = self.company.map(|company| company.to_string()).unwrap_or_default();
        let mut parts = vec!["finding".to_owned(), kind.to_owned(), company];
        parts.extend(which);
        fingerprint::of(&parts)
    }

    /// How much it is about, where it counts anything: units, alerts, items.
    pub fn size(&self) -> Option<u64> {
        match &self.what {
            What::NotOnContract { unbilled, .. } | What::ContractToChoose { unbilled, .. } => {
                Some(unbilled.unsigned_abs())
            }
            What::PostedPeriod { missed, .. } | What::PostedToTheEnd { missed, .. } => Some(missed.unsigned_abs()),
            What::Excluded { units, wanted, .. } => Some(wanted.abs_diff(*units)),
            What::Alert(AlertWhat::UnmappedAlerts { alerts, .. } | AlertWhat::CompanyTakesNoTickets { alerts }) => {
                Some(*alerts as u64)
            }
            What::Alert(AlertWhat::SelfServiceUnread { customers }) => Some(*customers as u64),
            What::Alert(AlertWhat::AlertsVanished { missing, .. }) => Some(*missing as u64),
            What::Prepaid(PrepaidWhat::NotInMapping { items } | PrepaidWhat::Oversells { items, .. }) => {
                Some(items.len() as u64)
            }
            _ => None,
        }
    }
}

impl What {
    /// What kind of finding it is, in one word: `not-on-contract`.
    pub fn kind(&self) -> &'static str {
        self.key().0
    }

    fn key(&self) -> Key {
        let none = Vec::new;
        match self {
            What::NothingMapped { .. } => ("nothing-mapped", none()),
            What::PaygFieldMissing => ("payg-field-missing", none()),
            What::PaygFieldUnclear { contract, .. } => ("payg-field-unclear", vec![contract.to_string()]),
            What::ServiceOnSeveralLines { service, .. } => ("service-on-several-lines", vec![service.to_string()]),
            What::ServiceOnBothKinds { service, .. } => ("service-on-both-kinds", vec![service.to_string()]),
            What::PinDropped { service, .. } => ("pin-dropped", vec![service.to_string()]),
            What::NoActiveContract => ("no-active-contract", none()),
            What::NotOnContract { contract, service_name, .. } => ("not-on-contract", line(*contract, service_name)),
            What::ContractToChoose { service_name, .. } => ("contract-to-choose", vec![service_name.clone()]),
            What::TenantMissing { tenant, .. } => ("tenant-missing", of(tenant)),
            What::CompanyMissing { tenant } => ("company-missing", of(tenant)),
            What::Renamed { .. } => ("renamed", none()),
            What::InTrial { tenant } => ("in-trial", of(tenant)),
            What::UsageRefused { tenant, .. } => ("usage-refused", of(tenant)),
            What::UsageRowMissing { service_name, item } => {
                ("usage-row-missing", vec![service_name.clone(), item.application.to_string(), item.to_string()])
            }
            What::FeatureMapped { service_name, item } => {
                ("feature-mapped", vec![service_name.clone(), item.application.to_string(), item.to_string()])
            }
            What::MeteredNeedsCalendarMonths { contract, service_name, .. } => {
                ("metered-needs-calendar-months", line(*contract, service_name))
            }
            What::PeriodUnclear { contract, service_name } => ("period-unclear", line(*contract, service_name)),
            What::PostedPeriod { contract, service_name, .. } => ("posted-period", line(*contract, service_name)),
            What::PostedToTheEnd { contract, service_name, .. } => ("posted-to-the-end", line(*contract, service_name)),
            What::PeriodNotSeen { contract, service_name, .. } => ("period-not-seen", line(*contract, service_name)),
            What::ChangedByOthers { contract, service_name, .. } => {
                ("changed-by-others", line(*contract, service_name))
            }
            What::Unanswered { contract, service_name, .. } => ("unanswered", line(*contract, service_name)),
            What::Refused { contract, service_name, .. } => ("refused", line(*contract, service_name)),
            What::Excluded { contract, service_name, .. } => ("excluded", line(*contract, service_name)),
            What::ServiceRefused { service_name, .. } => ("service-refused", vec![service_name.clone()]),
            What::ServiceGone { service, .. } => ("service-gone", vec![service.to_string()]),
            What::TooManyUnits { contract, service_name } => ("too-many-units", line(*contract, service_name)),
            What::Prepaid(what) => what.key(),
            What::Alert(what) => what.key(),
        }
    }

    /// The service that it is about, by its id or its name; empty where it is about none.
    pub fn service(&self) -> (Option<ServiceId>, &str) {
        match self {
            What::ServiceOnSeveralLines { service, service_name, .. }
            | What::ServiceOnBothKinds { service, service_name, .. }
            | What::PinDropped { service, service_name, .. } => (Some(*service), service_name),
            What::NotOnContract { service_name, .. }
            | What::ContractToChoose { service_name, .. }
            | What::UsageRowMissing { service_name, .. }
            | What::FeatureMapped { service_name, .. }
            | What::MeteredNeedsCalendarMonths { service_name, .. }
            | What::PeriodUnclear { service_name, .. }
            | What::PostedPeriod { service_name, .. }
            | What::PostedToTheEnd { service_name, .. }
            | What::PeriodNotSeen { service_name, .. }
            | What::ChangedByOthers { service_name, .. }
            | What::Unanswered { service_name, .. }
            | What::Refused { service_name, .. }
            | What::Excluded { service_name, .. }
            | What::ServiceRefused { service_name, .. }
            | What::TooManyUnits { service_name, .. } => (None, service_name),
            What::ServiceGone { service, .. } => (Some(*service), ""),
            _ => (None, ""),
        }
    }
}

impl PrepaidWhat {
    fn key(&self) -> Key {
        let none = Vec::new;
        match self {
            Self::NoContract { .. } => ("no-contract", none()),
            Self::ContractWithoutTenant => ("contract-without-tenant", none()),
            Self::TenantWithoutContract => ("tenant-without-contract", none()),
            Self::TenantWithItsName { .. } => ("tenant-with-its-name", none()),
            Self::TenantUnanswered => ("tenant-unanswered", none()),
            Self::TenantRefused { .. } => ("tenant-refused", none()),
            Self::NameTaken { .. } => ("name-taken", none()),
            Self::NoContact => ("no-contact", none()),
            Self::LoginTaken => ("login-taken", none()),
            Self::TenantDisabled { tenant } => ("tenant-disabled", of(tenant)),
            Self::Oversells { service_name, .. } => ("oversells", vec![service_name.clone()]),
            Self::StorageLeft { storage } => ("storage-left", vec![storage.clone()]),
            Self::AnotherStorage { storage, .. } => ("another-storage", vec![storage.clone()]),
            Self::StorageToChoose { .. } => ("storage-to-choose", none()),
            Self::PackWithoutStandard { pack } => ("pack-without-standard", vec![pack.clone()]),
            Self::NotAvailable { service_name, .. } => ("not-available", vec![service_name.clone()]),
            Self::NotInMapping { .. } => ("not-in-mapping", none()),
            Self::Locked { item, .. } => ("locked", vec![item.clone()]),
            Self::QuotaRefused { item, .. } => ("quota-refused", vec![item.clone()]),
            Self::NotDisabled { .. } => ("not-disabled", none()),
        }
    }
}

impl AlertWhat {
    fn key(&self) -> Key {
        let none = Vec::new;
        match self {
            Self::TicketsNotStarted { .. } => ("tickets-not-started", none()),
            Self::AtSwitchOn { .. } => ("at-switch-on", none()),
            Self::UnmappedAlerts { tenant, .. } => ("unmapped-alerts", of(tenant)),
            Self::CompanyTakesNoTickets { .. } => ("company-takes-no-tickets", none()),
            Self::TypeUnknown { kind } => ("type-unknown", vec![kind.to_string()]),
            Self::PickGone { field, value, kind } => {
                let kind = kind.as_ref().map(ToString::to_string).unwrap_or_default();
                ("pick-gone", vec![field.to_string(), value.to_string(), kind])
            }
            Self::NoQueue { kind } => ("no-queue", vec![kind.to_string()]),
            Self::SubIssueAstray { kind, .. } => ("sub-issue-astray", vec![kind.to_string()]),
            Self::AssigneeGone { kind, .. } => ("assignee-gone", vec![kind.to_string()]),
            Self::TicketGone { ticket, .. } => ("ticket-gone", vec![ticket.to_string()]),
            Self::TicketTwice { external_id, .. } => ("ticket-twice", vec![external_id.clone()]),
            Self::TicketUnanswered { what, .. } => ("ticket-unanswered", vec![what.clone()]),
            Self::TicketRefused { what, .. } => ("ticket-refused", vec![what.clone()]),
            Self::DismissalRefused { what, .. } => ("dismissal-refused", vec![what.clone()]),
            Self::SelfServiceUnread { .. } => ("self-service-unread", none()),
            Self::AlertsVanished { .. } => ("alerts-vanished", none()),
            Self::NoClosingStatus { .. } => ("no-closing-status", none()),
        }
    }
}

fn line(contract: ContractId, service_name: &str) -> Vec<String> {
    vec![contract.to_string(), service_name.to_owned()]
}

fn of(tenant: &TenantId) -> Vec<String> {
    vec![tenant.to_string()]
}
