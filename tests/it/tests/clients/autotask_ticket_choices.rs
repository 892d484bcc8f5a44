//! What is read before a ticket is made: its company with contracts and machines, and what may be chosen (T1, T5).

use crate::autotask_ticket_writes::{company, person};
use crate::support::{TODAY, Vendors};
use anyhow::Result;
use jiff::civil::date;
use sandbox::autotask::{API_RESOURCE, HUMAN_RESOURCE};
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use shared::ids::{CompanyId, ConfigurationItemId};
use shared::ticket::{Assignee, PickField, PickValue, Picklists, TicketCompany};
use std::collections::{BTreeMap, BTreeSet};

const MACHINES: &str = "autotask.configuration_items.query";
const TICKET_FIELDS: &str = "autotask.tickets.fields";
const NOTE_FIELDS: &str = "autotask.ticket_notes.fields";

/// What another program changes in Autotask.
async fn changed(vendors: &Vendors, entity: &str, body: Value) -> Result<()> {
    let given = vendors.sandbox.credentials();
    let url = format!("{}/ATServicesRest/v1.0/{entity}", vendors.sandbox.autotask_url());
    let asked = reqwest::Client::new().patch(url).header("UserName", given.autotask_user_name);
    let asked = asked.header("Secret", given.autotask_secret).body(body.to_string());
    let reply = asked.header("ApiIntegrationCode", given.autotask_integration_code).send().await?;
    assert_eq!(reply.status(), 200, "{body}");
    Ok(())
}

fn said(status: u16, body: Value) -> FaultKind {
    FaultKind::StatusBefore { status, body: Some(body.to_string()) }
}

fn named(devices: &[&str]) -> BTreeSet<String> {
    devices.iter().map(|device| (*device).to_owned()).collect()
}

async fn companies(
    vendors: &Vendors,
    ids: &[CompanyId],
    devices: &BTreeSet<String>,
) -> Result<BTreeMap<CompanyId, Option<TicketCompany>>> {
    Ok(vendors.autotask().await?.ticket_companies(ids, devices, TODAY).await?)
}

#[tokio::test]
async fn t5_companies_come_with_the_contracts_that_a_ticket_may_be_put_on() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let [anna, bert, inactive, unseen] = ["Anna", "Bert", "Inactive", "Unseen"].map(|name| company(&vendors, name));
    let [usual, ends_today, ended, other] = vendors.sandbox.world(|world| {
        world.hide_company(unseen.0);
        let until = |end| (date(2026, 1, 1), end);
        let contracts = [
            (anna, until(date(2027, 12, 31))),
            (anna, until(TODAY)),
            (anna, until(date(2026, 11, 9))),
            (bert, until(date(2027, 12, 31))),
        ];
        contracts.map(|(company, (start, end))| world.add_contract(company.0, "Backup", start, end))
    });
    changed(&vendors, "Contracts", json!({"id": usual, "isDefaultContract": true})).await?;
    changed(&vendors, "Companies", json!({"id": inactive, "isActive": false})).await?;
    let asked = [CompanyId(0), anna, bert, inactive, unseen, CompanyId(i64::from(i32::MAX) + 1), anna];
    let read = companies(&vendors, &asked, &named(&[])).await?;
    assert_eq!(read.keys().copied().collect::<BTreeSet<_>>(), asked.into_iter().collect());
    assert_eq!((&read[&unseen], &read[&asked[5]]), (&None, &None));
    let of = |id: CompanyId| read[&id].as_ref().expect("shown");
    assert_eq!((of(CompanyId(0)).name.as_str(), of(CompanyId(0)).active), ("Sandbox Partner", true));
    assert_eq!((of(anna).name.as_str(), of(anna).active, of(inactive).active), ("Anna", true, false));
    let contracts = |id| of(id).contracts.iter().map(|one| (one.contract.id.0, one.is_default)).collect::<Vec<_>>();
    assert_eq!(contracts(anna), [(usual, true), (ends_today, false)], "{ended} ended");
    assert_eq!((contracts(bert), contracts(inactive)), (vec![(other, false)], vec![]));
    assert!(of(anna).contracts.iter().all(|one| one.contract.counts_on(TODAY) && one.contract.company == anna));
    assert_eq!(vendors.asked(MACHINES), 0, "no devices, no query");
    assert_eq!((vendors.asked("autotask.companies.query"), vendors.asked("autotask.contracts.query")), (1, 1));
    Ok(())
}

