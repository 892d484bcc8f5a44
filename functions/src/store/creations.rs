//! Creations at a vendor, recorded before they are sent (U6). Keeps them; judges none.

use super::Store;
use super::items::{Key, Written, body_of};
use super::lease::Lease;
use super::lines::IntentError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use shared::creation::Creation;
use shared::ids::ConnectionId;
use std::collections::BTreeMap;

impl Store {
    /// The creations recorded for a connection, by their key at the vendor.
    pub async fn creations(&self, connection: &ConnectionId) -> anyhow::Result<BTreeMap<String, Creation>> {
        let mut creations = BTreeMap::new();
        self.query(&format!("{connection}#creations"), super::items::Rows::All, |item| {
            let creation: Creation = body_of(&item)?;
            creations.insert(creation.key.clone(), creation);
            Ok(())
        })
        .await?;
        Ok(creations)
    }

    /// Stores a creation in place of an earlier one with its key.
    pub async fn save_creation(&self, lease: &Lease, creation: &Creation) -> Result<(), IntentError> {
        let key = Key { pk: format!("{}#creations", lease.connection), sk: creation.key.clone() };
        let put = Put::builder().table_name(&self.table).set_item(Some(key.holding(creation)?));
        let put = TransactWriteItem::builder().put(put.build().map_err(anyhow::Error::from)?).build();
        let actions = vec![self.held(lease)?, put];
        match self.transact(&format!("recording the creation of {}", creation.key), actions).await? {
            Written::Done(_) => Ok(()),
            Written::Refused { .. } => Err(IntentError::LeaseLost),
        }
    }
}
