//! Plays a table column by column, each on a stage of its own, and says which cells failed.

use crate::cells::{Cell, Story};
use crate::rows::Row;
use crate::table::{Place, is_chosen, print_matrix, what_was_said};
use it::wire::Operation;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::LocalSet;

type Played = BTreeMap<Place, Result<(), String>>;

/// What a stage serves for, and how many there are at a time, each on a thread of its own.
#[derive(Clone, Copy)]
pub(crate) enum Stages {
    ForOneColumn(usize),
    ForAnyColumn(usize),
}

/// How the columns of a table are played: who makes a stage for a column, and who plays a cell on it.
#[derive(Clone, Copy)]
pub(crate) struct Columns<M, P> {
    pub(crate) make_stage: M,
    pub(crate) stages: Stages,
    pub(crate) play: P,
}

impl<S, M, MF, P, PF> Columns<M, P>
where
    S: 'static,
    M: Fn(Operation) -> MF + Copy + Sync,
    MF: Future<Output = S>,
    P: Fn(Arc<S>, Row, Operation, Story) -> PF + Copy + Sync,
    PF: Future<Output = ()> + 'static,
{
    /// Plays all cells of the table, prints it, and fails where any of them did.
    pub(crate) fn all_end_right(self, columns: &[Operation], cell: fn(Row, Operation) -> Cell) {
        let (mut stories, mut never): (BTreeMap<Operation, Vec<(Row, Story)>>, _) = Default::default();
        for (row, column) in Row::ALL.into_iter().flat_map(|row| columns.iter().map(move |column| (row, *column))) {
            match cell(row, column) {
                Cell::Run(story) if is_chosen((row, column)) => stories.entry(column).or_default().push((row, story)),
                Cell::Run(_) => {}
                Cell::Never(why) => _ = BTreeMap::insert(&mut never, (row, column), why),
            }
        }
        let told = self.play_all(stories);
        print_matrix(columns, &told, &never);
        none_failed(&told);
    }

    fn play_all(self, columns: BTreeMap<Operation, Vec<(Row, Story)>>) -> Played {
        let (waiting, told) = (Mutex::new(columns.into_iter()), Mutex::new(Played::new()));
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        let play = async || {
            let mut stage = None;
            while let Some((column, turns)) = next() {
                let (left, played) = self.play_column(stage, column, turns).await;
                told.lock().unwrap_or_else(PoisonError::into_inner).extend(played);
                stage = left.filter(|_| matches!(self.stages, Stages::ForAnyColumn(_)));
            }
        };
        let (Stages::ForOneColumn(at_a_time) | Stages::ForAnyColumn(at_a_time)) = self.stages;
        std::thread::scope(|threads| {
            for _ in 0..at_a_time {
                threads.spawn(|| {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                    LocalSet::new().block_on(&runtime, play());
                });
            }
        });
        told.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plays a column on one stage, and gives it back; a new one where there is none, or the last was spoilt.
    async fn play_column(
        self,
        mut stage: Option<Arc<S>>,
        column: Operation,
        turns: Vec<(Row, Story)>,
    ) -> (Option<Arc<S>>, Vec<(Place, Result<(), String>)>) {
        let mut played = Vec::new();
        for (row, story) in turns {
            let on = match stage.take() {
                Some(stage) => stage,
                None => Arc::new((self.make_stage)(column).await),
            };
            let told = tokio::task::spawn_local((self.play)(Arc::clone(&on), row, column, story));
            let told = told.await.map_err(what_was_said);
            match &told {
                Ok(()) => stage = Some(on),
                Err(why) => println!("{row:?} at {column:?}: {why}"),
            }
            played.push(((row, column), told));
        }
        (stage, played)
    }
}

pub(crate) fn none_failed(told: &Played) {
    let failed: Vec<String> = told
        .iter()
        .filter_map(|((row, column), told)| Some(format!("{row:?} at {column:?}: {}", told.as_ref().err()?)))
        .collect();
    assert!(failed.is_empty(), "{} cells failed:\n{}", failed.len(), failed.join("\n"));
}
