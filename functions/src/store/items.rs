//! Items as the database takes them: reading, querying, writing, and writing on conditions. Knows
//! attributes and errors, and nothing of what an item means.

use super::Store;
use anyhow::{Context, bail};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, PutRequest, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, WriteRequest,
};
use backon::{BackoffBuilder, ExponentialBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::fmt::Display;
use std::time::Duration;

/// An item: its attributes by name.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Where an item is.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

/// Which items of a partition are wanted, by their `sk`.
#[derive(Debug)]
pub(super) enum Rows {
    All,
    StartingWith(String),
    From(String),
    Newest(usize),
    /// Those from the first `sk` to the last, the newest first, and no more than so many.
    Between {
        first: String,
        last: String,
        most: usize,
    },
}

/// What became of a write on conditions.
#[derive(Debug)]
pub(super) enum Written {
    /// It was made; of an update, the item's new attributes.
    Done(Item),
    /// The condition on action `action` does not hold for the item as it is stored; empty if there is none.
    Refused { action: usize, stored: Item },
}

/// At most this many items go into one batch (DynamoDB's limit).
const BATCH_ITEMS: usize = 25;

impl Key {
    /// The attributes that say where an item is.
    pub(super) fn item(&self) -> Item {
        Item::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }

    /// An item that holds `body`.
    pub(super) fn holding(&self, body: &impl Serialize) -> anyhow::Result<Item> {
        let mut item = self.item();
        item.insert("body".to_owned(), text(serde_json::to_string(body)?));
        Ok(item)
    }
}

/// An attribute of text.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// An attribute that is a number.
pub(super) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// An attribute's text, if it is there.
pub(super) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A number that has to be there.
pub(super) fn number_of<T: std::str::FromStr>(item: &Item, name: &str) -> anyhow::Result<T> {
    item.get(name)
        .and_then(|value| value.as_n().ok()?.parse().ok())
        .with_context(|| format!("the stored item has no number \"{name}\""))
}

/// What an item holds.
pub(super) fn body_of<T: DeserializeOwned>(item: &Item) -> anyhow::Result<T> {
    let body = text_of(item, "body").context("the stored item is empty")?;
    serde_json::from_str(body)
        .with_context(|| format!("the stored item \"{}\" cannot be read", text_of(item, "sk").unwrap_or_default()))
}

/// The database did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{doing}: {what}")]
pub struct DatabaseError {
    doing: String,
    what: String,
    code: Option<String>,
}

impl DatabaseError {
    /// The database's code of what is wrong; none where it gave none.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

/// What went wrong, in the database's own words.
pub(super) fn failed<E>(doing: impl Display, error: SdkError<E>) -> anyhow::Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let what = match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("the database answered {code}: {message}"),
        (Some(code), None) => format!("the database answered {code}"),
        (None, _) => causes(&error),
    };
    anyhow::Error::new(DatabaseError { doing: doing.to_string(), what, code: error.code().map(str::to_owned) })
}

/// An error and what caused it, each in its own words.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The pauses between tries where the client does not try again by itself: about three seconds in all.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(25))
        .with_max_delay(Duration::from_millis(500))
        .with_max_times(8)
        .with_jitter()
        .build()
}

