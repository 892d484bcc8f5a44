//! Whose an alert is (T2, A61): customers that manage themselves, units below a customer, customers that are not mapped,
//! and companies that take no tickets.

use crate::stage::{Stage, assert_told, told};
use sandbox::acronis::TenantKind;
use sandbox::{Fault, FaultKind};
use serde_json::json;
use shared::ids::{CompanyId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow, Mapping};
use std::collections::BTreeMap;

const OF_CUSTOMERS: &str = "acronis.customer_alerts";

/// A desk whose second customer manages itself.
async fn with_self_service(customers: usize) -> Stage {
    let stage = Stage::open(customers).await;
    let tenant = stage.customers[1].tenant.clone();
    assert!(stage.vendors(|world| world.set_self_service(&tenant, true)));
    // It is learned with all active alerts.
    stage.world.pass_days(1);
    stage.next_look().await;
    stage.forget_requests();
    stage
}

fn refusal() -> FaultKind {
    let body = r#"{"domain":"AlertManager","code":"AccessDenied","reason":"Not for you."}"#;
    FaultKind::StatusBefore { status: 403, body: Some(body.to_owned()) }
}

#[tokio::test]
async fn t2_alerts_of_customers_that_manage_themselves_make_tickets_that_clear_and_come_back() {
    let stage = with_self_service(3).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    let alert = stage.raise(1, "SRV-01");
    let other = stage.raise(0, "SRV-01");
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 2);
    assert_eq!(stage.ticket_of(&alert).company_id, stage.customers[1].company);
    let company = stage.customers[1].company;
    stage.clear(&alert);
    stage.next_look().await;
    assert_eq!(stage.shows(company), "closed");
    stage.raise_again(&alert);
    stage.next_look().await;
    assert_eq!(stage.shows(company), "open with a note");
    stage.world.pass_days(1);
    stage.next_look().await;
    assert_eq!(stage.shows(company), "open with a note", "the daily look takes nothing as cleared");
    assert_eq!(stage.ticket_of(&other).company_id, stage.customers[0].company);
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn t2_a_customer_that_manages_itself_from_now_on_loses_no_alert() {
    let stage = Stage::open(2).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    let alert = stage.raise(1, "SRV-01");
    stage.next_look().await;
    let tenant = stage.customers[1].tenant.clone();
    stage.vendors(|world| world.set_self_service(&tenant, true));
    let hidden = stage.raise(1, "SRV-02");
    stage.world.pass_days(1);
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[1].company), "open, open", "the first did not clear, the second is there");
    stage.vendors(|world| world.set_self_service(&tenant, false));
    stage.clear(&alert);
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[1].company), "closed, open");
    assert_eq!(stage.open_tickets_by_alert()[&hidden].len(), 1);
}

#[tokio::test]
async fn t2_a_customer_that_refuses_to_be_read_is_told_and_nothing_of_it_is_taken_as_cleared() {
    let stage = with_self_service(4).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    let theirs = stage.raise(1, "SRV-01");
    let others = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.world.sandbox.fail(Fault::always(OF_CUSTOMERS, refusal()));
    // What cleared of others is found by the daily look all the same.
    stage.vendors(|world| world.settings.alert_retention_days = Some(0));
    stage.clear(&others);
    stage.world.pass_days(1);
    let run = stage.next_look().await;
    assert_told(&run, "the alerts of 1 customer that manage themselves cannot be read");
    assert_eq!(stage.shows(stage.customers[1].company), "open");
    assert_eq!(stage.shows(stage.customers[0].company), "closed");
    // It is not asked for again until the next day.
    stage.forget_requests();
    for _ in 0..3 {
        stage.next_look().await;
    }
    assert_eq!(stage.asked(OF_CUSTOMERS), 0);
    stage.world.sandbox.clear_faults();
    stage.vendors(|world| world.settings.alert_retention_days = None);
    let later = stage.raise(1, "SRV-02");
    stage.world.pass_days(1);
    assert_eq!(told(&stage.next_look().await), "");
    assert_eq!(stage.open_tickets_by_alert()[&later].len(), 1);
    stage.clear(&theirs);
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[1].company), "closed, open");
}

