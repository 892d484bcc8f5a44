//! Autotask: tickets and their notes over the API.

use crate::client::{Answer, Desk};
use reqwest::Method;
use sandbox::autotask::{API_RESOURCE, HUMAN_RESOURCE};
use serde_json::{Value, json};

fn company(desk: &Desk) -> i64 {
    desk.world(|world| world.add_company("Prüfstand GmbH"))
}

fn ticket(company: i64) -> Value {
    json!({"id": 0, "companyID": company, "title": "Backup failed on WS-1", "status": 1, "priority": 2,
        "queueID": 8, "dueDateTime": "2026-11-11T09:00:00Z"})
}

fn with(mut body: Value, key: &str, value: Value) -> Value {
    body[key] = value;
    body
}

fn id_of(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body["itemId"].as_i64().expect("an id")
}

async fn item(desk: &Desk, id: i64) -> Value {
    desk.get(&format!("/Tickets/{id}")).await.body["item"].clone()
}

/// The offered values of a picklist as the metadata tell them.
async fn picklist(desk: &Desk, entity: &str, field: &str) -> Vec<Value> {
    let fields = desk.get(&format!("/{entity}/entityInformation/fields")).await;
    let all = fields.body["fields"].as_array().expect("fields").clone();
    let found = all.into_iter().find(|known| known["name"] == field).expect("the field");
    found["picklistValues"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_ticket_needs_its_fields_a_due_time_and_a_place() {
    let desk = Desk::small().await;
    let company = company(&desk);
    for missing in ["companyID", "title", "status", "priority", "dueDateTime", "queueID"] {
        let mut body = ticket(company);
        body.as_object_mut().expect("an object").remove(missing);
        let refused = desk.post("/Tickets", &body).await;
        assert_eq!(refused.status, 500, "{missing}");
        assert!(refused.first_error().contains(missing), "{missing}: {}", refused.text);
    }
    for (key, value) in [
        ("companyID", json!(999_999)),
        ("title", json!("x".repeat(256))),
        ("description", json!("x".repeat(8001))),
        ("externalID", json!("x".repeat(51))),
        ("status", json!(4711)),
        ("assignedResourceID", json!(HUMAN_RESOURCE)),
    ] {
        assert_eq!(desk.post("/Tickets", &with(ticket(company), key, value)).await.status, 500, "{key}");
    }
    let mut filled = with(ticket(company), "ticketCategory", json!(100));
    for given in ["dueDateTime", "queueID"] {
        filled.as_object_mut().expect("an object").remove(given);
    }
    let made = item(&desk, id_of(&desk.post("/Tickets", &filled).await)).await;
    assert_eq!((&made["dueDateTime"], &made["queueID"]), (&json!("2026-11-10T17:00:00Z"), &json!(8)));
}

#[tokio::test]
async fn a_ticket_gets_a_number_and_is_found_by_its_external_id() {
    let desk = Desk::small().await;
    let company = company(&desk);
    let body = with(ticket(company), "externalID", json!("acrotask:A1"));
    let body = with(body, "ticketNumber", json!("T1.1"));
    let id = id_of(&desk.post("/Tickets", &body).await);
    let next = id_of(&desk.post("/Tickets", &ticket(company)).await);
    let made = item(&desk, id).await;
    assert_eq!(made["ticketNumber"], json!("T20261110.0001"));
    assert_eq!(item(&desk, next).await["ticketNumber"], json!("T20261110.0002"));
    assert_eq!(made["creatorResourceID"], json!(API_RESOURCE));
    assert_eq!((&made["lastActivityPersonType"], &made["completedDate"]), (&json!(1), &Value::Null));
    assert_eq!(made["createDate"], made["lastTrackedModificationDateTime"]);
    let found = desk.find("Tickets", "eq", "externalID", json!("ACROTASK:a1")).await;
    assert_eq!(found.ids(), [id]);
    assert_eq!(desk.find("Tickets", "eq", "companyID", json!(company)).await.ids(), [id, next]);
    assert_eq!(desk.find("Tickets", "eq", "lastActivityPersonType", json!(1)).await.status, 500, "not queryable");
    assert_eq!(desk.patch(&format!("/Tickets/{id}"), &json!({"id": id})).await.status, 405);
    assert_eq!(desk.world(|world| world.tickets_of(company).len()), 2);
    assert_eq!(desk.world(|world| world.ticket(id)).expect("a ticket").external_id, "acrotask:A1");
}

#[tokio::test]
async fn completing_and_reopening_move_the_vendors_own_fields() {
    let desk = Desk::small().await;
    let id = id_of(&desk.post("/Tickets", &ticket(company(&desk))).await);
    desk.sandbox.advance_days(1);
    let done = json!({"id": id, "status": 5, "resolution": "It cleared."});
    assert_eq!(id_of(&desk.patch("/Tickets", &done).await), id);
    let closed = item(&desk, id).await;
    assert_eq!(closed["completedDate"], json!("2026-11-11T09:00:00Z"));
    assert_eq!(closed["completedByResourceID"], json!(API_RESOURCE));
    assert_eq!((&closed["lastActivityDate"], &closed["title"]), (&closed["completedDate"], &ticket(1)["title"]));
    assert_eq!(desk.patch("/Tickets", &json!({"id": id, "completedDate": null})).await.status, 500, "read-only");
    assert_eq!(desk.patch("/Tickets", &json!({"id": id, "status": 1})).await.status, 200);
    assert_eq!(item(&desk, id).await["completedDate"], Value::Null);
    assert_eq!(desk.patch("/Tickets", &json!({"id": 999_999, "status": 1})).await.status, 500);
    let history = desk.find("TicketHistory", "eq", "ticketID", json!(id)).await;
    let actions: Vec<&Value> = history.rows().iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["Created", "Edited", "Edited"]);
    assert!(history.rows()[1]["detail"].as_str().is_some_and(|text| text.contains("status: 1 -> 5")));
    assert_eq!(desk.find("TicketHistory", "gt", "id", json!(0)).await.status, 500, "by ticket only");
    assert_eq!(desk.find("TicketHistory", "in", "ticketID", json!([id])).await.status, 500, "by one ticket");
    let both = json!({"filter": [{"op": "eq", "field": "ticketID", "value": id},
        {"op": "exist", "field": "ticketID"}]});
    assert_eq!(desk.post("/TicketHistory/query", &both).await.status, 500, "by nothing else");
}

#[tokio::test]
async fn what_a_ticket_points_to_is_the_companys_own() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    let owner = desk.world(|world| world.contract(contract).expect("a contract").company_id);
    let other = desk.world(|world| world.add_company("Andere GmbH"));
    let machine = desk.world(|world| world.add_configuration_item(owner, "WS-1"));
    let contact = desk.world(|world| world.contacts_of(owner)[0].id);
    for (key, id) in [("contractID", contract), ("configurationItemID", machine), ("contactID", contact)] {
        assert_eq!(desk.post("/Tickets", &with(ticket(owner), key, json!(id))).await.status, 200, "{key}");
        let refused = desk.post("/Tickets", &with(ticket(other), key, json!(id))).await;
        let wording = format!("The {key}[{id}] cannot be associated with the Ticket.");
        assert!(refused.first_error().starts_with(&wording), "{}", refused.text);
    }
    let loose = with(ticket(owner), "contractServiceID", json!(line));
    assert_eq!(desk.post("/Tickets", &loose).await.status, 500, "a line without its contract");
    assert_eq!(desk.post("/Tickets", &with(loose, "contractID", json!(contract))).await.status, 200);
    let found = desk.find("ConfigurationItems", "eq", "companyID", json!(owner)).await;
    assert_eq!(found.rows()[0]["referenceTitle"], json!("WS-1"));
    desk.world(|world| world.hide_company(owner));
    assert!(desk.find("Tickets", "eq", "companyID", json!(owner)).await.ids().is_empty());
    assert!(desk.find("ConfigurationItems", "gt", "id", json!(0)).await.ids().is_empty());
}

