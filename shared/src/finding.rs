//! What cannot be done, or should be known, as data: each finding says what is so and what to do about
//! it. Found by the plan; shown, counted and exported by the faces.

pub use crate::alert_finding::AlertWhat;
use crate::contract::{PAYG_FIELD, Period};
use crate::ids::{CompanyId, ContractId, LineId, ServiceId, TenantId};
pub use crate::prepaid_finding::PrepaidWhat;
use crate::usage::ItemKey;
use crate::words::{count, list, on_one_line};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A finding and the company it concerns; none when it concerns the whole connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The company.
    pub company: Option<CompanyId>,
    /// Its name, for people.
    pub company_name: String,
    /// What is so.
    #[serde(flatten)]
    pub what: What,
}

impl Finding {
    /// A finding about the whole connection.
    pub fn of_connection(what: What) -> Self {
        Self { company: None, company_name: String::new(), what }
    }
}

impl Finding {
    /// Whether nothing can be planned while it is so (M5, C1).
    pub fn keeps_from_starting(&self) -> bool {
        let alerts = matches!(self.what, What::Alert(AlertWhat::TicketsNotStarted { .. }));
        alerts || matches!(self.what, What::NothingMapped { .. } | What::PaygFieldMissing)
    }

    /// Whom it concerns and what is so, without the advice.
    pub fn fact(&self) -> String {
        on_one_line(&match self.company {
            Some(company) => format!("{} (company {company}): {}", self.company_name, self.what),
            None => self.what.to_string(),
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.fact(), self.what.advice())
    }
}

/// What is so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each field is named by the text of `Display`")]
pub enum What {
    /// M5: nothing can start yet.
    NothingMapped { products: usize, customers: usize },
    /// C1: the contract field does not exist.
    PaygFieldMissing,
    /// C1: the contract's field says neither yes nor no.
    PaygFieldUnclear { contract: ContractId, contract_name: String, value: String },
    /// C2: one service on several pay-as-you-go lines.
    ServiceOnSeveralLines { service: ServiceId, service_name: String, lines: Vec<LineId> },
    /// C2: one service on a contract of each kind.
    ServiceOnBothKinds { service: ServiceId, service_name: String, payg: ContractId, prepaid: ContractId },
    /// C2: the pinned line is no longer there.
    PinDropped { service: ServiceId, service_name: String, line: LineId },
    /// C4: usage, and no contract to bill it on.
    NoActiveContract,
    /// U4: used and sold, but not on the contract.
    NotOnContract { contract: ContractId, contract_name: String, service_name: String, unbilled: i64, in_bundles: i64 },
    /// U4: several contracts could take the service.
    ContractToChoose { service_name: String, unbilled: i64, contracts: Vec<ContractId> },
    /// M1: the mapped tenant is not in our tree.
    TenantMissing { tenant: TenantId, tenant_name: String },
    /// M1: the mapped company is not visible to the API user, or inactive.
    CompanyMissing { tenant: TenantId },
    /// M1: a name changed at a vendor.
    Renamed { was: String, is: String },
    /// U1: in trial, so not billed.
    InTrial { tenant: TenantId },
    /// U2: the vendor refused this tenant's usage.
    UsageRefused { tenant: TenantId, text: String },
    /// U2: an item is on and its usage row is missing.
    UsageRowMissing { service_name: String, item: ItemKey },
    /// U1: a feature has no usage to bill by.
    FeatureMapped { service_name: String, item: ItemKey },
    /// U7: metered items need calendar months.
    MeteredNeedsCalendarMonths { contract: ContractId, service_name: String, period: Period },
    /// U5: the period cannot be told from contract, service and units.
    PeriodUnclear { contract: ContractId, service_name: String },
    /// U5: the period is invoiced already.
    PostedPeriod { contract: ContractId, service_name: String, from: Date, until: Date, missed: i64 },
    /// U5: everything up to the contract's end is invoiced already.
    PostedToTheEnd { contract: ContractId, service_name: String, from: Date, missed: i64 },
    /// U5: nobody watched the period.
    PeriodNotSeen { contract: ContractId, service_name: String, period: Period },
    /// U3: somebody else changed a line of ours.
    ChangedByOthers { contract: ContractId, service_name: String, expected: i64, found: i64 },
    /// U6: an unanswered change.
    Unanswered { contract: ContractId, service_name: String, before: i64, wanted: i64, sent_on: Date },
    /// U6: the vendor refused a change.
    Refused { contract: ContractId, service_name: String, text: String },
    /// U8: a person said that the line is left alone, and it is not as usage wants it.
    Excluded { contract: ContractId, service_name: String, units: i64, wanted: i64, by: String, reason: String },
    /// U6: the vendor refused to create a service.
    ServiceRefused { service_name: String, text: String },
    /// M3: the mapped service is not in Autotask, or inactive.
    ServiceGone { service: ServiceId, items: Vec<ItemKey> },
    /// U1: more units than a line can hold.
    TooManyUnits { contract: ContractId, service_name: String },
    /// About tenants and quotas.
    #[serde(untagged)]
    Prepaid(PrepaidWhat),
    /// About alerts and tickets.
    #[serde(untagged)]
    Alert(AlertWhat),
}

impl What {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            What::NothingMapped { .. } => {
                "map at least one product and one customer: `acrotask mapping export FILE`, edit, `acrotask mapping import FILE`".into()
            }
            What::PaygFieldMissing => "create it with `acrotask connect --create-field`".into(),
            What::PaygFieldUnclear { .. } => format!("set \"{PAYG_FIELD}\" to Yes or No on the contract"),
            What::ServiceOnSeveralLines { .. } => {
                "remove all lines but one, or pin one line in the mapping file (`pins`)".into()
            }
            What::ServiceOnBothKinds { .. } => {
                "take the service off one of the two contracts, or pin the line to bill (`pins`)".into()
            }
            What::PinDropped { .. } => "nothing, or pin another line".into(),
            What::NoActiveContract => "make or renew a recurring service contract, or ignore the customer".into(),
            What::NotOnContract { .. } => {
                "add the service to the contract in Autotask, or switch on `add_missing_services`".into()
            }
            What::ContractToChoose { .. } => "add the service to one of the contracts in Autotask".into(),
            What::TenantMissing { .. } => "map the company to another tenant, or remove the mapping".into(),
            What::CompanyMissing { .. } => {
                "activate the company, or take the API user's lines of business off, or remove the mapping".into()
            }
            What::Renamed { .. } => "nothing: ids lead; the name is updated with the next `mapping export`".into(),
            What::InTrial { .. } => "switch the tenant to production in Acronis when it should be billed".into(),
            What::UsageRefused { .. } => "check what the API client may see in Acronis; the lines are left alone".into(),
            What::UsageRowMissing { .. } => "wait for Acronis to report it; the line is left alone until then".into(),
            What::FeatureMapped { .. } => "map the counted item instead and leave the feature unmapped".into(),
            What::MeteredNeedsCalendarMonths { .. } => "bill it on a monthly contract that starts on the 1st".into(),
            What::PeriodUnclear { .. } => "check the period types of the contract and of the service in Autotask".into(),
            What::PostedPeriod { .. } => "bill what was missed by hand, or let it go".into(),
            What::PostedToTheEnd { .. } => "bill it by hand".into(),
            What::PeriodNotSeen { .. } => "bill the period by hand; the next one is settled again".into(),
            What::ChangedByOthers { .. } => "find out who writes to this line; we write it too".into(),
            What::Unanswered { .. } => "nothing: the next run settles it by reading".into(),
            What::Refused { .. } => "mend what the vendor names; it is tried again tomorrow or when its inputs change".into(),
            What::Excluded { .. } => "include the line again when units should follow usage".into(),
            What::ServiceRefused { .. } => "mend the product's name, billing code or price in the mapping file".into(),
            What::ServiceGone { .. } => "activate the service in Autotask, or map the items to another".into(),
            What::TooManyUnits { .. } => "choose a larger unit size for the product".into(),
            What::Prepaid(what) => what.advice(),
            What::Alert(what) => what.advice(),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::NothingMapped { .. }
            | What::PaygFieldMissing
            | What::PaygFieldUnclear { .. }
            | What::ServiceOnSeveralLines { .. }
            | What::ServiceOnBothKinds { .. }
            | What::PinDropped { .. }
            | What::NoActiveContract
            | What::TenantMissing { .. }
            | What::CompanyMissing { .. }
            | What::Renamed { .. }
            | What::InTrial { .. }
            | What::UsageRefused { .. }
            | What::ServiceRefused { .. }
            | What::ServiceGone { .. } => self.fmt_of_customer(f),
            What::NotOnContract { .. }
            | What::ContractToChoose { .. }
            | What::UsageRowMissing { .. }
            | What::FeatureMapped { .. }
            | What::MeteredNeedsCalendarMonths { .. }
            | What::PeriodUnclear { .. }
            | What::PostedPeriod { .. }
            | What::PostedToTheEnd { .. }
            | What::PeriodNotSeen { .. }
            | What::ChangedByOthers { .. }
            | What::Unanswered { .. }
            | What::Refused { .. }
            | What::Excluded { .. }
            | What::TooManyUnits { .. } => self.fmt_of_line(f),
            What::Prepaid(what) => what.fmt(f),
            What::Alert(what) => what.fmt(f),
        }
    }
}

