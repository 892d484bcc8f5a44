//! Rows as a file for a spreadsheet. No cell of it is a formula, whatever a name says (OWASP, CSV injection), and its lines
//! and quotes are those of RFC 4180.

use anyhow::Context;
use csv::{Terminator, WriterBuilder};
use shared::words::as_seen;

/// By which Excel knows that the text is UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The file of these columns and rows.
pub fn bytes_of(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> anyhow::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(MARK.to_vec());
    writer.write_record(columns)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell)))?;
    }
    writer.into_inner().ok().context("what is written to memory is written")
}

/// A cell that no spreadsheet takes for a formula. Numbers are ours, and stay numbers.
fn harmless(cell: &str) -> String {
    let shown = as_seen(cell);
    let begins_one = shown.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let is_number = shown.parse::<rust_decimal::Decimal>().is_ok();
    if begins_one && !is_number { format!("'{shown}") } else { shown }
}
