//! Stories of the money path: the real job, clients and store against both vendors' simulators. Each test
//! turns the crank and looks at the vendors' final state.

mod budget;
mod dates;
mod deaths;
mod faults;
mod first_days;
mod holds;
mod lists;
mod meanwhile;
mod others;
mod reads;
mod sending;
mod services;
mod silence;
mod together;