#[tokio::test]
async fn t5_a_contract_for_tickets_is_read_like_any_other() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let anna = company(&vendors, "Anna");
    let row = |id: i64, more: &str| {
        format!(
            r#"{{"id":{id},"companyID":{anna},"contractName":"C","contractType":7.0,"status":1,
                "startDate":"2026-01-01T00:00:00Z","endDate":"9999-12-31T00:00:00Z"{more}}}"#
        )
    };
    let udf = r#","userDefinedFields":[{"name":"acronis payg","value":"Yes"}],"isDefaultContract":null"#;
    let rows = [row(5, udf), row(6, r#","isDefaultContract":true"#), row(7, "")].join(",");
    let body = Some(format!(r#"{{"items":[{rows}]}}"#));
    vendors.sandbox.fail(Fault::once("autotask.contracts.query", FaultKind::StatusBefore { status: 200, body }));
    let read = companies(&vendors, &[anna], &named(&[])).await?;
    let contracts = &read[&anna].as_ref().expect("shown").contracts;
    assert_eq!(contracts.iter().map(|one| one.is_default).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!((contracts[0].contract.payg.as_deref(), contracts[0].contract.end), (Some("Yes"), date(9999, 12, 31)));
    Ok(())
}

#[tokio::test]
async fn t1_a_machine_is_found_by_its_name_where_only_one_has_it() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let [anna, bert] = ["Anna", "Bert"].map(|name| company(&vendors, name));
    let [server, _, _, of_bert] = vendors.sandbox.world(|world| {
        let machines = [(anna, "Größe-01"), (anna, "Twin"), (anna, "TWIN"), (bert, "srv-02")];
        machines.map(|(company, name)| ConfigurationItemId(world.add_configuration_item(company.0, name)))
    });
    let devices = named(&["  gRÖSSE-01", "GRÖßE-01 ", "twin", "TWIN ", "SRV-02", "unknown", " ", &"x".repeat(201)]);
    let read = companies(&vendors, &[anna, bert], &devices).await?;
    let of = |id: CompanyId| read[&id].as_ref().expect("shown").machines.clone();
    let expected = [("größe-01".to_owned(), Some(server)), ("twin".to_owned(), None)];
    assert_eq!(of(anna), BTreeMap::from(expected));
    assert_eq!(of(bert), BTreeMap::from([("srv-02".to_owned(), Some(of_bert))]));
    let asked = vendors.sandbox.requests().pop().expect("asked");
    let asked: Value = serde_json::from_str(&asked.body)?;
    assert!(asked["filter"].as_array().expect("conditions").contains(&json!(
        {"op": "eq", "field": "isActive", "value": true}
    )));
    assert!(!asked.to_string().contains(&"x".repeat(201)), "no field holds so long a name");
    let alone = companies(&vendors, &[bert], &named(&["größe-01"])).await?;
    assert!(alone[&bert].as_ref().expect("shown").machines.is_empty(), "another company's is none of its own");
    Ok(())
}

#[tokio::test]
async fn t1_a_host_name_is_a_name_too() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let anna = company(&vendors, "Anna");
    let row = |id: i64, title: &str, host: &str| json!({"id": id, "companyID": anna, "referenceTitle": title, "rmmDeviceAuditHostname": host});
    let big = i64::from(i32::MAX) + 7;
    let cases = [
        (json!([row(big, "Reception", "SRV-01")]), Some(Some(big))),
        (
            json!([{"id": 1, "companyID": anna, "referenceTitle": null, "rMMDeviceAuditHostname": "srv-01"}]),
            Some(Some(1)),
        ),
        (json!([row(1, "srv-01", "SRV-01")]), Some(Some(1))),
        (json!([row(1, "srv-01", ""), row(2, "", "SRV-01")]), Some(None)),
        (json!([row(1, "srv-01", ""), row(2, "", "SRV-01"), row(3, "srv-01", "")]), Some(None)),
        (json!([row(1, "Reception", "srv-011")]), None),
        (json!([]), None),
    ];
    for (rows, expected) in cases {
        vendors.sandbox.fail(Fault::once(MACHINES, said(200, json!({"items": rows}))));
        let read = companies(&vendors, &[anna], &named(&["srv-01"])).await?;
        let machines = &read[&anna].as_ref().expect("shown").machines;
        let expected = expected.map(|id| ("srv-01".to_owned(), id.map(ConfigurationItemId)));
        assert_eq!(*machines, expected.into_iter().collect(), "{rows}");
    }
    let asked = vendors.sandbox.requests().pop().expect("asked");
    let asked: Value = serde_json::from_str(&asked.body)?;
    let either = ["referenceTitle", "rmmDeviceAuditHostname"];
    let either = either.map(|field| json!({"op": "in", "field": field, "value": ["srv-01"]}));
    assert_eq!(asked["filter"][2], json!({"op": "or", "items": either}));
    Ok(())
}

#[tokio::test]
async fn b1_many_companies_and_machines_take_few_queries_of_at_most_four_hundred_values() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (ids, devices) = vendors.sandbox.world(|world| {
        let ids = (0..401).map(|number| world.add_company(&format!("Company {number}"))).collect::<Vec<_>>();
        let name = |number: &i64| format!("srv-{number}");
        for id in &ids {
            world.add_configuration_item(*id, &name(id));
        }
        (ids.iter().copied().map(CompanyId).collect::<Vec<_>>(), ids.iter().take(101).map(name).collect())
    });
    let read = companies(&vendors, &ids, &devices).await?;
    let found = read.values().flatten().filter(|company| !company.machines.is_empty());
    assert_eq!((read.values().flatten().count(), found.count()), (401, 101));
    let asked = |operation| vendors.asked(operation);
    assert_eq!((asked("autotask.companies.query"), asked("autotask.contracts.query"), asked(MACHINES)), (2, 2, 6));
    for request in vendors.sandbox.requests() {
        let body = serde_json::from_str::<Value>(&request.body).unwrap_or_default();
        let parts = body["filter"].as_array().into_iter().flatten();
        let parts = parts.flat_map(|part| part["items"].as_array().cloned().unwrap_or_else(|| vec![part.clone()]));
        let values: usize = parts.map(|part| part["value"].as_array().map_or(0, Vec::len)).sum();
        assert!(values <= 400, "{} asks for {values}", request.operation);
    }
    Ok(())
}

async fn picklists(vendors: &Vendors, assignees: &[Assignee]) -> Result<Picklists> {
    Ok(vendors.autotask().await?.ticket_picklists(&assignees.iter().copied().collect()).await?)
}

#[tokio::test]
async fn t1_picklists_say_what_may_be_chosen() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let lists = picklists(&vendors, &[]).await?;
    let value = |field, number: i64| lists.values[&field][&number].clone();
    let plain = |label: &str| PickValue { label: label.to_owned(), active: true, usual: false, parent: None };
    assert_eq!(lists.values.len(), 10);
    assert_eq!(value(PickField::Status, 5), plain("Complete"));
    assert_eq!(value(PickField::Priority, 4), plain("Critical"));
    assert_eq!(value(PickField::Queue, 29_683_354), plain("Backup Desk"));
    assert_eq!(value(PickField::TicketType, 5), plain("Alert"));
    assert_eq!(value(PickField::Issue, 10), plain("Backup"));
    assert_eq!(value(PickField::SubIssue, 111), PickValue { parent: Some(11), ..plain("Malware") });
    assert_eq!(value(PickField::Category, 100), plain("Acronis Alert"));
    assert_eq!(value(PickField::Source, -2), plain("Insourced"));
    assert_eq!(value(PickField::NoteType, 3), plain("Task Notes"));
    assert_eq!(value(PickField::NotePublish, 1), plain("All Autotask Users"));
    assert_eq!(value(PickField::Queue, 6), PickValue { active: false, ..plain("Post Sale") });
    assert!(!lists.offers(PickField::Status, 9) && lists.offers(PickField::Status, 8));
    assert_eq!(lists.assignees, None);
    assert_eq!((vendors.asked(TICKET_FIELDS), vendors.asked(NOTE_FIELDS)), (1, 1));
    assert_eq!(vendors.asked("autotask.resources.query"), 0);
    Ok(())
}

