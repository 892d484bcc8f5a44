//! Alerts and their tickets: the guide's promises, the rules by id, storms, lost replies, and what holds whatever happens.

mod desk;
mod fields;
mod guide;
mod lost;
mod odd;
mod properties;
mod readings;
mod replay;
mod rules;
mod storms;
mod text;
