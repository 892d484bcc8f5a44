//! The mapping file, as a person meets it: what an export says, what an import refuses, and that the one
//! turns back into the other. No store is part of it, and of the vendors only the list of alert types.

mod alert_exports;
mod alert_faults;
mod all_types;
mod decisions;
mod exports;
mod faults;
mod left_out;
mod round_trip;
mod samples;