#[tokio::test]
async fn t1_odd_picklists_are_read_as_far_as_they_tell() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let fields = json!({"fields": [
        {"name": "Status", "picklistValues": [
            {"value": "1", "label": "New", "isDefaultValue": true, "parentValue": "", "isActive": true},
            {"value": 5, "label": null, "isDefaultValue": null, "parentValue": null},
            {"value": "", "label": "Nothing"}, {"value": "1.5", "label": "Half"}, {"value": null},
            {"value": "4294967296", "label": "Big", "isActive": false},
        ]},
        {"name": "priority", "picklistValues": []},
        {"name": "queueID", "picklistValues": null},
        {"name": "source", "picklistValues": [{"value": "phone", "label": "Phone"}]},
        {"name": "subIssueType", "picklistValues": [
            {"value": "7", "label": "Disk", "parentValue": "12"}, {"value": "8", "label": "Fan", "parentValue": 12},
            {"value": "9", "label": "Any", "parentValue": "x"},
        ]},
    ]});
    vendors.sandbox.fail(Fault::once(TICKET_FIELDS, said(200, fields)));
    vendors.sandbox.fail(Fault::once(NOTE_FIELDS, said(200, json!({"fields": []}))));
    let lists = picklists(&vendors, &[]).await?;
    let value = |label: &str, active, usual, parent| PickValue { label: label.to_owned(), active, usual, parent };
    let expected = BTreeMap::from([
        (
            PickField::Status,
            BTreeMap::from([
                (1, value("New", true, true, None)),
                (5, value("", true, false, None)),
                (4_294_967_296, value("Big", false, false, None)),
            ]),
        ),
        (
            PickField::SubIssue,
            BTreeMap::from([
                (7, value("Disk", true, false, Some(12))),
                (8, value("Fan", true, false, Some(12))),
                (9, value("Any", true, false, None)),
            ]),
        ),
    ]);
    assert_eq!(lists.values, expected);
    assert!(lists.offers(PickField::Queue, 5), "of a list that is not there nothing can be said");
    Ok(())
}

