//! What happened: runs, approvals, and the changes that were made. Written once and read in the order of
//! time; what follows from it is decided elsewhere.

use super::Store;
use super::audit::audit_item;
use super::items::{Item, Key, Rows, body_of, number, text_of};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use shared::ids::{CompanyId, ConnectionId, ServiceId};
use shared::person::AuditRecord;
use shared::run::{Approval, ChangeRecord, Job, RunRecord};

/// How long the record of a run is kept.
pub(super) const RUNS_KEPT_DAYS: i64 = 400;
/// How long that of a look that found nothing is: there are hundreds a day.
const IDLE_LOOKS_KEPT_DAYS: i64 = 3;
/// No run works for longer; how far back to look for one that may still have been at work.
const LONGEST_RUN: SignedDuration = SignedDuration::from_hours(1);
/// The most text of ids in one part of an approval, well below the 400 KB an item may hold: which line an id is of comes
/// beside it, and takes up to four times as much.
const PART_BYTES: usize = 60_000;

/// The second from which the database may delete an item.
pub(super) fn expires(from: Timestamp, days: i64) -> AttributeValue {
    number(from.as_second().saturating_add(days * 24 * 60 * 60))
}

/// A time as text that sorts by time.
pub(super) fn sortable(time: Timestamp) -> String {
    format!("{time:.9}")
}

/// Where the record of a change is.
pub(super) fn change_key(connection: &ConnectionId, change: &ChangeRecord) -> Key {
    let of = changes_of(change.place.company, change.place.service);
    Key { pk: format!("{connection}#changes"), sk: format!("{of}{}#{}", sortable(change.settled_at), change.intent.id) }
}

fn changes_of(company: CompanyId, service: ServiceId) -> String {
    format!("{company}#{service}#")
}

impl Store {
    /// The latest runs, newest first.
    pub async fn runs(&self, connection: &ConnectionId, most: usize) -> anyhow::Result<Vec<RunRecord>> {
        let mut runs = Vec::new();
        self.query(&format!("{connection}#runs"), Rows::Newest(most), |item| {
            runs.push(body_of(&item)?);
            Ok(())
        })
        .await?;
        Ok(runs)
    }

    /// The runs that were at work at `since` or later, oldest first: those whose calls count in the hour
    /// that began then (B1).
    pub async fn runs_since(&self, connection: &ConnectionId, since: Timestamp) -> anyhow::Result<Vec<RunRecord>> {
        let started = since.saturating_sub(LONGEST_RUN)?;
        let mut runs: Vec<RunRecord> = Vec::new();
        self.query(&format!("{connection}#runs"), Rows::From(sortable(started)), |item| {
            runs.push(body_of(&item)?);
            Ok(())
        })
        .await?;
        runs.retain(|run| run.heard >= since);
        Ok(runs)
    }

    /// Stores the record of a run in place of an earlier one with its id and start.
    pub async fn save_run(&self, connection: &ConnectionId, run: &RunRecord) -> anyhow::Result<()> {
        let sk = format!("{}#{}", sortable(run.started), run.id);
        let mut item = Key { pk: format!("{connection}#runs"), sk }.holding(run)?;
        let looks_often = matches!(run.job, Job::ContractWatch | Job::AlertSync | Job::TicketChanged);
        let days = if looks_often && run.is_idle_look() { IDLE_LOOKS_KEPT_DAYS } else { RUNS_KEPT_DAYS };
        item.insert("ttl".to_owned(), expires(run.started, days));
        self.put(item).await
    }

    /// The approvals given at `since` or later, oldest first.
    pub async fn approvals(&self, connection: &ConnectionId, since: Timestamp) -> anyhow::Result<Vec<Approval>> {
        let mut approvals: Vec<Approval> = Vec::new();
        self.query(&format!("{connection}#approvals"), Rows::From(sortable(since)), |item| {
            let part: Approval = body_of(&item)?;
            let first = text_of(&item, "sk").is_some_and(|sk| sk.ends_with("#000000"));
            match approvals.last_mut() {
                Some(approval) if !first => {
                    approval.ids.extend(part.ids);
                    approval.lines.extend(part.lines);
                }
                _ => approvals.push(part),
            }
            Ok(())
        })
        .await?;
        Ok(approvals)
    }

    /// Stores an approval. One of very many changes is stored in parts; if that fails, a part of it may
    /// count, which approves nothing that the person did not.
    pub async fn save_approval(&self, connection: &ConnectionId, approval: &Approval) -> anyhow::Result<()> {
        self.put_all(approval_items(connection, approval)?).await
    }

    /// The same together with the record of who gave it: both or neither.
    pub async fn save_recorded_approval(
        &self,
        connection: &ConnectionId,
        approval: &Approval,
        record: &AuditRecord,
    ) -> anyhow::Result<()> {
        let mut items = approval_items(connection, approval)?.into_iter();
        let mut together = vec![self.put_action(audit_item(record)?)?];
        together.extend(items.next().map(|first| self.put_action(first)).transpose()?);
        self.transact("writing an approval", together).await?;
        self.put_all(items.collect()).await
    }

    /// The changes made to a company's units of a service, oldest first.
    pub async fn changes(
        &self,
        connection: &ConnectionId,
        company: CompanyId,
        service: ServiceId,
    ) -> anyhow::Result<Vec<ChangeRecord>> {
        self.changes_that_begin(connection, changes_of(company, service)).await
    }

    /// The changes made to all units of a company, by service.
    pub async fn changes_of_company(
        &self,
        connection: &ConnectionId,
        company: CompanyId,
    ) -> anyhow::Result<Vec<ChangeRecord>> {
        self.changes_that_begin(connection, format!("{company}#")).await
    }

    async fn changes_that_begin(&self, connection: &ConnectionId, begin: String) -> anyhow::Result<Vec<ChangeRecord>> {
        let mut changes = Vec::new();
        self.query(&format!("{connection}#changes"), Rows::StartingWith(begin), |item| {
            changes.push(body_of(&item)?);
            Ok(())
        })
        .await?;
        Ok(changes)
    }
}

/// The parts of an approval, the first one first.
fn approval_items(connection: &ConnectionId, approval: &Approval) -> anyhow::Result<Vec<Item>> {
    // Two people may approve at the same moment.
    let mut words: Vec<&str> = vec![&approval.by];
    words.extend(approval.ids.iter().map(String::as_str));
    let at = format!("{}#{}", sortable(approval.at), shared::fingerprint::of(&words));
    let item = |(part, ids): (usize, &[String])| {
        let of = |id: &String| Some((id.clone(), *approval.lines.get(id)?));
        let lines = ids.iter().filter_map(of).collect();
        let body = Approval { ids: ids.to_vec(), lines, ..approval.clone() };
        let mut item = Key { pk: format!("{connection}#approvals"), sk: format!("{at}#{part:06}") }.holding(&body)?;
        item.insert("ttl".to_owned(), expires(approval.at, RUNS_KEPT_DAYS));
        Ok(item)
    };
    parts(&approval.ids).into_iter().enumerate().map(item).collect()
}

/// Ids in parts that each fit into an item; at least one part, which may be empty.
fn parts(ids: &[String]) -> Vec<&[String]> {
    let mut parts = Vec::new();
    let (mut first, mut bytes) = (0, 0);
    for (next, id) in ids.iter().enumerate() {
        // Each id comes with two quotes and a comma.
        let size = id.len() + 3;
        if bytes + size > PART_BYTES && next > first {
            parts.push(&ids[first..next]);
            (first, bytes) = (next, 0);
        }
        bytes += size;
    }
    parts.push(&ids[first..]);
    parts
}
