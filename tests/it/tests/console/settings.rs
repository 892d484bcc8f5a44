//! The page of settings (A46 to A50): what each setting is, what it changes, its effect before it is in force, and that
//! nothing which cannot be is staged.

use crate::names::{HOSTILE, is_plain};
use crate::provider::{NOT_MAPPED, Provider, mapped, value_of};
use crate::stage::{Answer, Stage, person};
use it::world::World;
use shared::contract::Contract;
use shared::ids::{ConnectionId, ContractId};
use shared::person::Role;
use shared::settings::{EffectiveDates, PostedPeriods, Settings};
use shared::usage::ItemKind;

pub(crate) const PAGE: &str = "/settings?connection=north";
const CHANGES: &str = "/changes?connection=north";

async fn stage() -> Stage {
    let stage = Stage::start().await;
    let provider = Provider::new().customer("t-1", "Tenant One").company(1, "Anna", mapped("t-1", "Tenant One"));
    let provider = provider.company(2, "Berta", NOT_MAPPED).storage("eu2", "Frankfurt EU2");
    provider.item("storage", Some("eu2"), ItemKind::Storage, "Cloud Storage").known_to(&stage, "north").await;
    stage
}

/// What a section's form holds, as a browser would send it.
#[track_caller]
pub(crate) fn form_of(page: &str, section: &str) -> Vec<(String, String)> {
    let begins = format!("name=\"section\" value=\"{section}\"");
    let (before, after) = page.split_once(&begins).unwrap_or_else(|| panic!("no section {section} in {page}"));
    let (before, after) = (before.rsplit_once("<form").expect("it stands in a form").1, after.split_once("</form>"));
    let text = format!("{before}{begins}{}", after.expect("the form ends").0);
    let attribute = |tag: &str, name: &str| {
        let (_, after) = tag.split_once(&format!(" {name}=\""))?;
        Some(after.split('"').next()?.replace("&#38;", "&").replace("&#34;", "\"").replace("&#62;", ">"))
    };
    let mut fields = Vec::new();
    for tag in text.split('<').skip(1).map(|tag| format!(" {tag}")) {
        if tag.starts_with(" input") {
            fields.push((attribute(&tag, "name"), attribute(&tag, "value").unwrap_or_default()));
        } else if tag.starts_with(" select") {
            fields.push((attribute(&tag, "name"), String::new()));
        } else if tag.starts_with(" option") && tag.contains(" selected>") {
            fields.last_mut().expect("an option stands in a select").1 = attribute(&tag, "value").expect("it has one");
        }
    }
    fields.into_iter().filter_map(|(name, value)| Some((name?, value))).collect()
}

