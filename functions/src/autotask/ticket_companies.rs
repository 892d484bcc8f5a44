//! What is read of companies before tickets are made for them: name, contracts and machines, of all of them in the
//! same queries (B1).

use super::query::{MOST_OF_TWO, MOST_VALUES, Row, any_of, is, is_one_of};
use super::scoped::contracts_of;
use super::wire;
use super::{AutotaskError, AutotaskReader};
use jiff::civil::Date;
use serde::Deserialize;
use shared::ids::{CompanyId, ConfigurationItemId};
use shared::ticket::{TicketCompany, machine_name};
use std::collections::{BTreeMap, BTreeSet};

/// The longest `referenceTitle` of a machine (Autotask developer help, ConfigurationItems entity).
const MACHINE_NAME_LENGTH: usize = 200;
/// Each name is asked for twice, beside the companies.
const MOST_NAMES: usize = (MOST_VALUES - MOST_OF_TWO) / 2;

impl AutotaskReader {
    /// These companies with their recurring service contracts that end today or later, and with their active
    /// machines that are named like one of `devices`: by `referenceTitle` or by the host name that remote
    /// monitoring found. None for a company that Autotask does not have or does not show.
    ///
    /// Texts compare at the vendor without regard to case, as its database does; the documentation does not say
    /// so, and where it were otherwise a machine would only not be found. Names that are longer than the field are
    /// not asked for.
    pub async fn ticket_companies(
        &self,
        ids: &[CompanyId],
        devices: &BTreeSet<String>,
        today: Date,
    ) -> Result<BTreeMap<CompanyId, Option<TicketCompany>>, AutotaskError> {
        let mut shown = BTreeMap::new();
        for company in self.companies_by_id(ids).await? {
            let contracts = Vec::new();
            let machines = BTreeMap::new();
            shown.insert(company.id, TicketCompany { name: company.name, active: company.active, contracts, machines });
        }
        let shown_ids = shown.keys().copied().collect::<Vec<_>>();
        for some in shown_ids.chunks(MOST_VALUES) {
            self.each_row::<wire::TicketContract>(&contracts_of(some, today), |contract| {
                if let Some(company) = shown.get_mut(&contract.contract.company) {
                    company.contracts.push(contract);
                }
            })
            .await?;
        }
        self.find_machines(&mut shown, devices).await?;
        let asked = ids.iter().copied().collect::<BTreeSet<_>>();
        Ok(asked.into_iter().map(|id| (id, shown.remove(&id))).collect())
    }

    async fn find_machines(
        &self,
        companies: &mut BTreeMap<CompanyId, TicketCompany>,
        devices: &BTreeSet<String>,
    ) -> Result<(), AutotaskError> {
        let devices = devices.iter().map(|device| device.trim());
        let can_be_one = |device: &&str| !device.is_empty() && device.chars().count() <= MACHINE_NAME_LENGTH;
        let asked = devices.filter(can_be_one).map(|device| (machine_name(device), device));
        let asked = asked.collect::<BTreeMap<_, _>>();
        let ids = companies.keys().map(|id| id.0).collect::<Vec<_>>();
        for names in asked.values().copied().collect::<Vec<_>>().chunks(MOST_NAMES) {
            let named =
                ["referenceTitle", "rmmDeviceAuditHostname"].map(|field| is_one_of(field, names.iter().copied()));
            for some in ids.chunks(MOST_OF_TWO) {
                let of_companies = is_one_of("companyID", some.iter().copied());
                let conditions = [of_companies, is("isActive", true), any_of(&named)];
                self.each_row::<MachineRow>(&conditions, |machine| {
                    let Some(company) = companies.get_mut(&machine.company) else { return };
                    // Of a name that was not asked for, others may have it too.
                    for name in machine.names.into_iter().filter(|name| asked.contains_key(name)) {
                        let known = company.machines.entry(name).or_insert(Some(machine.id));
                        *known = known.filter(|known| *known == machine.id);
                    }
                })
                .await?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MachineRow {
    id: i64,
    #[serde(rename = "companyID")]
    company: i64,
    #[serde(default)]
    reference_title: Option<String>,
    // Descriptions of the entity spell it in two ways.
    #[serde(default, alias = "rMMDeviceAuditHostname")]
    rmm_device_audit_hostname: Option<String>,
}

/// A machine by the names it has.
struct Machine {
    id: ConfigurationItemId,
    company: CompanyId,
    names: BTreeSet<String>,
}

impl Row for MachineRow {
    const ENTITY: &'static str = "ConfigurationItems";
    const FIELDS: &'static [&'static str] = &["id", "companyID", "referenceTitle", "rmmDeviceAuditHostname"];
    type Fact = Machine;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        let names = [self.reference_title, self.rmm_device_audit_hostname];
        Ok(Machine {
            id: ConfigurationItemId(self.id),
            company: CompanyId(self.company),
            names: names.iter().flatten().map(|name| machine_name(name)).collect(),
        })
    }
}
