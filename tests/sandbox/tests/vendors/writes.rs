//! Autotask: creating and changing companies, contracts, services and field definitions.

use crate::client::Desk;
use serde_json::{Value, json};

fn contract_body(company: i64) -> Value {
    json!({"companyID": company, "ContractName": "Neu", "contractType": 7, "status": 1,
        "startDate": "2026-11-01", "endDate": "2027-10-31T00:00:00Z", "contractPeriodType": 2,
        "timeReportingRequiresStartAndStopTimes": 0, "setupFee": 0})
}

#[tokio::test]
async fn a_created_contract_is_found_and_changed_by_its_id_in_the_body() {
    let desk = Desk::small().await;
    let company = desk.world(|world| world.add_company("Neukunde GmbH"));
    let made = desk.post("/Contracts", &contract_body(company)).await;
    let id = made.body["itemId"].as_i64().expect("an id");
    let change = json!({"ID": id, "contractName": "Anders",
        "userDefinedFields": [{"name": "Acronis PAYG", "value": "Yes"}]});
    assert_eq!(desk.patch("/Contracts/", &change).await.body, json!({"itemId": id}));
    let item = desk.get(&format!("/Contracts/{id}")).await.body;
    assert_eq!(item["item"]["contractName"], json!("Anders"));
    assert_eq!(item["item"]["userDefinedFields"][0]["value"], json!("Yes"));
    let fixed = json!({"id": id, "contractType": 1});
    assert_eq!(desk.patch("/Contracts", &fixed).await.status, 500);
    assert_eq!(desk.patch("/Contracts", &json!({"id": 5})).await.status, 500);
}

#[tokio::test]
async fn a_contract_needs_its_fields_its_company_and_its_picklists() {
    let desk = Desk::small().await;
    let company = desk.world(|world| world.add_company("Neukunde GmbH"));
    for field in ["companyID", "ContractName", "contractType", "startDate", "endDate", "status"] {
        let mut body = contract_body(company);
        body.as_object_mut().expect("an object").remove(field);
        let answer = desk.post("/Contracts", &body).await;
        assert_eq!(answer.status, 500, "{field}");
        assert!(answer.first_error().starts_with("Missing Required Field"), "{field}");
    }
    let answer = desk.post("/Contracts", &contract_body(123_456)).await;
    let text = "Reference value on field: companyID of type: Company does not exist or is invalid.";
    assert_eq!((answer.status, answer.first_error()), (500, text));
    let mut odd = contract_body(company);
    odd["contractPeriodType"] = json!(99);
    assert_eq!(desk.post("/Contracts", &odd).await.status, 500);
}

#[tokio::test]
async fn a_line_created_by_itself_has_no_units() {
    let desk = Desk::small().await;
    let (contract, _) = desk.contract_with_line();
    let service = desk.world(|world| world.service_by_sku("pw_base_vms")).expect("a seeded service");
    let path = format!("/Contracts/{contract}/Services");
    let made = desk.post(&path, &json!({"serviceID": service, "adjustedPrice": 12.25})).await;
    let line = made.body["itemId"].as_i64().expect("an id");
    desk.world(|world| {
        let rows = world.rows_of(line);
        assert!(!rows.is_empty() && rows.iter().all(|row| row.units == 0));
    });
    let shown = desk.get(&format!("/ContractServices/{line}")).await.body;
    assert_eq!(shown["item"]["internalCurrencyAdjustedPrice"].to_string(), "12.25");
    assert!(shown["item"].get("adjustedPrice").is_none());
    assert_eq!(desk.get(&path).await.rows().len(), 2);
    assert_eq!(desk.post("/ContractServices", &json!({"serviceID": service})).await.status, 405);
}

#[tokio::test]
async fn services_only_fit_recurring_service_contracts() {
    let desk = Desk::small().await;
    let company = desk.world(|world| world.add_company("Neukunde GmbH"));
    let mut body = contract_body(company);
    body["contractType"] = json!(1);
    let contract = desk.post("/Contracts", &body).await.body["itemId"].as_i64().expect("an id");
    let service = desk.world(|world| world.service_by_sku("pw_base_vms")).expect("a seeded service");
    let path = format!("/Contracts/{contract}/Services");
    assert_eq!(desk.post(&path, &json!({"serviceID": service})).await.status, 500);
    let adjustment = json!({"contractID": contract, "serviceID": service, "unitChange": 1,
        "effectiveDate": "2026-11-10"});
    assert_eq!(desk.post("/ContractServiceAdjustments", &adjustment).await.status, 500);
    assert_eq!(desk.world(|world| world.lines_of(contract).len()), 0);
}

#[tokio::test]
async fn services_and_companies_are_created_and_changed() {
    let desk = Desk::small().await;
    let code = desk.find("BillingCodes", "exist", "id", Value::Null).await.ids()[0];
    let body = json!({"name": "Acronis NAS", "sku": "pw_base_nas", "billingCodeID": code,
        "periodType": 2, "unitPrice": 7.125, "madeUp": 1});
    let id = desk.post("/Services", &body).await.body["itemId"].as_i64().expect("an id");
    let found = desk.find("Services", "eq", "sku", json!("pw_base_nas")).await;
    assert_eq!(found.ids(), [id]);
    assert!(found.text.contains("\"unitPrice\":7.1250"));
    assert_eq!(desk.world(|world| world.autotask.unknown_properties.get("Services.madeUp").copied()), Some(1));
    assert_eq!(desk.patch("/Services", &json!({"id": id, "unitPrice": 8})).await.status, 200);
    assert_eq!(desk.patch("/Services", &json!({"id": id, "sku": "x".repeat(51)})).await.status, 500);
    let company = json!({"companyName": "Neu AG", "companyType": 1, "ownerResourceID": 1, "phone": "1"});
    let company = desk.post("/Companies", &company).await.body["itemId"].as_i64().expect("an id");
    assert_eq!(desk.patch("/Companies", &json!({"id": company, "isActive": false})).await.status, 200);
    assert_eq!(desk.world(|world| world.companies().last().map(|it| it.active)), Some(false));
}

#[tokio::test]
async fn a_field_definition_has_a_unique_name_and_shows_up_at_once() {
    let desk = Desk::small().await;
    let body = json!({"id": 0, "name": "Acronis Mode", "udfType": 5, "dataType": 1});
    let made = desk.post("/UserDefinedFieldDefinitions", &body).await;
    assert!(made.body["itemId"].is_i64());
    assert_eq!(desk.post("/UserDefinedFieldDefinitions", &body).await.status, 500);
    let fields = desk.get("/Contracts/entityInformation/userDefinedFields").await;
    assert_eq!(fields.body["fields"][1]["name"], json!("Acronis Mode"));
    let odd = json!({"name": "Other", "udfType": 77, "dataType": 1});
    assert_eq!(desk.post("/UserDefinedFieldDefinitions", &odd).await.status, 500);
}

#[tokio::test]
async fn writing_without_the_right_is_refused_with_its_text() {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    desk.world(|world| world.settings.unwritable.insert("ContractServiceAdjustments".to_owned()));
    let refused = desk.adjust(line, 1, "2026-11-12").await;
    assert_eq!(refused.status, 500);
    assert!(refused.first_error().starts_with("The logged in Resource does not have the adequate permissions"));
}
