//! The page of tickets (A58 to A63): what is the same for all tickets, and what is said of each type of alert, by itself
//! or for a whole category.

use crate::names::{HOSTILE, is_plain};
use crate::provider::{NOT_MAPPED, Provider, mapped, value_of};
use crate::settings::{form_of, send};
use crate::stage::{Answer, Stage};
use shared::alert::{AlertKind, Severity};
use shared::alert_settings::{AlertRow, TicketSettings};
use shared::ids::ConnectionId;
use shared::mapping::Mapping;
use shared::person::Role;
use shared::ticket::{Assignee, PickField};

const PAGE: &str = "/tickets?connection=north";
const CHANGES: &str = "/changes?connection=north";

fn picks(provider: Provider) -> Provider {
    provider
        .pick(PickField::Priority, &["High", "Medium", "Low", "Critical"], None)
        .pick(PickField::Status, &["New", "Waiting", "Escalated", "Dispatched", "Complete"], None)
        .pick(PickField::Queue, &["Desk", "Monitoring Alert"], None)
        .pick(PickField::Source, &["Phone", "Insourced", "Monitoring"], None)
        .pick(PickField::NoteType, &["Summary", "Detail"], None)
        .pick(PickField::NotePublish, &["Everybody", "Internal"], None)
        .pick(PickField::TicketType, &["Service Request", "Incident"], None)
        .pick(PickField::Issue, &["Network", "Backup"], None)
        .pick(PickField::SubIssue, &["Failed", "Warned"], Some(2))
        .pick(PickField::Category, &["Standard", "RMM"], None)
}

async fn stage() -> Stage {
    let stage = Stage::start().await;
    let provider = Provider::new().customer("t-1", "Tenant One").company(1, "Anna", mapped("t-1", "Tenant One"));
    let mut provider = picks(provider)
        .alert_type("BackupFailed", "Backup failed", "Backup", Severity::Critical)
        .alert_type("BackupWarning", "Backup warned", "Backup", Severity::Warning)
        .alert_type("LicenseInfo", "License noted", "Licensing", Severity::Information);
    let seen = AlertRow { label: "Of another vendor".to_owned(), priority: Some(9), ..AlertRow::default() };
    provider.mapping.alerts.insert(AlertKind::new("Gone~1"), seen);
    provider.known_to(&stage, "north").await;
    stage
}

/// The address of the page of a type, or of a whole category.
#[track_caller]
fn link_to(page: &str, name: &str) -> String {
    let (before, _) = page.split_once(&format!("aria-label=\"{name}")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let link = before.rsplit_once("href=\"").expect("it is a link").1;
    link.split('"').next().unwrap_or_default().replace("&#38;", "&")
}

/// Fills in the form of a type or of a category, and sends it.
async fn say(stage: &Stage, cookie: &str, name: &str, said: &[(&str, &str)]) -> Answer {
    let list = stage.get(cookie, PAGE).await.is(200);
    let page = stage.get(cookie, &link_to(&list.text, name)).await.is(200);
    let path = if name.starts_with("Edit all") { "/tickets/category" } else { "/tickets/type" };
    let as_form = page.text.replace("name=\"was\"", "name=\"section\" value=\"x\"> <input name=\"was\"");
    let mut fields: std::collections::BTreeMap<String, String> = form_of(&as_form, "x").into_iter().collect();
    fields.remove("section");
    fields.extend(said.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    stage.post(cookie, path, &fields).await
}

async fn row(stage: &Stage, kind: &str) -> AlertRow {
    let Mapping { alerts, .. } = stage.mapping("north").await;
    alerts.get(&AlertKind::new(kind)).cloned().unwrap_or_default()
}

/// What the list shows of a type.
#[track_caller]
fn line_of<'p>(page: &'p str, kind: &str) -> &'p str {
    let row = page.split("<tr").find(|row| row.contains(&format!("<bdi>{kind}</bdi>")));
    row.unwrap_or_else(|| panic!("no {kind} in {page}"))
}

