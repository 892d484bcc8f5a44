//! What each job's last looks left for people, one item for each job and company of which there is something; and what
//! people said of findings. Both are read whole by who shows them, so that a version says whether that is needed.

use super::audit::audit_items;
use super::items::{Item, Key, Rows, Written, number, number_of, text as text_attribute, text_of};
use super::{Store, items};
use anyhow::{Context, ensure};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use futures_util::future::try_join_all;
use shared::held::{Kept, LookedAt, after};
use shared::ids::{CompanyId, ConnectionId};
use shared::open_finding::FindingMark;
use shared::person::AuditRecord;
use shared::run::Job;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// Sorts beside the jobs, none of which is called so.
const HEAD: &str = "head";
/// The most compressed bytes of an item: it may hold 400 KB (DynamoDB's limit), names and keys included.
const MOST_BYTES: usize = 380_000;
/// Items of one transaction, which takes 100 and 4 MB (DynamoDB's limits).
const TOGETHER: usize = 90;
const TOGETHER_BYTES: usize = 3_000_000;
/// Above so many companies all of a job are read at once.
const READ_ONE_BY_ONE: usize = 100;

fn kept_key(connection: &ConnectionId, job: Job, company: Option<CompanyId>) -> Key {
    let company = company.map(|company| company.to_string()).unwrap_or_default();
    Key { pk: format!("{connection}#held"), sk: format!("{job}#{company}") }
}

fn head_key(connection: &ConnectionId) -> Key {
    Key { pk: format!("{connection}#held"), sk: HEAD.to_owned() }
}

fn mark_key(connection: &ConnectionId, finding: &str) -> Key {
    Key { pk: format!("{connection}#findings"), sk: finding.to_owned() }
}

impl Store {
    /// The version of what is kept, by one small read; 0 before anything was. It grows with every change.
    pub async fn held_version(&self, connection: &ConnectionId) -> anyhow::Result<u64> {
        let head = self.get(&head_key(connection)).await?;
        head.map_or(Ok(0), |head| number_of(&head, "version"))
    }

    /// What all jobs left, by job and company.
    pub async fn all_held(&self, connection: &ConnectionId) -> anyhow::Result<Vec<(Job, Kept)>> {
        let mut held = Vec::new();
        self.query(&format!("{connection}#held"), Rows::All, |item| {
            held.extend(job_of(&item).map(|job| Ok::<_, anyhow::Error>((job, kept_of(&item)?))).transpose()?);
            Ok(())
        })
        .await?;
        Ok(held)
    }

    /// What one job left, by company.
    pub async fn held_of(&self, connection: &ConnectionId, job: Job) -> anyhow::Result<Vec<Kept>> {
        let mut held = Vec::new();
        self.query(&format!("{connection}#held"), Rows::StartingWith(format!("{job}#")), |item| {
            held.push(kept_of(&item)?);
            Ok(())
        })
        .await?;
        Ok(held)
    }

    /// Keeps what a look of a job left, in place of what was kept of those whom it looked at; what is as it was is not
    /// written. Says whether anything was. After an error some of it is kept and some is as it was.
    pub async fn keep_held(
        &self,
        connection: &ConnectionId,
        job: Job,
        left: Vec<Kept>,
        looked_at: &LookedAt,
    ) -> anyhow::Result<bool> {
        let before = match looked_at {
            LookedAt::Companies(companies) if companies.len() <= READ_ONE_BY_ONE => {
                self.held_of_companies(connection, job, companies).await?
            }
            _ => self.held_of(connection, job).await?,
        };
        let now: BTreeMap<_, Kept> =
            after(&before, left, looked_at).into_iter().map(|kept| (kept.company, kept)).collect();
        let before: BTreeMap<_, Kept> = before.into_iter().map(|kept| (kept.company, kept)).collect();
        let mut actions = Vec::new();
        for (company, kept) in now.iter().filter(|(company, kept)| before.get(*company) != Some(*kept)) {
            let (item, size) = kept_item(kept_key(connection, job, *company), kept)?;
            actions.push((self.put_action(item)?, size));
        }
        for company in before.keys().filter(|company| !now.contains_key(*company)) {
            actions.push((self.delete_action(&kept_key(connection, job, *company))?, 0));
        }
        let is_other = !actions.is_empty();
        self.write_held(connection, actions).await?;
        Ok(is_other)
    }

    async fn held_of_companies(
        &self,
        connection: &ConnectionId,
        job: Job,
        companies: &BTreeSet<CompanyId>,
    ) -> anyhow::Result<Vec<Kept>> {
        let wanted = companies.iter().copied().map(Some).chain([None]);
        let read =
            try_join_all(wanted.map(async |company| self.get(&kept_key(connection, job, company)).await)).await?;
        read.iter().flatten().map(kept_of).collect()
    }

