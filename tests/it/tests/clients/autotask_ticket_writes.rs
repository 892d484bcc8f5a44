//! Writing tickets: what is made is what was sent, what Autotask refuses comes with its words, and what is known after
//! each kind of reply (T1 to T4, U6).

use crate::support::{TODAY, Vendors};
use anyhow::Result;
use functions::autotask::{AutotaskWriter, WriteError};
use jiff::SignedDuration;
use jiff::civil::date;
use sandbox::autotask::{API_RESOURCE, HUMAN_RESOURCE};
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use shared::ids::{CompanyId, ConfigurationItemId, ContractId, TicketId};
use shared::ticket::{Assignee, NOTE_LENGTH, NOTE_TITLE_LENGTH, NewNote, NewTicket};
use std::collections::BTreeSet;

const CREATE: &str = "autotask.tickets.create";
const NOTE: &str = "autotask.ticket_notes.create";
const UPDATE: &str = "autotask.tickets.update";
const MONITORING: i64 = 8;

/// A company with nothing.
pub(crate) fn company(vendors: &Vendors, name: &str) -> CompanyId {
    CompanyId(vendors.sandbox.world(|world| world.add_company(name)))
}

/// A ticket with nothing but what it needs.
pub(crate) fn plain(company: CompanyId, external_id: &str) -> NewTicket {
    NewTicket {
        company,
        external_id: external_id.to_owned(),
        title: "Backup failed: SRV-01".to_owned(),
        description: "No backup since yesterday.".to_owned(),
        status: 1,
        priority: 2,
        due_at: "2026-11-11T08:30:00Z".parse().expect("a moment"),
        queue: Some(MONITORING),
        ticket_type: None,
        issue: None,
        sub_issue: None,
        category: None,
        source: None,
        assignee: None,
        contract: None,
        configuration_item: None,
    }
}

/// A note of ours.
pub(crate) fn note(ticket: TicketId, title: &str) -> NewNote {
    NewNote { ticket, title: title.to_owned(), description: "Acronis says so.".to_owned(), note_type: 1, publish: 1 }
}

/// The role of the only person at the desk.
pub(crate) fn person(vendors: &Vendors) -> Assignee {
    let role = vendors.sandbox.world(|world| {
        let role = world.autotask.table("ResourceRoles").by("resourceID", HUMAN_RESOURCE).next();
        role.and_then(|role| role.int("roleID"))
    });
    Assignee { resource: HUMAN_RESOURCE, role: role.expect("a person has a role") }
}

#[tokio::test]
async fn t1_a_created_ticket_has_every_field_as_it_was_sent() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let company = company(&vendors, "Anna");
    let (contract, machine) = vendors.sandbox.world(|world| {
        let contract = world.add_contract(company.0, "Backup", date(2026, 1, 1), date(2027, 12, 31));
        (contract, world.add_configuration_item(company.0, "SRV-01"))
    });
    let title = ["Sicherung fehlgeschlagen: Größe 🙂 \u{5e9}\u{5e8}\u{5ea}", &"ü".repeat(255)].concat();
    let new = NewTicket {
        external_id: "k".repeat(50),
        title: title.chars().take(255).collect(),
        description: "\"é🧯\\\n".chars().cycle().take(8_000).collect(),
        status: 10,
        priority: 4,
        queue: Some(29_683_354),
        ticket_type: Some(5),
        issue: Some(10),
        sub_issue: Some(102),
        category: Some(3),
        source: Some(-2),
        assignee: Some(person(&vendors)),
        contract: Some(ContractId(contract)),
        configuration_item: Some(ConfigurationItemId(machine)),
        ..plain(company, "")
    };
    let id = vendors.writer().await?.create_ticket(&new).await?;
    let made = vendors.sandbox.world(|world| world.ticket(id.0)).expect("made");
    assert_eq!((made.company_id, &made.external_id, &made.title), (company.0, &new.external_id, &new.title));
    assert_eq!((&made.description, made.due, made.creator), (&new.description, Some(new.due_at), API_RESOURCE));
    assert_eq!((made.status, made.priority, made.queue), (new.status, new.priority, new.queue));
    assert_eq!((made.ticket_type, made.issue_type, made.sub_issue_type), (new.ticket_type, new.issue, new.sub_issue));
    assert_eq!((made.category, made.source), (new.category, new.source));
    assert_eq!((made.contract_id, made.configuration_item_id), (Some(contract), Some(machine)));
    let assigned = vendors.sandbox.world(|world| {
        let row = world.autotask.row("Tickets", id.0).expect("made");
        (row.int("assignedResourceID"), row.int("assignedResourceRoleID"))
    });
    let person = person(&vendors);
    assert_eq!(assigned, (Some(person.resource), Some(person.role)));
    assert!(vendors.sandbox.world(|world| world.autotask.unknown_properties.is_empty()));
    Ok(())
}