#[tokio::test]
async fn a36_a58_a59_a60_a62_a63_t6_what_holds_for_all_tickets_is_chosen_from_autotasks_lists() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, PAGE).await.is(200).shows("Ticket synchronization").shows("within 15 minutes");
    let page =
        page.shows(">Monitoring</option>").shows("acrotask webhooks install").shows("reopened on every recurrence");
    drop(page.shows("Alerts of your own tenants make").shows("Nothing is lost by it."));
    let on = [("tickets.enabled", "yes"), ("tickets.days_before_switch_on", "7")];
    let sent = send(&stage, &operator, PAGE, "tickets", &on).await.is(303);
    assert_eq!(sent.header("location"), "/tickets?connection=north&staged=tickets#tickets");
    let for_all =
        [("tickets.source", "3"), ("tickets.note_type", "2"), ("tickets.note_publish", "2"), ("tickets.queue", "2")];
    send(&stage, &operator, PAGE, "fields", &for_all).await.is(303);
    let closing = [
        ("tickets.new_after_days", "30"),
        ("tickets.auto_close", "yes"),
        ("tickets.closing_status", "3"),
        ("tickets.dismiss_on_close", "yes"),
    ];
    send(&stage, &operator, PAGE, "closing", &closing).await.is(303);
    let storms = [("tickets.storms", "no"), ("tickets.storm_tickets_per_hour", "20")];
    send(&stage, &operator, PAGE, "storms", &storms).await.is(303);
    let page = stage.get(&operator, CHANGES).await.shows("Apply 12 changes").shows("<bdi>Escalated</bdi>");
    drop(page.shows("never: the first ticket is reopened each time").shows("<bdi>Internal</bdi>"));
    stage.apply(&operator, "north").await.is(303);
    let wanted = TicketSettings {
        enabled: true,
        source: Some(3),
        note_type: 2,
        note_publish: 2,
        new_after_days: Some(30),
        auto_close: true,
        closing_status: 3,
        dismiss_on_close: true,
        days_before_switch_on: 7,
        storms: false,
        storm_tickets_per_hour: 20,
        queue: Some(2),
    };
    assert_eq!(stage.mapping("north").await.settings.tickets, wanted);
    for (section, field, typed, why) in [
        ("fields", "tickets.source", "9", "Autotask does not offer this source"),
        ("closing", "tickets.closing_status", "", "expected the number that it has in Autotask"),
        ("closing", "tickets.new_after_days", "0", "expected a whole number from 1 to 3650, or nothing"),
        ("storms", "tickets.storm_tickets_per_hour", "0", "expected a whole number from 1 to 1000000"),
        ("tickets", "tickets.days_before_switch_on", "3651", "expected a whole number from 0 to 3650"),
    ] {
        let page = send(&stage, &operator, PAGE, section, &[(field, typed)]).await.is(400);
        drop(page.shows(&format!("Wrong: <bdi>{why}")));
    }
    send(&stage, &operator, PAGE, "tickets", &[("section", "holds")]).await.is(404);
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
}

#[tokio::test]
async fn a61_t1_each_type_shows_what_is_said_of_it_and_what_is_usual() {
    let stage = stage().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let page = stage.get(&viewer, PAGE).await.is(200).shows("Alerts of customers only").hides("Edit all");
    let failed = line_of(&page.text, "BackupFailed");
    for usual in ["yes", "Critical", "4 hours", "New", "as for all"] {
        assert!(failed.contains(&format!("usual: <bdi>{usual}</bdi>")), "{usual} is not in {failed}");
    }
    assert!(failed.contains("critical"), "{failed}");
    assert!(line_of(&page.text, "LicenseInfo").contains("usual: <bdi>no</bdi>"));
    // Of a type that Acronis does not list, only what is said is known.
    let gone = line_of(&page.text, "Gone~1");
    assert!(gone.contains("usual: <bdi>by each alert</bdi>"), "{gone}");
    assert!(gone.contains("<td data-label=\"Priority\"><bdi>priority 9: not offered any more</bdi>"), "{gone}");
    for (query, there, not_there) in [
        ("search=WARNED", "BackupWarning", "BackupFailed"),
        ("search=licenseinfo", "LicenseInfo", "BackupFailed"),
        ("show=none", "LicenseInfo", "BackupFailed"),
        ("show=tickets", "BackupFailed", "LicenseInfo"),
        ("show=changed", "Gone~1", "BackupFailed"),
        ("show=unlisted", "Gone~1", "LicenseInfo"),
        ("page=99", "BackupFailed", "nothing"),
    ] {
        let page = stage.get(&viewer, &format!("{PAGE}&{query}")).await.is(200);
        drop(page.shows(&format!("<bdi>{there}</bdi>")).hides(&format!("<bdi>{not_there}</bdi>")));
    }
    let (_, after) =
        page.text.split_once(">Licensing (1)</option>").map(|(before, after)| (after, before)).expect("a filter");
    let category = after.rsplit_once("value=\"").expect("it has a value").1.split('"').next().expect("it ends");
    let narrowed = stage.get(&viewer, &format!("{PAGE}&category={category}")).await;
    drop(narrowed.shows("LicenseInfo").hides("<bdi>BackupFailed</bdi>"));
    stage.get(&viewer, &format!("{PAGE}&show=staged")).await.shows("No type is like this.");
    let of_type = stage.get(&viewer, &link_to(&page.text, "Look at Backup failed")).await.is(200);
    drop(of_type.shows("<fieldset disabled>").hides("Stage it").shows("Backup › Failed"));
}

