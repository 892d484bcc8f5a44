//! Makes the table, for one machine and for tests; on AWS the deployment's template makes it. Knows its
//! shape and nothing of what is in it.

use super::Store;
use super::items::failed;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use std::time::Duration;

/// How long a new table may take until it can be used.
const TABLE_READY_WITHIN: Duration = Duration::from_secs(120);

impl Store {
    /// Makes the table unless it exists.
    pub async fn create_table(&self) -> anyhow::Result<()> {
        let key = |name: &str, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        let text = |name: &str| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
        };
        let made = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key("pk", KeyType::Hash)?)
            .key_schema(key("sk", KeyType::Range)?)
            .attribute_definitions(text("pk")?)
            .attribute_definitions(text("sk")?)
            .send()
            .await;
        match made {
            Ok(_) => {}
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {}
            Err(error) => return Err(failed(format!("making the table \"{}\"", self.table), error)),
        }
        let ready = self.client.wait_until_table_exists().table_name(&self.table).wait(TABLE_READY_WITHIN).await;
        ready.map_err(|error| anyhow::anyhow!("the table \"{}\" is not ready: {error}", self.table))?;
        self.switch_expiry_on().await
    }

    async fn switch_expiry_on(&self) -> anyhow::Result<()> {
        let expiry = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build()?;
        let switched =
            self.client.update_time_to_live().table_name(&self.table).time_to_live_specification(expiry).send().await;
        match switched {
            Ok(_) => Ok(()),
            // The database has no code of its own for a table that expires items already.
            Err(error) if error.message().is_some_and(|text| text.contains("already enabled")) => Ok(()),
            Err(error) => Err(failed(format!("switching expiry on for the table \"{}\"", self.table), error)),
        }
    }
}
