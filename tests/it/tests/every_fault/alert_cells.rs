//! The tables of the jobs that make tickets of alerts, and dismiss the alerts of closed ones: which of the faults are
//! brought about at each of their operations, and why the others cannot occur there, or are another one's.

use crate::cells::{Cell, Event, Story, Told, body_of, set_body};
use crate::quota_cells::quota_cell;
use crate::rows::Row;
use it::wire::{Operation, Reply, Request, Side, Strike};
use serde_json::Value;

const OLDER: &str = "an older answer was true a moment before, and the next run reads anew";

/// The cell of a fault and an operation of `alert-sync`.
pub(crate) fn alert_cell(row: Row, column: Operation) -> Cell {
    match row {
        Row::LeapDay | Row::PeriodBoundary => {
            Cell::Never("tickets reckon with no month and no period: the end of a month stands for it")
        }
        Row::ClockMinuteAhead | Row::ClockMinuteBehind | Row::ClockHourAhead | Row::ClockHourBehind
            if !column.is_write() && column != Operation::Get =>
        {
            Cell::Never("the clock is looked at as a run begins, with the first item it reads, and before each write")
        }
        Row::MonthEnd if !column.is_write() && column != Operation::Get => Cell::Never(
            "the day is taken once, as a run begins with the first item it reads; a later midnight shows in writes",
        ),
        Row::StaleRead => stale(column),
        Row::Truncated if column == Operation::DismissAlert => Cell::Never("its reply says all by its status"),
        // All the rest is the same for every job.
        _ => quota_cell(row, column),
    }
}

/// The same of `ticket-changed`, which creates nothing that a read could not show yet.
pub(crate) fn ticket_cell(row: Row, column: Operation) -> Cell {
    match (row, column) {
        (Row::StaleRead, Operation::Tickets) => Cell::Never(OLDER),
        _ => alert_cell(row, column),
    }
}

fn stale(column: Operation) -> Cell {
    match column {
        // What was sent does not show yet when it is looked for.
        Operation::Tickets | Operation::TicketNotes => Cell::Run(Story::Meanwhile(Event::CommitIsLate)),
        Operation::Alerts => Cell::Run(Story::Struck(Strike::Rewrite(without_the_oldest), Told::Unnoticed)),
        Operation::CustomerAlerts => {
            Cell::Run(Story::Struck(Strike::Rewrite(without_the_oldest_of_each), Told::Unnoticed))
        }
        _ if column.side() == Side::Table || column.is_write() => quota_cell(Row::StaleRead, column),
        _ => Cell::Never(OLDER),
    }
}

/// What happened first is not in the list yet, although what came later is: lists come in the order of time.
fn without_the_oldest(_: &Request, reply: &mut Reply) {
    let mut body = body_of(&reply.body);
    let alerts = body["items"].as_array_mut().expect("a page has rows");
    alerts.drain(..alerts.len().min(1));
    set_body(reply, &body);
}

/// The same of each customer's list, which comes in no order.
fn without_the_oldest_of_each(_: &Request, reply: &mut Reply) {
    let mut body = body_of(&reply.body);
    for customer in body["items"].as_array_mut().expect("it lists customers") {
        let alerts = customer["alerts"].as_array_mut().expect("each has a list");
        alerts.sort_by_key(|alert: &Value| alert["updatedAt"].as_str().unwrap_or_default().to_owned());
        alerts.drain(..alerts.len().min(1));
    }
    set_body(reply, &body);
}
