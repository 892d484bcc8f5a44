//! The connections, in one partition so that all are found by one query, and what is remembered of their
//! companies. Shapes are `shared`'s; nothing here decides.

use super::Store;
use super::items::{Item, Key, Rows, Written, body_of, text, text_of};
use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;
use shared::ids::{CompanyId, ConnectionId};
use shared::kept::CompanyState;
use shared::run::Connection;

/// A partition that is no connection's: its name holds no `#`.
const CONNECTIONS: &str = "connections";

fn connection_key(connection: &ConnectionId) -> Key {
    Key { pk: CONNECTIONS.to_owned(), sk: connection.to_string() }
}

/// The marks that jobs set lie beside the body, so that setting one cannot undo the other.
fn connection_of(item: &Item) -> anyhow::Result<Connection> {
    let mut connection: Connection = body_of(item)?;
    if let Some(AttributeValue::Bool(approved)) = item.get("approved") {
        connection.first_plan_approved = *approved;
    }
    if let Some(AttributeValue::Bool(approved)) = item.get("quotas_approved") {
        connection.first_quotas_approved = *approved;
    }
    if let Some(AttributeValue::Bool(approved)) = item.get("tickets_approved") {
        connection.first_tickets_approved = *approved;
    }
    if let Some(read_on) = text_of(item, "read_on") {
        connection.usage_read_on = Some(read_on.parse().context("the stored day of the last reading")?);
    }
    Ok(connection)
}

impl Store {
    /// All connections, by id.
    pub async fn connections(&self) -> anyhow::Result<Vec<Connection>> {
        let mut connections = Vec::new();
        self.query(CONNECTIONS, Rows::All, |item| {
            connections.push(connection_of(&item)?);
            Ok(())
        })
        .await?;
        Ok(connections)
    }

    /// One connection.
    pub async fn connection(&self, connection: &ConnectionId) -> anyhow::Result<Option<Connection>> {
        self.get(&connection_key(connection)).await?.as_ref().map(connection_of).transpose()
    }

    /// Stores a connection as it is given, its marks included.
    pub async fn save_connection(&self, connection: &Connection) -> anyhow::Result<()> {
        let mut item = connection_key(&connection.id).holding(connection)?;
        item.insert("approved".to_owned(), AttributeValue::Bool(connection.first_plan_approved));
        item.insert("quotas_approved".to_owned(), AttributeValue::Bool(connection.first_quotas_approved));
        item.insert("tickets_approved".to_owned(), AttributeValue::Bool(connection.first_tickets_approved));
        if let Some(read_on) = connection.usage_read_on {
            item.insert("read_on".to_owned(), text(read_on.to_string()));
        }
        self.put(item).await
    }

    /// Marks the first plan as approved (M5) and touches nothing else.
    pub async fn set_first_plan_approved(&self, connection: &ConnectionId) -> anyhow::Result<()> {
        self.set_mark(connection, "approved", AttributeValue::Bool(true)).await
    }

    /// Marks the first plan of quotas as approved (M5) and touches nothing else.
    pub async fn set_first_quotas_approved(&self, connection: &ConnectionId) -> anyhow::Result<()> {
        self.set_mark(connection, "quotas_approved", AttributeValue::Bool(true)).await
    }

    /// Marks the first plan of tickets as approved (M5) and touches nothing else.
    pub async fn set_first_tickets_approved(&self, connection: &ConnectionId) -> anyhow::Result<()> {
        self.set_mark(connection, "tickets_approved", AttributeValue::Bool(true)).await
    }

    /// Marks the day on which all usage was read (U5) and touches nothing else.
    pub async fn set_usage_read_on(&self, connection: &ConnectionId, day: Date) -> anyhow::Result<()> {
        self.set_mark(connection, "read_on", text(day.to_string())).await
    }

    async fn set_mark(&self, connection: &ConnectionId, mark: &str, value: AttributeValue) -> anyhow::Result<()> {
        let request = self
            .update(&connection_key(connection))
            .update_expression("SET #mark = :value")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#mark", mark)
            .expression_attribute_values(":value", value);
        match self.written(format!("marking connection {connection}"), request).await? {
            Written::Done(_) => Ok(()),
            Written::Refused { .. } => bail!("there is no connection {connection}"),
        }
    }

    /// Gives what is remembered of each company to `each`.
    pub async fn company_states(
        &self,
        connection: &ConnectionId,
        mut each: impl FnMut(CompanyState),
    ) -> anyhow::Result<()> {
        let pk = format!("{connection}#companies");
        self.query(&pk, Rows::All, |item| {
            each(body_of(&item)?);
            Ok(())
        })
        .await
    }

    /// What is remembered of one company.
    pub async fn company_state(
        &self,
        connection: &ConnectionId,
        company: CompanyId,
    ) -> anyhow::Result<Option<CompanyState>> {
        let key = Key { pk: format!("{connection}#companies"), sk: company.to_string() };
        self.get(&key).await?.as_ref().map(body_of).transpose()
    }

    /// Stores what is remembered of a company.
    pub async fn save_company_state(&self, connection: &ConnectionId, state: &CompanyState) -> anyhow::Result<()> {
        let key = Key { pk: format!("{connection}#companies"), sk: state.company.to_string() };
        self.put(key.holding(state)?).await
    }

    /// Stores what is remembered of several companies; after an error some are stored and some are not.
    pub async fn save_company_states(&self, connection: &ConnectionId, states: &[CompanyState]) -> anyhow::Result<()> {
        let key = |state: &CompanyState| Key { pk: format!("{connection}#companies"), sk: state.company.to_string() };
        self.put_all(states.iter().map(|state| key(state).holding(state)).collect::<anyhow::Result<_>>()?).await
    }
}
