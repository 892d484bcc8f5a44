//! Autotask: web-hooks registered, made ready, and their callouts as signed.

use crate::client::Desk;
use reqwest::Method;
use sandbox::autotask::callouts::{Action, Event};
use sandbox::autotask::{API_RESOURCE, HUMAN_RESOURCE};
use serde_json::{Map, Value, json};

fn hook(name: &str) -> Value {
    json!({"name": name, "webhookUrl": "https://hooks.example/autotask/a1", "isActive": true,
        "deactivationUrl": "https://hooks.example/autotask/gone", "secretKey": "key",
        "isSubscribedToUpdateEvents": true})
}

async fn delete(desk: &Desk, path: &str) -> u16 {
    let request = desk.autotask_request(Method::DELETE, path);
    crate::client::send(request).await.expect("the sandbox answers").status
}

/// The number of a field by its label.
async fn field(desk: &Desk, entity: &str, label: &str) -> i64 {
    let fields = desk.get(&format!("/{entity}WebhookFields/entityInformation/fields")).await;
    let all = fields.body["fields"].as_array().expect("fields").clone();
    let picklist = all.iter().find(|field| field["name"] == "fieldID").expect("the field");
    let values = picklist["picklistValues"].as_array().expect("a picklist");
    let found = values.iter().find(|value| value["label"] == label).expect("a label");
    found["value"].as_str().expect("a text").parse().expect("a number")
}

/// A ready web-hook that watches one field; its id.
async fn ready(desk: &Desk, entity: &str, label: &str) -> i64 {
    let made = desk.post(&format!("/{entity}Webhooks"), &hook("acrotask")).await;
    let id = made.body["itemId"].as_i64().expect("an id");
    let part = json!({"fieldID": field(desk, entity, label).await, "isSubscribedField": true,
        "isDisplayAlwaysField": false});
    assert_eq!(desk.post(&format!("/{entity}Webhooks/{id}/Fields"), &part).await.status, 200);
    id
}

fn event(entity: &str, label: &str, value: Value) -> Event {
    let fields = Map::from_iter([(label.to_owned(), value)]);
    Event { entity: entity.to_owned(), action: Action::Update, id: 174, fields, person: HUMAN_RESOURCE }
}

#[tokio::test]
async fn a_webhook_has_its_fields_its_lengths_and_no_double() {
    let desk = Desk::small().await;
    for missing in ["name", "webhookUrl", "deactivationUrl", "secretKey", "isActive"] {
        let mut body = hook("acrotask");
        body.as_object_mut().expect("an object").remove(missing);
        assert_eq!(desk.post("/CompanyWebhooks", &body).await.status, 500, "{missing}");
    }
    for (key, value) in [
        ("name", json!("x".repeat(51))),
        ("secretKey", json!("x".repeat(65))),
        ("webhookUrl", json!("https://hooks.example:8443/a")),
        ("deactivationUrl", json!("http://hooks.example/a")),
        ("sendThresholdExceededNotification", json!(true)),
    ] {
        let mut body = hook("acrotask");
        body[key] = value;
        assert_eq!(desk.post("/CompanyWebhooks", &body).await.status, 500, "{body}");
    }
    let made = desk.post("/CompanyWebhooks", &hook("acrotask")).await;
    let id = made.body["itemId"].as_i64().expect("an id");
    let shown = desk.get(&format!("/CompanyWebhooks/{id}")).await.body;
    assert_eq!((&shown["item"]["isReady"], &shown["item"]["ownerResourceID"]), (&json!(false), &json!(API_RESOURCE)));
    assert!(shown["item"]["webhookGUID"].is_string());
    assert_eq!(desk.post("/CompanyWebhooks", &hook("again")).await.status, 500, "same address and event");
    assert_eq!(desk.post("/TicketWebhooks", &hook("other entity")).await.status, 200);
    assert_eq!(desk.patch("/CompanyWebhooks", &json!({"id": id, "isActive": false})).await.status, 200);
    assert_eq!(desk.post("/CompanyWebhooks", &hook("again")).await.status, 500, "even when inactive");
    assert_eq!(delete(&desk, &format!("/CompanyWebhooks/{id}")).await, 200);
    assert_eq!(delete(&desk, &format!("/CompanyWebhooks/{id}")).await, 500);
    assert_eq!(desk.post("/CompanyWebhooks", &hook("again")).await.status, 200);
    assert_eq!(delete(&desk, "/Companies/174").await, 405);
}