/// Sends a section's form from the page at this address, with these fields otherwise.
pub(crate) async fn send(stage: &Stage, cookie: &str, page: &str, section: &str, otherwise: &[(&str, &str)]) -> Answer {
    let shown = stage.get(cookie, page).await.is(200);
    let mut fields: std::collections::BTreeMap<String, String> = form_of(&shown.text, section).into_iter().collect();
    fields.extend(otherwise.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let path = if page.starts_with("/tickets") { "/tickets/settings" } else { "/settings" };
    stage.post(cookie, path, &fields).await
}

async fn settings(stage: &Stage) -> Settings {
    stage.mapping("north").await.settings
}

async fn change_settings(stage: &Stage, change: impl FnOnce(&mut Settings)) {
    let mut mapping = stage.mapping("north").await;
    change(&mut mapping.settings);
    let saved = stage.machine.host.store.save_mapping(&ConnectionId::new("north"), &mapping).await;
    saved.expect("it is saved");
}

#[tokio::test]
async fn a46_a49_all_settings_are_shown_with_what_they_change_and_their_usual_values() {
    let stage = stage().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let page = stage.get(&viewer, PAGE).await.is(200);
    for title in [
        "Provisioning and deprovisioning",
        "Quotas",
        "Effective dates",
        "Missing services",
        "Holds",
        "Review mode",
        "Budget",
        "Time",
        "Schedules",
    ] {
        assert!(page.text.contains(&format!("\">{title}</h2>")), "{title} is missing");
    }
    let page = page.shows("within 15 minutes").shows("Usual: <bdi>25 units</bdi>").shows("Usual: <bdi>never</bdi>");
    let page = page.shows("Usual: <bdi>no limit</bdi>").shows("Usual: <bdi>40 %</bdi>").shows("its data stay");
    let page =
        page.shows("<dt>usage-sync</dt>").shows("2026-11-11 04:00").shows("<a href=\"/setup?connection=north\">");
    let page = page.shows("00000000-0000-4000-8000-000000000001").shows("<dt>First plan of units</dt>");
    drop(page.hides("Stage it").shows("<fieldset disabled>"));
    let operator = stage.session_with(Role::Operator).await;
    stage.get(&operator, PAGE).await.shows("Stage it").hides("<fieldset disabled>");
    stage.get(&operator, "/settings?connection=east").await.is(404);
    stage.get(&operator, "/settings?connection=south").await.is(200).shows("Review mode");
    let stage = Stage::empty(false).await;
    let operator = stage.session_with(Role::Operator).await;
    stage.get(&operator, "/settings").await.is(200).shows("No connection is set up yet");
}

#[tokio::test]
async fn a36_a47_a48_a50_provisioning_is_staged_shown_applied_and_recorded() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, PAGE).await.shows("two-factor authentication in the Acronis documentation");
    drop(page.shows("https://www.acronis.com/en-us/support/documentation/"));
    let fields = [
        ("automatic_provisioning", "yes"),
        ("new_tenants.two_factor", "yes"),
        ("new_tenants.trial", "yes"),
        ("new_tenants.administrator", "yes"),
        ("new_tenants.default_storage", "eu2"),
        ("disable_after_days", " 10 "),
    ];
    let sent = send(&stage, &operator, PAGE, "provisioning", &fields).await.is(303);
    assert_eq!(sent.header("location"), "/settings?connection=north&staged=provisioning#provisioning");
    let page = stage.get(&operator, "/settings?connection=north&staged=provisioning").await.shows("6 changes staged");
    let page = page.shows("Provisioning and deprovisioning: what differs").shows("Until applied: <bdi>never</bdi>");
    drop(page.shows("1 active company is not mapped now"));
    assert_eq!(settings(&stage).await, Settings::default(), "nothing is in force before it is applied");
    // Nothing else was said with the second of two forms.
    send(&stage, &operator, PAGE, "provisioning", &[("disable_after_days", "")]).await.is(303);
    let page = stage.get(&operator, CHANGES).await.shows("Customers are created").shows("<bdi>automatically</bdi>");
    let page = page.shows("manually: only those").shows("Frankfurt EU2").shows("Apply 5 changes");
    drop(page.shows("those of them get a tenant that have a contract with a mapped service"));
    stage.apply(&operator, "north").await.is(303);
    let after = settings(&stage).await;
    assert!(after.automatic_provisioning && after.new_tenants.two_factor && after.new_tenants.administrator);
    assert!(after.new_tenants.trial && after.disable_after_days.is_none());
    assert_eq!(after.new_tenants.default_storage.as_ref().map(|id| id.as_str()), Some("eu2"));
    let records = stage.machine.host.store.audit(20).await.expect("it is read");
    let what = "north: Setting new_tenants.two_factor Two-factor authentication for all new customers";
    let record = records.iter().find(|record| record.what == what).expect("it is recorded");
    assert_eq!((record.before.as_str(), record.after.as_str()), ("no", "yes"));
    assert_eq!(record.by.subject, "operator");
    stage.get(&operator, PAGE).await.hides("staged</strong>");
}

#[tokio::test]
async fn what_cannot_be_is_told_at_its_field_and_what_was_typed_is_kept() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    for (section, field, typed, why) in [
        ("provisioning", "disable_after_days", "0", "expected a whole number from 1 to 3650, or nothing"),
        ("provisioning", "disable_after_days", "soon", "expected a whole number from 1 to 3650, or nothing"),
        ("provisioning", "new_tenants.default_storage", "nowhere", "choose one of the storages there are"),
        ("provisioning", "new_tenants.two_factor", "maybe", "expected &#34;no&#34; or &#34;yes&#34;"),
        ("dates", "effective_dates", "tomorrow", "there is no such choice"),
        ("holds", "holds.jump_units", "-1", "expected a whole number from 0 to 1000000"),
        ("holds", "holds.jump_units", "", "expected a whole number from 0 to 1000000"),
        ("holds", "holds.money_per_period", "0", "expected a sum above 0, such as 250.00, or nothing"),
        ("holds", "holds.money_per_period", "1e3", "expected a sum above 0, such as 250.00, or nothing"),
        ("holds", "holds.vanished_percent", "101", "expected a whole number from 0 to 100"),
        ("budget", "budget.share_percent", "0", "expected a whole number from 1 to 100"),
        ("budget", "budget.share_percent", "15", "expected 1 up to budget.share_percent"),
        ("time", "time_zone", "Berlin", "there is no time zone of this name"),
        ("time", "time_zone", "Etc/Unknown", "there is no time zone of this name"),
        ("time", "settle_minutes", "5", "expected a whole number from 6 to 1440"),
    ] {
        let page = send(&stage, &operator, PAGE, section, &[(field, typed)]).await.is(400);
        let page = page.shows("Nothing was staged").shows(&format!("Wrong: <bdi>{why}"));
        let kept = form_of(&page.text, section).into_iter().find(|(name, _)| name == field).expect("it is there").1;
        // What is chosen from a list is chosen anew.
        let is_chosen = page.text.contains(&format!("<select id=\"{field}\""));
        assert!(is_chosen || kept == typed, "{field}: {kept}");
    }
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
    let good = [("time_zone", "europe/berlin"), ("settle_minutes", "15")];
    send(&stage, &operator, PAGE, "time", &good).await.is(303);
    send(&stage, &operator, PAGE, "holds", &[("holds.money_per_period", "250,50")]).await.is(303);
    let both = [("budget.share_percent", "15"), ("budget.units_percent", "15")];
    send(&stage, &operator, PAGE, "budget", &both).await.is(303);
    let page = stage.get(&operator, CHANGES).await.shows("<bdi>Europe/Berlin</bdi>");
    drop(page.shows("1500 of the 10000 calls an hour that Autotask takes").shows("<bdi>250.50</bdi>"));
    stage.apply(&operator, "north").await.is(303);
    let after = settings(&stage).await;
    assert_eq!((after.time_zone.as_str(), after.settle_minutes), ("Europe/Berlin", 15));
    assert_eq!(after.holds.money_per_period, Some("250.5".parse().expect("it is a sum")));
    assert_eq!((after.budget.share_percent, after.budget.units_percent), (15, 15));
}