#[tokio::test]
async fn a36_a61_t1_a_type_is_edited_applied_recorded_and_put_back_to_usual() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let said = [
        ("ticket", "1"),
        ("priority", "2"),
        ("status", "4"),
        ("due_minutes", "90"),
        ("queue", "1"),
        ("issue", "2"),
        ("sub_issue", "1"),
        ("ticket_type", "2"),
        ("category", "2"),
        ("resource", "29"),
        ("role", "8"),
    ];
    let sent = say(&stage, &operator, "Edit Backup warned", &said).await.is(303);
    let page = stage.get(&operator, sent.header("location").split('#').next().expect("it is an address")).await;
    drop(page.shows("Staged for Backup warned: Ticket: yes; Priority: Medium").shows("1 change staged"));
    let page = stage.get(&operator, CHANGES).await.shows("Alert type BackupWarning Backup warned");
    drop(
        page.shows("Priority: as usual").shows("Assignee: resource: 29; Assignee: role: 8").shows("Due in: 90 minutes"),
    );
    assert_eq!(row(&stage, "BackupWarning").await, AlertRow::default(), "nothing is in force yet");
    stage.apply(&operator, "north").await.is(303);
    let wanted = AlertRow {
        label: "Backup warned".to_owned(),
        ticket: Some(true),
        priority: Some(2),
        status: Some(4),
        queue: Some(1),
        ticket_type: Some(2),
        issue: Some(2),
        sub_issue: Some(1),
        due_minutes: Some(90),
        category: Some(2),
        assignee: Some(Assignee { resource: 29, role: 8 }),
    };
    assert_eq!(row(&stage, "BackupWarning").await, wanted);
    let records = stage.machine.host.store.audit(5).await.expect("it is read");
    assert!(records.iter().any(|record| record.what == "north: Alert type BackupWarning Backup warned"));
    let list = stage.get(&operator, PAGE).await;
    let line = line_of(&list.text, "BackupWarning");
    assert!(
        line.contains("<td data-label=\"Priority\"><bdi>Medium</bdi></td>") && line.contains("Issue type: Backup"),
        "{line}"
    );
    say(&stage, &operator, "Edit Backup warned", &[]).await.is(303);
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
    say(&stage, &operator, "Edit Backup warned", &[("act", "usual")]).await.is(303);
    stage.apply(&operator, "north").await.is(303);
    assert!(!stage.mapping("north").await.alerts.contains_key(&AlertKind::new("BackupWarning")));
}

