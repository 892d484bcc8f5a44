//! The words of tickets and notes: what happened, on which device, of whom, since when, why, and where to look. All of it
//! is the vendor's or a customer's text, so it is cut, kept on its lines, and never followed.

use crate::alert::{Alert, AlertKind, AlertType};
use crate::ticket::{DESCRIPTION_LENGTH, NOTE_LENGTH, NOTE_TITLE_LENGTH, TITLE_LENGTH};
use crate::words::{count, on_one_line};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The longest reason in a ticket of one alert, and in a list of several.
pub(crate) const REASON_LENGTH: usize = 4_000;
const LISTED_REASON_LENGTH: usize = 160;
/// The longest name of a device, plan or type where it is one of several things on a line.
const NAME_LENGTH: usize = 120;
/// The longest link, in bytes.
pub(crate) const LINK_LENGTH: usize = 2_000;
/// How many bytes of marks a character may carry.
const MOST_MARKS: usize = 64;

/// The alert types by id, as the vendor lists them; the words of a type never seen are made from its id.
#[derive(Debug, Clone, Copy)]
pub struct TypeNames<'a>(pub &'a BTreeMap<AlertKind, AlertType>);

impl TypeNames<'_> {
    /// A type's name for people.
    pub fn label(self, kind: &AlertKind) -> String {
        let listed = self.0.get(kind).and_then(|kind| kind.label.as_deref()).map(str::trim);
        cut(&listed.filter(|label| !label.is_empty()).map_or_else(|| spelled(kind.as_str()), on_one_line), NAME_LENGTH)
    }

    /// What an alert is, in a few words: "Backup failed: SRV-01".
    pub fn words(self, alert: &Alert) -> String {
        // Another vendor's type says little; the title it gives says what happened.
        let label = told(&alert.about.title).map_or_else(|| self.label(&alert.kind), |title| cut(&title, NAME_LENGTH));
        match told(&alert.about.device) {
            Some(device) => format!("{label}: {device}"),
            None => label,
        }
    }

    /// The title of a ticket, at most 255 characters.
    pub fn title(self, alert: &Alert) -> String {
        cut(&self.words(alert), TITLE_LENGTH)
    }

    /// The title of a ticket that several alerts share.
    pub fn shared_title(self, kind: &AlertKind, alerts: usize) -> String {
        cut(&format!("{}: {}", self.label(kind), count(alerts, "alert")), TITLE_LENGTH)
    }

    /// What an engineer needs to begin.
    pub fn description(self, alert: &Alert, company_name: &str) -> String {
        let mut text = format!("{} ({})\n\n", self.words(alert), alert.severity);
        let mut line = |name: &str, words: Option<String>| {
            if let Some(words) = words {
                text.push_str(&format!("{name}: {words}\n"));
            }
        };
        line("Customer", Some(cut(&on_one_line(company_name), NAME_LENGTH)));
        line("Device", told(&alert.about.device));
        line("Plan", told(&alert.about.plan_name).or_else(|| told(&alert.about.plan)));
        line("Since", Some(moment(alert.raised_at)));
        line("Reason", alert.about.reason.as_deref().and_then(reason));
        line("More", alert.about.link.as_deref().and_then(link));
        line("Category", told_text(&alert.category));
        line("Alert", Some(format!("{} in tenant {}", cut(alert.id.as_str(), NAME_LENGTH), alert.tenant)));
        cut(text.trim_end(), DESCRIPTION_LENGTH)
    }

    /// An alert on one line of a list.
    pub fn listed(self, alert: &Alert) -> String {
        let reason = alert.about.reason.as_deref().map(|text| cut(&on_one_line(text), LISTED_REASON_LENGTH));
        let reason = reason.filter(|text| !text.trim().is_empty()).map(|text| format!("; {text}")).unwrap_or_default();
        format!("{}{reason} [{}]\n", one_line(alert), cut(alert.id.as_str(), NAME_LENGTH))
    }

    /// As many of the alerts as fit below `head`, in their order, and how many those are; always the first.
    pub fn list(self, head: &str, alerts: &[&Alert], longest: usize) -> (String, usize) {
        let (mut text, mut so_far) = (head.to_owned(), length(head));
        let mut listed = 0;
        for alert in alerts {
            let line = self.listed(alert);
            so_far += length(&line);
            if listed > 0 && so_far > longest {
                break;
            }
            text.push_str(&line);
            listed += 1;
        }
        (cut(text.trim_end(), longest), listed)
    }

    /// The description of a ticket that several alerts share, as far as they fit.
    pub fn shared_description(self, alerts: &[&Alert], company_name: &str, limit: u32) -> (String, usize) {
        let company = cut(&on_one_line(company_name), NAME_LENGTH);
        let head = format!(
            "{company} has more than {} within an hour. Alerts of this type are listed here instead of in tickets of their own.\n\n",
            count(limit as usize, "new ticket")
        );
        self.list(&head, alerts, DESCRIPTION_LENGTH)
    }

    /// A note that tells of alerts, and how many of them it holds.
    pub fn note(self, first_line: &str, alerts: &[&Alert]) -> (String, usize) {
        if let [alert] = alerts {
            let id = cut(alert.id.as_str(), NAME_LENGTH);
            let mut text = format!("{first_line}\n\n{} [{id}]\n", one_line(alert));
            let told = alert.about.reason.as_deref().and_then(reason);
            told.iter().for_each(|reason| text.push_str(&format!("\nReason: {reason}\n")));
            let link = alert.about.link.as_deref().and_then(link);
            link.iter().for_each(|link| text.push_str(&format!("More: {link}\n")));
            return (cut(text.trim_end(), NOTE_LENGTH), 1);
        }
        self.list(&format!("{first_line}\n\n"), alerts, NOTE_LENGTH)
    }
}