#[tokio::test]
async fn people_are_assigned_in_a_role_they_hold() {
    let desk = Desk::small().await;
    let company = company(&desk);
    let held = desk.find("ResourceRoles", "eq", "resourceID", json!(HUMAN_RESOURCE)).await;
    let role = held.rows()[0]["roleID"].as_i64().expect("a role");
    assert_eq!(desk.find("Roles", "eq", "id", json!(role)).await.rows()[0]["isActive"], json!(true));
    let resource = desk.find("Resources", "eq", "id", json!(HUMAN_RESOURCE)).await;
    assert!(resource.rows()[0]["defaultServiceDeskRoleID"].is_number());
    let mut assigned = with(ticket(company), "assignedResourceID", json!(HUMAN_RESOURCE));
    assigned = with(assigned, "assignedResourceRoleID", json!(role));
    assigned.as_object_mut().expect("an object").remove("queueID");
    assert_eq!(desk.post("/Tickets", &assigned).await.status, 200);
    let stranger = with(assigned.clone(), "assignedResourceID", json!(API_RESOURCE));
    assert_eq!(desk.post("/Tickets", &stranger).await.status, 500, "holds no role");
    desk.world(|world| world.deactivate_resource(HUMAN_RESOURCE));
    assert_eq!(desk.post("/Tickets", &assigned).await.status, 500, "no longer active");
}