#[tokio::test]
async fn t1_what_is_not_chosen_is_not_sent() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let company = company(&vendors, "Anna");
    vendors.writer().await?.create_ticket(&plain(company, "key")).await?;
    let sent = vendors.sandbox.requests().pop().expect("sent");
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/ATServicesRest/v1.0/Tickets"));
    let expected = json!({
        "companyID": company.0, "externalID": "key", "title": "Backup failed: SRV-01",
        "description": "No backup since yesterday.", "status": 1, "priority": 2,
        "dueDateTime": "2026-11-11T08:30:00.000Z", "queueID": MONITORING,
    });
    assert_eq!(serde_json::from_str::<Value>(&sent.body)?, expected);
    Ok(())
}

#[tokio::test]
async fn t1_what_autotask_does_not_take_is_refused_in_its_own_words() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (anna, bert) = (company(&vendors, "Anna"), company(&vendors, "Bert"));
    let (foreign_contract, foreign_machine) = vendors.sandbox.world(|world| {
        let contract = world.add_contract(bert.0, "Backup", date(2026, 1, 1), date(2027, 12, 31));
        (contract, world.add_configuration_item(bert.0, "SRV-01"))
    });
    let plain = plain(anna, "key");
    let person = person(&vendors);
    let cases = [
        (NewTicket { issue: Some(11), sub_issue: Some(101), ..plain.clone() }, "does not belong to the issueType"),
        (NewTicket { queue: Some(6), ..plain.clone() }, "6 on field queueID does not exist or is inactive"),
        (NewTicket { status: 9, ..plain.clone() }, "9 on field status does not exist or is inactive"),
        (NewTicket { contract: Some(ContractId(foreign_contract)), ..plain.clone() }, "must have the same companyID"),
        (
            NewTicket { configuration_item: Some(ConfigurationItemId(foreign_machine)), ..plain.clone() },
            "must have the same companyID",
        ),
        (NewTicket { company: CompanyId(99), ..plain.clone() }, "companyID of type: Company does not exist"),
        (NewTicket { title: "ü".repeat(256), ..plain.clone() }, "maximum length of 255"),
        (NewTicket { description: "ü".repeat(8_001), ..plain.clone() }, "maximum length of 8000"),
        (NewTicket { external_id: "k".repeat(51), ..plain.clone() }, "maximum length of 50"),
        (NewTicket { assignee: Some(Assignee { role: 1, ..person }), ..plain.clone() }, "RoleID"),
        (NewTicket { queue: None, ..plain.clone() }, "cannot all be empty"),
    ];
    let writer = vendors.writer().await?;
    for (new, words) in cases {
        let error = writer.create_ticket(&new).await.expect_err(words);
        assert!(matches!(&error, WriteError::Refused(text) if text.contains(words)), "{words}: {error:?}");
    }
    assert!(vendors.sandbox.world(|world| world.tickets()).is_empty());
    for enough in [
        NewTicket { queue: None, assignee: Some(person), ..plain.clone() },
        NewTicket { queue: None, category: Some(100), ..plain.clone() },
    ] {
        writer.create_ticket(&enough).await?;
    }
    Ok(())
}

