//! What the guide promises of tickets, row by row (A58 to A64), with the defaults it names, as it stands in Autotask in
//! the end.

use crate::stage::{COMPLETE, NEW, Stage};
use jiff::civil::date;
use shared::alert::AlertKind;
use shared::alert_settings::{AlertRow, TicketSettings};
use shared::ticket::Assignee;

#[derive(Debug, Clone, Copy)]
enum Then {
    Clears,
    IsRaisedAgain,
    /// With the same tenant, type, device and plan.
    ComesBackUnderANewId,
    PersonCloses,
    PersonNotes,
    DaysPass(i64),
}

/// What a customer's tickets are after an alert was raised and this happened, with a look after each thing.
async fn tickets_after(stage: &Stage, customer: usize, happened: &[Then]) -> String {
    let mut alert = stage.raise(customer, "SRV-01");
    stage.next_look().await;
    let company = stage.customers[customer].company;
    for then in happened {
        let latest = stage.vendors(|world| world.tickets_of(company)).pop().map(|ticket| ticket.id);
        match then {
            Then::Clears => stage.clear(&alert),
            Then::IsRaisedAgain => stage.raise_again(&alert),
            Then::ComesBackUnderANewId => {
                alert = stage.vendors(|world| world.raise_anew(&alert)).expect("it was there")
            }
            Then::PersonCloses => stage.person_closes(latest.expect("there is a ticket")),
            Then::PersonNotes => {
                let ticket = latest.expect("there is a ticket");
                stage.vendors(|world| world.human_note(ticket, "Call", "Called the customer.")).expect("it is there");
            }
            Then::DaysPass(days) => stage.world.pass_days(*days),
        }
        stage.next_look().await;
    }
    let run = stage.next_look().await;
    assert_eq!(run.record.counts.changes, 0, "nothing is left to be done: {:?}", run.record);
    stage.shows(company)
}

#[tokio::test]
async fn a58_a62_a63_what_becomes_of_an_alerts_ticket() {
    use Then::{Clears, ComesBackUnderANewId, DaysPass, IsRaisedAgain, PersonCloses, PersonNotes};
    type Settings = fn(&mut TicketSettings);
    let usual: Settings = |_| {};
    let new_after_7: Settings = |tickets| tickets.new_after_days = Some(7);
    let auto_close: Settings = |tickets| tickets.auto_close = true;
    let with_waiting: Settings = |tickets| (tickets.auto_close, tickets.closing_status) = (true, 7);
    #[rustfmt::skip]
    let cases: &[(&str, Settings, &[Then], &str)] = &[
        ("A58: enabled, an alert is a ticket",             usual,        &[],                                           "open"),
        ("A63: cleared, and auto-close is off by default", usual,        &[Clears],                                     "open"),
        ("A63: cleared, and auto-close is on",             auto_close,   &[Clears],                                     "closed"),
        ("A63: closed with the status that was chosen",    with_waiting, &[Clears],                                     "open"),
        ("A63: but not where a person works on it",        auto_close,   &[PersonNotes, Clears],                        "open with 2 notes"),
        ("A62: box clear, the first ticket is reopened",   usual,        &[PersonCloses, Clears, IsRaisedAgain],        "open with a note"),
        ("A62: whenever that is",                          usual,        &[PersonCloses, Clears, DaysPass(90), IsRaisedAgain], "open with a note"),
        ("A62: on every recurrence",                       auto_close,   &[Clears, IsRaisedAgain, Clears, IsRaisedAgain], "open with 2 notes"),
        ("A62: and under a new id",                        usual,        &[PersonCloses, Clears, ComesBackUnderANewId], "open with a note"),
        ("A62: where nobody saw it cleared",               usual,        &[PersonCloses, IsRaisedAgain],                "open with a note"),
        ("A62: while it is open nothing happens",          usual,        &[Clears, IsRaisedAgain],                      "open"),
        ("A62: 7 days set, closed for less",               new_after_7,  &[PersonCloses, Clears, DaysPass(6), IsRaisedAgain], "open with a note"),
        ("A62: 7 days set, closed for 7",                  new_after_7,  &[PersonCloses, Clears, DaysPass(7), IsRaisedAgain], "closed, open"),
        ("A62: 7 days set, under a new id",                new_after_7,  &[PersonCloses, Clears, DaysPass(7), ComesBackUnderANewId], "closed, open"),
        ("A62: the new one is then the latest",            new_after_7,
            &[PersonCloses, Clears, DaysPass(7), IsRaisedAgain, PersonCloses, Clears, IsRaisedAgain],                   "closed, open with a note"),
        ("T4: what a person closed stays closed",          auto_close,   &[PersonCloses, Clears],                       "closed"),
    ];
    let stage = Stage::open(cases.len()).await;
    for (customer, (case, settings, happened, expected)) in cases.iter().enumerate() {
        stage.set(|tickets| *tickets = TicketSettings { enabled: true, ..TicketSettings::default() }).await;
        stage.set(settings).await;
        assert_eq!(tickets_after(&stage, customer, happened).await, *expected, "{case}");
        if case.contains("status that was chosen") {
            let company = stage.customers[customer].company;
            assert_eq!(stage.vendors(|world| world.tickets_of(company))[0].status, 7, "{case}");
        }
    }
}

