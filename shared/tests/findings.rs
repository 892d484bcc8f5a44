//! Findings as work: each is known again from run to run, by an id that counts and days do not move; what is ignored
//! comes back on its day, or when there is more of it; the list stands by cost.

use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::Value;
use shared::alert::AlertKind;
use shared::contract::{Period, PeriodType, Service};
use shared::finding::{AlertWhat, Finding, PrepaidWhat, What};
use shared::held::{Kept, KeptFinding};
use shared::ids::{ApplicationId, CompanyId, ContractId, LineId, ServiceId, TenantId, TicketId};
use shared::open_finding::{FindingMark, Ignored, open_findings};
use shared::ticket::PickField;
use shared::usage::ItemKey;
use std::collections::{BTreeMap, BTreeSet};

const TODAY: Date = date(2026, 11, 10);

/// Every finding there is about units: `n` moves what may move from run to run.
fn of_units(n: i64) -> Vec<What> {
    let (contract, service, tenant) = (ContractId(7), ServiceId(8), TenantId::new("t"));
    let (service_name, text) = ("Servers".to_owned(), format!("words {n}"));
    let name = || format!("name {n}");
    let count = usize::try_from(n).expect("small");
    let day = date(2026, 11, 1).saturating_add(jiff::Span::new().days(n));
    let item = || ItemKey { application: ApplicationId::new("a"), name: "servers".to_owned(), storage: None };
    let period = Period { start: day, end: day };
    let line = || (contract, service_name.clone());
    let (contract_name, lines) = (name(), vec![LineId(n)]);
    let mut all = vec![
        What::NothingMapped { products: count, customers: count },
        What::PaygFieldMissing,
        What::PaygFieldUnclear { contract, contract_name: name(), value: text.clone() },
        What::ServiceOnSeveralLines { service, service_name: name(), lines },
        What::ServiceOnBothKinds { service, service_name: name(), payg: ContractId(n), prepaid: ContractId(n) },
        What::PinDropped { service, service_name: name(), line: LineId(n) },
        What::NoActiveContract,
        What::NotOnContract { contract, contract_name, service_name: line().1, unbilled: n, in_bundles: n },
        What::ContractToChoose { service_name: line().1, unbilled: n, contracts: vec![ContractId(n)] },
        What::TenantMissing { tenant: tenant.clone(), tenant_name: name() },
        What::CompanyMissing { tenant: tenant.clone() },
        What::Renamed { was: name(), is: name() },
        What::InTrial { tenant: tenant.clone() },
        What::UsageRefused { tenant, text: text.clone() },
        What::UsageRowMissing { service_name: line().1, item: item() },
        What::FeatureMapped { service_name: line().1, item: item() },
        What::MeteredNeedsCalendarMonths { contract, service_name: line().1, period },
        What::PeriodUnclear { contract, service_name: line().1 },
        What::PostedPeriod { contract, service_name: line().1, from: day, until: day, missed: n },
        What::PostedToTheEnd { contract, service_name: line().1, from: day, missed: n },
        What::PeriodNotSeen { contract, service_name: line().1, period },
        What::ChangedByOthers { contract, service_name: line().1, expected: n, found: n },
        What::Unanswered { contract, service_name: line().1, before: n, wanted: n, sent_on: day },
        What::Refused { contract, service_name: line().1, text: text.clone() },
        What::ServiceRefused { service_name: line().1, text },
        What::ServiceGone { service, items: vec![item(); count] },
        What::TooManyUnits { contract, service_name: line().1 },
    ];
    let (by, reason) = (name(), name());
    all.push(What::Excluded { contract, service_name: line().1, units: n, wanted: 3 * n, by, reason });
    all
}

