//! The types of alerts: those that Acronis lists, and those of which somebody said something. With what the person staged
//! they are narrowed, searched, and shown page by page.

use super::super::listed::Listed;
use super::super::query::Query;
use super::super::words::Shown;
use super::fields::{SPECS, Spec, usual_in_words, value_in_words};
use super::words::label_of;
use shared::alert::{AlertKind, AlertType};
use shared::alert_settings::{AlertRow, Usual};
use shared::draft::{Draft, alert_of};
use shared::fingerprint;
use std::collections::BTreeSet;

/// By what the list may be narrowed.
pub(super) const SHOWN: [(&str, &str); 6] = [
    ("", "All"),
    ("tickets", "Make tickets"),
    ("none", "Make none"),
    ("changed", "Not as usual"),
    ("staged", "Staged by you"),
    ("unlisted", "Not in Acronis' list"),
];
const NO_CATEGORY: &str = "No category";
const UNLISTED: &str = "Not in Acronis' list";

/// A type with what is said of it.
pub(super) struct TypeAt<'a> {
    pub(super) kind: &'a AlertKind,
    pub(super) label: String,
    /// As people read it.
    pub(super) category: String,
    /// None where Acronis does not list it.
    pub(super) listed: Option<&'a AlertType>,
    pub(super) in_force: AlertRow,
    /// With what is staged.
    pub(super) now: AlertRow,
    pub(super) is_staged: bool,
}

impl TypeAt<'_> {
    /// Stands for it in an address.
    pub(super) fn print(&self) -> String {
        fingerprint::of(&[self.kind.as_str()])
    }

    /// What is usual for it; none where its alerts have nothing in common that is known.
    pub(super) fn usual(&self) -> Option<Usual> {
        self.listed.map(Usual::of_type)
    }

    /// Whether its alerts make tickets; none where that is told by each alert.
    fn makes_tickets(&self) -> Option<bool> {
        self.now.ticket.or_else(|| self.usual().map(|usual| usual.ticket))
    }

    fn is_shown_by(&self, show: &str) -> bool {
        match show {
            "tickets" => self.makes_tickets() != Some(false),
            "none" => self.makes_tickets() == Some(false),
            "changed" => self.now.says_something(),
            "staged" => self.is_staged,
            "unlisted" => self.listed.is_none(),
            _ => true,
        }
    }
}

/// Stands for a category in an address.
pub(super) fn print_of_category(category: &str) -> String {
    fingerprint::of(&["category", &category.to_lowercase()])
}

/// All types there are, by category and name; those that are not listed come last.
pub(super) fn all<'a>(draft: &'a Draft, listed: &'a Listed) -> Vec<TypeAt<'a>> {
    let (types, mapping) = (&listed.snapshot.alert_types, &listed.mapping);
    let kinds: BTreeSet<&AlertKind> = types.keys().chain(mapping.alerts.keys()).chain(draft.alerts.keys()).collect();
    let at = |kind: &'a AlertKind| {
        let (known, edit) = (types.get(kind), draft.alerts.get(kind));
        let in_force = alert_of(mapping, kind);
        TypeAt {
            kind,
            label: label_of(kind, listed),
            category: match known.map(|known| known.category.trim()) {
                None => UNLISTED.to_owned(),
                Some("") => NO_CATEGORY.to_owned(),
                Some(category) => category.to_owned(),
            },
            listed: known,
            now: edit.map_or_else(|| in_force.clone(), |edit| edit.to.clone()),
            in_force,
            is_staged: edit.is_some(),
        }
    };
    let mut all: Vec<TypeAt<'_>> = kinds.into_iter().map(at).collect();
    all.sort_by_cached_key(|one| {
        (one.listed.is_none(), one.category.to_lowercase(), one.label.to_lowercase(), one.kind.clone())
    });
    all
}