#[tokio::test]
async fn t4_a_note_stands_on_its_ticket_and_a_status_changes_nothing_else() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let writer = vendors.writer().await?;
    let id = writer.create_ticket(&plain(company(&vendors, "Anna"), "key")).await?;
    let new = NewNote {
        title: "ß".repeat(NOTE_TITLE_LENGTH),
        description: "🧯".repeat(NOTE_LENGTH),
        note_type: 3,
        publish: 2,
        ..note(id, "")
    };
    writer.create_note(&new).await?;
    let sent = vendors.sandbox.requests().pop().expect("sent");
    assert_eq!((sent.method, sent.path), ("POST".to_owned(), format!("/ATServicesRest/v1.0/Tickets/{id}/Notes")));
    let notes = vendors.sandbox.world(|world| world.notes_of_ticket(id.0));
    assert_eq!(notes.len(), 1);
    assert_eq!((&notes[0].title, &notes[0].description), (&new.title, &new.description));
    assert_eq!((notes[0].note_type, notes[0].publish, notes[0].creator), (3, 2, API_RESOURCE));
    let too_long = NewNote { title: "ß".repeat(NOTE_TITLE_LENGTH + 1), ..new.clone() };
    let astray = NewNote { ticket: TicketId(1), ..new };
    for (new, words) in [(too_long, "maximum length of 250"), (astray, "ticketID of type: Ticket does not exist")] {
        let error = writer.create_note(&new).await.expect_err(words);
        assert!(matches!(&error, WriteError::Refused(text) if text.contains(words)), "{words}: {error:?}");
    }
    let before = vendors.sandbox.world(|world| world.ticket(id.0)).expect("there");
    let later = vendors.clock.now() + SignedDuration::from_hours(2);
    vendors.set_now(later);
    writer.set_ticket_status(id, 5).await?;
    let sent = vendors.sandbox.requests().pop().expect("sent");
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("PATCH", "/ATServicesRest/v1.0/Tickets"));
    assert_eq!(serde_json::from_str::<Value>(&sent.body)?, json!({"id": id, "status": 5}));
    let after = vendors.sandbox.world(|world| world.ticket(id.0)).expect("there");
    assert_eq!((after.status, after.completed), (5, Some(later)));
    assert_eq!(sandbox::autotask::ticket_views::Ticket { status: 1, completed: None, ..after }, before);
    for (ticket, status) in [(id, 9), (TicketId(1), 5)] {
        let error = writer.set_ticket_status(ticket, status).await.expect_err("refused");
        assert!(matches!(error, WriteError::Refused(_)), "{error:?}");
    }
    Ok(())
}