impl Store {
    /// The item at `key`.
    pub(super) async fn get(&self, key: &Key) -> anyhow::Result<Option<Item>> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.item())).consistent_read(true);
        let found = request.send().await.map_err(|error| failed(format!("reading {}", key.pk), error))?;
        Ok(found.item)
    }

    /// Gives each wanted item to `each`, in the order of `sk`, the newest ones newest first.
    pub(super) async fn query(
        &self,
        pk: &str,
        rows: Rows,
        mut each: impl FnMut(Item) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let request = self.client.query().table_name(&self.table).consistent_read(true);
        let request = request.expression_attribute_values(":pk", text(pk));
        let mut most = usize::MAX;
        let request = match rows {
            Rows::All => request.key_condition_expression("pk = :pk"),
            Rows::StartingWith(start) => request
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .expression_attribute_values(":sk", text(start)),
            Rows::From(first) => request
                .key_condition_expression("pk = :pk AND sk >= :sk")
                .expression_attribute_values(":sk", text(first)),
            Rows::Between { first, last, most: count } => {
                most = count;
                request
                    .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                    .expression_attribute_values(":first", text(first))
                    .expression_attribute_values(":last", text(last))
                    .scan_index_forward(false)
                    .limit(i32::try_from(count.max(1)).unwrap_or(i32::MAX))
            }
            Rows::Newest(count) => {
                most = count;
                let limit = i32::try_from(count.max(1)).unwrap_or(i32::MAX);
                request.key_condition_expression("pk = :pk").scan_index_forward(false).limit(limit)
            }
        };
        let mut pages = request.into_paginator().send();
        while most > 0
            && let Some(page) = pages.next().await
        {
            let page = page.map_err(|error| failed(format!("reading {pk}"), error))?;
            for item in page.items.unwrap_or_default().into_iter().take(most) {
                most -= 1;
                each(item)?;
            }
        }
        Ok(())
    }

    /// Puts an item, whatever was there.
    pub(super) async fn put(&self, item: Item) -> anyhow::Result<()> {
        let doing = format!("writing {}", text_of(&item, "pk").unwrap_or_default());
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map_err(|error| failed(doing, error))?;
        Ok(())
    }

    /// Puts many items, whatever was there; after an error some are put and some are not.
    pub(super) async fn put_all(&self, items: Vec<Item>) -> anyhow::Result<()> {
        let mut requests = Vec::with_capacity(items.len());
        for item in items {
            let put = PutRequest::builder().set_item(Some(item)).build()?;
            requests.push(WriteRequest::builder().put_request(put).build());
        }
        for batch in requests.chunks(BATCH_ITEMS) {
            self.put_batch(batch.to_vec()).await?;
        }
        Ok(())
    }

    async fn put_batch(&self, mut batch: Vec<WriteRequest>) -> anyhow::Result<()> {
        let mut pauses = pauses();
        loop {
            let request = self.client.batch_write_item().request_items(&self.table, batch);
            let answer = request.send().await.map_err(|error| failed("writing a batch", error))?;
            // What the database had no capacity for comes back, and is its own answer, not an error.
            batch = answer.unprocessed_items.and_then(|mut left| left.remove(&self.table)).unwrap_or_default();
            if batch.is_empty() {
                return Ok(());
            }
            let Some(pause) = pauses.next() else {
                bail!("writing a batch: the database left {} items unwritten, try after try", batch.len());
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// An update of one item, to be given an expression and a condition, and then to `written`.
    pub(super) fn update(&self, key: &Key) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.item()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Sends an update; again while a transaction on the same item is in its way.
    pub(super) async fn written(
        &self,
        doing: impl Display,
        request: UpdateItemFluentBuilder,
    ) -> anyhow::Result<Written> {
        let mut pauses = pauses();
        loop {
            let error = match request.clone().send().await {
                Ok(answer) => return Ok(Written::Done(answer.attributes.unwrap_or_default())),
                Err(error) => error,
            };
            match (error.as_service_error(), pauses.next()) {
                (Some(UpdateItemError::ConditionalCheckFailedException(refused)), _) => {
                    let stored = refused.item().cloned().unwrap_or_default();
                    return Ok(Written::Refused { action: 0, stored });
                }
                (Some(UpdateItemError::TransactionConflictException(_)), Some(pause)) => {
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(failed(doing, error)),
            }
        }
    }

    /// Makes all of `actions` or none; again while another transaction is in their way. A condition's
    /// refusal is told with the first action that it stands on.
    pub(super) async fn transact(
        &self,
        doing: impl Display,
        actions: Vec<TransactWriteItem>,
    ) -> anyhow::Result<Written> {
        let mut pauses = pauses();
        loop {
            // The client gives each of these requests a token of its own, by which a reply lost on the way
            // is asked for again and the transaction still made once.
            let request = self.client.transact_write_items().set_transact_items(Some(actions.clone()));
            let error = match request.send().await {
                Ok(_) => return Ok(Written::Done(Item::new())),
                Err(error) => error,
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
            else {
                return Err(failed(doing, error));
            };
            let reasons = cancelled.cancellation_reasons();
            if let Some(action) = reasons.iter().position(|reason| reason.code() == Some("ConditionalCheckFailed")) {
                let stored = reasons[action].item().cloned().unwrap_or_default();
                return Ok(Written::Refused { action, stored });
            }
            match pauses.next() {
                Some(pause) if reasons.iter().any(passes) => tokio::time::sleep(pause).await,
                _ => return Err(failed(doing, error)),
            }
        }
    }
}

/// Whether a reason for which a transaction was cancelled goes away by itself.
fn passes(reason: &CancellationReason) -> bool {
    matches!(reason.code(), Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"))
}