#[tokio::test]
async fn every_section_comes_back_as_it_was_sent_and_stages_nothing() {
    let stage = stage().await;
    let everything = |settings: &mut Settings| {
        settings.holds.money_per_period = Some("12.5000".parse().expect("it is a sum"));
        settings.posted_periods = PostedPeriods::Hold;
        settings.settle_minutes = 0;
        settings.new_tenants.default_storage = Some(shared::ids::StorageId::new("gone"));
        settings.time_zone = "CET".to_owned();
    };
    change_settings(&stage, everything).await;
    let operator = stage.session_with(Role::Operator).await;
    stage.get(&operator, PAGE).await.shows("storage gone: not offered any more");
    for section in ["provisioning", "quotas", "dates", "missing", "holds", "review", "budget", "time"] {
        send(&stage, &operator, PAGE, section, &[]).await.is(303);
    }
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
}

#[tokio::test]
async fn the_effect_of_holds_review_mode_and_dates_is_told_in_numbers_before_they_are_applied() {
    let world = World::even(3, 2).await;
    world.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let jumps = world.sold().remove(3);
    world.set_used(&jumps, world.units(&jumps) * 2 + 40);
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    let changes = async |edits: &[(&str, &str, &str)]| {
        for (section, field, value) in edits {
            send(&stage, &operator, "/settings", section, &[(field, value)]).await.is(303);
        }
        let shown = stage.get(&operator, "/settings").await.is(200).text;
        let told = stage.get(&operator, "/changes").await.is(200);
        stage.press(&operator, "/changes", "discard-all ").await.is(303);
        (shown, told)
    };
    let go_on = |many: &str| format!("of the 6 changes in the plan of units: {many} now would go on, 0 that go on now");
    let dated = |many: &str| format!("By the plan of now, {many} would get another date");
    let no_review = ("review", "review_mode", "no");
    for (edits, effect) in [
        (vec![no_review], go_on("5 that wait")),
        (vec![no_review, ("holds", "holds.jumps", "no")], go_on("6 that wait")),
        (vec![no_review, ("holds", "holds.jump_units", "1000")], go_on("6 that wait")),
        (vec![no_review, ("holds", "holds.money_per_period", "0.01")], go_on("0 that wait")),
        (vec![("dates", "posted_periods", "hold")], go_on("0 that wait")),
        (vec![("dates", "effective_dates", "next-period")], dated("6 changes")),
        (vec![("dates", "effective_dates", "up-today-down-next")], dated("0 changes")),
    ] {
        let (shown, told) = changes(&edits).await;
        assert!(shown.contains(&effect), "no \"{effect}\" in {shown}");
        drop(told.shows(&effect));
    }
    let (shown, told) = changes(&[("budget", "budget.units_percent", "10")]).await;
    assert!(shown.contains("calls an hour that Autotask takes."), "{shown}");
    drop(told.shows("calls an hour that Autotask takes."));
}

