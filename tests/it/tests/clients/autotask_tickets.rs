//! Reading tickets: which there are, whether a person worked on them (T4), and which notes are there (U6).

use crate::autotask_ticket_writes::{company, note, plain};
use crate::support::Vendors;
use anyhow::Result;
use functions::autotask::AutotaskError;
use jiff::{SignedDuration, Timestamp};
use sandbox::autotask::API_RESOURCE;
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use shared::ids::{CompanyId, TicketId};
use shared::ticket::{NewTicket, Ticket};
use std::collections::BTreeSet;

const QUERY: &str = "autotask.tickets.query";
const NOTES: &str = "autotask.ticket_notes.query";
const HISTORY: &str = "autotask.ticket_history.query";

/// One page of rows in place of an answer.
fn page(rows: Value) -> FaultKind {
    let body = json!({"items": rows, "pageDetails": {"nextPageUrl": null}});
    FaultKind::StatusBefore { status: 200, body: Some(body.to_string()) }
}

fn hour_later(vendors: &Vendors) -> Timestamp {
    let now = vendors.clock.now() + SignedDuration::from_hours(1);
    vendors.set_now(now);
    now
}

async fn read(vendors: &Vendors, id: TicketId, people: bool) -> Result<Ticket> {
    let mut tickets = vendors.autotask().await?.tickets(&[id], people).await?;
    assert_eq!(tickets.len(), 1);
    Ok(tickets.remove(0))
}

#[tokio::test]
async fn t2_a_ticket_is_read_as_it_stands_by_id_and_by_external_id() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (reader, writer) = (vendors.autotask().await?, vendors.writer().await?);
    let company = company(&vendors, "Anna");
    let key = format!("acrotask:{}", "k".repeat(41));
    let created_at = vendors.clock.now();
    let id = writer.create_ticket(&plain(company, &key)).await?;
    let number = vendors.sandbox.world(|world| world.ticket(id.0)).expect("made").number;
    let expected = Ticket {
        id,
        number,
        company,
        status: 1,
        closed_at: None,
        last_activity_at: created_at,
        external_id: Some(key.clone()),
        worked_on_by_person: false,
        merged_into: None,
    };
    assert_eq!(reader.tickets(&[id], false).await?, std::slice::from_ref(&expected));
    assert_eq!(reader.tickets_by_external_id(std::slice::from_ref(&key), false).await?, [expected]);
    let closed_at = hour_later(&vendors);
    writer.set_ticket_status(id, 5).await?;
    let closed = read(&vendors, id, true).await?;
    assert_eq!((closed.status, closed.closed_at, closed.last_activity_at), (5, Some(closed_at), closed_at));
    assert!(!closed.worked_on_by_person);
    let without_key = vendors.sandbox.world(|world| world.human_ticket(company.0, "Printer")).expect("made");
    assert_eq!(read(&vendors, TicketId(without_key), false).await?.external_id, None);
    assert!(reader.tickets_by_external_id(&["other".to_owned()], true).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn t2_two_tickets_with_one_external_id_are_both_given() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (reader, writer) = (vendors.autotask().await?, vendors.writer().await?);
    let [anna, bert] = ["Anna", "Bert"].map(|name| company(&vendors, name));
    let first = writer.create_ticket(&plain(anna, "key")).await?;
    let second = writer.create_ticket(&plain(bert, "key")).await?;
    writer.create_ticket(&plain(anna, "key 2")).await?;
    let found = reader.tickets_by_external_id(&["key".to_owned(), "none".to_owned()], true).await?;
    assert_eq!(found.iter().map(|ticket| ticket.id).collect::<Vec<_>>(), [first, second]);
    Ok(())
}

