//! What an operator may choose of a connection: what each setting is called, means and may be.

mod catalogue;
mod ticket_catalogue;
mod values;

pub(super) use values::{in_words, label_of, setting_at};
