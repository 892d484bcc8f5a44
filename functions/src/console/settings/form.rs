//! The forms in which settings are edited, one for each section: made of what is in force and what the person staged, and
//! read back into the draft, or into what is wrong at each field.

use super::super::drafts;
use super::super::fields::Posted;
use super::super::gates::SignedIn;
use super::super::listed::Listed;
use super::super::pages::Failure;
use super::super::products::storages;
use super::super::words::Shown;
use super::catalogue::{Kind, Section, Setting};
use super::effect::effect;
use super::values::{in_words, kind_in_words, plain, value_of};
use serde_json::Value;
use shared::draft::Draft;
use shared::fingerprint;
use shared::mapping::MappingRowName;
use shared::run::Connection;
use shared::setting_path::SettingPath;
use shared::settings::Settings;
use shared::ticket::PickField;
use std::collections::BTreeMap;

/// The vendor's own words about two factors (A50).
const TWO_FACTOR_HELP: &str =
    "https://www.acronis.com/en-us/support/documentation/AcronisCyberCloud/setting-up-two-factor-authentication.html";

/// A section as a form.
pub(in super::super) struct Form {
    pub(in super::super) id: &'static str,
    pub(in super::super) title: &'static str,
    pub(in super::super) about: &'static str,
    /// Stands for what is in force.
    pub(in super::super) print: String,
    pub(in super::super) fields: Vec<Field>,
    /// Nothing was staged, because of what stands at the fields.
    pub(in super::super) is_refused: bool,
    /// What comes of what is staged here, in numbers.
    pub(in super::super) effects: Vec<String>,
}

/// A setting as a field.
pub(in super::super) struct Field {
    pub(in super::super) path: &'static str,
    pub(in super::super) label: &'static str,
    pub(in super::super) about: &'static str,
    pub(in super::super) usual: Shown,
    pub(in super::super) value: Shown,
    /// Where one of them is chosen.
    pub(in super::super) choices: Vec<Choice>,
    pub(in super::super) is_number: bool,
    /// Of what it is a number.
    pub(in super::super) unit: &'static str,
    /// What is in force, where the person staged something else.
    pub(in super::super) was: Option<Shown>,
    pub(in super::super) fault: Option<Shown>,
    pub(in super::super) see_also: Option<&'static str>,
}

/// What may be chosen.
pub(in super::super) struct Choice {
    pub(in super::super) value: String,
    pub(in super::super) name: Shown,
    pub(in super::super) is_chosen: bool,
}

/// What a person typed into a section, and what is wrong with it, by path.
pub(in super::super) struct Wrong {
    pub(in super::super) section: &'static str,
    typed: BTreeMap<&'static str, String>,
    faults: BTreeMap<&'static str, String>,
}

/// The forms of these sections. `limit`: the calls an hour that Autotask takes.
pub(in super::super) fn forms(
    sections: &'static [Section],
    draft: &Draft,
    listed: &Listed,
    limit: u64,
    wrong: Option<&Wrong>,
) -> Vec<Form> {
    let after = draft.applied_to(&listed.mapping).settings;
    let form = |section: &'static Section| {
        let wrong = wrong.filter(|wrong| wrong.section == section.id);
        let paths = section.settings.iter().map(|setting| SettingPath::new(setting.path));
        let staged = paths.filter(|path| draft.settings.contains_key(path));
        let mut effects: Vec<String> = staged.filter_map(|path| effect(&path, &after, listed, limit)).collect();
        effects.dedup();
        Form {
            id: section.id,
            title: section.title,
            about: section.about,
            print: print_of(section, &listed.mapping.settings),
            fields: section.settings.iter().map(|setting| field(setting, draft, listed, wrong)).collect(),
            is_refused: wrong.is_some(),
            effects,
        }
    };
    sections.iter().map(form).collect()
}

fn print_of(section: &Section, settings: &Settings) -> String {
    let paths = section.settings.iter().map(|setting| SettingPath::new(setting.path));
    fingerprint::of(&paths.map(|path| format!("{path} {:?}", settings.value(&path))).collect::<Vec<_>>())
}

fn field(setting: &'static Setting, draft: &Draft, listed: &Listed, wrong: Option<&Wrong>) -> Field {
    let path = SettingPath::new(setting.path);
    let value_in = |settings: &Settings| settings.value(&path).unwrap_or_default();
    let in_force = value_in(&listed.mapping.settings);
    let staged = draft.settings.get(&path).map(|edit| &edit.to);
    let value = staged.unwrap_or(&in_force);
    let typed = wrong.and_then(|wrong| wrong.typed.get(setting.path));
    let text = typed.cloned().unwrap_or_else(|| plain(value));
    let fault = wrong.and_then(|wrong| wrong.faults.get(setting.path));
    let (is_number, unit) = match setting.kind {
        Kind::Number(.., unit) | Kind::MaybeNumber(_, _, unit, _) => (true, unit),
        Kind::Percent(..) => (true, "percent"),
        _ => (false, ""),
    };
    Field {
        path: setting.path,
        label: setting.label,
        about: setting.about,
        usual: Shown::of(kind_in_words(setting.kind, &value_in(&Settings::default()), listed)),
        choices: choices(setting.kind, &text, &[&in_force, value], listed),
        value: Shown::of(text),
        is_number,
        unit,
        was: staged.map(|_| Shown::of(in_words(&path, &in_force, listed))),
        fault: fault.map(Shown::of),
        see_also: (setting.path == "new_tenants.two_factor").then_some(TWO_FACTOR_HELP),
    }
}