#[tokio::test]
async fn t2_tickets_that_are_gone_or_not_shown_are_left_out() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (reader, writer) = (vendors.autotask().await?, vendors.writer().await?);
    let [anna, bert] = ["Anna", "Bert"].map(|name| company(&vendors, name));
    let kept = writer.create_ticket(&plain(anna, "kept")).await?;
    let deleted = writer.create_ticket(&plain(anna, "deleted")).await?;
    let merged = writer.create_ticket(&plain(anna, "merged")).await?;
    let hidden = writer.create_ticket(&plain(bert, "hidden")).await?;
    vendors.sandbox.world(|world| {
        world.hide_company(bert.0);
        assert!(world.human_delete_ticket(deleted.0));
        assert!(world.human_merge_ticket(merged.0, kept.0));
    });
    let all = [kept, deleted, merged, hidden, TicketId(i64::from(i32::MAX) + 1), kept];
    let there = reader.tickets(&all, true).await?;
    assert_eq!(there.iter().map(|ticket| ticket.id).collect::<Vec<_>>(), [kept, merged]);
    assert!(there.iter().all(|ticket| ticket.worked_on_by_person && ticket.merged_into.is_none()));
    assert!(there[1].closed_at.is_some());
    let keys = ["kept", "deleted", "merged", "hidden"].map(str::to_owned);
    assert_eq!(reader.tickets_by_external_id(&keys, true).await?, there);
    Ok(())
}

#[tokio::test]
async fn b1_tickets_are_asked_four_hundred_at_a_time() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let reader = vendors.autotask().await?;
    let company = company(&vendors, "Anna");
    let ids = vendors.sandbox.world(|world| {
        let made = (0..900).map(|_| world.human_ticket(company.0, "Printer").expect("made"));
        made.map(TicketId).collect::<Vec<_>>()
    });
    let read = reader.tickets(&ids, true).await?;
    assert_eq!(read.iter().map(|ticket| ticket.id).collect::<Vec<_>>(), ids);
    assert_eq!((vendors.asked(QUERY), vendors.asked(NOTES), vendors.asked(HISTORY)), (3, 3, 0));
    let last = vendors.writer().await?.create_ticket(&plain(company, "key 400")).await?;
    let keys = (0..401).map(|number| format!("key {number}")).collect::<Vec<_>>();
    let found = reader.tickets_by_external_id(&keys, false).await?;
    assert_eq!(found.iter().map(|ticket| ticket.id).collect::<Vec<_>>(), [last]);
    assert_eq!(vendors.asked(QUERY), 5);
    assert!(reader.tickets(&[], true).await?.is_empty() && reader.tickets_by_external_id(&[], true).await?.is_empty());
    assert!(reader.notes_that_are_there(&[]).await?.is_empty());
    assert_eq!((vendors.asked(QUERY), vendors.asked(NOTES)), (5, 3));
    Ok(())
}

/// What happens to a ticket of ours; each an hour later.
#[derive(Debug, Clone, Copy)]
enum Did {
    WeNote,
    WeClose,
    WeReopen,
    PersonNotes,
    PersonTakes,
    PersonMoves,
    PersonCloses,
}

async fn after(vendors: &Vendors, company: CompanyId, happened: &[Did]) -> Result<TicketId> {
    let writer = vendors.writer().await?;
    let id = writer.create_ticket(&plain(company, "key")).await?;
    for did in happened {
        hour_later(vendors);
        match did {
            Did::WeNote => writer.create_note(&note(id, "cleared")).await?,
            Did::WeClose => writer.set_ticket_status(id, 5).await?,
            Did::WeReopen => writer.set_ticket_status(id, 1).await?,
            _ => vendors.sandbox.world(|world| {
                let done = match did {
                    Did::PersonNotes => world.human_note(id.0, "Called", "Nobody there.").is_some(),
                    Did::PersonTakes => world.human_take_ticket(id.0),
                    Did::PersonMoves => world.human_change_status(id.0, 8),
                    _ => world.human_close(id.0),
                };
                assert!(done, "{did:?}");
            }),
        }
    }
    Ok(id)
}

