//! Plays every cell of the table of alerts and tickets, prints it as a matrix, and tells every cell that failed.

use crate::alert_cells::alert_cell;
use crate::alert_desk::AlertDesk;
use crate::alert_stories::play;
use crate::columns::{Columns, Stages};
use functions::alert_sync::Look;
use it::wire::Operation;

/// Stages at a time: mostly they wait.
const AT_A_TIME: usize = 8;

#[test]
fn every_fault_at_every_operation_of_alerts_ends_with_one_ticket_for_each_that_says_how_it_stands() {
    let stages = Stages::ForAnyColumn(AT_A_TIME);
    Columns { make_stage: AlertDesk::of, stages, play }.all_end_right(&Operation::OF_ALERTS, alert_cell);
}

#[tokio::test]
async fn t7_a_customer_that_manages_itself_and_is_not_to_be_asked_any_more_is_not_taken_for_one_without_alerts() {
    let desk = AlertDesk::of(Operation::Usages).await;
    desk.stage.world.pass_days(1);
    // Nothing of it is within the overlap of two looks by then.
    desk.stage.look(Look::Whole).await.expect("nothing strikes");
    desk.hide_the_number();
    desk.stage.look(Look::Whole).await.expect("nothing strikes");
    desk.all_is_right(Look::Whole, &Ok(())).await;
}