#[tokio::test]
async fn a61_what_cannot_be_is_told_at_its_field_and_what_is_gone_may_stay() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    for (said, why) in [
        (vec![("priority", "9")], "Autotask does not offer this priority"),
        (vec![("due_minutes", "0")], "expected a whole number of minutes from 1 to 525600, or nothing"),
        (vec![("due_minutes", "soon")], "expected a whole number of minutes"),
        (vec![("ticket", "2")], "there is no such choice"),
        (vec![("resource", "29")], "expected the role as well, or no resource"),
        (vec![("role", "8")], "expected the resource as well, or no role"),
        (vec![("resource", "x"), ("role", "8")], "expected the number that it has in Autotask, or nothing"),
        (vec![("sub_issue", "1")], "expected the issue type it belongs to as well"),
        (vec![("sub_issue", "1"), ("issue", "1")], "it belongs to the issue type &#34;Backup&#34;"),
    ] {
        let page = say(&stage, &operator, "Edit Backup failed", &said).await.is(400);
        drop(page.shows("Nothing was staged").shows(&format!("Wrong: <bdi>{why}")));
    }
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
    // The number that Autotask does not offer any more is told, and hinders no other change.
    say(&stage, &operator, "Edit Of another", &[]).await.is(303);
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
    say(&stage, &operator, "Edit Of another", &[("ticket", "0")]).await.is(303);
    stage.apply(&operator, "north").await.is(303);
    let row = row(&stage, "Gone~1").await;
    assert_eq!((row.priority, row.ticket, row.label.as_str()), (Some(9), Some(false), "Of another vendor"));
}

#[tokio::test]
async fn a61_a_whole_category_is_given_the_same_and_the_rest_of_each_type_stays() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    say(&stage, &operator, "Edit Backup failed", &[("queue", "1")]).await.is(303);
    let sent = say(&stage, &operator, "Edit all of Backup", &[("priority", "3"), ("issue", "2")]).await.is(303);
    let page = stage.get(&operator, sent.header("location").split('#').next().expect("it is an address")).await;
    drop(page.shows("Staged for Backup: 2 types differ"));
    stage.apply(&operator, "north").await.is(303);
    let (failed, warned) = (row(&stage, "BackupFailed").await, row(&stage, "BackupWarning").await);
    assert_eq!((failed.queue, failed.priority, failed.issue), (Some(1), Some(3), Some(2)));
    assert_eq!((warned.queue, warned.priority, warned.issue), (None, Some(3), Some(2)));
    assert!(!row(&stage, "LicenseInfo").await.says_something());
    let page = say(&stage, &operator, "Edit all of Licensing", &[("sub_issue", "1")]).await.is(400);
    drop(page.shows("expected the issue type it belongs to as well (License noted)"));
    say(&stage, &operator, "Edit all of Backup", &[("priority", "")]).await.is(303);
    stage.apply(&operator, "north").await.is(303);
    assert_eq!(row(&stage, "BackupFailed").await.priority, None);
    say(&stage, &operator, "Edit all of Backup", &[("act", "usual")]).await.is(303);
    stage.apply(&operator, "north").await.is(303);
    assert_eq!(stage.mapping("north").await.alerts.len(), 1, "what another vendor's type says");
}

#[tokio::test]
async fn a61_where_nothing_was_read_it_is_said_with_what_to_do_and_numbers_are_typed() {
    let stage = Stage::start().await;
    let mut provider = Provider::new().company(1, "Anna", NOT_MAPPED);
    provider.mapping.alerts.insert(AlertKind::new("Seen"), AlertRow { ticket: Some(true), ..AlertRow::default() });
    provider.known_to(&stage, "north").await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, PAGE).await.is(200).shows("What Autotask offers for tickets was not read");
    drop(
        page.shows("Acronis' list of types was not read")
            .shows("<bdi>Seen</bdi>")
            .shows("<input id=\"tickets.source\""),
    );
    send(&stage, &operator, PAGE, "fields", &[("tickets.source", "77")]).await.is(303);
    send(&stage, &operator, PAGE, "fields", &[("tickets.source", "phone")]).await.is(400);
    say(&stage, &operator, "Edit Seen", &[("priority", "12")]).await.is(303);
    stage.apply(&operator, "north").await.is(303);
    assert_eq!(row(&stage, "Seen").await.priority, Some(12));
    assert_eq!(stage.mapping("north").await.settings.tickets.source, Some(77));
    stage.get(&operator, "/tickets?connection=south").await.is(200).shows("No type is like this.");
    let stage = Stage::empty(false).await;
    let operator = stage.session_with(Role::Operator).await;
    stage.get(&operator, "/tickets").await.is(200).shows("No connection is set up yet");
}

