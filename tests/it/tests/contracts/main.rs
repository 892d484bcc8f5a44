//! Stories of changed contracts: noticed, passed on as events, and turned into what tenants may use. The real jobs
//! over loopback; each test turns the crank, sets the clock and looks at the vendors' final state.

mod approval;
mod changes;
mod cursors;
mod expired;
mod held;
mod idle;
mod listed;
mod many;
mod permission;
mod refusals;
mod silent;
mod stage;
mod timing;
mod two;
mod usage;