fn of_quotas(n: i64) -> Vec<PrepaidWhat> {
    let (tenant, text, service_name) = (TenantId::new("t"), format!("words {n}"), "Servers".to_owned());
    let day = date(2026, 11, 1).saturating_add(jiff::Span::new().days(n));
    let items = vec![text.clone(); usize::try_from(n).expect("small")];
    vec![
        PrepaidWhat::NoContract { since: day, disabled_on: Some(day) },
        PrepaidWhat::ContractWithoutTenant,
        PrepaidWhat::TenantWithoutContract,
        PrepaidWhat::TenantWithItsName { tenants: vec![(tenant.clone(), text.clone())] },
        PrepaidWhat::TenantUnanswered,
        PrepaidWhat::TenantRefused { text: text.clone() },
        PrepaidWhat::NameTaken { name: text.clone(), used: text.clone() },
        PrepaidWhat::NoContact,
        PrepaidWhat::LoginTaken,
        PrepaidWhat::TenantDisabled { tenant },
        PrepaidWhat::Oversells { service_name: service_name.clone(), items: items.clone() },
        PrepaidWhat::StorageLeft { storage: "EU".to_owned() },
        PrepaidWhat::AnotherStorage { storage: "EU".to_owned(), wanted: items.clone() },
        PrepaidWhat::StorageToChoose { storages: items.clone() },
        PrepaidWhat::PackWithoutStandard { pack: "Advanced".to_owned() },
        PrepaidWhat::NotAvailable { service_name, items: items.clone() },
        PrepaidWhat::NotInMapping { items },
        PrepaidWhat::Locked { item: "Servers".to_owned(), wanted_on: n > 1 },
        PrepaidWhat::QuotaRefused { item: "Servers".to_owned(), text: text.clone() },
        PrepaidWhat::NotDisabled { text },
    ]
}

fn of_alerts(n: i64) -> Vec<AlertWhat> {
    let (count, text, kind) =
        (usize::try_from(n).expect("small"), format!("words {n}"), AlertKind::new("BackupFailed"));
    let at = jiff::Timestamp::from_second(n).expect("it is a time");
    let what = || "a ticket for SRV-01".to_owned();
    vec![
        AlertWhat::TicketsNotStarted { enabled: n > 1, customers: count },
        AlertWhat::AtSwitchOn { since: at, tickets: count, passed_over: count },
        AlertWhat::UnmappedAlerts { tenant: TenantId::new("t"), tenant_name: text.clone(), alerts: count },
        AlertWhat::CompanyTakesNoTickets { alerts: count },
        AlertWhat::TypeUnknown { kind: kind.clone() },
        AlertWhat::PickGone { field: PickField::Queue, value: 5, kind: Some(kind.clone()) },
        AlertWhat::NoQueue { kind: kind.clone() },
        AlertWhat::SubIssueAstray { kind: kind.clone(), issue: Some(n), sub_issue: n },
        AlertWhat::AssigneeGone { kind, resource: n, role: n },
        AlertWhat::TicketGone { ticket: TicketId(3), merged_into: Some(TicketId(n)) },
        AlertWhat::TicketTwice { external_id: "acronis:1".to_owned(), used: TicketId(n), others: vec![TicketId(n)] },
        AlertWhat::TicketUnanswered { what: what(), sent_at: at },
        AlertWhat::TicketRefused { what: what(), text: text.clone() },
        AlertWhat::DismissalRefused { what: what(), text },
        AlertWhat::SelfServiceUnread { customers: count },
        AlertWhat::AlertsVanished { missing: count, of: count },
        AlertWhat::NoClosingStatus { status: n },
    ]
}

fn every_one(n: i64) -> Vec<What> {
    let quotas = of_quotas(n).into_iter().map(What::Prepaid);
    of_units(n).into_iter().chain(quotas).chain(of_alerts(n).into_iter().map(What::Alert)).collect()
}

fn finding(company: Option<i64>, what: What) -> Finding {
    let company_name = company.map(|company| format!("Customer {company}")).unwrap_or_default();
    Finding { company: company.map(CompanyId), company_name, what }
}

#[test]
fn every_finding_keeps_its_id_while_counts_days_and_words_move() {
    let (earlier, later) = (every_one(1), every_one(2));
    assert_eq!(earlier.len(), 28 + 20 + 17, "every one there is");
    let mut ids = BTreeSet::new();
    for (one, other) in earlier.into_iter().zip(later) {
        let stored: Value = serde_json::to_value(&one).expect("it has a JSON form");
        assert_eq!(stored["finding"], one.kind(), "a kind is called what it is stored as");
        let id = finding(Some(5), one.clone()).id();
        assert_eq!(id, Finding { company_name: "Renamed".to_owned(), ..finding(Some(5), other) }.id(), "{one:?}");
        assert_ne!(id, finding(Some(6), one.clone()).id(), "another customer's is another: {one:?}");
        assert_ne!(id, finding(None, one.clone()).id());
        assert!(ids.insert(id), "another kind's is another: {one:?}");
    }
}

