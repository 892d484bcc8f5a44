//! The mapping file, as a person meets it: what an export says, what an import refuses, and that the one
//! turns back into the other. No vendor and no store is part of it.

mod exports;
mod faults;
mod left_out;
mod round_trip;
mod samples;