/// Those that the address asks for.
pub(super) fn asked_for<'t, 'a>(all: &'t [TypeAt<'a>], query: &Query) -> Vec<&'t TypeAt<'a>> {
    let (search, category) = (query.get("search").to_lowercase(), query.get("category"));
    let is_found = |one: &&TypeAt<'_>| {
        (category.is_empty() || print_of_category(&one.category) == category)
            && (one.label.to_lowercase().contains(&search) || one.kind.as_str().to_lowercase().contains(&search))
            && one.is_shown_by(query.get("show"))
    };
    all.iter().filter(is_found).collect()
}

/// A choice of a filter.
pub(super) struct Narrowed {
    pub(super) value: String,
    pub(super) name: Shown,
    pub(super) is_chosen: bool,
}

/// The choices of the filter by what is said of the types.
pub(super) fn states(all: &[TypeAt<'_>], query: &Query) -> Vec<Narrowed> {
    let state = |(value, name): (&str, &str)| {
        let many = all.iter().filter(|one| one.is_shown_by(value)).count();
        let name = Shown::of(format!("{name} ({many})"));
        Narrowed { value: value.to_owned(), name, is_chosen: query.get("show") == value }
    };
    SHOWN.into_iter().map(state).collect()
}

/// The choices of the filter by category.
pub(super) fn categories(all: &[TypeAt<'_>], query: &Query) -> Vec<Narrowed> {
    // They stand side by side.
    let of_one = all.chunk_by(|one, other| one.category.to_lowercase() == other.category.to_lowercase());
    let category = |types: &[TypeAt<'_>]| {
        let category = &types[0].category;
        let (value, name) = (print_of_category(category), Shown::of(format!("{category} ({})", types.len())));
        Narrowed { is_chosen: query.get("category") == value, value, name }
    };
    let any =
        Narrowed { value: String::new(), name: Shown::of("Any category"), is_chosen: query.get("category").is_empty() };
    std::iter::once(any).chain(of_one.map(category)).collect()
}

/// A type as the list shows it.
pub(super) struct TypeRow {
    /// The category, on its first row, and where it is edited as a whole.
    pub(super) heading: Option<(Shown, String)>,
    pub(super) label: Shown,
    pub(super) kind: Shown,
    pub(super) severity: String,
    pub(super) cells: Vec<Cell>,
    /// What else is said of it.
    pub(super) others: Vec<Shown>,
    pub(super) is_staged: bool,
    pub(super) link: String,
}

pub(super) struct Cell {
    pub(super) label: &'static str,
    pub(super) text: Shown,
    pub(super) is_usual: bool,
}

/// How many of the terms have a column.
const COLUMNS: usize = 5;

/// The headings of these columns.
pub(super) fn columns() -> impl Iterator<Item = &'static str> {
    SPECS[..COLUMNS].iter().map(|spec| spec.label)
}

pub(super) fn row(one: &TypeAt<'_>, is_new: bool, listed: &Listed, query: &Query) -> TypeRow {
    let said = |spec: &Spec| value_in_words(spec, &one.now, listed);
    let cell = |spec: &Spec| match said(spec) {
        Some(said) => Cell { label: spec.label, text: Shown::of(said), is_usual: false },
        None => {
            let usual = Shown::of(usual_in_words(spec, one.usual(), listed));
            Cell { label: spec.label, text: usual, is_usual: true }
        }
    };
    let other = |spec: &Spec| said(spec).map(|said| Shown::of(format!("{}: {said}", spec.label)));
    let link = |path: &str, name: &str, print: &str| format!("/tickets/{path}?{name}={print}&{}", query.text());
    TypeRow {
        heading: is_new.then(|| {
            let print = print_of_category(&one.category);
            (Shown::of(&one.category), link("category", "of", &print))
        }),
        label: Shown::of(&one.label),
        kind: Shown::of(one.kind),
        severity: match one.listed {
            Some(AlertType { severity, enabled: true, .. }) => severity.to_string(),
            Some(AlertType { severity, .. }) => format!("{severity}, switched off in Acronis"),
            None => String::new(),
        },
        cells: SPECS[..COLUMNS].iter().map(cell).collect(),
        others: SPECS[COLUMNS..].iter().filter_map(other).collect(),
        is_staged: one.is_staged,
        link: link("type", "type", &one.print()),
    }
}