#[test]
fn findings_of_other_contracts_services_items_and_tenants_are_others() {
    let of = |contract: i64, service: &str| What::NotOnContract {
        contract: ContractId(contract),
        contract_name: String::new(),
        service_name: service.to_owned(),
        unbilled: 1,
        in_bundles: 0,
    };
    let missing = |item: &str| What::UsageRowMissing {
        service_name: "Servers".to_owned(),
        item: ItemKey { application: ApplicationId::new("a"), name: item.to_owned(), storage: None },
    };
    let trial = |tenant: &str| What::InTrial { tenant: TenantId::new(tenant) };
    let pairs = [
        (of(1, "Servers"), of(2, "Servers")),
        (of(1, "Servers"), of(1, "Mobiles")),
        (missing("servers"), missing("vms")),
        (trial("a"), trial("b")),
    ];
    for (one, other) in pairs {
        assert_ne!(finding(Some(1), one.clone()).id(), finding(Some(1), other).id(), "{one:?}");
    }
}

fn unbilled(company: i64, service: &str, unbilled: i64) -> Finding {
    let contracts = vec![ContractId(1)];
    finding(Some(company), What::ContractToChoose { service_name: service.to_owned(), unbilled, contracts })
}

fn kept(since: Date, findings: &[Finding]) -> Kept {
    let findings = findings.iter().map(|finding| KeptFinding { since, finding: finding.clone() }).collect();
    Kept { findings, ..Kept::default() }
}

fn service(id: i64, name: &str, price: i64, period: PeriodType) -> Service {
    let (unit_price, period) = (Some(Decimal::from(price)), Some(period));
    Service { id: ServiceId(id), name: name.to_owned(), active: true, period, unit_price, external_id: None }
}

#[test]
fn what_costs_most_in_a_month_comes_first_and_what_two_jobs_found_is_there_once_since_the_first() {
    let services = [service(1, "Servers", 20, PeriodType::Monthly), service(2, "Archive", 600, PeriodType::Yearly)];
    let both = finding(Some(4), What::NoActiveContract);
    let excluded = |units: i64, wanted: i64| What::Excluded {
        contract: ContractId(9),
        service_name: "Servers".to_owned(),
        units,
        wanted,
        by: "Ada".to_owned(),
        reason: "agreed".to_owned(),
    };
    let units = [unbilled(1, "Tape", 900), unbilled(2, "Servers", 2), unbilled(3, "Archive", 1), both.clone()];
    let more = [both, finding(Some(5), excluded(1, 4)), finding(Some(6), excluded(4, 1))];
    let kept = [kept(TODAY, &units), kept(date(2026, 11, 3), &more)];
    let all = open_findings(&kept, &BTreeMap::new(), &services, TODAY);
    let shown: Vec<(i64, Option<Decimal>)> =
        all.iter().map(|one| (one.finding.company.map_or(0, |company| company.0), one.a_month())).collect();
    let money = |amount: i64| Some(Decimal::from(amount));
    assert_eq!(shown, [(5, money(60)), (3, money(50)), (2, money(40)), (1, None), (4, None), (6, None)]);
    let of =
        |company: i64| all.iter().find(|one| one.finding.company == Some(CompanyId(company))).expect("it is there");
    assert_eq!(of(4).since, date(2026, 11, 3));
    assert_eq!(of(2).cells()[5..8], ["40.00", "monthly", "40.00"]);
}

#[test]
fn what_is_ignored_comes_back_on_its_day_and_when_there_is_more_of_it() {
    let shown = |units: i64, today: Date| {
        let one = unbilled(1, "Servers", units);
        let until = date(2026, 12, 1);
        let size = unbilled(1, "Servers", 5).size();
        let ignored = Some(Ignored { until, reason: "agreed".to_owned(), by: "Ada".to_owned(), size });
        let marks = BTreeMap::from([(one.id(), FindingMark { assigned: None, ignored })]);
        open_findings(&[kept(TODAY, &[one])], &marks, &[], today).remove(0).ignored
    };
    assert!(shown(5, TODAY) && shown(4, TODAY) && shown(5, date(2026, 11, 30)));
    assert!(!shown(6, TODAY), "one more is another finding");
    assert!(!shown(5, date(2026, 12, 1)) && !shown(5, date(2027, 1, 1)));
}
