//! Plays every cell of the table of tenants and quotas, prints it as a matrix, and tells every cell that failed.

use crate::cells::{Cell, Story};
use crate::quota_cells::quota_cell;
use crate::quota_stage::QuotaStage;
use crate::quota_stories::play;
use crate::rows::Row;
use crate::table::{Place, is_chosen, print_matrix, what_was_said};
use it::wire::Operation;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::LocalSet;

/// Stages at a time, each on a thread of its own: mostly they wait.
const AT_A_TIME: usize = 16;

type Played = BTreeMap<Place, Result<(), String>>;

/// Plays a column on one stage; a new one where the last was spoilt.
async fn play_column(column: Operation, turns: Vec<(Row, Story)>) -> Vec<(Place, Result<(), String>)> {
    let (mut stage, mut played): (Option<Arc<QuotaStage>>, _) = (None, Vec::new());
    for (row, story) in turns {
        let on = match stage.take() {
            Some(stage) => stage,
            None => Arc::new(QuotaStage::of(column).await),
        };
        let told = tokio::task::spawn_local(play(Arc::clone(&on), row, column, story)).await.map_err(what_was_said);
        match &told {
            Ok(()) => stage = Some(on),
            Err(why) => println!("{row:?} at {column:?}: {why}"),
        }
        played.push(((row, column), told));
    }
    played
}

fn play_all(columns: BTreeMap<Operation, Vec<(Row, Story)>>) -> Played {
    let (waiting, told) = (Mutex::new(columns.into_iter()), Mutex::new(Played::new()));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|threads| {
        for _ in 0..AT_A_TIME {
            threads.spawn(|| {
                while let Some((column, turns)) = next() {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                    let played = LocalSet::new().block_on(&runtime, play_column(column, turns));
                    told.lock().unwrap_or_else(PoisonError::into_inner).extend(played);
                }
            });
        }
    });
    told.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn every_fault_at_every_operation_of_tenants_and_quotas_ends_with_one_tenant_and_the_quotas_sold() {
    let (mut columns, mut never): (BTreeMap<Operation, Vec<(Row, Story)>>, _) = Default::default();
    for (row, column) in Row::ALL.into_iter().flat_map(|row| Operation::OF_QUOTAS.map(|column| (row, column))) {
        match quota_cell(row, column) {
            Cell::Run(story) if is_chosen((row, column)) => columns.entry(column).or_default().push((row, story)),
            Cell::Run(_) => {}
            Cell::Never(why) => _ = BTreeMap::insert(&mut never, (row, column), why),
        }
    }
    let told = play_all(columns);
    print_matrix(&Operation::OF_QUOTAS, &told, &never);
    let failed: Vec<String> = told
        .iter()
        .filter_map(|((row, column), told)| Some(format!("{row:?} at {column:?}: {}", told.as_ref().err()?)))
        .collect();
    assert!(failed.is_empty(), "{} cells failed:\n{}", failed.len(), failed.join("\n"));
}