#[tokio::test]
async fn a58_ticket_sync_has_an_enable_box_of_its_own_that_is_clear_by_default() {
    let stage = Stage::closed(1).await;
    stage.world.settle().await;
    stage.raise(0, "SRV-01");
    let run = stage.next_look().await;
    assert!(stage.tickets().is_empty(), "units are kept right, and no ticket is made: {:?}", run.record);
    stage.switch_on(|_| {}).await;
    stage.raise(0, "SRV-02");
    stage.next_look().await;
    assert_eq!(stage.ticket().title, "Backup failed: SRV-02");
}

#[tokio::test]
async fn a59_one_source_is_that_of_every_customers_tickets_and_autotasks_own_by_default() {
    let stage = Stage::open(2).await;
    stage.raise(0, "SRV-01");
    stage.next_look().await;
    assert_eq!(stage.ticket().source, None);
    stage.set(|tickets| tickets.source = Some(8)).await;
    stage.raise(0, "SRV-02");
    stage.raise_of(1, "EDRIncidentDetected", "PC-01");
    stage.next_look().await;
    let sources: Vec<Option<i64>> = stage.tickets().iter().map(|ticket| ticket.source).collect();
    assert_eq!(sources, [None, Some(8), Some(8)]);
}

#[tokio::test]
async fn a60_notes_have_the_type_and_the_readers_that_were_chosen_for_all() {
    for (chosen, expected) in [(None, (1, 1)), (Some((3, 4)), (3, 4))] {
        let stage = Stage::open(1).await;
        if let Some((note_type, publish)) = chosen {
            stage.set(|tickets| (tickets.note_type, tickets.note_publish) = (note_type, publish)).await;
        }
        let alert = stage.raise(0, "SRV-01");
        stage.next_look().await;
        stage.person_closes(stage.ticket().id);
        stage.clear(&alert);
        stage.next_look().await;
        stage.raise_again(&alert);
        stage.next_look().await;
        let notes = stage.notes(stage.ticket().id);
        assert_eq!((notes.len(), notes[0].note_type, notes[0].publish), (1, expected.0, expected.1));
    }
}

#[tokio::test]
async fn a61_each_type_has_its_parameters_and_only_customers_alerts_make_tickets() {
    let stage = Stage::open(1).await;
    let rows = [
        (
            "BackupFailed",
            AlertRow {
                priority: Some(2),
                status: Some(10),
                queue: Some(29_683_354),
                ticket_type: Some(5),
                issue: Some(10),
                sub_issue: Some(101),
                category: Some(100),
                due_minutes: Some(30),
                assignee: Some(Assignee { resource: 29_682_890, role: 29_683_401 }),
                ..AlertRow::default()
            },
        ),
        ("EDRIncidentDetected", AlertRow { ticket: Some(false), ..AlertRow::default() }),
    ];
    stage.map(|mapping| mapping.alerts.extend(rows.map(|(kind, row)| (AlertKind::new(kind), row)))).await;
    stage.raise(0, "SRV-01");
    stage.raise_of(0, "EDRIncidentDetected", "PC-01");
    let partner = stage.vendors(|world| world.acronis.partner_id.clone());
    stage.vendors(|world| world.raise_alert(&partner, "BackupFailed"));
    stage.next_look().await;
    let ticket = stage.ticket();
    assert_eq!((ticket.priority, ticket.status, ticket.queue), (2, 10, Some(29_683_354)));
    assert_eq!((ticket.ticket_type, ticket.issue_type, ticket.sub_issue_type), (Some(5), Some(10), Some(101)));
    assert_eq!((ticket.category, ticket.assigned_to), (Some(100), Some(29_682_890)));
    assert_eq!(ticket.due.expect("it is due").duration_since(stage.world.now()).as_mins(), 30);
    // A type of which nobody said anything: what is usual for its category and severity.
    stage.raise_of(0, "BackupCorrupted", "SRV-02");
    stage.next_look().await;
    let usual = &stage.tickets()[1];
    assert_eq!((usual.priority, usual.status, usual.queue), (4, NEW, Some(8)));
    assert_eq!((usual.ticket_type, usual.issue_type, usual.category), (None, None, None));
}

#[tokio::test]
async fn a64_the_contract_is_on_the_ticket_when_mapped_billed_with_products_and_synced_and_only_then() {
    let stage = Stage::open(3).await;
    let contract_of_last = || stage.tickets().pop().expect("there is a ticket").contract_id;
    let own = |customer: usize| {
        let company = stage.customers[customer].company;
        stage.vendors(|world| world.contracts_of(company))[0].id
    };
    stage.raise(0, "SRV-01");
    stage.next_look().await;
    assert_eq!(contract_of_last(), Some(own(0)), "mapped, billed, synced");
    // Of several the oldest, as long as none is the company's default.
    let company = stage.customers[1].company;
    let older = stage.vendors(|world| world.add_contract(company, "First", date(2020, 1, 1), date(2030, 1, 1)));
    stage.raise(1, "SRV-01");
    stage.next_look().await;
    assert_eq!(contract_of_last(), Some(older));
    stage.vendors(|world| world.set_contract_status(older, 0));
    stage.raise(1, "SRV-02");
    stage.next_look().await;
    assert_eq!(contract_of_last(), Some(own(1)), "one that is not active does not count");
    // Billing without products mapped is no billing.
    stage.map(|mapping| mapping.products.values_mut().for_each(|row| row.service = None)).await;
    stage.raise(2, "SRV-01");
    stage.next_look().await;
    assert_eq!(contract_of_last(), None);
    assert_eq!(stage.tickets().len(), 4);
    assert!(stage.tickets().iter().all(|ticket| ticket.status != COMPLETE));
}
