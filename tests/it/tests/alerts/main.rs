//! Alerts and tickets as stories: the real jobs, clients and store against the sandbox. A stage has a provider with
//! customers, ticket sync on and its first plan approved; the test raises, clears and looks.

mod life;
mod stage;
