//! A customer as the operator mapped it, and what was decided of its lines (M1, C2, U8). A part of `mapping`.

use crate::decision::{Decision, decision_on};
use crate::ids::{CompanyId, LineId, ServiceId, TenantId};
use crate::mapping_fault::{MappingFault, MappingRowName};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One company and what the operator said of it (M1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRow {
    /// The Autotask company.
    pub company: CompanyId,
    /// Its name when last seen, for display only.
    pub company_name: String,
    /// The link, or why there is none.
    pub link: CustomerLink,
    /// Lines chosen where a service is on several: service to line (C2).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pins: BTreeMap<ServiceId, LineId>,
    /// What was decided of its line of a service, the latest last (U8).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decisions: BTreeMap<ServiceId, Vec<Decision>>,
}

/// Where a company stands (M1, M6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum CustomerLink {
    /// Linked to a tenant; its name when last seen is for display only.
    Mapped {
        /// The Acronis tenant.
        tenant: TenantId,
        /// Its name when last seen.
        tenant_name: String,
    },
    /// Not linked. `left_alone`: the link was removed by hand, so that automatic provisioning makes no
    /// tenant until told otherwise (M6).
    Unmapped {
        /// Whether automatic provisioning keeps away.
        left_alone: bool,
    },
    /// Not linked; the operator wants a new tenant for it, whatever the setting (P1).
    ToCreate,
    /// Not to be linked, and why.
    Ignored {
        /// The operator's reason.
        reason: String,
    },
}

impl CustomerRow {
    /// What contradicts itself in it.
    pub(crate) fn faults(&self) -> Vec<MappingFault> {
        let of_service = |(service, all): (&ServiceId, &Vec<Decision>)| {
            let text = all.iter().find_map(Decision::fault)?;
            let text = format!("decisions: of service {service}: {text}");
            Some(MappingFault { row: MappingRowName::Customer(self.company), text })
        };
        self.decisions.iter().filter_map(of_service).collect()
    }

    /// What holds of its line of a service on `day` (U8).
    pub fn decision_on(&self, service: ServiceId, day: Date) -> Option<&Decision> {
        decision_on(self.decisions.get(&service)?, day)
    }

    /// The tenant it is linked to.
    pub fn tenant(&self) -> Option<&TenantId> {
        match &self.link {
            CustomerLink::Mapped { tenant, .. } => Some(tenant),
            CustomerLink::Unmapped { .. } | CustomerLink::ToCreate | CustomerLink::Ignored { .. } => None,
        }
    }

    /// Removes the link and touches nothing else (M6).
    pub fn remove_link(&mut self) {
        self.link = CustomerLink::Unmapped { left_alone: true };
    }
}