/// Each of the three writes once: its operation and what came of it.
async fn each_write(
    writer: &AutotaskWriter,
    ticket: TicketId,
    new: &NewTicket,
) -> [(&'static str, Result<(), WriteError>); 3] {
    [
        (CREATE, writer.create_ticket(new).await.map(drop)),
        (NOTE, writer.create_note(&note(ticket, "cleared")).await),
        (UPDATE, writer.set_ticket_status(ticket, 5).await),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    NotRun,
    Refused,
    Unknown,
}

#[tokio::test]
async fn u6_what_is_known_after_each_reply_to_each_write() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let writer = vendors.writer().await?;
    let new = plain(company(&vendors, "Anna"), "key");
    let id = writer.create_ticket(&new).await?;
    let status = |status, body: &str| FaultKind::StatusBefore { status, body: Some(body.to_owned()) };
    let cases = [
        (status(401, ""), Known::NotRun),
        (status(401, r#"{"errors":["no"]}"#), Known::NotRun),
        (FaultKind::Throttle { retry_after: None }, Known::NotRun),
        (FaultKind::ThreadLimitText { status: 500 }, Known::NotRun),
        (status(500, r#"{"errors":["Missing Required Field: status."]}"#), Known::Refused),
        (status(403, ""), Known::Refused),
        (status(405, r#"{"Message":"no"}"#), Known::Refused),
        (status(500, ""), Known::Unknown),
        (status(502, "<html>"), Known::Unknown),
        (status(200, "<html>"), Known::Unknown),
        (FaultKind::ResetBefore, Known::Unknown),
    ];
    for (number, (kind, expected)) in cases.into_iter().enumerate() {
        vendors.sandbox.fail(Fault::always("autotask.", kind.clone()));
        for (operation, result) in each_write(&writer, id, &new).await {
            let known = match result.expect_err("it failed") {
                WriteError::NotRun { .. } => Known::NotRun,
                WriteError::Refused(_) => Known::Refused,
                WriteError::Unknown(_) => Known::Unknown,
                other => panic!("{operation} after {kind:?}: {other:?}"),
            };
            assert_eq!(known, expected, "{operation} after {kind:?}");
            // The ticket itself was made before.
            let asked = number + 1 + usize::from(operation == CREATE);
            assert_eq!(vendors.asked(operation), asked, "{operation} after {kind:?}");
        }
        vendors.sandbox.clear_faults();
    }
    assert_eq!(vendors.sandbox.world(|world| world.tickets().len()), 1);
    assert_eq!(vendors.sandbox.world(|world| world.ticket(id.0)).map(|ticket| ticket.status), Some(1));
    Ok(())
}

#[tokio::test]
async fn u6_a_reply_lost_after_a_write_is_unknown_and_reading_settles_it() -> Result<()> {
    for kind in [FaultKind::ResetAfter, FaultKind::CutBody, FaultKind::StatusAfter { status: 503, body: None }] {
        let vendors = Vendors::empty().await?;
        let (reader, writer) = (vendors.autotask().await?, vendors.writer().await?);
        let new = plain(company(&vendors, "Anna"), "key");
        let id = writer.create_ticket(&plain(new.company, "other")).await?;
        vendors.sandbox.fail(Fault::always("autotask.", kind.clone()));
        for (operation, result) in each_write(&writer, id, &new).await {
            assert!(matches!(result, Err(WriteError::Unknown(_))), "{operation} after {kind:?}: {result:?}");
        }
        vendors.sandbox.clear_faults();
        assert_eq!(reader.tickets_by_external_id(&["key".to_owned()], false).await?.len(), 1, "{kind:?}");
        let wanted = (id, "cleared".to_owned());
        assert!(reader.notes_that_are_there(std::slice::from_ref(&wanted)).await?.contains(&wanted), "{kind:?}");
        assert!(reader.tickets(&[id], false).await?[0].closed_at.is_some(), "{kind:?}");
    }
    Ok(())
}

#[tokio::test]
async fn u6_success_without_an_id_leaves_open_only_whether_a_ticket_was_made() -> Result<()> {
    for body in [r#"{"itemId":null}"#, "{}"] {
        let vendors = Vendors::empty().await?;
        let writer = vendors.writer().await?;
        let new = plain(company(&vendors, "Anna"), "key");
        let id = writer.create_ticket(&new).await?;
        let kind = FaultKind::StatusAfter { status: 200, body: Some(body.to_owned()) };
        vendors.sandbox.fail(Fault::always("autotask.", kind));
        let [(_, created), (_, noted), (_, set)] = each_write(&writer, id, &new).await;
        assert!(matches!(created, Err(WriteError::Unknown(_))), "{body}: {created:?}");
        assert_eq!((noted, set), (Ok(()), Ok(())), "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn b1_one_request_at_a_time_on_each_endpoint_of_tickets() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (reader, company) = (vendors.autotask().await?, company(&vendors, "Anna"));
    let writer = AutotaskWriter::new(&reader);
    let id = writer.create_ticket(&plain(company, "first")).await?;
    vendors.sandbox.fail(Fault::always("autotask.", FaultKind::Delay { millis: 20 }));
    let (second, third, cleared, again) =
        (plain(company, "second"), plain(company, "third"), note(id, "cleared"), note(id, "again"));
    let wanted = [(id, "cleared".to_owned())];
    let (ids, keys, companies) = ([id], ["first".to_owned()], [company]);
    let (devices, assignees) = (BTreeSet::from(["srv-01".to_owned()]), BTreeSet::from([person(&vendors)]));
    let (made, noted, set, read, there, lists) = tokio::join!(
        async { tokio::join!(writer.create_ticket(&second), writer.create_ticket(&third)) },
        async { tokio::join!(writer.create_note(&cleared), writer.create_note(&again)) },
        writer.set_ticket_status(id, 8),
        async { tokio::join!(reader.tickets(&ids, true), reader.tickets_by_external_id(&keys, true)) },
        async { tokio::join!(reader.notes_that_are_there(&wanted), reader.notes_that_are_there(&wanted)) },
        async {
            let companies = reader.ticket_companies(&companies, &devices, TODAY);
            tokio::join!(companies, reader.ticket_picklists(&assignees), reader.ticket_picklists(&assignees))
        },
    );
    assert_ne!(made.0?, made.1?);
    assert_eq!((noted.0, noted.1, set), (Ok(()), Ok(()), Ok(())));
    assert_eq!((read.0?.len(), read.1?.len(), lists.0?.len()), (1, 1, 1));
    assert!(there.0.is_ok() && there.1.is_ok() && lists.1? == lists.2?);
    let counts = vendors.http.calls().by_endpoint();
    assert!(counts.values().map(|count| count.total).max() > Some(5), "{counts:?}");
    for ((_, endpoint), count) in &counts {
        assert_eq!(count.most_at_a_time, 1, "{endpoint}");
    }
    let most = vendors.sandbox.most_at_a_time();
    assert!(most.values().all(|most| *most == 1), "{most:?}");
    Ok(())
}