#[tokio::test]
async fn only_another_persons_change_of_the_same_setting_is_in_the_way() {
    let stage = stage().await;
    let first = stage.session_of(&person("first", Some(Role::Operator))).await;
    let second = stage.session_of(&person("second", Some(Role::Operator))).await;
    send(&stage, &first, PAGE, "holds", &[("holds.jump_units", "7")]).await.is(303);
    send(&stage, &second, PAGE, "holds", &[("holds.jump_units", "9"), ("holds.jump_percent", "30")]).await.is(303);
    // The page of somebody is open while others change what it shows.
    let open = stage.get(&first, PAGE).await.is(200);
    stage.apply(&second, "north").await.is(303);
    let fields = form_of(&open.text, "holds");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    stage.post(&first, "/settings", &fields).await.is(409);
    let page = stage.get(&first, CHANGES).await.is(200).shows("Changed meanwhile").hides("Apply 1 change");
    drop(page.shows("<bdi>9 units</bdi>").shows("second (https://login.example)"));
    stage.press(&first, CHANGES, "keep setting-holds.jump_units ").await.is(303);
    change_settings(&stage, |settings| settings.holds.zero_from_units = 3).await;
    stage.apply(&first, "north").await.is(303);
    let holds = settings(&stage).await.holds;
    assert_eq!((holds.jump_units, holds.jump_percent, holds.zero_from_units), (7, 30, 3));
}

#[tokio::test]
async fn u5_a_contract_gets_effective_dates_of_its_own_and_loses_them() {
    let world = World::even(2, 1).await;
    let stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    let contract: Contract = {
        let snapshot = stage.machine.host.store.snapshot(&world.connection).await.expect("it is read");
        snapshot.expect("there is one").contracts[0].clone()
    };
    let (number, connection) = (contract.id.to_string(), world.connection.to_string());
    let edit = async |contract: &str, dates: &str| {
        let fields = [("connection", connection.as_str()), ("contract", contract), ("dates", dates)];
        stage.submit(&operator, "/settings/contract", &fields).await
    };
    for wrong in ["", "x", "1", "99999999999999999999"] {
        let page = edit(wrong, "next-period").await.is(400).shows("there is no contract of this number");
        drop(page.shows(&format!("autocomplete=\"off\" value=\"{wrong}\"")));
    }
    edit(&number, "tomorrow").await.is(400);
    edit(&number, "period-end").await.is(303);
    let page = stage.get(&operator, "/settings").await.shows(&format!("Contract {number} <bdi>"));
    drop(page.shows("for the whole period, sent on its last day</bdi> <strong class=\"tag\">staged</strong>"));
    stage.get(&operator, "/changes").await.shows(&format!("Effective dates of contract {number}"));
    stage.apply(&operator, &connection).await.is(303);
    let dates = async |id: ContractId| {
        stage.mapping(connection.as_str()).await.settings.contract_effective_dates.get(&id).copied()
    };
    assert_eq!(dates(contract.id).await, Some(EffectiveDates::PeriodEnd));
    edit(&number, "").await.is(303);
    stage.get(&operator, "/changes").await.shows("<bdi>as all contracts</bdi>");
    stage.apply(&operator, &connection).await.is(303);
    assert_eq!(dates(contract.id).await, None);
}

#[tokio::test]
async fn settings_of_another_connection_or_of_no_form_are_refused() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    send(&stage, &operator, PAGE, "review", &[("connection", "east")]).await.is(404);
    send(&stage, &operator, PAGE, "review", &[("section", "nothing")]).await.is(404);
    send(&stage, &operator, PAGE, "review", &[("section", "tickets")]).await.is(404);
    send(&stage, &operator, PAGE, "review", &[("shown", "000000000000")]).await.is(409);
    send(&stage, &operator, PAGE, "review", &[("form_token", "x")]).await.is(403);
    let page = stage.get(&operator, PAGE).await;
    let print = value_of(&page.text, "shown");
    let fields = [("connection", "north"), ("section", "provisioning"), ("shown", print.as_str())];
    stage.submit(&operator, "/settings", &fields).await.is(400);
    let viewer = stage.session_with(Role::Viewer).await;
    stage.submit(&viewer, "/settings", &fields).await.is(403);
    stage.submit(&viewer, "/settings/contract", &fields).await.is(403);
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
}

#[tokio::test]
async fn names_in_settings_are_text_and_nothing_else() {
    let stage = Stage::start().await;
    let provider = Provider::new().storage("s\">1", HOSTILE).item("storage", Some("s\">1"), ItemKind::Storage, HOSTILE);
    provider.known_to(&stage, "north").await;
    let operator = stage.session_with(Role::Operator).await;
    is_plain(&stage.get(&operator, PAGE).await.is(200).text);
    let storage = [("new_tenants.default_storage", "s\">1")];
    send(&stage, &operator, PAGE, "provisioning", &storage).await.is(303);
    is_plain(&stage.get(&operator, PAGE).await.is(200).text);
    is_plain(&stage.get(&operator, CHANGES).await.is(200).shows("Default storage").text);
    is_plain(&send(&stage, &operator, PAGE, "time", &[("time_zone", HOSTILE)]).await.is(400).text);
}
