//! The money path under every fault: a table of faults by operations, the program stopped around every
//! request, killed at any moment, and starved of calls. The numbers are printed with `--nocapture`.
#![expect(clippy::print_stdout, reason = "the sizes of the sets are printed for who wants to see them")]

mod alert_cells;
mod alert_cuts;
mod alert_desk;
mod alert_stage;
mod alert_stories;
mod alert_table;
mod cells;
mod columns;
mod cuts;
mod drain;
mod kills;
mod quota_cells;
mod quota_stage;
mod quota_stories;
mod quota_table;
mod rows;
mod stage;
mod stories;
mod table;
mod ticket_desk;
mod ticket_table;
mod watch;