    /// Each group comes with a new version, so that nobody takes what he knows for what is there.
    async fn write_held(
        &self,
        connection: &ConnectionId,
        actions: Vec<(TransactWriteItem, usize)>,
    ) -> anyhow::Result<()> {
        let (mut group, mut bytes) = (Vec::new(), 0);
        for (action, size) in actions {
            if group.len() == TOGETHER || bytes + size > TOGETHER_BYTES {
                self.write_group(connection, std::mem::take(&mut group)).await?;
                bytes = 0;
            }
            group.push(action);
            bytes += size;
        }
        if group.is_empty() { Ok(()) } else { self.write_group(connection, group).await }
    }

    async fn write_group(&self, connection: &ConnectionId, mut group: Vec<TransactWriteItem>) -> anyhow::Result<()> {
        let version = Update::builder()
            .table_name(&self.table)
            .set_key(Some(head_key(connection).item()))
            .update_expression("ADD #version :one")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":one", number(1))
            .build()?;
        group.push(TransactWriteItem::builder().update(version).build());
        match self.transact("keeping what a run left", group).await? {
            Written::Done(_) => Ok(()),
            Written::Refused { .. } => anyhow::bail!("what a run left is kept on no condition, and was refused"),
        }
    }

    /// What people said of findings, by the findings' ids.
    pub async fn finding_marks(&self, connection: &ConnectionId) -> anyhow::Result<BTreeMap<String, FindingMark>> {
        let mut marks = BTreeMap::new();
        self.query(&format!("{connection}#findings"), Rows::All, |item| {
            let id = text_of(&item, "sk").context("what is said of a finding has no key")?.to_owned();
            marks.insert(id, items::body_of(&item)?);
            Ok(())
        })
        .await?;
        Ok(marks)
    }

    /// Stores what people say of findings, each in place of what was said of it, together with the records of that.
    /// False: something else is said of one of them by now, and nothing is stored. At most fifty at a time.
    pub async fn save_finding_marks(
        &self,
        connection: &ConnectionId,
        marks: &[(String, FindingMark, FindingMark)],
        records: &[AuditRecord],
    ) -> anyhow::Result<bool> {
        let mut actions = Vec::new();
        for (id, before, after) in marks {
            actions.push(self.mark_action(&mark_key(connection, id), before, after)?);
        }
        for item in audit_items(records)? {
            actions.push(self.put_action(item)?);
        }
        Ok(matches!(self.transact("writing what is said of findings", actions).await?, Written::Done(_)))
    }

    fn mark_action(&self, key: &Key, before: &FindingMark, after: &FindingMark) -> anyhow::Result<TransactWriteItem> {
        let names = ("#body", "body");
        let (condition, value) = match before.is_empty() {
            true => ("attribute_not_exists(pk)", None),
            false => ("#body = :before", Some(text_attribute(serde_json::to_string(before)?))),
        };
        let as_it_was = Some(ReturnValuesOnConditionCheckFailure::AllOld);
        if after.is_empty() && value.is_some() {
            let delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(key.item()))
                .condition_expression(condition)
                .expression_attribute_names(names.0, names.1)
                .set_expression_attribute_values(value.map(|value| [(":before".to_owned(), value)].into()))
                .set_return_values_on_condition_check_failure(as_it_was);
            return Ok(TransactWriteItem::builder().delete(delete.build()?).build());
        }
        let mut put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(key.holding(after)?))
            .condition_expression(condition)
            .set_return_values_on_condition_check_failure(as_it_was);
        if let Some(value) = value {
            put = put.expression_attribute_names(names.0, names.1).expression_attribute_values(":before", value);
        }
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }
}

/// The job that left an item; none of the head.
fn job_of(item: &Item) -> Option<Job> {
    let (job, _) = text_of(item, "sk")?.split_once('#')?;
    Job::ALL.into_iter().find(|known| known.to_string() == job)
}

fn kept_item(key: Key, kept: &Kept) -> anyhow::Result<(Item, usize)> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&serde_json::to_vec(kept)?).context("packing what a run left")?;
    let packed = packed.finish().context("packing what a run left")?;
    let size = packed.len();
    ensure!(size <= MOST_BYTES, "what a run left of one company takes {size} bytes; at most {MOST_BYTES} fit");
    let mut item = key.item();
    item.insert("kept".to_owned(), AttributeValue::B(Blob::new(packed)));
    Ok((item, size))
}

fn kept_of(item: &Item) -> anyhow::Result<Kept> {
    let kept = item.get("kept").and_then(|kept| kept.as_b().ok()).context("what a run left is empty")?;
    serde_json::from_reader(GzDecoder::new(kept.as_ref())).context("what a run left cannot be read")
}
