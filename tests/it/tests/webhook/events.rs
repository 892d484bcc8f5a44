//! The events on the bus and in the queues behind it: their form, whom they wake, and batches of which only
//! some messages can be read.

use functions::events::{
    About, AlertsAsked, Batch, Cause, CompanyChanged, ContractChanged, Event, SyncDue, TicketChanged,
};
use serde_json::{Value, json};
use shared::ids::{CompanyId, ConnectionId, ContractId, TicketId};
use shared::run::Job;

fn north() -> ConnectionId {
    ConnectionId::new("north")
}

fn company(cause: Cause) -> Event {
    Event::CompanyChanged(CompanyChanged { connection: north(), company: CompanyId(5), cause })
}

fn contract(about: About) -> Event {
    Event::ContractChanged(ContractChanged { connection: north(), about })
}

/// Every event with its name, its detail and the jobs it wakes.
fn all() -> Vec<(Event, &'static str, Value, Vec<Job>)> {
    let due = |job| Event::SyncDue(SyncDue { connection: north(), job });
    let both = vec![Job::UsageSync, Job::ContractChanged];
    let detail = |name: &str, value: Value| json!({"connection": "north", name: value});
    let of_company = |cause: &str| json!({"connection": "north", "company": 5, "cause": cause});
    let ticket = Event::TicketChanged(TicketChanged { connection: north(), ticket: TicketId(9) });
    vec![
        (due(Job::UsageSync), "SyncDue", detail("job", json!("usage-sync")), vec![Job::UsageSync]),
        (due(Job::ContractWatch), "SyncDue", detail("job", json!("contract-watch")), vec![Job::ContractWatch]),
        (contract(About::Company(CompanyId(0))), "ContractChanged", detail("company", json!(0)), both.clone()),
        (contract(About::Contract(ContractId(7))), "ContractChanged", detail("contract", json!(7)), both.clone()),
        (company(Cause::Company), "CompanyChanged", of_company("company"), vec![Job::ContractChanged]),
        (company(Cause::Sweep), "CompanyChanged", of_company("sweep"), vec![Job::ContractChanged]),
        (company(Cause::Mapping), "CompanyChanged", of_company("mapping"), both),
        (due(Job::AlertSync), "SyncDue", detail("job", json!("alert-sync")), vec![Job::AlertSync]),
        (due(Job::TicketChanged), "SyncDue", detail("job", json!("ticket-changed")), vec![Job::TicketChanged]),
        (
            Event::AlertsAsked(AlertsAsked { connection: north(), days: 30 }),
            "AlertsAsked",
            detail("days", json!(30)),
            vec![Job::AlertSync],
        ),
        (ticket, "TicketChanged", detail("ticket", json!(9)), vec![Job::TicketChanged]),
    ]
}

#[test]
fn an_event_travels_flat_and_arrives_as_it_was() {
    for (event, name, detail, wakes) in all() {
        let sent = event.to_invocation();
        assert_eq!(sent, json!({"source": "acrotask", "detail-type": name, "detail": detail}));
        assert_eq!(Event::from_invocation(sent).unwrap(), event);
        assert_eq!(event.wakes(), wakes, "{event:?}");
        assert_eq!(event.connection(), &north());
    }
}

#[test]
fn a_batch_keeps_what_cannot_be_read_and_goes_on() {
    let record = |id: &str, body: &Value| json!({"messageId": id, "body": body.to_string(), "eventSource": "aws:sqs"});
    let good = all().into_iter().map(|(event, ..)| event).collect::<Vec<_>>();
    let payload = json!({"Records": [
        record("1", &good[2].to_invocation()),
        {"messageId": "2", "body": "{"},
        record("3", &json!({"detail-type": "Coffee", "detail": {}})),
        {"messageId": "4"},
        record("5", &json!({"detail-type": "ContractChanged", "detail": {"connection": "north"}})),
        record("6", &good[4].to_invocation()),
    ]});
    let batch = Batch::from_invocation(payload).unwrap();
    let read: Vec<(&str, &Event)> =
        batch.messages.iter().map(|message| (message.id.as_str(), &message.event)).collect();
    assert_eq!(read, [("1", &good[2]), ("6", &good[4])]);
    assert_eq!(batch.unreadable, ["2", "3", "4", "5"]);
    let failed = |ids: &[&str]| json!({"batchItemFailures": ids.iter().map(|id| json!({"itemIdentifier": id})).collect::<Vec<_>>()});
    assert_eq!(serde_json::to_value(batch.answer([])).unwrap(), failed(&["2", "3", "4", "5"]));
    assert_eq!(serde_json::to_value(batch.answer(["6"])).unwrap(), failed(&["2", "3", "4", "5", "6"]));
}

#[test]
fn what_is_no_batch_is_an_error_by_which_the_queue_keeps_everything() {
    for odd in [json!({}), json!([]), json!({"Records": [{"body": "{}"}]}), json!({"Records": null})] {
        assert!(Batch::from_invocation(odd.clone()).is_err(), "{odd}");
    }
    let empty = Batch::from_invocation(json!({"Records": []})).unwrap();
    assert_eq!(serde_json::to_value(empty.answer([])).unwrap(), json!({"batchItemFailures": []}));
}
