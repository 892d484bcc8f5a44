//! A service manager's desk: machines whose backups fail, ticket sync to be switched on, and texts without what differs
//! from run to run.

use it::desk::Desk;
use sandbox::acronis::alerts::NewAlert;
use sandbox::autotask::ticket_views::Ticket;
use sandbox::seed::story;
use shared::alert_settings::TicketSettings;

/// A mapped customer.
pub(crate) const CUSTOMER: &str = story::IN_FOLDER;
/// What completes a ticket.
pub(crate) const COMPLETE: i64 = 5;

/// A desk at a provider whose customers are mapped, and nothing else.
pub(crate) async fn connected() -> Desk {
    let desk = Desk::new(1).await;
    desk.run("connect").await.exits(0);
    desk
}

/// The same, with ticket sync on, for alerts of the last day, and the first plan approved.
pub(crate) async fn working(settings: impl FnOnce(&mut TicketSettings)) -> Desk {
    let desk = connected().await;
    begin(&desk, settings).await;
    desk
}

/// Switches ticket sync on, approves the first plan, and makes it.
pub(crate) async fn begin(desk: &Desk, settings: impl FnOnce(&mut TicketSettings)) {
    switch_on(desk, settings).await;
    let plan = plan_id(desk).await;
    desk.run(&format!("approve --plan {plan}")).await.exits(0);
    desk.run("apply alerts").await.exits(0);
}

/// Switches ticket sync on, for alerts of the last day.
pub(crate) async fn switch_on(desk: &Desk, settings: impl FnOnce(&mut TicketSettings)) {
    desk.change_mapping(|mapping| {
        let tickets = &mut mapping.settings.tickets;
        (tickets.enabled, tickets.days_before_switch_on) = (true, 1);
        settings(tickets);
    })
    .await;
}

/// The id of the plan of tickets as it is now.
pub(crate) async fn plan_id(desk: &Desk) -> String {
    let plan = desk.run("plan alerts --json").await.json();
    let plan = if plan["alerts"].is_object() { &plan["alerts"] } else { &plan };
    plan["id"].as_str().expect("a plan has an id").to_owned()
}

/// A backup of a device fails at a tenant; the alert's id.
pub(crate) fn raise(desk: &Desk, tenant: &str, device: &str) -> String {
    desk.sandbox.world(|world| {
        let tenant = world.tenant_named(tenant).expect("the tenant is there");
        world.raise(NewAlert::of(&tenant, "BackupFailed").about(device, "Daily"))
    })
}

pub(crate) fn tickets(desk: &Desk) -> Vec<Ticket> {
    desk.sandbox.world(|world| world.tickets())
}

/// A text without ids, dates, times and ticket numbers; each thing keeps its place.
pub(crate) fn steady(text: &str) -> String {
    let mut steady = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_alphanumeric() || "-.:".contains(c) {
            word.push(c);
            continue;
        }
        steady.push_str(&steady_word(&std::mem::take(&mut word)));
        steady.push(c);
    }
    steady.trim_end().to_owned()
}

/// Digits that differ from run to run; what a sentence ends with stays.
fn steady_word(word: &str) -> String {
    let bare = word.trim_end_matches(['.', ':']);
    let end = &word[bare.len()..];
    let is_id = bare.len() == 12 && bare.chars().all(|c| c.is_ascii_hexdigit());
    let shaped = |shape: &str| {
        let fits = |(c, shape): (char, char)| if shape == '0' { c.is_ascii_digit() } else { c == shape };
        bare.len() == shape.len() && bare.chars().zip(shape.chars()).all(fits)
    };
    match bare {
        _ if is_id => format!("xxxxxxxxxxxx{end}"),
        _ if shaped("0000-00-00") => format!("YYYY-MM-DD{end}"),
        _ if shaped("00:00") => format!("hh:mm{end}"),
        _ if shaped("T00000000.0000") => format!("TYYYYMMDD{}{end}", &bare[9..]),
        _ => word.to_owned(),
    }
}