#[tokio::test]
async fn a_webhook_is_ready_while_it_has_a_field() {
    let desk = Desk::small().await;
    let id = ready(&desk, "Ticket", "Status").await;
    let fields = format!("/TicketWebhooks/{id}/Fields");
    let again = json!({"fieldID": field(&desk, "Ticket", "Status").await});
    assert_eq!(desk.post(&fields, &again).await.status, 500, "watched already");
    assert_eq!(desk.post(&fields, &json!({"fieldID": 99_999})).await.status, 500, "no such field");
    let is_ready = async || desk.get(&format!("/TicketWebhooks/{id}")).await.body["item"]["isReady"].clone();
    assert_eq!(is_ready().await, json!(true));
    let part = desk.get(&fields).await.ids()[0];
    assert_eq!(delete(&desk, &format!("{fields}/{part}")).await, 200);
    assert_eq!(is_ready().await, json!(false));
    let found = desk.find("TicketWebhooks", "eq", "name", json!("acrotask")).await;
    assert_eq!(found.ids(), [id]);
    let callouts = desk.get("/Companies/entityInformation").await.body["info"]["supportsWebhookCallouts"].clone();
    assert_eq!(callouts, json!(true));
    let none = desk.get("/Contracts/entityInformation").await.body["info"]["supportsWebhookCallouts"].clone();
    assert_eq!(none, json!(false));
}

#[tokio::test]
async fn the_api_user_finds_itself_and_is_left_out() {
    let desk = Desk::small().await;
    let name = desk.sandbox.credentials().autotask_user_name;
    for name_field in ["userName", "email"] {
        let found = desk.find("Resources", "eq", name_field, json!(name)).await;
        assert_eq!(found.ids(), [API_RESOURCE]);
    }
    let id = ready(&desk, "Company", "Phone").await;
    let excluded = format!("/CompanyWebhooks/{id}/ExcludedResources");
    assert_eq!(desk.post(&excluded, &json!({"resourceID": API_RESOURCE})).await.status, 200);
    assert_eq!(desk.post(&excluded, &json!({"resourceID": API_RESOURCE})).await.status, 500);
    assert_eq!(desk.post(&excluded, &json!({"resourceID": 5})).await.status, 500);
    desk.world(|world| {
        let mut changed = event("Company", "Phone", json!("+49 1"));
        changed.person = API_RESOURCE;
        assert!(world.callouts(&changed).is_empty());
        changed.person = HUMAN_RESOURCE;
        assert_eq!(world.callouts(&changed).len(), 1);
        assert!(world.callouts(&event("Company", "City", json!("Ulm"))).is_empty(), "not watched");
        changed.action = Action::Create;
        assert!(world.callouts(&changed).is_empty(), "not subscribed");
    });
}

#[tokio::test]
async fn a_callout_is_escaped_numbered_and_signed() {
    let desk = Desk::small().await;
    let id = ready(&desk, "Company", "Company Name").await;
    let always = json!({"fieldID": field(&desk, "Company", "Phone").await, "isDisplayAlwaysField": true});
    assert_eq!(desk.post(&format!("/CompanyWebhooks/{id}/Fields"), &always).await.status, 200);
    let renamed = event("Company", "Company Name", json!("Ä & <B> \"C\" + 'D' `E` \\ 😀"));
    let callouts = desk.world(|world| [world.callouts(&renamed), world.callouts(&renamed)].concat());
    let [first, second] = callouts.as_slice() else { panic!("two callouts: {callouts:?}") };
    assert!(first.body.starts_with(r#"{"Action":"Update","Guid":""#));
    assert!(
        first.body.contains(
            r#"\u00C4 \u0026 \u003CB\u003E \u0022C\u0022 \u002B \u0027D\u0027 \u0060E\u0060 \\ \uD83D\uDE00"#
        )
    );
    let read: Value = serde_json::from_str(&first.body).expect("still JSON");
    assert_eq!(read["Fields"]["Company Name"], renamed.fields["Company Name"]);
    assert_eq!(read["Fields"]["Phone"], json!("+49 000 0000"));
    assert_eq!((&read["EntityType"], &read["Id"]), (&json!("Account"), &json!(174)));
    assert_eq!((&read["SequenceNumber"], &read["PersonID"]), (&json!(1), &json!(HUMAN_RESOURCE)));
    let next: Value = serde_json::from_str(&second.body).expect("JSON");
    assert_eq!(next["SequenceNumber"], json!(2));
    let signature = first.headers.iter().find(|(name, _)| name == "X-Hook-Signature").map(|(_, value)| value.as_str());
    let coded = signature.and_then(|text| text.strip_prefix("sha1=")).expect("a signature");
    assert_eq!(coded.len(), 28, "twenty bytes in Base64");
    assert_ne!(first.headers, second.headers);
}

#[tokio::test]
async fn a_webhook_given_up_says_so_unsigned_and_is_silent_after() {
    let desk = Desk::small().await;
    let id = ready(&desk, "Ticket", "Status").await;
    desk.world(|world| {
        assert_eq!(world.callouts(&event("Ticket", "Status", json!(5))).len(), 1);
        let told = world.deactivate_webhook("Ticket", id).expect("there");
        assert_eq!(told.url, "https://hooks.example/autotask/gone");
        assert!(told.headers.iter().all(|(name, _)| name != "X-Hook-Signature"));
        assert!(!told.body.contains("EntityType"));
        assert!(world.callouts(&event("Ticket", "Status", json!(1))).is_empty());
    });
}
