//! The table of the job that makes tenants and quotas: which of the faults are brought about at each of its
//! operations, and why the others cannot occur there, or are another one's.

use crate::cells::{Cell, Event, Story, cell};
use crate::rows::Row;
use it::wire::{Operation, Side};

/// Whether a read comes after the first write of a run: what one new tenant has by then.
pub(crate) fn is_amid_the_writes(column: Operation) -> bool {
    matches!(
        column,
        Operation::TwoFactor
            | Operation::Pricing
            | Operation::IdsOfUsers
            | Operation::Users
            | Operation::CheckLogin
            | Operation::Tenant
    )
}

/// The cell of a fault and an operation.
pub(crate) fn quota_cell(row: Row, column: Operation) -> Cell {
    match row {
        Row::ResetAfter | Row::SilenceAfter | Row::Status500After | Row::Status503After if !column.is_write() => {
            Cell::Never("a read changes nothing: it is the same whether it arrived or not")
        }
        Row::LeapDay | Row::PeriodBoundary => {
            Cell::Never("quotas reckon with no month and no period: the end of a month stands for it")
        }
        Row::TokenExpires | Row::TokensNeverLast | Row::SecretsRotated if column.side() != Side::Acronis => {
            Cell::Never("a token is shown with the next request to Acronis, which has a column of its own")
        }
        Row::ClockMinuteAhead | Row::ClockMinuteBehind | Row::ClockHourAhead | Row::ClockHourBehind
            if !column.is_write() && column != Operation::Zone =>
        {
            Cell::Never("the clock is looked at as a run begins and before each write, which have columns of their own")
        }
        Row::PersonEdits if column.side() == Side::Table => {
            Cell::Never("people edit at the vendors, between two requests there, which have columns of their own")
        }
        Row::StaleRead if column == Operation::Tenants => Cell::Run(Story::Meanwhile(Event::CommitIsLate)),
        Row::StaleRead if column.side() != Side::Table => Cell::Never(
            "an older answer was true a moment before: a stale version is refused, and the next run reads anew",
        ),
        Row::Truncated if column == Operation::CheckLogin => Cell::Never("its reply says all by its status"),
        _ => cell(row, column),
    }
}
