//! Measures the lists of the console: how long the server takes for each page where there are 10,000 customers, once
//! what lists are made of was put together, beside how long it may take.
#![allow(clippy::print_stdout)]

use acrotask::console_server;
use acrotask::machine::{Machine, Storage};
use anyhow::{Context, ensure};
use functions::console::{Site, cookie_name};
use functions::context::Clock;
use functions::http::HttpSettings;
use functions::store::{Pack, Packed, Store};
use jiff::civil::date;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use shared::contract::{Company, Contract, PeriodType, Service};
use shared::draft::{MOST_EDITS, new_row};
use shared::ids::{CompanyId, ConnectionId, ContractId, LineId, ServiceId, TenantId};
use shared::line::LinePlace;
use shared::mapping::{CustomerLink, CustomerRow, Mapping};
use shared::person::{AuditRecord, Person, PersonId, Role, Session};
use shared::plan::HoldReason;
use shared::run::Connection;
use shared::snapshot::{Entry, ListedChange, ListedLine, ListedPlan, Section};
use shared::usage::{Tenant, TenantKind};
use std::borrow::Cow;
use std::time::{Duration, Instant};

const CUSTOMERS: i64 = 10_000;
/// Each has as many customers below it.
const PARTNERS: i64 = 100;
const TIMES: usize = 30;
/// As long each page may take.
const MOST: Duration = Duration::from_millis(100);
/// How many lines each customer has.
const LINES: i64 = 10;
const PAGES: [&str; 12] = [
    "/customers?connection=bench",
    "/customers?connection=bench&page=100&tenants=50",
    "/customers?connection=bench&search=gmbh+0099&show=unmapped",
    "/customers?connection=bench&sort=-tenant",
    "/customers?connection=bench&sort=state&show=mapped",
    "/customers?connection=bench&company=1&partner=p-7&find=kunde",
    "/products?connection=bench",
    "/changes?connection=bench",
    "/plan?connection=bench",
    "/plan?connection=bench&show=all&page=1000",
    "/plan?connection=bench&show=all&sort=money&search=gmbh+0099",
    "/plan?connection=bench&show=held&sort=service",
];

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let is_within = runtime.block_on(measure())?;
    let is_checked = std::env::args().any(|word| word == "--check");
    ensure!(!is_checked || is_within, "a page took longer than it may");
    Ok(())
}

async fn measure() -> anyhow::Result<bool> {
    let machine = Machine::start(Storage::InMemory, Clock::system(), HttpSettings::default(), true).await?;
    let (store, id) = (&machine.host.store, ConnectionId::new("bench"));
    plant(store, &id).await?;
    let server = console_server::start(&machine, Clock::system(), Some(0), |_| {}).await?;
    let client = reqwest::Client::new();
    let cookie = format!("{}={}", cookie_name(Site::Loopback(server.address())), come_in(store).await?);
    let get = async |page: &str| -> anyhow::Result<(Duration, usize)> {
        let begin = Instant::now();
        let answer = client.get(format!("http://{}{page}", server.address())).header("cookie", &cookie).send().await?;
        ensure!(answer.status().as_u16() == 200, "{page}: {}", answer.status());
        let bytes = answer.bytes().await?.len();
        Ok((begin.elapsed(), bytes))
    };
    let (first, _) = get(PAGES[0]).await?;
    println!("lists: {CUSTOMERS} customers; put together in {first:.0?}, and then, with the network of one machine:");
    let mut is_within = true;
    for staged in [0, MOST_EDITS] {
        if staged > 0 {
            stage(store, &id).await?;
            println!("  with {staged} changes staged");
        }
        for page in PAGES {
            let mut took = Vec::new();
            for _ in 0..TIMES {
                took.push(get(page).await?);
            }
            took.sort_unstable();
            let ((median, bytes), (worst, _)) = (took[TIMES / 2], took[TIMES - 1]);
            is_within &= worst <= MOST;
            let kilobytes = bytes / 1_000;
            println!("  p50 {median:>8.1?}  max {worst:>8.1?} of {MOST:?}  {kilobytes:>4} kB  {page}");
        }
    }
    Ok(is_within)
}

fn tenant(id: String, parent: Option<String>, name: String, kind: TenantKind) -> Entry<'static> {
    let (id, parent) = (TenantId::new(id), parent.map(TenantId::new));
    Entry::Tenant(Cow::Owned(Tenant { id, parent, name, kind, enabled: true, in_trial: false, tag: None }))
}

