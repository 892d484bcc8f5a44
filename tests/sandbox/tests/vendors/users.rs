//! Acronis: users made with roles and an activation mail.

use crate::client::Desk;
use serde_json::{Value, json};

const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

fn new_user(tenant: &str, login: &str) -> Value {
    json!({"tenant_id": tenant, "login": login, "language": "de",
        "contact": {"email": "ada@kunde.example", "firstname": "Ada", "lastname": "Beispiel"}})
}

#[tokio::test]
async fn a_user_is_made_once_for_each_login() {
    let desk = Desk::small().await;
    let tenant = desk.world(|world| world.add_tenant("Kunde GmbH", None));
    let check = "/users/check_login?username=ada";
    assert_eq!(desk.acronis(check).await.status, 204);
    assert_eq!(desk.acronis("/users/check_login?username=a%20b").await.status, 406);
    let made = desk.acronis_post("/users", &new_user(&tenant, "ada")).await;
    assert_eq!((made.status, &made.body["activated"]), (200, &json!(false)));
    assert_eq!(desk.acronis(check).await.status, 409);
    assert_eq!(desk.acronis_post("/users", &new_user(&tenant, "Ada")).await.refusal(), (400, 1033));
    let mut odd = new_user(&tenant, "bert");
    odd["made_up"] = json!(1);
    assert_eq!(desk.acronis_post("/users", &odd).await.status, 400);
    let ids = desk.acronis(&format!("/tenants/{tenant}/users")).await;
    assert_eq!(ids.body["items"], json!([made.body["id"]]));
    let id = made.body["id"].as_str().expect("an id");
    assert_eq!(desk.acronis(&format!("/users?uuids={id}")).await.rows()[0]["login"], json!("ada"));
    let found = desk.acronis(&format!("/search?tenant={tenant}&text=beispiel")).await;
    assert_eq!(found.rows()[0]["obj_type"], json!("user"));
}

#[tokio::test]
async fn roles_are_replaced_and_mails_counted() {
    let desk = Desk::small().await;
    let tenant = desk.world(|world| world.add_tenant("Kunde GmbH", None));
    let made = desk.acronis_post("/users", &new_user(&tenant, "ada")).await;
    let id = made.body["id"].as_str().expect("an id").to_owned();
    let policy = json!({"items": [{"id": NO_ID, "issuer_id": NO_ID, "version": 0, "trustee_id": id,
        "trustee_type": "user", "tenant_id": tenant, "role_id": "company_admin"}]});
    let path = format!("/users/{id}/access_policies");
    assert_eq!(desk.acronis_put(&path, &policy).await.rows()[0]["role_id"], json!("company_admin"));
    let mut of_another = policy.clone();
    of_another["items"][0]["trustee_id"] = json!(NO_ID);
    assert_eq!(desk.acronis_put(&path, &of_another).await.status, 400);
    let mail = format!("/users/{id}/send-activation-email");
    assert_eq!(desk.acronis_post(&mail, &json!({})).await.status, 204);
    assert_eq!(desk.acronis_post(&mail, &json!({"again": 1})).await.status, 400);
    desk.world(|world| {
        assert_eq!(world.activation_mails(&id), Some(1));
        assert_eq!(world.users_of(&tenant)[0].access_policies.len(), 1);
    });
    let nobody = desk.acronis_post(&format!("/users/{NO_ID}/send-activation-email"), &json!({})).await;
    assert_eq!(nobody.status, 404);
}
