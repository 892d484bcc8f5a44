//! Autotask: zone, login, queries, paging and metadata.

use crate::client::{Desk, send};
use reqwest::Method;
use sandbox::Seed;
use sandbox::seed::PAYG_FIELD;
use serde_json::{Value, json};

#[tokio::test]
async fn the_zone_is_told_without_login_and_only_to_known_users() {
    let desk = Desk::small().await;
    let base = desk.sandbox.autotask_url();
    let user = desk.sandbox.credentials().autotask_user_name;
    let zone = desk.http.get(format!("{base}/atservicesrest/v1.0/zoneInformation?user={user}"));
    let zone = send(zone).await.expect("answered");
    assert_eq!(zone.body["url"], json!(format!("{base}/ATServicesRest/")));
    let unknown = desk.http.get(format!("{base}/atservicesrest/v1.0/zoneInformation?user=nobody"));
    let unknown = send(unknown).await.expect("answered");
    assert_eq!((unknown.status, unknown.first_error()), (500, "Zone information could not be determined"));
    let version = desk.http.get(format!("{base}/atservicesrest/versioninformation"));
    assert_eq!(send(version).await.expect("answered").body, json!({"apiVersions": ["1.0"]}));
}

#[tokio::test]
async fn a_wrong_secret_is_401_a_wrong_user_or_code_500() {
    let desk = Desk::small().await;
    let statuses = [("Secret", 401), ("UserName", 500), ("ApiIntegrationCode", 500)];
    for (header, status) in statuses {
        let request = desk.autotask_request(Method::GET, "/Companies/0").build().expect("a request");
        let mut request = request;
        request.headers_mut().insert(header, "wrong".parse().expect("a header"));
        let response = desk.http.execute(request).await.expect("answered");
        assert_eq!(response.status().as_u16(), status, "{header}");
    }
}

#[tokio::test]
async fn a_missing_row_is_an_empty_item_and_paths_do_not_mind_case() {
    let desk = Desk::small().await;
    let missing = desk.get("/companies/999999/").await;
    assert_eq!((missing.status, missing.body), (200, json!({"item": null})));
    let own = desk.get("/COMPANIES/0").await;
    assert_eq!(own.body["item"]["companyName"], json!("Sandbox Partner"));
    assert_eq!(own.body["item"].get("fax"), Some(&Value::Null), "unset fields are null");
}

#[tokio::test]
async fn a_filter_is_mandatory_and_max_records_is_limited() {
    let desk = Desk::small().await;
    for body in [json!({}), json!({"filter": []})] {
        assert_eq!(desk.post("/Companies/query", &body).await.status, 500);
    }
    for size in [0, 501] {
        let body = json!({"maxRecords": size, "filter": [{"op": "exist", "field": "id"}]});
        assert_eq!(desk.post("/Companies/query", &body).await.status, 500);
    }
}

#[tokio::test]
async fn the_cursor_of_a_post_wants_a_post_with_the_same_body() {
    let desk = Desk::small().await;
    let body = json!({"MaxRecords": 2, "Filter": [{"op": "gte", "field": "ID", "value": 0}]});
    let first = desk.post("/Companies/query", &body).await;
    assert_eq!(first.rows().len(), 2);
    assert_eq!(first.body["pageDetails"]["count"], json!(2));
    assert_eq!(first.body["pageDetails"]["prevPageUrl"], Value::Null);
    let next = first.body["pageDetails"]["nextPageUrl"].as_str().expect("more pages").to_owned();
    let got = desk.get(&next).await;
    assert_eq!(got.status, 405);
    assert!(got.body["Message"].is_string());
    let empty = send(desk.autotask_request(Method::POST, &next)).await.expect("answered");
    assert_eq!(empty.status, 500);
    let second = desk.post(&next, &body).await;
    assert_eq!(second.rows().len(), 2);
    assert!(second.ids()[0] > first.ids()[1], "sorted by id");
    assert_eq!(second.body["pageDetails"]["nextPageUrl"], Value::Null);
    let back = second.body["pageDetails"]["prevPageUrl"].as_str().expect("a way back").to_owned();
    assert_eq!(desk.post(&back, &body).await.ids(), first.ids());
}

