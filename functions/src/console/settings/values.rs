//! Values of settings: in words, and out of what a person typed. What is no value is told in words that stand beside its
//! field.

use super::super::changes::storage_in_words;
use super::super::listed::Listed;
use super::super::products::storages;
use super::catalogue::{EFFECTIVE_DATES, Kind, SECTIONS, Section, Setting};
use super::ticket_catalogue::TICKET_SECTIONS;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use shared::ids::StorageId;
use shared::setting_path::SettingPath;
use shared::words::count;
use std::str::FromStr;

/// All sections of both pages.
pub(in super::super) fn sections() -> impl Iterator<Item = &'static Section> {
    SECTIONS.iter().chain(TICKET_SECTIONS)
}

/// A setting of the catalogues.
pub(in super::super) fn setting_at(path: &SettingPath) -> Option<&'static Setting> {
    sections().flat_map(|section| section.settings).find(|setting| setting.path == path.as_str())
}

/// What a setting is called.
pub(in super::super) fn label_of(path: &SettingPath) -> String {
    match (setting_at(path), path.contract()) {
        (Some(setting), _) => setting.label.to_owned(),
        (None, Some(contract)) => format!("Effective dates of contract {contract}"),
        (None, None) => "no setting any more".to_owned(),
    }
}

/// A setting's value in words.
pub(in super::super) fn in_words(path: &SettingPath, value: &Value, listed: &Listed) -> String {
    match (setting_at(path), path.contract()) {
        (Some(setting), _) => kind_in_words(setting.kind, value, listed),
        (None, Some(_)) if value.is_null() => "as all contracts".to_owned(),
        (None, Some(_)) => kind_in_words(Kind::OneOf(EFFECTIVE_DATES), value, listed),
        (None, None) => plain(value),
    }
}

pub(super) fn kind_in_words(kind: Kind, value: &Value, listed: &Listed) -> String {
    match (kind, value) {
        (Kind::Flag(off, on), Value::Bool(is_on)) => if *is_on { on } else { off }.to_owned(),
        (Kind::MaybeNumber(_, _, _, none) | Kind::MaybePick(_, none), Value::Null) => none.to_owned(),
        (Kind::Money, Value::Null) => "no limit".to_owned(),
        (Kind::Storage, Value::Null) => storage_in_words(None, listed),
        (Kind::Number(.., of) | Kind::MaybeNumber(_, _, of, _), Value::Number(number)) => match (of, number.as_u64()) {
            // What has no plural.
            ("of them", _) | (_, None) => number.to_string(),
            (of, Some(number)) => count(usize::try_from(number).unwrap_or(usize::MAX), of),
        },
        (Kind::Percent(..), Value::Number(number)) => format!("{number} %"),
        (Kind::OneOf(words), Value::String(word)) => {
            words.iter().find(|(known, _)| known == word).map_or(word.as_str(), |(_, words)| words).to_owned()
        }
        (Kind::Storage, Value::String(id)) => storage_in_words(Some(&StorageId::new(id)), listed),
        (Kind::Pick(field) | Kind::MaybePick(field, _), Value::Number(number)) => match number.as_i64() {
            Some(number) => listed.snapshot.picklists.label(field, number),
            None => number.to_string(),
        },
        (_, value) => plain(value),
    }
}

/// As a field holds it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(is_on) => if *is_on { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// The value that a field asks for; `known` is what it is already, which may stay whatever it is. An error says what was
/// expected.
pub(super) fn value_of(kind: Kind, text: &str, known: &[&Value], listed: &Listed) -> Result<Value, String> {
    let text = text.trim();
    if let Some(same) = known.iter().find(|value| plain(value) == text) {
        return Ok((*same).clone());
    }
    let number = |least: u32, most: u32| match text.parse::<u32>() {
        Ok(number) if (least..=most).contains(&number) => Ok(json!(number)),
        _ => Err(format!("expected a whole number from {least} to {most}")),
    };
    match kind {
        Kind::Flag(off, on) => match text {
            "no" => Ok(json!(false)),
            "yes" => Ok(json!(true)),
            _ => Err(format!("expected \"{off}\" or \"{on}\"")),
        },
        Kind::MaybeNumber(..) | Kind::Money | Kind::Storage | Kind::MaybePick(..) if text.is_empty() => Ok(Value::Null),
        Kind::Number(least, most, _) | Kind::Percent(least, most) => number(least, most),
        Kind::MaybeNumber(least, most, ..) => number(least, most).map_err(|why| format!("{why}, or nothing")),
        Kind::Money => money(text).ok_or_else(|| "expected a sum above 0, such as 250.00, or nothing".to_owned()),
        Kind::OneOf(words) if words.iter().any(|(word, _)| *word == text) => Ok(json!(text)),
        Kind::OneOf(_) => Err("there is no such choice".to_owned()),
        Kind::Zone => match TimeZone::get(text) {
            Ok(zone) if !zone.is_unknown() => Ok(json!(zone.iana_name().unwrap_or(text))),
            _ => Err("there is no time zone of this name; expected one such as Europe/Berlin".to_owned()),
        },
        Kind::Storage if storages(listed).iter().any(|id| id.as_str() == text) => Ok(json!(text)),
        Kind::Storage => Err("choose one of the storages there are".to_owned()),
        Kind::Pick(field) | Kind::MaybePick(field, _) => match text.parse::<i64>() {
            Ok(number) if listed.snapshot.picklists.offers(field, number) => Ok(json!(number)),
            Ok(_) => Err(format!("Autotask does not offer this {field}")),
            Err(_) => Err("expected the number that it has in Autotask".to_owned()),
        },
    }
}

/// "250.00", or "250,00" as it is written in many countries.
fn money(text: &str) -> Option<Value> {
    let text = if text.contains('.') { text.to_owned() } else { text.replacen(',', ".", 1) };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let amount = Decimal::from_str(&text).ok().filter(|amount| is_plain && *amount > Decimal::ZERO)?;
    Some(json!(amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::settings::Settings;
    use std::collections::BTreeSet;

    fn leaves(path: &str, value: &Value, all: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(&path, value, all);
            }),
            _ => _ = all.insert(path.to_owned()),
        }
    }

    #[test]
    fn a46_every_setting_there_is_stands_in_one_section() {
        let (mut there, mut shown) = (BTreeSet::new(), Vec::new());
        leaves("", &serde_json::to_value(Settings::default()).unwrap(), &mut there);
        shown.extend(sections().flat_map(|section| section.settings).map(|setting| setting.path.to_owned()));
        shown.sort();
        assert_eq!(shown, there.into_iter().collect::<Vec<_>>());
    }
}
