//! Stories of the money path: the real job, clients and store against both vendors' simulators. Each test
//! turns the crank and looks at the vendors' final state.

mod deaths;
mod faults;
mod first_days;
mod lines;
mod reads;
mod together;
mod wire;
mod world;