/// What there is to choose from; nothing where it is typed. What is known of it stays a choice, whatever it is.
fn choices(kind: Kind, chosen: &str, known: &[&Value], listed: &Listed) -> Vec<Choice> {
    let choice = |value: String, name: Shown| Choice { is_chosen: value == chosen, value, name };
    let mut choices: Vec<Choice> = match kind {
        Kind::Flag(off, on) => {
            [("no", off), ("yes", on)].map(|(word, name)| choice(word.to_owned(), Shown::of(name))).into()
        }
        Kind::OneOf(words) => words.iter().map(|(word, name)| choice((*word).to_owned(), Shown::of(name))).collect(),
        Kind::Storage => {
            let ids = storages(listed).into_iter().map(|id| Value::String(id.to_string()));
            let all = std::iter::once(Value::Null).chain(ids);
            all.map(|id| choice(plain(&id), Shown::of(kind_in_words(kind, &id, listed)))).collect()
        }
        Kind::Pick(field) => picks(field, chosen, listed),
        Kind::MaybePick(field, none) => {
            let picks = picks(field, chosen, listed);
            let none = (!picks.is_empty()).then(|| choice(String::new(), Shown::of(none)));
            none.into_iter().chain(picks).collect()
        }
        Kind::Number(..) | Kind::MaybeNumber(..) | Kind::Percent(..) | Kind::Money | Kind::Zone => Vec::new(),
    };
    let is_typed = choices.is_empty();
    for value in known.iter().filter(|_| !is_typed) {
        if !choices.iter().any(|choice| choice.value == plain(value)) {
            let name = format!("{}: not offered any more", kind_in_words(kind, value, listed));
            choices.push(Choice { value: plain(value), name: Shown::of(name), is_chosen: plain(value) == chosen });
        }
    }
    choices
}

/// What Autotask offers in a field, by name; nothing where its list was not read.
pub(in super::super) fn picks(field: PickField, chosen: &str, listed: &Listed) -> Vec<Choice> {
    let values = listed.snapshot.picklists.values.get(&field).into_iter().flatten();
    let mut active: Vec<_> = values.filter(|(_, value)| value.active).collect();
    active.sort_by_cached_key(|(number, value)| (value.label.trim().to_lowercase(), **number));
    let choice = |number: &i64| Choice {
        value: number.to_string(),
        name: Shown::of(listed.snapshot.picklists.label(field, *number)),
        is_chosen: number.to_string() == chosen,
    };
    active.into_iter().map(|(number, _)| choice(number)).collect()
}

/// Stages what a form says of its section, or tells what is wrong with it; then nothing is staged.
pub(in super::super) async fn stage(
    who: &SignedIn,
    connection: &Connection,
    posted: &Posted,
    sections: &'static [Section],
) -> Result<Result<&'static Section, Wrong>, Failure> {
    let id = posted.field("section")?;
    let section = sections.iter().find(|section| section.id == id).ok_or(Failure::NoSuchPage)?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let settings = &listed.mapping.settings;
    if posted.field("shown")? != print_of(section, settings) {
        return Err(Failure::Refused("somebody else changed these settings since the page was made"));
    }
    let stored = drafts::of(who, &connection.id).await?;
    let mut wrong = Wrong { section: section.id, typed: BTreeMap::new(), faults: BTreeMap::new() };
    let mut values: Vec<(SettingPath, Value)> = Vec::new();
    for setting in section.settings {
        let (path, text) = (SettingPath::new(setting.path), posted.field(setting.path)?);
        let in_force = settings.value(&path).unwrap_or_default();
        let staged = stored.draft.settings.get(&path).map(|edit| &edit.to);
        let known: Vec<&Value> = std::iter::once(&in_force).chain(staged).collect();
        match value_of(setting.kind, text, &known, &listed) {
            Ok(value) => values.push((path, value)),
            Err(fault) => _ = wrong.faults.insert(setting.path, fault),
        }
        wrong.typed.insert(setting.path, text.trim().to_owned());
    }
    let put = |draft: &mut Draft| {
        let staged = values.iter().try_for_each(|(path, value)| draft.stage_setting(settings, path, value));
        staged.map_err(|_| Failure::Malformed("a setting cannot be so"))
    };
    if wrong.faults.is_empty() {
        let mut tried = stored.draft.clone();
        put(&mut tried)?;
        wrong.faults = contradictions(section, &tried, &listed);
    }
    if !wrong.faults.is_empty() {
        return Ok(Err(wrong));
    }
    drafts::change(who, &connection.id, put).await?;
    Ok(Ok(section))
}

/// What contradicts itself in this section with what would be staged.
fn contradictions(section: &Section, draft: &Draft, listed: &Listed) -> BTreeMap<&'static str, String> {
    let faults = draft.faults(&listed.mapping).into_iter();
    let at_field = |fault: shared::mapping::MappingFault| {
        let MappingRowName::Setting(path) = &fault.row else { return None };
        let setting = section.settings.iter().find(|setting| setting.path == path.as_str())?;
        let words = fault.text.strip_prefix(setting.path).unwrap_or(&fault.text);
        Some((setting.path, words.trim_start_matches([':', ' ']).to_owned()))
    };
    faults.filter_map(at_field).collect()
}
