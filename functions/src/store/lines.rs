//! What we know of lines from our own doing, and the fenced writes that keep it true (U6): an intent is
//! recorded before its POST and closed after it, each in one transaction that a lost lease refuses. It
//! does not judge what an intent came to.

use super::Store;
use super::deeds::deeds_item;
use super::history::change_key;
use super::items::{Item, Key, Rows, Written, body_of, text, text_of};
use super::lease::Lease;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use shared::deed::Deed;
use shared::ids::ConnectionId;
use shared::line::LineState;
use shared::run::ChangeRecord;
use std::collections::BTreeSet;

/// Why a line was not written; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum IntentError {
    /// Another holder took the lease: the run has to stop.
    #[error("another run took the lease")]
    LeaseLost,
    /// The stored line has an open intent, which blocks it until a read settles it.
    #[error("an earlier change of this line is not settled yet")]
    AlreadyOpen,
    /// The stored line is not as it was read; or, when closing, its open intent is not this one.
    #[error("the line's state was changed by another run")]
    Changed,
    /// It is not known whether it was written. Nothing may be sent on the strength of it.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// An intent that is to be closed, as `close_intent` takes it.
#[derive(Debug, Clone)]
pub struct Closing {
    /// The line as the outcome leaves it.
    pub state: LineState,
    /// The intent's id.
    pub settled: String,
    /// The record of a change that was made.
    pub made: Option<ChangeRecord>,
}

/// Intents that may be recorded together: few, because those of a run that dies wait to be settled.
pub const RECORDED_TOGETHER: usize = 8;
/// Intents that may be closed together: two items each and one for all, of the hundred that a transaction takes.
pub const CLOSED_TOGETHER: usize = 40;
/// The place of the lease and of the line in a transaction.
const LEASE: usize = 0;

fn line_key(connection: &ConnectionId, key: &str) -> Key {
    Key { pk: format!("{connection}#lines"), sk: key.to_owned() }
}

fn line_item(connection: &ConnectionId, state: &LineState) -> anyhow::Result<Item> {
    let mut item = line_key(connection, &state.place.key()).holding(state)?;
    if let Some(intent) = &state.open {
        item.insert("open".to_owned(), text(&intent.id));
    }
    Ok(item)
}

impl Store {
    /// Gives every line's state to `each`. Read them under the lease if they are to be written.
    pub async fn line_states(&self, connection: &ConnectionId, mut each: impl FnMut(LineState)) -> anyhow::Result<()> {
        let pk = format!("{connection}#lines");
        self.query(&pk, Rows::All, |item| {
            each(body_of(&item)?);
            Ok(())
        })
        .await
    }

    /// The state of the line known by `key` (`LinePlace::key`).
    pub async fn line_state(&self, connection: &ConnectionId, key: &str) -> anyhow::Result<Option<LineState>> {
        self.get(&line_key(connection, key)).await?.as_ref().map(body_of).transpose()
    }

    /// Records the intent that is open in `state`, before it is sent. `state` is the line as it was read,
    /// or as last written, and differs from it in `open` only: the stored line has to be exactly that, and
    /// have no open intent; a line never written has to be stored nowhere.
    pub async fn record_intent(&self, lease: &Lease, state: &LineState) -> Result<(), IntentError> {
        let Some(intent) = &state.open else {
            return Err(IntentError::Failed(anyhow::anyhow!("line {} has no intent to record", state.place.key())));
        };
        let doing = format!("recording intent {}", intent.id);
        let before = LineState { open: None, ..state.clone() };
        let mut body = serde_json::to_string(&before).map_err(anyhow::Error::from)?;
        loop {
            let put = self.intent_put(lease, state, &before, &body)?;
            let stored = match self.fenced(lease, &doing, put, Vec::new()).await? {
                Written::Done(_) => return Ok(()),
                Written::Refused { stored, .. } => stored,
            };
            let Some(stored_body) = text_of(&stored, "body") else { return Err(IntentError::Changed) };
            let found: LineState = body_of(&stored)?;
            if found.open.is_some() {
                return Err(IntentError::AlreadyOpen);
            }
            // The same state in other words, as another version of this program wrote it, is the same state.
            if found != before || stored_body == body {
                return Err(IntentError::Changed);
            }
            stored_body.clone_into(&mut body);
        }
    }

