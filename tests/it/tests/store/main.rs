//! The store over the real client, against the embedded database, or against the DynamoDB at
//! `AWS_ENDPOINT_URL_DYNAMODB` where that is set. Each test has a table of its own.

mod alert_readings;
mod connections;
mod creations;
mod drafts;
mod faults;
mod folder;
mod happened;
mod held;
mod history;
mod lease;
mod lines;
mod mapping;
mod quotas;
mod samples;
mod snapshots;
mod wire;

use acrotask::table::{EmbeddedTable, client_at};
use aws_sdk_dynamodb::Client;
use functions::store::Store;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A table, the store in it, and a client to look behind the store.
pub(crate) struct Table {
    /// The store under test.
    pub(crate) store: Store,
    /// The client the store uses.
    pub(crate) client: Client,
    /// The table's name.
    pub(crate) name: String,
    /// Where the database is.
    pub(crate) endpoint: String,
    // Serves until the test ends.
    _embedded: Option<EmbeddedTable>,
}

/// A new, empty table.
pub(crate) async fn table() -> Table {
    let (endpoint, embedded) = match std::env::var("AWS_ENDPOINT_URL_DYNAMODB") {
        Ok(endpoint) => (endpoint, None),
        Err(_) => {
            let embedded = EmbeddedTable::in_memory().await.expect("a database in memory");
            (embedded.endpoint().to_owned(), Some(embedded))
        }
    };
    let client = client_at(&endpoint);
    let name = new_name();
    let store = Store::new(client.clone(), &name);
    store.create_table().await.expect("the table can be made");
    Table { store, client, name, endpoint, _embedded: embedded }
}

/// A name that no other test has, nor an earlier run of the tests on the same database.
pub(crate) fn new_name() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let started = jiff::Timestamp::now().as_nanosecond();
    format!("acrotask-{started}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Table {
    /// How many items are stored.
    pub(crate) async fn items(&self) -> usize {
        self.all().await.len()
    }

    /// All that is stored.
    pub(crate) async fn all(&self) -> Vec<std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>> {
        let mut pages = self.client.scan().table_name(&self.name).consistent_read(true).into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            all.extend(page.expect("the table can be read").items.unwrap_or_default());
        }
        all
    }
}
