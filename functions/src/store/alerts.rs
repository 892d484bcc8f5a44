//! What is remembered of alerts and their tickets, and how far alerts were read. All of it is written under the
//! lease; shapes are `shared`'s, and nothing here decides.

use super::Store;
use super::items::{Item, Key, Rows, Written, body_of};
use super::lease::Lease;
use super::lines::IntentError;
use anyhow::Context;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use shared::alert_cursor::AlertCursor;
use shared::alert_link::AlertLink;
use shared::ids::{AlertId, ConnectionId};

/// Links written together: a transaction takes 100 actions (DynamoDB's limit), and one of them checks the lease.
const LINKS_TOGETHER: usize = 90;

fn link_key(connection: &ConnectionId, alert: &AlertId) -> Key {
    Key { pk: format!("{connection}#alerts"), sk: alert.to_string() }
}

fn cursor_key(connection: &ConnectionId) -> Key {
    Key { pk: format!("{connection}#cursors"), sk: "alert-sync".to_owned() }
}

impl Store {
    /// Gives each alert that has, or is to have, a ticket to `each`.
    pub async fn alert_links(&self, connection: &ConnectionId, mut each: impl FnMut(AlertLink)) -> anyhow::Result<()> {
        self.query(&format!("{connection}#alerts"), Rows::All, |item| {
            each(body_of(&item)?);
            Ok(())
        })
        .await
    }

    /// Stores what is remembered of these alerts in place of what was; after an error some are stored and some are
    /// not.
    pub async fn save_alert_links(&self, lease: &Lease, links: &[AlertLink]) -> Result<(), IntentError> {
        let put = |link: &AlertLink| self.put_action(link_key(&lease.connection, &link.alert.id).holding(link)?);
        self.write_together(lease, links.iter().map(put).collect::<anyhow::Result<_>>()?).await
    }

    /// Forgets these alerts; after an error some are forgotten and some are not.
    pub async fn forget_alerts(&self, lease: &Lease, alerts: &[AlertId]) -> Result<(), IntentError> {
        let delete = |alert: &AlertId| self.delete_action(&link_key(&lease.connection, alert));
        self.write_together(lease, alerts.iter().map(delete).collect::<anyhow::Result<_>>()?).await
    }

    /// How far alerts were read; none while ticket sync is off.
    pub async fn alert_cursor(&self, connection: &ConnectionId) -> anyhow::Result<Option<AlertCursor>> {
        self.get(&cursor_key(connection)).await?.as_ref().map(body_of).transpose()
    }

    /// Stores how far alerts were read.
    pub async fn save_alert_cursor(&self, lease: &Lease, cursor: &AlertCursor) -> Result<(), IntentError> {
        let put = self.put_action(cursor_key(&lease.connection).holding(cursor)?)?;
        self.write_together(lease, vec![put]).await
    }

    /// Stores where reading begins, unless it has begun: by who approves the first plan, without a lease.
    pub async fn begin_alert_cursor(&self, connection: &ConnectionId, cursor: &AlertCursor) -> anyhow::Result<()> {
        let item = cursor_key(connection).holding(cursor)?;
        let body = item.get("body").cloned().context("an item holds a body")?;
        let request = self
            .update(&cursor_key(connection))
            .update_expression("SET #body = :body")
            .condition_expression("attribute_not_exists(pk)")
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":body", body);
        self.written("beginning to read alerts", request).await.map(drop)
    }

    /// Forgets how far alerts were read: ticket sync is off, and begins anew when it is switched on.
    pub async fn forget_alert_cursor(&self, lease: &Lease) -> Result<(), IntentError> {
        let delete = self.delete_action(&cursor_key(&lease.connection))?;
        self.write_together(lease, vec![delete]).await
    }

    pub(super) fn put_action(&self, item: Item) -> anyhow::Result<TransactWriteItem> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(super) fn delete_action(&self, key: &Key) -> anyhow::Result<TransactWriteItem> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key.item())).build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Each part together with a check of the lease.
    async fn write_together(&self, lease: &Lease, actions: Vec<TransactWriteItem>) -> Result<(), IntentError> {
        for part in actions.chunks(LINKS_TOGETHER) {
            let all = std::iter::once(self.held(lease)?).chain(part.iter().cloned()).collect();
            match self.transact(&format!("writing what {} remembers", lease.job), all).await? {
                Written::Done(_) => {}
                Written::Refused { .. } => return Err(IntentError::LeaseLost),
            }
        }
        Ok(())
    }
}
