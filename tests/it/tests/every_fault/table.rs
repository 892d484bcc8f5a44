//! Plays every cell of the table, prints it as a matrix, and tells every cell that failed.

use crate::cells::{Cell, Story, cell};
use crate::columns::none_failed;
use crate::rows::Row;
use crate::stage::{Shared, Stage};
use crate::stories::{day_of, play};
use it::wire::Operation;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::LocalSet;

/// Stages at a time, each on a thread of its own: mostly they wait.
const AT_A_TIME: usize = 16;
/// Customers and their lines: four changes a run.
const SIZE: (usize, usize) = (2, 2);

pub(crate) type Place = (Row, Operation);
/// A cell that is played, and its story.
type Told = (Place, Story);

/// The cells in order, by row.
fn cells() -> Vec<(Place, Cell)> {
    let rows = Row::ALL.into_iter();
    rows.flat_map(|row| Operation::ALL.map(|column| ((row, column), cell(row, column)))).collect()
}

/// Plays one after the other on one stage; a new one where the last was spoilt.
async fn play_in_turns(turns: Vec<Told>) -> Vec<(Place, Result<(), String>)> {
    let (mut stage, mut played): (Option<Shared>, _) = (None, Vec::new());
    for ((row, column), story) in turns {
        let on = match stage.take() {
            Some(stage) => stage,
            None => Arc::new(Stage::on(day_of(row), SIZE.0, SIZE.1).await),
        };
        let told = tokio::task::spawn_local(play(Arc::clone(&on), row, column, story)).await;
        let told = told.map_err(what_was_said);
        match &told {
            Ok(()) => stage = Some(on),
            Err(why) => println!("{row:?} at {column:?}: {why}"),
        }
        played.push(((row, column), told));
    }
    played
}

/// The words of a story that failed.
pub(crate) fn what_was_said(error: tokio::task::JoinError) -> String {
    let said = error.into_panic();
    match said.downcast::<String>() {
        Ok(text) => *text,
        Err(said) => said.downcast_ref::<&str>().map_or("it panicked without words", |text| *text).to_owned(),
    }
}

fn play_all(cells: Vec<Told>) -> BTreeMap<Place, Result<(), String>> {
    let mut by_stage: BTreeMap<(Operation, Option<Row>), Vec<Told>> = BTreeMap::new();
    for ((row, column), story) in cells {
        let alone = row.plays_alone().then_some(row);
        by_stage.entry((column, alone)).or_default().push(((row, column), story));
    }
    let (waiting, told) = (Mutex::new(by_stage.into_values()), Mutex::new(BTreeMap::new()));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|threads| {
        for _ in 0..AT_A_TIME {
            threads.spawn(|| {
                while let Some(turns) = next() {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                    let played = LocalSet::new().block_on(&runtime, play_in_turns(turns));
                    told.lock().unwrap_or_else(PoisonError::into_inner).extend(played);
                }
            });
        }
    });
    told.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The matrix, `+` for a cell that was played, `-` for one that cannot occur, `!` for one that failed.
pub(crate) fn print_matrix(
    columns: &[Operation],
    told: &BTreeMap<Place, Result<(), String>>,
    never: &BTreeMap<Place, &'static str>,
) {
    let names: Vec<String> = columns.iter().map(|column| format!("{column:?}")).collect();
    println!("columns: {}", names.join(", "));
    for row in Row::ALL {
        let signs: String = columns.iter().map(|column| sign(told.get(&(row, *column)))).collect();
        println!("{:>20} {signs}", format!("{row:?}"));
    }
    println!("{} cells: {} played, {} cannot occur", told.len() + never.len(), told.len(), never.len());
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    never.values().for_each(|why| *reasons.entry(why).or_default() += 1);
    reasons.iter().for_each(|(why, cells)| println!("{cells:>4} × {why}"));
}

fn sign(told: Option<&Result<(), String>>) -> char {
    match told {
        None => '-',
        Some(Ok(())) => '+',
        Some(Err(_)) => '!',
    }
}

/// Cells to play alone, as `ROW` or `ROW:COLUMN`, while one looks for a fault.
pub(crate) fn is_chosen((row, column): Place) -> bool {
    let Ok(chosen) = std::env::var("CELLS") else { return true };
    let names = [format!("{row:?}"), format!("{row:?}:{column:?}"), format!(":{column:?}")];
    chosen.split(',').any(|name| names.iter().any(|known| known == name))
}

#[test]
fn every_fault_at_every_operation_ends_right_and_nothing_is_made_twice() {
    let (mut played, mut never) = (Vec::new(), BTreeMap::new());
    for (place, cell) in cells() {
        match cell {
            Cell::Run(story) if is_chosen(place) => played.push((place, story)),
            Cell::Run(_) => {}
            Cell::Never(why) => _ = never.insert(place, why),
        }
    }
    let told = play_all(played);
    print_matrix(&Operation::ALL, &told, &never);
    none_failed(&told);
}
