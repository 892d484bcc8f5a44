//! Whether so much vanished at once that a permission may have been lost at a vendor (H1). Counts; what then
//! becomes of the run, others decide.

use crate::fingerprint;
use crate::ids::{CompanyId, ContractId, LineId};
use crate::kept::Seen;
use crate::plan::RunHold;
use crate::settings::Holds;
use std::collections::BTreeSet;

/// What was there of each company before, and what is there now.
#[derive(Debug, Default)]
pub(crate) struct Vanished {
    tenants: Count,
    contracts: Count,
    lines: Count,
}

#[derive(Debug, Default)]
struct Count {
    before: u64,
    gone: BTreeSet<String>,
}

impl Count {
    fn add(&mut self, gone: bool, name: impl FnOnce() -> String) {
        self.before += 1;
        if gone {
            self.gone.insert(name());
        }
    }

    fn is_much(&self, holds: &Holds) -> bool {
        let gone = self.gone.len() as u64;
        gone > u64::from(holds.vanished_count) && gone * 100 > self.before * u64::from(holds.vanished_percent)
    }
}

impl Vanished {
    /// Looks at one company. `want_none` are lines that should hold no units, although they still do.
    pub(crate) fn compare(&mut self, company: CompanyId, before: &Seen, now: &Seen, want_none: &BTreeSet<LineId>) {
        if before.tenant {
            self.tenants.add(!now.tenant, || format!("tenant of {company}"));
        }
        // What is new stands in the place of as much that is gone: a renewed contract is a new one (C3).
        let mut renewed = now.contracts.difference(&before.contracts).count();
        for contract in &before.contracts {
            let gone = !now.contracts.contains(contract) && !takes_one(&mut renewed);
            self.contracts.add(gone, || ContractId::to_string(contract));
        }
        let mut renewed = now.lines.difference(&before.lines).count();
        for line in &before.lines {
            let gone = want_none.contains(line) || (!now.lines.contains(line) && !takes_one(&mut renewed));
            self.lines.add(gone, || LineId::to_string(line));
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
        let names: Vec<String> = over.iter().flat_map(|(_, count)| count.gone.iter().cloned()).collect();
        let vanished = over.iter().map(|(what, v)| format!("{} of {} {what}", v.gone.len(), v.before)).collect();
        Some(RunHold { id: fingerprint::of(&names), vanished })
    }
}

/// Takes one of what is left; whether there was any.
fn takes_one(left: &mut usize) -> bool {
    let had = *left > 0;
    *left = left.saturating_sub(1);
    had
}