#[tokio::test]
async fn picklists_tell_what_is_offered_and_refuse_the_rest() {
    let desk = Desk::small().await;
    let company = company(&desk);
    let queues = picklist(&desk, "Tickets", "queueID").await;
    let retired = queues.iter().find(|value| value["isActive"] == false).expect("one no longer offered");
    let number: i64 = retired["value"].as_str().and_then(|text| text.parse().ok()).expect("a number");
    let refused = desk.post("/Tickets", &with(ticket(company), "queueID", json!(number))).await;
    assert_eq!((refused.status, refused.first_error().contains("does not exist or is inactive")), (500, true));
    for field in ["status", "priority", "source", "ticketType", "issueType", "ticketCategory"] {
        assert!(!picklist(&desk, "Tickets", field).await.is_empty(), "{field}");
    }
    for field in ["noteType", "publish"] {
        assert!(!picklist(&desk, "TicketNotes", field).await.is_empty(), "{field}");
    }
    let parts = picklist(&desk, "Tickets", "subIssueType").await;
    assert_eq!((&parts[0]["value"], &parts[0]["parentValue"]), (&json!("101"), &json!("10")));
    let sub = with(ticket(company), "subIssueType", json!(101));
    assert_eq!(desk.post("/Tickets", &sub).await.status, 500, "without its issue type");
    assert_eq!(desk.post("/Tickets", &with(sub.clone(), "issueType", json!(11))).await.status, 500);
    let id = id_of(&desk.post("/Tickets", &with(sub, "issueType", json!(10))).await);
    assert!(desk.world(|world| world.offer_picklist_value("Tickets", "queueID", 8, false)));
    let kept = json!({"id": id, "queueID": 8, "title": "Still there"});
    assert_eq!(desk.patch("/Tickets", &kept).await.status, 200, "it has it already");
    assert_eq!(desk.post("/Tickets", &ticket(company)).await.status, 500);
    desk.world(|world| world.offer_picklist_value("Tickets", "queueID", 8, true));
    assert_eq!(desk.post("/Tickets", &ticket(company)).await.status, 200);
}

#[tokio::test]
async fn notes_hang_below_their_ticket() {
    let desk = Desk::small().await;
    let id = id_of(&desk.post("/Tickets", &ticket(company(&desk))).await);
    desk.sandbox.advance_days(1);
    let notes = format!("/Tickets/{id}/Notes");
    let note = json!({"title": "Raised again", "description": "Third time.", "noteType": 1, "publish": 1});
    let made = id_of(&desk.post(&notes, &note).await);
    for (key, value) in [
        ("title", json!("x".repeat(251))),
        ("description", Value::Null),
        ("noteType", json!(999)),
        ("publish", Value::Null),
    ] {
        assert_eq!(desk.post(&notes, &with(note.clone(), key, value)).await.status, 500, "{key}");
    }
    assert_eq!(desk.post("/Tickets/999999/Notes", &note).await.status, 500);
    assert_eq!(desk.post("/TicketNotes", &note).await.status, 405);
    assert_eq!(desk.get(&notes).await.ids(), [made]);
    assert_eq!(desk.find("TicketNotes", "eq", "ticketID", json!(id)).await.ids(), [made]);
    assert_eq!(item(&desk, id).await["lastActivityDate"], json!("2026-11-11T09:00:00Z"));
    assert_eq!(item(&desk, id).await["lastTrackedModificationDateTime"], json!("2026-11-10T09:00:00Z"));
    assert_eq!(desk.patch(&notes, &json!({"id": made, "description": "Fourth time."})).await.status, 200);
    let kept = desk.world(|world| world.notes_of_ticket(id));
    assert_eq!((kept.len(), kept[0].description.as_str(), kept[0].creator), (1, "Fourth time.", API_RESOURCE));
    let gone = desk.autotask_request(Method::DELETE, &format!("/Tickets/{id}"));
    assert_eq!(crate::client::send(gone).await.expect("answered").status, 405);
}