#[tokio::test]
async fn t1_only_active_people_in_a_role_they_hold_can_be_assigned() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let good = person(&vendors);
    let wrong_role = Assignee { role: 1, ..good };
    let without_role = Assignee { resource: API_RESOURCE, ..good };
    let nobody = Assignee { resource: 1, ..good };
    let all = [good, wrong_role, without_role, nobody];
    assert_eq!(picklists(&vendors, &all).await?.assignees, Some(BTreeSet::from([good])));
    let asked = (vendors.asked("autotask.resources.query"), vendors.asked("autotask.resource_roles.query"));
    assert_eq!(asked, (1, 1));
    let held = |queue: Value, department: Value| {
        let Assignee { resource, role } = good;
        json!({"id": 1, "resourceID": resource, "roleID": role, "queueID": queue, "departmentID": department})
    };
    let null = || Value::Null;
    let cases = [
        (held(json!(5), null()), true),
        (held(json!(5), json!(6)), true),
        // A role of the service desk that has no queue, as since 2018.
        (held(null(), null()), true),
        (held(null(), json!(6)), false),
        (json!({"id": 1, "resourceID": good.resource, "roleID": null, "queueID": 5}), false),
    ];
    for (row, can) in cases {
        vendors.sandbox.fail(Fault::once("autotask.resource_roles.query", said(200, json!({"items": [row]}))));
        let assignees = picklists(&vendors, &[good]).await?.assignees.expect("asked for");
        assert_eq!(assignees.contains(&good), can, "{row}");
    }
    assert!(vendors.sandbox.world(|world| world.deactivate_resource(HUMAN_RESOURCE)));
    assert_eq!(picklists(&vendors, &all).await?.assignees, Some(BTreeSet::new()));
    Ok(())
}
