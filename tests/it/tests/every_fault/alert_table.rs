//! Plays every cell of the table of alerts and tickets, prints it as a matrix, and tells every cell that failed.

use crate::alert_cells::alert_cell;
use crate::alert_desk::AlertDesk;
use crate::alert_stories::play;
use crate::columns::{Columns, Stages};
use it::wire::Operation;

/// Stages at a time: mostly they wait.
const AT_A_TIME: usize = 8;

#[test]
fn every_fault_at_every_operation_of_alerts_ends_with_one_ticket_for_each_that_says_how_it_stands() {
    let stages = Stages::ForAnyColumn(AT_A_TIME);
    Columns { make_stage: AlertDesk::of, stages, play }.all_end_right(&Operation::OF_ALERTS, alert_cell);
}