fn one_line(alert: &Alert) -> String {
    let device = told(&alert.about.device).unwrap_or_else(|| "no device named".to_owned());
    format!("- {} ({}) since {}", cut(&device, NAME_LENGTH), alert.severity, moment(alert.raised_at))
}

/// The title of a note: what happened, and the moment, so that it is found again. At most 250 characters.
pub fn note_title(what: &str, at: Timestamp) -> String {
    // To the full fraction of the second: an alert may come back twice within one.
    cut(&format!("{what} {at}"), NOTE_TITLE_LENGTH)
}

/// A moment as people read it.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Text as long as Autotask counts it: in UTF-16 code units, as a column of its database does.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Text cut to a length with `…`, never inside a character, nor between a character and the marks upon it.
pub fn cut(text: &str, longest: usize) -> String {
    if length(text) <= longest {
        return text.to_owned();
    }
    let mut so_far = 0;
    let mut end = 0;
    for (index, c) in text.char_indices() {
        so_far += c.len_utf16();
        if so_far + 1 > longest {
            break;
        }
        end = index + c.len_utf8();
    }
    // The first character left out may belong to the last one kept; of text that is nothing but marks, some is kept.
    let whole = end;
    while whole - end < MOST_MARKS && belongs_together(&text[..end], &text[end..]) {
        end -= text[..end].chars().next_back().map_or(end, char::len_utf8);
    }
    if belongs_together(&text[..end], &text[end..]) {
        end = whole;
    }
    format!("{}…", text[..end].trim_end())
}

fn belongs_together(before: &str, after: &str) -> bool {
    let joins = |c: char| {
        matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}')
            || matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0100}'..='\u{e01ef}')
    };
    after.chars().next().is_some_and(joins) || before.ends_with('\u{200d}')
}

fn told(text: &Option<String>) -> Option<String> {
    text.as_deref().and_then(told_text)
}

fn told_text(text: &str) -> Option<String> {
    let text = on_one_line(text);
    let text = text.trim();
    (!text.is_empty()).then(|| cut(text, TITLE_LENGTH))
}

fn reason(text: &str) -> Option<String> {
    let lines: Vec<String> = text.lines().map(|line| on_one_line(line).trim_end().to_owned()).collect();
    let text = lines.join("\n");
    let text = text.trim();
    (!text.is_empty()).then(|| cut(text, REASON_LENGTH))
}

/// A link that a person may follow: of the web, and whole.
fn link(text: &str) -> Option<String> {
    let text = text.trim();
    let is_web = ["https://", "http://"].iter().any(|start| text.to_lowercase().starts_with(start));
    let is_whole = text.len() <= LINK_LENGTH && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    (is_web && is_whole).then(|| text.to_owned())
}

/// The words of a type's id: `BackupFailed` is "Backup failed"; of the newer ids the part that is the vendor's own
/// (`cti.a.p.am.alert.v1.0~vendor.app.name.v1.0`, Acronis developer portal, Alert types).
fn spelled(id: &str) -> String {
    let own = id.rsplit('~').next().unwrap_or(id);
    let is_newer = own.len() < id.len();
    let own = own.split('.').rev().find(|part| !is_newer || !is_version(part)).unwrap_or(own);
    let mut words = String::new();
    let mut last = ' ';
    let own = on_one_line(own).replace(['_', '-'], " ");
    let mut letters = own.chars().peekable();
    while let Some(c) = letters.next() {
        let next_is_small = letters.peek().is_some_and(|next| next.is_lowercase());
        let ends_acronym = last.is_uppercase() && c.is_uppercase() && next_is_small;
        let begins = ends_acronym || (last.is_lowercase() || last.is_numeric()) && c.is_uppercase();
        if begins || last.is_lowercase() && c.is_numeric() {
            words.push(' ');
        }
        // An acronym keeps its capitals.
        if begins && next_is_small {
            words.extend(c.to_lowercase())
        } else {
            words.push(c)
        }
        last = c;
    }
    let mut letters = words.trim().chars();
    let words: String = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    if words.is_empty() { "Alert".to_owned() } else { words }
}

fn is_version(part: &str) -> bool {
    part.trim_start_matches('v').chars().all(|c| c.is_ascii_digit())
}