impl What {
    /// What concerns the connection, a customer, or a service as a whole.
    fn fmt_of_customer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::NothingMapped { products, customers } => {
                let (products, customers) = (count(*products, "product"), count(*customers, "customer"));
                write!(f, "nothing to do yet: {products} and {customers} mapped")
            }
            What::PaygFieldMissing => write!(f, "the contract field \"{PAYG_FIELD}\" does not exist or cannot be read"),
            What::PaygFieldUnclear { contract, contract_name, value } => {
                write!(
                    f,
                    "contract {contract} \"{contract_name}\": \"{PAYG_FIELD}\" says \"{value}\"; the contract is held"
                )
            }
            What::ServiceOnSeveralLines { service_name, lines, .. } => {
                write!(f, "{service_name} is on several lines ({}); all are held", list(lines))
            }
            What::ServiceOnBothKinds { service_name, payg, prepaid, .. } => {
                write!(
                    f,
                    "{service_name} is on pay-as-you-go contract {payg} and on prepaid contract {prepaid}; it is held"
                )
            }
            What::PinDropped { service_name, line, .. } => {
                write!(f, "the line {line} pinned for {service_name} is on no active contract; the pin is dropped")
            }
            What::NoActiveContract => f.write_str("there is usage and no active recurring contract"),
            What::TenantMissing { tenant, tenant_name } => {
                write!(f, "tenant {tenant} \"{tenant_name}\" is not in our tree; the lines are left alone")
            }
            What::CompanyMissing { tenant } => {
                write!(f, "the company mapped to tenant {tenant} is inactive or not visible in Autotask")
            }
            What::Renamed { was, is } => write!(f, "renamed from \"{was}\" to \"{is}\""),
            What::InTrial { tenant } => {
                write!(f, "tenant {tenant} is in trial and not billed; the lines are left alone")
            }
            What::UsageRefused { tenant, text } => write!(f, "Acronis refuses the usage of tenant {tenant}: {text}"),
            What::ServiceRefused { service_name, text } => {
                write!(f, "Autotask refused to create the service \"{service_name}\": {text}")
            }
            What::ServiceGone { service, items } => {
                write!(
                    f,
                    "service {service}, mapped for {}, is not in Autotask or inactive; its lines are left alone",
                    list(items)
                )
            }
            _ => Ok(()),
        }
    }

    /// What concerns one line.
    fn fmt_of_line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::NotOnContract { contract, contract_name, service_name, unbilled, in_bundles } => {
                write!(f, "{unbilled} {service_name} not billed: not on contract {contract} \"{contract_name}\"")?;
                if *in_bundles > 0 { write!(f, " beyond the {in_bundles} in bundles") } else { Ok(()) }
            }
            What::ContractToChoose { service_name, unbilled, contracts } => {
                write!(f, "{unbilled} {service_name} not billed: on none of the contracts {}", list(contracts))
            }
            What::UsageRowMissing { service_name, item } => {
                write!(f, "{service_name}: {item} is on and its usage is missing; the line is held")
            }
            What::Excluded { contract, service_name, units, wanted, by, reason } => write!(
                f,
                "{service_name} on contract {contract} is left alone with {units} where usage asks for {wanted}; excluded \
                 by {by}: {reason}"
            ),
            What::FeatureMapped { service_name, item } => {
                write!(f, "{service_name}: {item} is a feature, which has no usage; the line is held")
            }
            What::MeteredNeedsCalendarMonths { contract, service_name, period } => write!(
                f,
                "{service_name} on contract {contract} is metered by calendar month, but its period is {} to {}",
                period.start, period.end
            ),
            What::PeriodUnclear { contract, service_name } => {
                write!(
                    f,
                    "the billing period of {service_name} on contract {contract} cannot be told; the line is held"
                )
            }
            What::PostedPeriod { contract, service_name, from, until, missed } => write!(
                f,
                "{service_name} on contract {contract} is already invoiced up to {until}: {missed:+} units from {from} to {until} were missed"
            ),
            What::PostedToTheEnd { contract, service_name, from, missed } => write!(
                f,
                "{service_name} on contract {contract} is invoiced as far as it is known: {missed:+} units from {from} on were missed"
            ),
            What::PeriodNotSeen { contract, service_name, period } => write!(
                f,
                "{service_name} on contract {contract}: no run read the usage between {} and {}",
                period.start, period.end
            ),
            What::ChangedByOthers { contract, service_name, expected, found } => {
                write!(f, "{service_name} on contract {contract} was changed by somebody else: {expected} → {found}")
            }
            What::Unanswered { contract, service_name, before, wanted, sent_on } => write!(
                f,
                "{service_name} on contract {contract}: the change {before} → {wanted} sent on {sent_on} is unanswered; the line waits"
            ),
            What::Refused { contract, service_name, text } => {
                write!(f, "{service_name} on contract {contract}: Autotask refused the change: {text}")
            }
            What::TooManyUnits { contract, service_name } => {
                write!(f, "{service_name} on contract {contract}: more units than a line can hold")
            }
            _ => Ok(()),
        }
    }
}
