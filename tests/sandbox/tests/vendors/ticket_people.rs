//! Autotask: what people do with tickets, and the callouts it leads to.

use crate::client::Desk;
use sandbox::autotask::callouts::Callout;
use sandbox::autotask::{API_RESOURCE, HUMAN_RESOURCE};
use serde_json::{Value, json};

async fn company_and_ticket(desk: &Desk) -> (i64, i64) {
    desk.world(|world| {
        let company = world.add_company("Prüfstand GmbH");
        (company, world.human_ticket(company, "Kaputt").expect("a ticket"))
    })
}

/// A ready web-hook for every event of an entity that watches these fields.
async fn watch(desk: &Desk, entity: &str, fields: &[i64]) -> i64 {
    let hook = json!({"name": "acrotask", "webhookUrl": "https://hooks.example/a", "isActive": true,
        "deactivationUrl": "https://hooks.example/gone", "secretKey": "key", "isSubscribedToCreateEvents": true,
        "isSubscribedToUpdateEvents": true, "isSubscribedToDeleteEvents": true});
    let id = desk.post(&format!("/{entity}Webhooks"), &hook).await.body["itemId"].as_i64().expect("an id");
    for field in fields {
        let part = json!({"fieldID": field, "isSubscribedField": true});
        assert_eq!(desk.post(&format!("/{entity}Webhooks/{id}/Fields"), &part).await.status, 200);
    }
    id
}

fn bodies(callouts: &[Callout]) -> Vec<Value> {
    callouts.iter().map(|callout| serde_json::from_str(&callout.body).expect("JSON")).collect()
}

#[tokio::test]
async fn people_work_on_tickets() {
    let desk = Desk::small().await;
    let (company, id) = company_and_ticket(&desk).await;
    desk.world(|world| {
        assert!(world.human_note(id, "Rückruf", "Kunde meldet sich.").is_some());
        assert!(world.human_take_ticket(id) && world.human_move_ticket(id, 8));
        assert!(world.human_change_status(id, 8) && world.human_close(id));
        let ticket = world.ticket(id).expect("a ticket");
        assert_eq!((ticket.status, ticket.queue, ticket.assigned_to), (5, Some(8), Some(HUMAN_RESOURCE)));
        assert_eq!((ticket.creator, ticket.completed), (HUMAN_RESOURCE, Some(world.now())));
        assert_eq!(world.notes_of_ticket(id)[0].creator, HUMAN_RESOURCE);
        assert_eq!(world.tickets_of(company).len(), 1);
        assert!(!world.human_close(id + 1) && world.human_note(id + 1, "a", "b").is_none());
    });
}

#[tokio::test]
async fn a_ticket_merged_or_deleted_is_gone() {
    let desk = Desk::small().await;
    let (company, id) = company_and_ticket(&desk).await;
    let (kept, other) = desk.world(|world| {
        world.settings.merged_tickets_are_gone = true;
        let other = world.add_company("Andere GmbH");
        let kept = world.human_ticket(company, "Auch kaputt").expect("a ticket");
        (kept, world.human_ticket(other, "Fremd").expect("a ticket"))
    });
    assert!(!desk.world(|world| world.human_merge_ticket(id, other)), "of another company");
    assert!(desk.world(|world| world.human_merge_ticket(id, kept)));
    assert_eq!(desk.get(&format!("/Tickets/{id}")).await.body, json!({"item": null}));
    assert_eq!(desk.world(|world| world.notes_of_ticket(kept).len()), 2);
    assert_eq!(desk.patch("/Tickets", &json!({"id": id, "status": 5})).await.status, 500);
    assert!(desk.world(|world| world.human_delete_ticket(kept)));
    assert!(desk.find("TicketNotes", "eq", "ticketID", json!(kept)).await.ids().is_empty());
    desk.world(|world| {
        world.settings.merged_tickets_are_gone = false;
        let absorbed = world.human_ticket(company, "Noch einer").expect("a ticket");
        let into = world.human_ticket(company, "Und noch einer").expect("a ticket");
        assert!(world.human_merge_ticket(absorbed, into));
        assert_eq!(world.ticket(absorbed).map(|ticket| ticket.status), Some(5));
    });
}

#[tokio::test]
async fn tickets_call_out_when_watched_fields_change() {
    let desk = Desk::small().await;
    let hook = watch(&desk, "Ticket", &[204, 208]).await;
    let (company, id) = company_and_ticket(&desk).await;
    let made = bodies(&desk.world(|world| world.take_callouts()));
    assert_eq!((&made[0]["Action"], &made[0]["EntityType"]), (&json!("Create"), &json!("Ticket")));
    assert_eq!((&made[0]["Id"], &made[0]["Fields"]), (&json!(id), &json!({"Status": 1})));
    desk.world(|world| world.human_move_ticket(id, 8));
    assert!(desk.world(|world| world.take_callouts()).is_empty(), "not watched");
    desk.world(|world| world.human_close(id));
    let closed = bodies(&desk.world(|world| world.take_callouts()));
    assert_eq!((&closed[0]["Fields"], &closed[0]["PersonID"]), (&json!({"Status": 5}), &json!(HUMAN_RESOURCE)));
    assert!(desk.world(|world| world.take_callouts()).is_empty(), "handed out once");
    assert_eq!(desk.patch("/Tickets", &json!({"id": id, "status": 1})).await.status, 200);
    let reopened = bodies(&desk.world(|world| world.take_callouts()));
    assert_eq!(reopened[0]["PersonID"], json!(API_RESOURCE));
    let excluded = format!("/TicketWebhooks/{hook}/ExcludedResources");
    assert_eq!(desk.post(&excluded, &json!({"resourceID": API_RESOURCE})).await.status, 200);
    assert_eq!(desk.patch("/Tickets", &json!({"id": id, "status": 5})).await.status, 200);
    assert!(desk.world(|world| world.take_callouts()).is_empty(), "one's own echo");
    desk.world(|world| {
        let doomed = world.human_ticket(company, "Weg").expect("a ticket");
        world.human_delete_ticket(doomed);
    });
    let last = bodies(&desk.world(|world| world.take_callouts()));
    assert_eq!((&last[1]["Action"], &last[1]["Fields"]), (&json!("Delete"), &json!({})));
}

#[tokio::test]
async fn notes_call_out_with_their_ticket() {
    let desk = Desk::small().await;
    watch(&desk, "TicketNote", &[301, 305]).await;
    let (_, id) = company_and_ticket(&desk).await;
    let note = desk.world(|world| world.human_note(id, "Antwort", "Erledigt?")).expect("a note");
    let made = bodies(&desk.world(|world| world.take_callouts()));
    assert_eq!((&made[0]["EntityType"], &made[0]["Id"]), (&json!("TicketNote"), &json!(note)));
    assert_eq!(made[0]["Fields"], json!({"Title": "Antwort", "Ticket ID": id}));
    let by_api = json!({"title": "Von uns", "description": "x", "noteType": 1, "publish": 1});
    assert_eq!(desk.post(&format!("/Tickets/{id}/Notes"), &by_api).await.status, 200);
    assert_eq!(desk.world(|world| world.take_callouts()).len(), 1);
}