#[tokio::test]
async fn the_cursor_of_a_get_carries_its_search() {
    let desk = Desk::small().await;
    let search = json!({"maxRecords": 3, "filter": [{"op": "exist", "field": "id"}]}).to_string();
    let request = desk.autotask_request(Method::GET, "/Companies/query");
    let mut request = request.build().expect("a request");
    request.url_mut().query_pairs_mut().append_pair("search", &search);
    let response = desk.http.execute(request).await.expect("answered").text().await.expect("text");
    let first: Value = serde_json::from_str(&response).expect("JSON");
    let next = first["pageDetails"]["nextPageUrl"].as_str().expect("more pages");
    assert_eq!(desk.get(next).await.rows().len(), 1);
    assert_eq!(desk.sandbox.unknown_requests().len(), 0);
}

#[tokio::test]
async fn operators_and_groups_select_as_documented() {
    let desk = Desk::open(Seed::empty(jiff::civil::date(2026, 11, 10))).await;
    desk.world(|world| {
        for name in ["Alpha Nord", "Alpha Süd", "Beta Nord"] {
            world.add_company(name);
        }
    });
    let count = async |op: &str, value: Value| desk.find("Companies", op, "companyName", value).await.rows().len();
    assert_eq!(count("eq", json!("alpha nord")).await, 1, "texts compare without case");
    assert_eq!(count("noteq", json!("Alpha Nord")).await, 3);
    assert_eq!(count("beginsWith", json!("alpha")).await, 2);
    assert_eq!(count("endsWith", json!("Nord")).await, 2);
    assert_eq!(count("contains", json!("a S")).await, 1);
    assert_eq!(count("in", json!(["Beta Nord", "Gamma"])).await, 1);
    assert_eq!(count("notIn", json!(["Beta Nord"])).await, 3);
    assert_eq!(count("notExist", Value::Null).await, 0);
    let grouped = json!({"filter": [
        {"op": "gt", "field": "id", "value": 0},
        {"op": "or", "items": [
            {"op": "eq", "field": "companyName", "value": "Beta Nord"},
            {"op": "and", "items": [
                {"op": "beginsWith", "field": "companyName", "value": "Alpha"},
                {"op": "endsWith", "field": "companyName", "value": "Süd"},
            ]},
        ]},
    ]});
    assert_eq!(desk.post("/Companies/query", &grouped).await.rows().len(), 2);
    assert_eq!(desk.post("/Companies/query/count", &grouped).await.body, json!({"queryCount": 2}));
    assert_eq!(count("likes", json!("x")).await, 0);
}

#[tokio::test]
async fn whole_numbers_as_text_match_nothing_in_a_post() {
    let desk = Desk::small().await;
    let text = desk.find("Companies", "eq", "id", json!("0")).await;
    assert_eq!((text.status, text.rows().len()), (200, 0));
    assert_eq!(desk.find("Companies", "eq", "id", json!(0)).await.rows().len(), 1);
    assert_eq!(desk.find("Companies", "eq", "companyType", json!("big")).await.status, 500);
    assert_eq!(desk.find("Contracts", "eq", "isActive", json!(true)).await.status, 500, "no such field");
}

#[tokio::test]
async fn more_than_five_hundred_or_conditions_are_refused() {
    let desk = Desk::small().await;
    let ids = |count: i64| json!((0..count).collect::<Vec<_>>());
    assert_eq!(desk.find("Companies", "in", "id", ids(500)).await.status, 200);
    assert_eq!(desk.find("Companies", "in", "id", ids(501)).await.status, 500);
}

#[tokio::test]
async fn user_defined_fields_are_left_out_when_no_row_has_a_value() {
    let desk = Desk::small().await;
    let (contract, _) = desk.contract_with_line();
    let without = desk.find("Contracts", "eq", "id", json!(contract)).await;
    assert!(without.rows()[0].get("userDefinedFields").is_none());
    let all = desk.find("Contracts", "exist", "id", Value::Null).await;
    let last = all.rows().last().expect("rows");
    assert_eq!(last["userDefinedFields"], json!([{"name": PAYG_FIELD, "value": null}]));
}

#[tokio::test]
async fn one_user_defined_field_can_be_asked_for_and_must_be_known() {
    let desk = Desk::small().await;
    let one = json!({"op": "eq", "field": PAYG_FIELD, "udf": true, "value": "Yes"});
    let marked = desk.post("/Contracts/query", &json!({"filter": [one]})).await;
    assert_eq!(marked.rows().len(), 3);
    assert_eq!(desk.post("/Contracts/query", &json!({"filter": [one, one]})).await.status, 500);
    let unknown = json!({"filter": [{"op": "eq", "field": "Nope", "udf": true, "value": "Yes"}]});
    assert_eq!(desk.post("/Contracts/query", &unknown).await.status, 500);
    let unmarked = json!({"filter": [{"op": "eq", "field": PAYG_FIELD, "value": "Yes"}]});
    assert_eq!(desk.post("/Contracts/query", &unmarked).await.status, 500);
}