#[tokio::test]
async fn types_of_another_connection_or_as_nobody_saw_them_are_refused() {
    let stage = stage().await;
    picks(Provider::new())
        .alert_type("Southern", "Southern", "Backup", Severity::Error)
        .known_to(&stage, "south")
        .await;
    let operator = stage.session_with(Role::Operator).await;
    let of_south = link_to(&stage.get(&operator, "/tickets?connection=south").await.text, "Edit Southern");
    stage.get(&operator, &of_south).await.is(200);
    stage.get(&operator, &of_south.replace("=south", "=north")).await.is(404);
    for path in ["/tickets/type", "/tickets/type?connection=north", "/tickets/category?connection=north&of=x"] {
        stage.get(&operator, path).await.is(404);
    }
    stage.get(&operator, "/tickets?connection=east").await.is(404);
    for (field, value, status) in [
        ("connection", "east", 404),
        ("connection", "south", 404),
        ("type", "x", 404),
        ("was", "0", 409),
        ("form_token", "x", 403),
    ] {
        say(&stage, &operator, "Edit Backup failed", &[(field, value)]).await.is(status);
    }
    say(&stage, &operator, "Edit all of Backup", &[("was", "0")]).await.is(409);
    say(&stage, &operator, "Edit all of Backup", &[("of", "x")]).await.is(404);
    // Somebody else says something of the type while its page is open.
    let page = stage.get(&operator, &link_to(&stage.get(&operator, PAGE).await.text, "Edit Backup failed")).await;
    let was = value_of(&page.text, "was");
    let mut mapping = stage.mapping("north").await;
    mapping.alerts.insert(AlertKind::new("BackupFailed"), AlertRow { priority: Some(1), ..AlertRow::default() });
    let saved = stage.machine.host.store.save_mapping(&ConnectionId::new("north"), &mapping).await;
    saved.expect("it is saved");
    say(&stage, &operator, "Edit Backup failed", &[("was", &was)]).await.is(409);
    let viewer = stage.session_with(Role::Viewer).await;
    stage.submit(&viewer, "/tickets/type", &[("connection", "north")]).await.is(403);
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
}

#[tokio::test]
async fn names_of_types_and_of_what_autotask_offers_are_text_and_nothing_else() {
    let stage = Stage::start().await;
    let provider = Provider::new().alert_type(HOSTILE, HOSTILE, HOSTILE, Severity::Error);
    provider.pick(PickField::Queue, &[HOSTILE], None).known_to(&stage, "north").await;
    let operator = stage.session_with(Role::Operator).await;
    let list = stage.get(&operator, PAGE).await.is(200);
    is_plain(&list.text);
    let link = link_to(&list.text, "Edit &#60;");
    is_plain(&stage.get(&operator, &link).await.is(200).text);
    let sent = say(&stage, &operator, "Edit &#60;", &[("queue", "1")]).await.is(303);
    is_plain(&stage.get(&operator, sent.header("location").split('#').next().expect("an address")).await.is(200).text);
    is_plain(&stage.get(&operator, CHANGES).await.is(200).text);
    stage.press(&operator, CHANGES, "discard alert-").await.is(303);
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
}

#[tokio::test]
async fn of_ten_thousand_types_a_page_shows_a_hundred() {
    let stage = Stage::start().await;
    let mut provider = Provider::new();
    for number in 0..10_000 {
        let id = format!("Type{number:05}");
        provider = provider.alert_type(&id, &format!("Type {number:05}"), "Backup", Severity::Error);
    }
    provider.known_to(&stage, "north").await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, &format!("{PAGE}&page=2")).await.is(200).shows("10000 types, page 2 of 100");
    let page = page.shows("<bdi>Type00100</bdi>").hides("<bdi>Type00099</bdi>").hides("<bdi>Type00200</bdi>");
    drop(page.shows("page=3#types"));
    // More than fits into one draft.
    say(&stage, &operator, "Edit all of Backup", &[("ticket", "0")]).await.is(409);
    stage.get(&operator, &format!("{PAGE}&search=Type09999")).await.shows("<bdi>Type09999</bdi>").shows("1 type<");
}
