//! New tenants: who gets one, what it has in the end, and that a run stopped anywhere, refused or confused by a
//! vendor leaves one tenant, complete, or a finding that says what to do. The numbers of cuts are printed with
//! `--nocapture`.
#![expect(clippy::print_stdout, reason = "the sizes of the sets are printed for who wants to see them")]

mod administrators;
mod cuts;
mod hostile;
mod meanwhile;
mod names;
mod odd_replies;
mod refusals;
mod stage;
mod who;
