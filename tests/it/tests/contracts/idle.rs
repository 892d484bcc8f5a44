//! What a look costs when nothing changed (B3).

use crate::stage::{Stage, WORKSTATIONS};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::{BTreeMap, HashMap};

type Stored = BTreeMap<String, HashMap<String, AttributeValue>>;

async fn stored(stage: &Stage) -> Stored {
    let mut pages = stage.table.client().scan().table_name("acrotask").consistent_read(true).into_paginator().send();
    let mut stored = Stored::new();
    while let Some(page) = pages.next().await {
        for item in page.expect("the table is read").items.unwrap_or_default() {
            let key = |name: &str| item[name].as_s().expect("keys are texts").clone();
            stored.insert(format!("{} {}", key("pk"), key("sk")), item);
        }
    }
    stored
}

#[tokio::test]
async fn b3_an_idle_look_takes_three_calls_and_writes_its_record_lease_and_cursor() {
    for customers in [3, 300] {
        let mut stage = Stage::new().await;
        (0..customers)
            .for_each(|number| _ = stage.msp.customer(&format!("Customer {number:03}"), &[(WORKSTATIONS, 1)]));
        stage.settle().await;
        for minutes in [1, 4, 20, 300] {
            stage.pass_minutes(minutes);
            let before = stored(&stage).await;
            stage.msp.sandbox.clear_requests();
            stage.publish().await;
            let requests = stage.msp.sandbox.requests();
            let asked: Vec<&str> = requests.iter().map(|seen| seen.operation.as_str()).collect();
            assert!(asked.len() <= 3, "{customers} customers: {asked:?}");
            let after = stored(&stage).await;
            let written =
                after.iter().filter(|(key, item)| before.get(*key) != Some(item)).map(|(key, _)| key.as_str());
            let others: Vec<&str> =
                written.filter(|key| !["#runs", "#lease", "#cursors"].iter().any(|part| key.contains(part))).collect();
            assert_eq!(others, [""; 0], "{customers} customers");
        }
        assert_eq!(stage.msp.sandbox.unknown_requests().len(), 0);
    }
}
