//! Stories of the money path: the real job, clients and store against both vendors' simulators. Each test
//! turns the crank and looks at the vendors' final state.

mod first_days;
mod world;
