//! Whether so much vanished at once that a permission may have been lost at a vendor (H1). Counts; what then
//! becomes of the run, others decide.

use crate::fingerprint;
use crate::ids::{CompanyId, ContractId, LineId};
use crate::kept::Seen;
use crate::plan::RunHold;
use crate::settings::Holds;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something that was there and is not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gone {
    /// The tenant of a company.
    TenantOf(CompanyId),
    /// A contract.
    Contract(ContractId),
    /// A line with units.
    Line(LineId),
}

impl Gone {
    /// The id by which a person approves that it is gone.
    pub(crate) fn id(self) -> String {
        fingerprint::of(&["gone".to_owned(), format!("{self:?}")])
    }
}

/// What vanished of one company. `want_none` are lines that should hold no units, although they still do.
pub(crate) fn gone(company: CompanyId, before: &Seen, now: &Seen, want_none: &BTreeSet<LineId>) -> Vec<Gone> {
    let mut gone = Vec::new();
    gone.extend((before.tenant && !now.tenant).then_some(Gone::TenantOf(company)));
    // What is new stands in the place of as much that is gone: a renewed contract is a new one (C3).
    let renewed = now.contracts.difference(&before.contracts).count();
    gone.extend(before.contracts.difference(&now.contracts).skip(renewed).map(|contract| Gone::Contract(*contract)));
    let (fallen, there): (BTreeSet<LineId>, BTreeSet<LineId>) =
        before.lines.iter().partition(|line| want_none.contains(line));
    let renewed = now.lines.difference(&before.lines).count();
    gone.extend(fallen.into_iter().map(Gone::Line));
    gone.extend(there.difference(&now.lines).skip(renewed).map(|line| Gone::Line(*line)));
    gone
}

/// What was there of everybody, and what of it is gone.
#[derive(Debug, Default)]
pub(crate) struct Vanished {
    tenants: Count,
    contracts: Count,
    lines: Count,
}

#[derive(Debug, Default)]
struct Count {
    before: u64,
    gone: BTreeSet<Gone>,
}

impl Count {
    fn is_much(&self, holds: &Holds) -> bool {
        let gone = self.gone.len() as u64;
        gone > u64::from(holds.vanished_count) && gone * 100 > self.before * u64::from(holds.vanished_percent)
    }
}

impl Vanished {
    /// Adds what was there of one company.
    pub(crate) fn were_there(&mut self, seen: &Seen) {
        self.tenants.before += u64::from(seen.tenant);
        self.contracts.before += seen.contracts.len() as u64;
        self.lines.before += seen.lines.len() as u64;
    }

    /// Adds what is gone of it.
    pub(crate) fn are_gone(&mut self, gone: &[Gone]) {
        for one in gone {
            self.count_of(*one).gone.insert(*one);
        }
    }

    /// Adds what was there and is gone since an earlier look, so that it is not in what was seen last.
    pub(crate) fn went_before(&mut self, gone: &[Gone]) {
        for one in gone {
            self.count_of(*one).before += 1;
        }
        self.are_gone(gone);
    }

    fn count_of(&mut self, gone: Gone) -> &mut Count {
        match gone {
            Gone::TenantOf(_) => &mut self.tenants,
            Gone::Contract(_) => &mut self.contracts,
            Gone::Line(_) => &mut self.lines,
        }
    }

    /// Why the whole run is held; none where little vanished, or where nobody wants to be asked.
    pub(crate) fn run_hold(self, holds: &Holds) -> Option<RunHold> {
        let counts =
            [("mapped tenants", self.tenants), ("active contracts", self.contracts), ("lines with units", self.lines)];
        let over: Vec<_> = counts.into_iter().filter(|(_, count)| holds.vanished && count.is_much(holds)).collect();
        if over.is_empty() {
            return None;
        }
        let parts: Vec<String> = over.iter().flat_map(|(_, count)| &count.gone).map(|gone| gone.id()).collect();
        let vanished = over.iter().map(|(what, v)| format!("{} of {} {what}", v.gone.len(), v.before)).collect();
        Some(RunHold { id: fingerprint::of(&parts), vanished, parts })
    }
}
