//! Alerts and tickets as stories: the real jobs, clients and store against the sandbox. A stage has a provider with
//! customers, ticket sync on and its first plan approved; the test raises, clears and looks.

mod begins;
mod chaos;
mod deaths;
mod dismissals;
mod fields;
mod guide;
mod held;
mod idle;
mod life;
mod listed;
mod lost;
mod odd;
mod people;
mod replay;
mod stage;
mod storms;
mod trouble;
mod two;
mod whose;