#[tokio::test]
async fn t2_of_two_customers_that_manage_themselves_the_one_that_refuses_hides_only_itself() {
    let stage = with_self_service(3).await;
    let second = stage.customers[2].tenant.clone();
    stage.vendors(|world| world.set_self_service(&second, true));
    stage.world.pass_days(1);
    stage.next_look().await;
    stage.raise(1, "SRV-01");
    stage.raise(2, "SRV-02");
    // Both together, then the first alone: the second is read.
    stage.world.sandbox.fail(Fault { times: Some(2), ..Fault::always(OF_CUSTOMERS, refusal()) });
    let run = stage.next_look().await;
    assert_told(&run, "the alerts of 1 customer that manage themselves cannot be read");
    assert_eq!(stage.tickets().len(), 1);
    stage.world.pass_days(1);
    stage.next_look().await;
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn t2_a_customer_that_manages_itself_and_has_no_number_is_told_where_it_is_mapped() {
    let stage = Stage::open(2).await;
    let tenant = stage.customers[1].tenant.clone();
    // By its usage its number would be known.
    stage.vendors(|world| {
        let empty = world.add_tenant("Nobody's", None);
        world.set_self_service(&empty, true);
        world.set_self_service(&tenant, true);
        world.refuse_usage(&tenant, true)
    });
    stage.world.pass_days(1);
    assert_told(&stage.next_look().await, "the alerts of 1 customer that manage themselves cannot be read");
}

#[tokio::test]
async fn t2_an_alert_of_a_unit_is_its_customers_also_where_no_uuid_is_told() {
    for without_uuid in [false, true] {
        let stage = Stage::open(2).await;
        stage.vendors(|world| world.settings.alerts_without_tenant_uuid = without_uuid);
        let customer = stage.customers[1].tenant.clone();
        let unit = stage.vendors(|world| {
            let unit = world.add_tenant_of_kind("Branch", Some(&customer), TenantKind::Unit);
            let below = world.add_tenant_of_kind("Desk", Some(&unit), TenantKind::Unit);
            world.raise_alert(&below, "BackupFailed");
            world.raise_alert(&customer, "BackupCorrupted");
            unit
        });
        stage.vendors(|world| world.raise_alert(&unit, "BackupDidNotStart"));
        stage.raise(0, "SRV-01");
        stage.next_look().await;
        let of = |customer: usize| stage.vendors(|world| world.tickets_of(stage.customers[customer].company)).len();
        assert_eq!((of(0), of(1)), (1, 3), "without uuid: {without_uuid}");
        stage.each_active_alert_is_in_one_ticket();
    }
}

/// Gives a company that was not known a row with this link.
fn link_to(mapping: &mut Mapping, company: i64, link: CustomerLink) {
    let company = CompanyId(company);
    let row = CustomerRow {
        company,
        company_name: "Neu".to_owned(),
        link,
        pins: BTreeMap::new(),
        decisions: BTreeMap::new(),
    };
    mapping.customers.insert(company, row);
}

#[tokio::test]
async fn t2_a_customer_that_is_not_mapped_is_told_and_its_alerts_are_tickets_at_the_look_after_the_mapping() {
    for without_uuid in [false, true] {
        let stage = Stage::open(1).await;
        stage.vendors(|world| world.settings.alerts_without_tenant_uuid = without_uuid);
        let (tenant, company) = stage.vendors(|world| {
            let tenant = world.add_tenant("Neuland AG", None);
            world.set_usage(&tenant, "pw_base_servers", None, 1, Some(1));
            (tenant, world.add_company("Neuland AG"))
        });
        let alert = stage.vendors(|world| world.raise_alert(&tenant, "BackupFailed"));
        assert_told(&stage.next_look().await, "which is not mapped");
        assert_eq!(stage.tickets().len(), 0);
        for _ in 0..20 {
            stage.next_look().await;
        }
        let link = CustomerLink::Mapped { tenant: TenantId::new(&tenant), tenant_name: "Neuland AG".to_owned() };
        stage.map(|mapping| link_to(mapping, company, link)).await;
        stage.next_look().await;
        assert_eq!(stage.ticket().company_id, company, "without uuid: {without_uuid}");
        assert_eq!(stage.open_tickets_by_alert()[&alert].len(), 1);
    }
}

#[tokio::test]
async fn a61_alerts_of_the_partner_of_a_folder_and_of_who_left_the_tree_make_no_tickets() {
    let stage = Stage::open(1).await;
    stage.vendors(|world| {
        let partner = world.acronis.partner_id.clone();
        let folder = world.add_tenant_of_kind("Folder", None, TenantKind::Folder);
        world.raise_alert(&partner, "BackupFailed");
        world.raise_alert(&folder, "BackupFailed");
        let gone = world.add_tenant("Gone", None);
        world.raise_alert(&gone, "BackupFailed");
        world.remove_tenant(&gone);
    });
    let run = stage.next_look().await;
    assert_eq!((told(&run).as_str(), stage.tickets().len()), ("", 0));
}

#[tokio::test]
async fn m1_an_ignored_company_makes_no_tickets() {
    let stage = Stage::open(2).await;
    let company = stage.company(1);
    stage
        .map(|mapping| {
            let row = mapping.customers.get_mut(&company).expect("it has a row");
            row.link = CustomerLink::Ignored { reason: "leaves us".to_owned() };
        })
        .await;
    stage.raise(1, "SRV-01");
    let run = stage.next_look().await;
    assert_eq!((told(&run).as_str(), stage.tickets().len()), ("", 0), "and is nobody's news");
}

#[tokio::test]
async fn m6_an_unmapped_customers_tickets_and_alerts_are_left_alone() {
    let stage = Stage::open(2).await;
    stage.set(|tickets| (tickets.auto_close, tickets.dismiss_on_close) = (true, true)).await;
    let alerts = [stage.raise(1, "SRV-01"), stage.raise(1, "SRV-02")];
    stage.next_look().await;
    let company = stage.company(1);
    let link = stage.links().await[0].company;
    assert_eq!(link, company);
    let mut removed = None;
    stage
        .map(|mapping| {
            let row = mapping.customers.get_mut(&company).expect("it has a row");
            removed = Some(row.link.clone());
            row.remove_link();
        })
        .await;
    stage.clear(&alerts[0]);
    stage.person_closes(stage.ticket_of(&alerts[1]).id);
    stage.next_look().await;
    stage.all_tickets().await;
    assert_eq!(stage.shows(company.0), "open, closed");
    assert!(stage.alert(&alerts[1]).deleted_at.is_none(), "nothing is dismissed");
    // Mapped again, all that was missed is made up.
    stage
        .map(|mapping| mapping.customers.get_mut(&company).expect("it is there").link = removed.expect("it was mapped"))
        .await;
    stage.next_look().await;
    assert_eq!(stage.shows(company.0), "closed, closed");
}

#[tokio::test]
async fn t3_a_tenant_mapped_to_another_company_has_its_new_tickets_there() {
    let stage = Stage::open(2).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    let other = stage.vendors(|world| world.add_company("Nachfolger GmbH"));
    let company = stage.company(0);
    stage
        .map(|mapping| {
            let row = mapping.customers.get_mut(&company).expect("it has a row");
            let link = std::mem::replace(&mut row.link, CustomerLink::Unmapped { left_alone: true });
            link_to(mapping, other, link);
        })
        .await;
    stage.next_look().await;
    assert_eq!((stage.shows(company.0), stage.shows(other)), ("open".to_owned(), String::new()));
    stage.raise(0, "SRV-02");
    stage.person_closes(stage.ticket_of(&alert).id);
    stage.raise_again(&alert);
    stage.next_look().await;
    assert_eq!((stage.shows(company.0), stage.shows(other)), ("closed".to_owned(), "open, open".to_owned()));
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn t2_a_company_that_is_inactive_or_hidden_takes_no_tickets_and_they_are_made_when_it_is_back() {
    let stage = Stage::open(2).await;
    let company = stage.customers[0].company;
    for hidden in [false, true] {
        match hidden {
            true => stage.vendors(|world| world.hide_company(company)),
            false => stage.patch("Companies", &json!({"id": company, "isActive": false})).await,
        }
        stage.raise(0, &format!("hidden {hidden}"));
        let others = stage.raise(1, &format!("hidden {hidden}"));
        for _ in 0..3 {
            assert_told(&stage.next_look().await, "the company is not active or not visible");
        }
        assert_eq!(stage.ticket_of(&others).company_id, stage.customers[1].company, "the others are served");
        assert_eq!(stage.vendors(|world| world.tickets_of(company)).len(), usize::from(hidden));
        match hidden {
            true => stage.vendors(|world| world.hide_nothing()),
            false => stage.patch("Companies", &json!({"id": company, "isActive": true})).await,
        }
        stage.next_look().await;
        stage.each_active_alert_is_in_one_ticket();
    }
}