#[tokio::test]
async fn t4_a_person_on_a_ticket_is_found_at_the_least_cost() -> Result<()> {
    use Did::*;
    let vendors = Vendors::empty().await?;
    let company = company(&vendors, "Anna");
    // What happened; whether a person worked on it, by the row alone and after all; notes and histories asked for.
    let cases: [(&[Did], bool, bool, usize, usize); 13] = [
        (&[], false, false, 1, 0),
        (&[WeNote], false, false, 1, 1),
        (&[WeClose], false, false, 0, 0),
        (&[WeClose, WeReopen], false, false, 1, 1),
        (&[PersonNotes], true, true, 0, 0),
        (&[PersonNotes, WeNote], false, true, 1, 0),
        (&[PersonTakes], true, true, 0, 0),
        (&[PersonTakes, WeNote], false, true, 1, 1),
        (&[PersonMoves], true, true, 0, 0),
        (&[PersonMoves, WeNote, WeNote], false, true, 1, 1),
        (&[PersonCloses], true, true, 0, 0),
        (&[PersonCloses, WeNote], true, true, 0, 0),
        (&[PersonCloses, WeReopen], false, true, 1, 1),
    ];
    let asked = || (vendors.asked(QUERY), vendors.asked(NOTES), vendors.asked(HISTORY));
    for (happened, by_row, after_all, notes, histories) in cases {
        let id = after(&vendors, company, happened).await?;
        let before = asked();
        assert_eq!(read(&vendors, id, false).await?.worked_on_by_person, by_row, "{happened:?}");
        assert_eq!(asked(), (before.0 + 1, before.1, before.2), "{happened:?}");
        assert_eq!(read(&vendors, id, true).await?.worked_on_by_person, after_all, "{happened:?}");
        assert_eq!(asked(), (before.0 + 2, before.1 + notes, before.2 + histories), "{happened:?}");
    }
    Ok(())
}

#[tokio::test]
async fn t4_people_are_found_for_many_tickets_with_one_query_of_notes() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let company = company(&vendors, "Anna");
    let mut ids = Vec::new();
    for happened in [&[][..], &[Did::PersonNotes, Did::WeNote], &[Did::WeNote], &[Did::PersonNotes, Did::WeClose]] {
        ids.push(after(&vendors, company, happened).await?);
    }
    let worked = vendors.autotask().await?.tickets(&ids, true).await?;
    let worked = worked.iter().map(|ticket| ticket.worked_on_by_person).collect::<Vec<_>>();
    // Of a ticket that is closed nothing more is asked.
    assert_eq!(worked, [false, true, false, false]);
    assert_eq!((vendors.asked(NOTES), vendors.asked(HISTORY)), (1, 1));
    Ok(())
}

#[tokio::test]
async fn t4_a_contact_is_a_person_and_nobody_is_not() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let id = after(&vendors, company(&vendors, "Anna"), &[Did::WeNote]).await?;
    let note = |resource: Value, contact: Value| json!([{"id": 1, "ticketID": id, "creatorResourceID": resource, "createdByContactID": contact}]);
    let history = |resource: Value| json!([{"id": 1, "ticketID": id, "action": "Edited", "resourceID": resource}]);
    let us = json!(API_RESOURCE);
    let cases = [
        (note(Value::Null, json!(7)), json!([]), true),
        (note(us.clone(), json!(7)), json!([]), true),
        (note(Value::Null, Value::Null), history(Value::Null), false),
        (json!([{"id": 1, "ticketID": id}]), json!([{"id": 1}]), false),
        (note(us.clone(), Value::Null), history(us), false),
        (json!([]), history(json!(7)), true),
        // Of another ticket than those asked for.
        (json!([{"id": 1, "ticketID": 1, "creatorResourceID": 7}]), json!([]), false),
    ];
    for (notes, histories, expected) in cases {
        vendors.sandbox.fail(Fault::always(NOTES, page(notes.clone())));
        vendors.sandbox.fail(Fault::always(HISTORY, page(histories.clone())));
        assert_eq!(read(&vendors, id, true).await?.worked_on_by_person, expected, "{notes} {histories}");
        vendors.sandbox.clear_faults();
    }
    let long = (0..500).map(|id| json!({"id": id, "resourceID": API_RESOURCE})).collect::<Vec<_>>();
    vendors.sandbox.fail(Fault::once(HISTORY, page(json!(long))));
    assert!(read(&vendors, id, true).await?.worked_on_by_person, "a history that is not seen whole");
    vendors.sandbox.fail(Fault::once(HISTORY, page(json!(long[..499]))));
    assert!(!read(&vendors, id, true).await?.worked_on_by_person);
    Ok(())
}