/// Half of the customers are mapped; of the others, each has a tenant with nearly its name.
async fn plant(store: &Store, id: &ConnectionId) -> anyhow::Result<()> {
    let mut mapping = Mapping::default();
    let (mut companies, mut tenants, mut plan) = (Pack::default(), Pack::default(), Pack::default());
    plan.add(&Entry::Plan(ListedPlan { id: "plan".to_owned(), first: false }));
    tenants.add(&tenant("root".to_owned(), None, "Our own".to_owned(), TenantKind::Group));
    for partner in 0..PARTNERS {
        let name = format!("Partner {partner}");
        tenants.add(&tenant(format!("p-{partner}"), Some("root".to_owned()), name, TenantKind::Group));
    }
    for number in 0..CUSTOMERS {
        let (name, at) = (format!("Kunde Müller & Söhne GmbH {number:05}"), format!("t-{number}"));
        let company = CompanyId(number);
        let of = Company { id: company, name: name.clone(), active: true, company_type: Some(1) };
        companies.add(&Entry::Company(Cow::Owned(of)));
        let parent = Some(format!("p-{}", number % PARTNERS));
        tenants.add(&tenant(at.clone(), parent, name.to_uppercase(), TenantKind::Customer));
        let link = match number % 2 {
            0 => CustomerLink::Mapped { tenant: TenantId::new(at), tenant_name: name.to_uppercase() },
            _ => CustomerLink::Unmapped { left_alone: false },
        };
        let row = CustomerRow { link, ..new_row(company, &name) };
        mapping.customers.insert(company, row);
        plant_lines(&mut plan, company);
    }
    let mut catalogue = Pack::default();
    (0..LINES).for_each(|number| catalogue.add(&Entry::Service(Cow::Owned(service(number)))));
    store.save_connection(&connection(id)).await?;
    store.save_mapping(id, &mapping).await?;
    let sections: [(Section, Packed); 4] = [
        (Section::Companies, companies.finish()),
        (Section::Tenants, tenants.finish()),
        (Section::Catalogue, catalogue.finish()),
        (Section::Plan, plan.finish()),
    ];
    store.save_snapshot(id, Clock::system().now(), sections.into()).await?;
    Ok(())
}

fn service(number: i64) -> Service {
    Service {
        id: ServiceId(number),
        name: format!("Service {number}"),
        active: true,
        period: Some(PeriodType::Monthly),
        unit_price: Some(Decimal::TWO),
        external_id: None,
    }
}

/// A contract with a line of each service; of ten, one is to be changed and one is held.
fn plant_lines(plan: &mut Pack, company: CompanyId) {
    let contract = Contract {
        id: ContractId(company.0),
        company,
        name: format!("Contract {company}"),
        recurring: true,
        active: true,
        start: date(2026, 1, 1),
        end: date(2027, 12, 31),
        period: Some(PeriodType::Monthly),
        payg: Some("Yes".to_owned()),
    };
    plan.add(&Entry::Contract(Cow::Borrowed(&contract)));
    for number in 0..LINES {
        let (service, line) = (ServiceId(number), Some(LineId(company.0 * LINES + number)));
        let change = || ListedChange {
            id: format!("change-{company}-{number}"),
            effective: date(2026, 11, 23),
            period: Some(PeriodType::Monthly),
            money: Some(Decimal::TWO),
            invoice_lines: 1,
            because: "11 × Workstations".to_owned(),
            held: if number == 0 { vec![HoldReason::ReviewMode] } else { Vec::new() },
            approved_by: None,
        };
        plan.add(&Entry::Line(Cow::Owned(ListedLine {
            place: LinePlace { company, contract: contract.id, service, line },
            units: 10,
            wanted: Some(if number < 2 { 11 } else { 10 }),
            used: Vec::new(),
            until: None,
            change: (number < 2).then(|| Box::new(change())),
        })));
    }
}

fn connection(id: &ConnectionId) -> Connection {
    Connection {
        id: id.clone(),
        tenant: TenantId::new("root"),
        database: 1,
        first_plan_approved: true,
        first_quotas_approved: false,
        first_tickets_approved: false,
        usage_read_on: None,
    }
}

/// As many edits as fit, of the person at the machine.
async fn stage(store: &Store, id: &ConnectionId) -> anyhow::Result<()> {
    let mut stored = store.draft(id, &PersonId::local()).await?;
    let companies = (1..CUSTOMERS).step_by(2).take(MOST_EDITS);
    for number in companies {
        let to = CustomerLink::Mapped { tenant: TenantId::new(format!("t-{number}")), tenant_name: String::new() };
        let was = CustomerLink::Unmapped { left_alone: false };
        stored.draft.stage_link(CompanyId(number), "Kunde", was, to);
    }
    let saved = store.save_draft(id, &PersonId::local(), &stored, Clock::system().now()).await?;
    ensure!(saved, "somebody else staged something");
    Ok(())
}

/// The id of a session of the person at the machine.
async fn come_in(store: &Store) -> anyhow::Result<String> {
    let (hash, now) = (
        |text: &str| -> String { Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect() },
        Clock::system().now(),
    );
    let by = PersonId::local();
    let person = Person { id: by.clone(), name: "bench".to_owned(), role: Some(Role::Operator) };
    let record = AuditRecord { at: now, by, what: String::new(), before: String::new(), after: String::new() };
    let people = store.people().await?;
    ensure!(store.save_person(&people, &person, &record).await.context("knowing the person")?, "nobody else is here");
    let id = hash("the session of the measurement");
    let session = Session { person: person.id, began: now, seen: now };
    store.begin_session(&hash(&id), &session).await?;
    Ok(id)
}
