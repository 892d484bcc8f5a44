//! What happened, read by time from the newest on, a part at a time: runs, approvals, what people changed. A reader says
//! how much it wants to look at, and is told how far that went.

use super::Store;
use super::audit::Recorded;
use super::deeds::time_of;
use super::history::sortable;
use super::items::{Item, Rows, body_of, text_of};
use anyhow::Context;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use shared::ids::ConnectionId;
use shared::person::AuditRecord;
use shared::run::{Approval, RunRecord};

/// From when to when, both inclusive, and how many items are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first time.
    pub from: Timestamp,
    /// The last time.
    pub to: Timestamp,
    /// How many items.
    pub most: usize,
}

/// What was found of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked<T> {
    /// The newest first.
    pub rows: Vec<T>,
    /// The time of the last item that was looked at, where there may be more.
    pub until: Option<Timestamp>,
}

impl<T> Looked<Vec<T>> {
    /// Things that are kept together, each for itself.
    pub(super) fn flat(self) -> Looked<T> {
        Looked { rows: self.rows.into_iter().flatten().collect(), until: self.until }
    }
}

impl Store {
    /// The runs that began within a span, the newest first.
    pub async fn runs_within(&self, connection: &ConnectionId, span: Span) -> anyhow::Result<Looked<RunRecord>> {
        self.happened(&format!("{connection}#runs"), span).await
    }

    /// The approvals that were given within a span, the newest first; one in parts is one.
    pub async fn approvals_within(&self, connection: &ConnectionId, span: Span) -> anyhow::Result<Looked<Approval>> {
        let parts = self.happened::<Approval>(&format!("{connection}#approvals"), span).await?;
        let mut approvals: Vec<Approval> = Vec::new();
        for part in parts.rows {
            match approvals.last_mut() {
                Some(same) if (same.at, &same.by) == (part.at, &part.by) => same.ids.extend(part.ids),
                _ => approvals.push(part),
            }
        }
        Ok(Looked { rows: approvals, until: parts.until })
    }

    /// What people changed within a span, the newest first.
    pub async fn audit_within(&self, span: Span) -> anyhow::Result<Looked<AuditRecord>> {
        let records = self.happened::<Recorded>(super::audit::AUDIT, span).await?;
        let each = |recorded| match recorded {
            Recorded::One(record) => vec![record],
            Recorded::Together(records) => records,
        };
        Ok(Looked { rows: records.rows.into_iter().flat_map(each).collect(), until: records.until })
    }

    pub(super) async fn happened<T: DeserializeOwned>(&self, pk: &str, span: Span) -> anyhow::Result<Looked<T>> {
        let (mut rows, mut looked, mut last) = (Vec::new(), 0, None);
        // What follows the time in a key begins with `#`, and the sign after that is `$`.
        let (first, to) = (sortable(span.from), format!("{}$", sortable(span.to)));
        let wanted = Rows::Between { first, last: to, most: span.most };
        self.query(pk, wanted, |item: Item| {
            looked += 1;
            last = text_of(&item, "sk").and_then(time_of);
            rows.push(body_of(&item).context("what happened cannot be read")?);
            Ok(())
        })
        .await?;
        Ok(Looked { rows, until: last.filter(|_| looked >= span.most) })
    }
}