#[tokio::test]
async fn t4_people_that_cannot_be_asked_for_fail_the_read() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let id = after(&vendors, company(&vendors, "Anna"), &[Did::WeNote]).await?;
    let reader = vendors.autotask().await?;
    let kind = FaultKind::StatusBefore { status: 500, body: Some(r#"{"errors":["no access"]}"#.to_owned()) };
    for operation in [NOTES, HISTORY] {
        vendors.sandbox.fail(Fault::once(operation, kind.clone()));
        let error = reader.tickets(&[id], true).await.expect_err(operation);
        assert!(matches!(error, AutotaskError::Refused(_)), "{operation}: {error:?}");
    }
    assert!(!reader.tickets(&[id], true).await?[0].worked_on_by_person);
    Ok(())
}

#[tokio::test]
async fn t2_odd_rows_are_read_as_far_as_they_tell() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let reader = vendors.autotask().await?;
    let big = i64::from(i32::MAX) + 5;
    let row = |more: Value| {
        let mut row = json!({"id": big, "companyID": big, "status": 1.0, "createDate": "2026-11-10T08:00:00.123"});
        row.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!([row])
    };
    let created_at: Timestamp = "2026-11-10T08:00:00.123Z".parse()?;
    let active_at: Timestamp = "2026-11-10T09:00:00Z".parse()?;
    let cases = [
        (json!({}), created_at),
        (json!({"lastActivityDate": null, "completedDate": null, "externalID": ""}), created_at),
        (json!({"lastActivityDate": "2026-11-10T09:00:00Z", "lastActivityPersonType": 2}), active_at),
        (json!({"createDate": null, "lastActivityDate": "2026-11-10T09:00:00"}), active_at),
        (json!({"lastActivityResourceID": null, "completedByResourceID": null, "creatorResourceID": 3}), created_at),
    ];
    for (more, last_activity_at) in cases {
        vendors.sandbox.fail(Fault::once(QUERY, page(row(more.clone()))));
        let read = reader.tickets(&[TicketId(big)], false).await?;
        let [ticket] = &read[..] else { panic!("{more}: {read:?}") };
        assert_eq!((ticket.id, ticket.company, ticket.status), (TicketId(big), CompanyId(big), 1), "{more}");
        assert_eq!((ticket.last_activity_at, ticket.closed_at), (last_activity_at, None), "{more}");
        assert_eq!((&ticket.external_id, ticket.worked_on_by_person), (&None, false), "{more}");
    }
    for unusable in [json!({"createDate": null}), json!({"status": null}), json!({"completedDate": "soon"})] {
        vendors.sandbox.fail(Fault::once(QUERY, page(row(unusable.clone()))));
        let error = reader.tickets(&[TicketId(big)], false).await.expect_err("unusable");
        assert!(matches!(error, AutotaskError::Failed(_)), "{unusable}: {error:?}");
    }
    // Without the moment of the last activity anything may have happened.
    vendors.sandbox.fail(Fault::once(QUERY, page(row(json!({"creatorResourceID": 3})))));
    reader.tickets(&[TicketId(big)], true).await?;
    assert_eq!((vendors.asked(NOTES), vendors.asked(HISTORY)), (1, 1));
    Ok(())
}

#[tokio::test]
async fn u6_notes_are_found_by_ticket_and_exact_title() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (reader, writer) = (vendors.autotask().await?, vendors.writer().await?);
    let new = NewTicket { title: "Many notes".to_owned(), ..plain(company(&vendors, "Anna"), "one") };
    let one = writer.create_ticket(&new).await?;
    let other = writer.create_ticket(&NewTicket { external_id: "other".to_owned(), ..new }).await?;
    writer.create_note(&note(one, "Cleared 10:00 – Größe 🙂")).await?;
    writer.create_note(&note(other, "Came back")).await?;
    for unwanted in ["Cleared 10:00 – Größe 🙂", "CAME BACK", "Came back again"] {
        writer.create_note(&note(other, unwanted)).await?;
    }
    let is = |ticket, title: &str| (ticket, title.to_owned());
    let there = BTreeSet::from([is(one, "Cleared 10:00 – Größe 🙂"), is(other, "Came back")]);
    let mut wanted = there.iter().cloned().collect::<Vec<_>>();
    wanted.extend([is(one, "Came back"), is(one, "cleared 10:00 – größe 🙂"), is(other, "Came"), is(TicketId(1), "x")]);
    assert_eq!(reader.notes_that_are_there(&wanted).await?, there);
    assert_eq!(vendors.asked(NOTES), 1);
    wanted.extend((0..395).map(|number| is(other, &number.to_string())));
    assert_eq!(reader.notes_that_are_there(&wanted).await?, there);
    assert_eq!(vendors.asked(NOTES), 4, "401 of them, two values each");
    Ok(())
}
