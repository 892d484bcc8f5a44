//! The door: calls from outside, honest and hostile, to the handler, to the server of one machine and to the
//! Lambda function's own binary. What is believed becomes an event on the bus; nothing else does.

mod answers;
mod calls;
mod doors;
mod events;
mod function;
mod health;
mod hostile;
mod keys;
mod signed;
