//! One writer per connection and job (U6): a lease of 60 seconds whose token grows with every holder, so
//! that the writes of one who lost it are refused. It hands leases out; what is done under one is not its
//! business.

use super::Store;
use super::items::{Key, Written, number, number_of, text, text_of};
use anyhow::Context;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use shared::ids::ConnectionId;
use shared::run::Job;

/// How long a lease holds without being renewed.
const LEASE_SECONDS: i64 = 60;

/// The right to write for one connection and job, until it ends or is lost. It cannot be copied: who
/// gives it back has it no more.
#[derive(Debug)]
pub struct Lease {
    /// Whose.
    pub connection: ConnectionId,
    /// For which job.
    pub job: Job,
    /// Who holds it: the run.
    pub owner: String,
    /// Grows by one with each holder.
    pub token: u64,
    /// It is over from this time on, unless renewed.
    pub until: Timestamp,
}

fn lease_key(connection: &ConnectionId, job: Job) -> Key {
    Key { pk: format!("{connection}#leases"), sk: job.to_string() }
}

fn end_after(now: Timestamp) -> anyhow::Result<Timestamp> {
    now.checked_add(SignedDuration::from_secs(LEASE_SECONDS)).context("the time is out of range")
}

impl Store {
    /// Takes the lease, unless another holder's has not ended at `now`.
    pub async fn acquire_lease(
        &self,
        connection: &ConnectionId,
        job: Job,
        owner: &str,
        now: Timestamp,
    ) -> anyhow::Result<Option<Lease>> {
        let until = end_after(now)?;
        // Where the reply to a taken lease is lost, the client sends the update again and finds the lease
        // held: the claim says that it is held by this very call.
        let claim = uuid::Uuid::new_v4().to_string();
        let request = self
            .update(&lease_key(connection, job))
            .update_expression("SET #owner = :owner, #until = :until, #claim = :claim ADD #token :one")
            .condition_expression("attribute_not_exists(pk) OR #until <= :now")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#until", "until")
            .expression_attribute_names("#claim", "claim")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":until", number(until.as_nanosecond()))
            .expression_attribute_values(":claim", text(claim.clone()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now.as_nanosecond()));
        let held = match self.written(format!("taking the lease of {job}"), request).await? {
            Written::Done(held) => held,
            Written::Refused { stored, .. } if text_of(&stored, "claim") == Some(&claim) => stored,
            Written::Refused { .. } => return Ok(None),
        };
        let token = number_of(&held, "token")?;
        Ok(Some(Lease { connection: connection.clone(), job, owner: owner.to_owned(), token, until }))
    }

    /// Makes the lease end 60 seconds after `now`. False: another holder has it; what was planned under it
    /// must not be done. One that ended and was taken by nobody can be renewed.
    pub async fn renew_lease(&self, lease: &mut Lease, now: Timestamp) -> anyhow::Result<bool> {
        let until = end_after(now)?;
        let renewed = self.set_lease_end(lease, until).await?;
        if renewed {
            lease.until = until;
        }
        Ok(renewed)
    }

    /// Gives the lease back, so that the next run need not wait for its end. One that was lost is left to
    /// its new holder.
    pub async fn release_lease(&self, lease: Lease) -> anyhow::Result<()> {
        self.set_lease_end(&lease, Timestamp::MIN).await?;
        Ok(())
    }

    async fn set_lease_end(&self, lease: &Lease, until: Timestamp) -> anyhow::Result<bool> {
        let request = self
            .update(&lease_key(&lease.connection, lease.job))
            .update_expression("SET #until = :until")
            .condition_expression("#token = :token")
            .expression_attribute_names("#until", "until")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":until", number(until.as_nanosecond()))
            .expression_attribute_values(":token", number(lease.token));
        let written = self.written(format!("keeping the lease of {}", lease.job), request).await?;
        Ok(matches!(written, Written::Done(_)))
    }

    /// The part of a transaction that refuses it when `lease` was taken over.
    pub(super) fn held(&self, lease: &Lease) -> anyhow::Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(lease_key(&lease.connection, lease.job).item()))
            .condition_expression("#token = :token")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":token", number(lease.token))
            .build()?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