#[tokio::test]
async fn include_fields_narrow_the_answer() {
    let desk = Desk::small().await;
    let body = json!({"IncludeFields": ["id", "contractName"], "filter": [{"op": "exist", "field": "id"}]});
    let rows = desk.post("/Contracts/query", &body).await;
    assert_eq!(rows.rows()[0].as_object().map(serde_json::Map::len), Some(2));
    let wrong = json!({"IncludeFields": ["nope"], "filter": [{"op": "exist", "field": "id"}]});
    assert_eq!(desk.post("/Contracts/query", &wrong).await.status, 500);
}

#[tokio::test]
async fn units_price_is_extended_and_money_is_a_number() {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    let rows = desk.find("ContractServiceUnits", "eq", "contractServiceID", json!(line)).await;
    assert!(rows.text.contains("\"price\":45.0000"), "{}", rows.text);
    assert_eq!(rows.rows()[0]["startDate"], json!("2026-01-01T00:00:00Z"));
    assert_eq!(rows.rows()[0]["endDate"], json!("2026-01-31T00:00:00Z"));
    assert!(rows.rows()[0].get("unitPrice").is_none());
}

#[tokio::test]
async fn picklist_values_are_texts() {
    let desk = Desk::small().await;
    let fields = desk.get("/UserDefinedFieldDefinitions/entityInformation/fields").await;
    let all = fields.body["fields"].as_array().expect("fields");
    let udf_type = all.iter().find(|field| field["name"] == "udfType").expect("the field");
    let values = udf_type["picklistValues"].as_array().expect("a picklist");
    let contracts = values.iter().find(|value| value["label"] == "Contracts").expect("contracts");
    assert_eq!(contracts["value"], json!("5"));
    let udfs = desk.get("/Contracts/entityInformation/userDefinedFields").await;
    assert_eq!(udfs.body["fields"][0]["name"], json!(PAYG_FIELD));
    let information = desk.get("/ContractServiceAdjustments/entityInformation").await;
    assert_eq!(information.body["info"]["canQuery"], json!(false));
}

#[tokio::test]
async fn what_may_not_be_read_is_empty_without_an_error() {
    let desk = Desk::small().await;
    let (contract, line) = desk.contract_with_line();
    let rows = async || desk.find("ContractServiceUnits", "eq", "contractServiceID", json!(line)).await.rows().len();
    assert!(rows().await > 0);
    desk.world(|world| {
        world.set_line_of_business(contract, 7);
        world.hide_from_api_user(7);
    });
    assert_eq!(rows().await, 0);
    assert_eq!(desk.get(&format!("/Contracts/{contract}")).await.body, json!({"item": null}));
    desk.world(|world| {
        world.hide_nothing();
        world.settings.unreadable.insert("ContractServiceUnits".to_owned());
    });
    assert_eq!(rows().await, 0);
}

#[tokio::test]
async fn unknown_paths_are_noted_and_patch_is_never_on_an_id() {
    let desk = Desk::small().await;
    assert_eq!(desk.get("/Tickettts/query").await.status, 404);
    assert_eq!(desk.sandbox.unknown_requests().len(), 1);
    assert_eq!(desk.patch("/Contracts/29680001", &json!({})).await.status, 405);
    assert_eq!(desk.patch("/ContractServices", &json!({})).await.status, 405);
    assert_eq!(desk.sandbox.unknown_requests().len(), 1);
}

#[tokio::test]
async fn evergreen_contracts_end_in_the_year_9999_in_replies_and_in_filters() {
    let desk = Desk::small().await;
    let end = "9999-12-31T00:00:00Z";
    let body = json!({"filter": [{"op": "eq", "field": "endDate", "value": end}]});
    let evergreen = desk.post("/Contracts/query", &body).await;
    assert_eq!(evergreen.status, 200);
    let ends: Vec<&Value> =
        evergreen.body["items"].as_array().expect("items").iter().map(|item| &item["endDate"]).collect();
    assert!(!ends.is_empty() && ends.iter().all(|one| *one == end), "{ends:?}");
}