    /// Records at most [`RECORDED_TOGETHER`] intents in one transaction: all or none. Where they cannot stand in
    /// one, or one of them is refused, they are recorded one by one, so that each is judged by itself.
    pub async fn record_intents(&self, lease: &Lease, states: &[LineState]) -> Vec<Result<(), IntentError>> {
        let written = match self.intent_puts(lease, states) {
            Ok(Some(actions)) => self.transact("recording intents", actions).await.map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        let mut results = Vec::with_capacity(states.len());
        for state in states {
            results.push(match &written {
                Ok(Some(Written::Done(_))) => Ok(()),
                Ok(Some(Written::Refused { action: LEASE, .. })) => Err(IntentError::LeaseLost),
                Ok(Some(Written::Refused { .. }) | None) => self.record_intent(lease, state).await,
                Err(error) => Err(IntentError::Failed(anyhow::anyhow!("{error:#}"))),
            });
        }
        results
    }

    /// The actions of one transaction; none where two are of one line, or one has no intent.
    fn intent_puts(&self, lease: &Lease, states: &[LineState]) -> anyhow::Result<Option<Vec<TransactWriteItem>>> {
        let open = states.iter().filter(|state| state.open.is_some());
        let lines: BTreeSet<String> = open.map(|state| state.place.key()).collect();
        if states.is_empty() || lines.len() < states.len() {
            return Ok(None);
        }
        let mut actions = vec![self.held(lease)?];
        for state in states {
            let before = LineState { open: None, ..state.clone() };
            let put = self.intent_put(lease, state, &before, &serde_json::to_string(&before)?)?;
            actions.push(TransactWriteItem::builder().put(put.build()?).build());
        }
        Ok(Some(actions))
    }

    /// What recording an intent puts: the line, on the condition that it is stored as it was read.
    fn intent_put(
        &self,
        lease: &Lease,
        state: &LineState,
        before: &LineState,
        body: &str,
    ) -> anyhow::Result<PutBuilder> {
        let first = *before == LineState::new(before.place.clone());
        let condition = if first { "attribute_not_exists(pk) OR #body = :body" } else { "#body = :body" };
        let put = self.line_put(&lease.connection, state)?.condition_expression(condition);
        Ok(put.expression_attribute_names("#body", "body").expression_attribute_values(":body", text(body)))
    }

    /// Closes the intent `settled`: stores `state`, the line as the outcome leaves it, under the place by
    /// which the intent was recorded; and, of a change that was made, its record.
    pub async fn close_intent(
        &self,
        lease: &Lease,
        state: &LineState,
        settled: &str,
        made: Option<&ChangeRecord>,
    ) -> Result<(), IntentError> {
        let (put, record) = self.closing(lease, state, settled, made)?;
        let deed = made.map(Deed::made).map_or(Ok(None), |deed| deeds_item(&lease.connection, &[deed]))?;
        let records = record.into_iter().chain(deed).collect();
        match self.fenced(lease, &format!("closing intent {settled}"), put, records).await? {
            Written::Done(_) => Ok(()),
            Written::Refused { .. } => Err(IntentError::Changed),
        }
    }

    /// Closes at most [`CLOSED_TOGETHER`] intents in one transaction. Where one of them is refused, they are
    /// closed one by one, so that each is judged by itself.
    pub async fn close_intents(&self, lease: &Lease, closings: &[Closing]) -> Result<(), IntentError> {
        let mut actions = vec![self.held(lease)?];
        let made: Vec<Deed> = closings.iter().filter_map(|closing| closing.made.as_ref()).map(Deed::made).collect();
        if let Some(item) = deeds_item(&lease.connection, &made)? {
            actions.push(self.put_action(item)?);
        }
        for Closing { state, settled, made } in closings {
            let (put, record) = self.closing(lease, state, settled, made.as_ref())?;
            let record = record.map(|record| Put::builder().table_name(&self.table).set_item(Some(record)));
            for put in [Some(put), record].into_iter().flatten() {
                let put = put.build().map_err(anyhow::Error::from)?;
                actions.push(TransactWriteItem::builder().put(put).build());
            }
        }
        match self.transact("closing intents", actions).await? {
            Written::Done(_) => return Ok(()),
            Written::Refused { action: LEASE, .. } => return Err(IntentError::LeaseLost),
            Written::Refused { .. } => {}
        }
        for Closing { state, settled, made } in closings {
            self.close_intent(lease, state, settled, made.as_ref()).await?;
        }
        Ok(())
    }

    /// What closing an intent puts: the line, on the condition that the intent is open, and the record.
    fn closing(
        &self,
        lease: &Lease,
        state: &LineState,
        settled: &str,
        made: Option<&ChangeRecord>,
    ) -> anyhow::Result<(PutBuilder, Option<Item>)> {
        let put = self
            .line_put(&lease.connection, state)?
            .condition_expression("#open = :settled")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":settled", text(settled));
        let record = made.map(|made| change_key(&lease.connection, made).holding(made)).transpose()?;
        Ok((put, record))
    }

    /// Stores a line's state. It opens and closes no intent: the stored line has to have the same one open
    /// as `state`, or none.
    pub async fn save_line_state(&self, lease: &Lease, state: &LineState) -> Result<(), IntentError> {
        let put = self.line_put(&lease.connection, state)?.expression_attribute_names("#open", "open");
        let put = match &state.open {
            None => put.condition_expression("attribute_not_exists(#open)"),
            Some(intent) => {
                put.condition_expression("#open = :open").expression_attribute_values(":open", text(&intent.id))
            }
        };
        match self.fenced(lease, &format!("storing line {}", state.place.key()), put, Vec::new()).await? {
            Written::Done(_) => Ok(()),
            Written::Refused { stored, .. } if stored.contains_key("open") => Err(IntentError::AlreadyOpen),
            Written::Refused { .. } => Err(IntentError::Changed),
        }
    }

    fn line_put(&self, connection: &ConnectionId, state: &LineState) -> anyhow::Result<PutBuilder> {
        Ok(Put::builder()
            .table_name(&self.table)
            .set_item(Some(line_item(connection, state)?))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    /// Puts a line, and records beside it, if the lease still holds and the put's condition does.
    async fn fenced(
        &self,
        lease: &Lease,
        doing: &str,
        line: PutBuilder,
        records: Vec<Item>,
    ) -> Result<Written, IntentError> {
        let put = |put: Put| TransactWriteItem::builder().put(put).build();
        let mut actions = vec![self.held(lease)?, put(line.build().map_err(anyhow::Error::from)?)];
        for record in records {
            actions.push(self.put_action(record)?);
        }
        match self.transact(doing, actions).await? {
            Written::Refused { action: LEASE, .. } => Err(IntentError::LeaseLost),
            written => Ok(written),
        }
    }
}
