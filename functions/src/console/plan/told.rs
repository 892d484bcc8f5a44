//! What people approved of the plan within the week in which that holds, and what became of it.

use super::shown::LineRow;
use crate::console::words::Shown;
use crate::store::Store;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use shared::ids::{CompanyId, ConnectionId, ServiceId};
use std::collections::BTreeMap;

/// Approvals older than a week are void.
const APPROVALS_HOLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Approvals that still hold.
pub(in crate::console) struct Told {
    by_id: BTreeMap<String, String>,
    /// The latest of each line: its id, and by whom.
    of_line: BTreeMap<(CompanyId, ServiceId), (String, String)>,
    latest: Option<String>,
}

impl Told {
    pub(in crate::console) async fn read(
        store: &Store,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let since = now.checked_sub(APPROVALS_HOLD)?;
        let (mut by_id, mut of_line, mut latest) = (BTreeMap::new(), BTreeMap::new(), None);
        for approval in store.approvals(connection, since).await? {
            for (id, line) in approval.lines {
                of_line.insert(line, (id, approval.by.clone()));
            }
            by_id.extend(approval.ids.into_iter().map(|id| (id, approval.by.clone())));
            latest = Some(approval.by);
        }
        Ok(Self { by_id, of_line, latest })
    }

    /// Who approved this.
    pub(in crate::console) fn approved(&self, id: &str) -> Option<&str> {
        self.by_id.get(id).map(String::as_str)
    }

    /// Who approved anything last.
    pub(super) fn latest(&self) -> Option<&str> {
        self.latest.as_deref()
    }

    /// What was approved of a line, where that is no change which is still to be made.
    pub(super) fn of_another_change(
        &self,
        company: CompanyId,
        service: ServiceId,
        shown: Option<&str>,
    ) -> Option<&(String, String)> {
        self.of_line.get(&(company, service)).filter(|(id, _)| Some(id.as_str()) != shown)
    }

    /// Tells, where a line is shown that is not as it should be, that what was approved of it moved before it was made.
    pub(super) async fn tell_what_moved(
        &self,
        store: &Store,
        connection: &ConnectionId,
        rows: &mut [LineRow],
    ) -> anyhow::Result<()> {
        let mut asked = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let told = row.asks_whether_made.and_then(|line| Some((line, self.of_line.get(&line)?)));
            if let Some(((company, service), (id, by))) = told {
                asked.push(async move {
                    let changes = store.changes(connection, company, service).await?;
                    let is_made = changes.iter().any(|change| change.intent.change == *id);
                    anyhow::Ok((!is_made).then_some((index, by)))
                });
            }
        }
        for (index, by) in try_join_all(asked).await?.into_iter().flatten() {
            rows[index].moved = Some(Shown::of(format!(
                "approved by {by}, but usage, units, contract or mapping moved since; look again"
            )));
        }
        Ok(())
    }
}
