//! The parts that are our own program: setting the connection up as an operator does, and then the run
//! that is measured, in a process that did nothing before.

use crate::wire::Vendors;
use acrotask::machine::{Machine, Storage};
use anyhow::{Context, bail};
use functions::context::{AcronisCredentials, AutotaskCredentials, Clock, Secret, VendorCredentials};
use functions::http::HttpSettings;
use functions::run::{Approve, Scope};
use functions::setup;
use functions::store::Store;
use functions::usage_sync;
use serde::{Deserialize, Serialize};
use shared::ids::{ConnectionId, ServiceId};
use shared::mapping::ServiceTarget;
use shared::run::{Mode, Outcome, RunRecord};
use std::time::Instant;

const TABLE: &str = "acrotask";
/// Ticks of the processor time in `/proc`, the same on every Linux.
const MILLIS_OF_A_TICK: u64 = 10;

/// Where everything is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setting {
    pub(crate) vendors: Vendors,
    pub(crate) table: String,
}

/// What the run took.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) record: RunRecord,
    pub(crate) wall_millis: u64,
    pub(crate) cpu_millis: u64,
    pub(crate) peak_kib: u64,
}

/// What reading the lists took that the run left.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Lists {
    pub(crate) lines: u64,
    pub(crate) wall_millis: u64,
    pub(crate) peak_kib: u64,
}

impl Setting {
    /// A host as on AWS: the table is found by the environment, as the AWS client does.
    async fn machine(&self) -> anyhow::Result<Machine> {
        let storage = Storage::Table(TABLE.to_owned());
        let machine = Machine::start(storage, Clock::set_to(self.vendors.now), HttpSettings::default(), true).await?;
        machine.keep_credentials(&connection(), &self.vendors.credentials());
        Ok(machine)
    }
}

impl Vendors {
    fn credentials(&self) -> VendorCredentials {
        VendorCredentials {
            acronis: AcronisCredentials {
                datacenter_url: self.acronis.clone(),
                client_id: self.client_id.clone(),
                client_secret: Secret::new(&self.client_secret),
            },
            autotask: AutotaskCredentials {
                zone_url: self.autotask.clone(),
                user_name: self.user_name.clone(),
                secret: Secret::new(&self.secret),
                integration_code: Secret::new(&self.integration_code),
            },
        }
    }
}

fn connection() -> ConnectionId {
    ConnectionId::new("measured")
}

/// Connects, maps every item that is sold, lifts our share, and approves the first plan.
pub(crate) async fn set_up(setting: Setting) -> anyhow::Result<()> {
    let machine = setting.machine().await?;
    let (host, id) = (&machine.host, connection());
    let table: Store = host.store.clone();
    table.create_table().await?;
    let mut mapping = setup::connect(host, &id, false).await?.mapping;
    for (key, row) in &mut mapping.products {
        row.service = setting.vendors.services.get(&key.name).map(|id| ServiceTarget::Existing(ServiceId(*id)));
    }
    let budget = &mut mapping.settings.budget;
    (budget.share_percent, budget.units_percent, budget.stop_at_percent) = (100, 100, 100);
    table.save_mapping(&id, &mapping).await?;
    let plan = usage_sync::plan(host, &id).await?;
    usage_sync::approve(host, &id, &Approve::Plan(plan.id.clone()), "the bench").await?;
    Ok(())
}

/// One run that writes.
pub(crate) async fn run(setting: Setting) -> anyhow::Result<Measured> {
    let machine = setting.machine().await?;
    let (began, cpu_before) = (Instant::now(), cpu_millis()?);
    let run = usage_sync::run(&machine.host, &connection(), Scope::Everybody, Mode::Apply).await?;
    let wall_millis = u64::try_from(began.elapsed().as_millis())?;
    let record = run.record;
    if record.outcome != Outcome::Complete {
        bail!("the run did not complete: {}", record.outcome);
    }
    Ok(Measured { record, wall_millis, cpu_millis: cpu_millis()? - cpu_before, peak_kib: peak_kib()? })
}

/// Reads the lists whole, as whoever shows them does when they are another than before.
pub(crate) async fn lists(setting: Setting) -> anyhow::Result<Lists> {
    let machine = setting.machine().await?;
    let began = Instant::now();
    let snapshot = machine.host.store.snapshot(&connection()).await?.context("the run left one")?;
    let wall_millis = u64::try_from(began.elapsed().as_millis())?;
    let lines = snapshot.lines.values().map(|lines| lines.len() as u64).sum();
    Ok(Lists { lines, wall_millis, peak_kib: peak_kib()? })
}

/// Processor time of this process so far, in user and kernel.
fn cpu_millis() -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // The program's name may hold anything but is in brackets; the times are the 14th and 15th field.
    let (_, rest) = text.rsplit_once(')').context("a process has a name")?;
    let ticks: Result<Vec<u64>, _> = rest.split_whitespace().skip(11).take(2).map(str::parse).collect();
    Ok(ticks?.iter().sum::<u64>() * MILLIS_OF_A_TICK)
}

/// The most memory that this process held.
fn peak_kib() -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("Linux tells the peak")?;
    Ok(line.split_whitespace().next().context("a number")?.parse()?)
}
