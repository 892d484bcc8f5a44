//! Who gets a tenant and what it has (P1, P2, Q3, M6, A43, A55): from a contract at Autotask to the tenant as
//! Acronis has it.

use crate::stage::{PLAIN, Stage};
use sandbox::acronis::catalogue::PARTNER_STORAGE;
use sandbox::seed::PAYG_FIELD;
use shared::ids::{CompanyId, StorageId};
use shared::mapping::{CustomerLink, CustomerRow};
use std::collections::BTreeMap;

#[tokio::test]
async fn p1_a_company_with_a_contract_and_no_tenant_gets_one_complete() {
    let stage = Stage::new().await;
    let buyer = stage.plain_buyer("Neuland Segel GmbH");
    stage.sandbox.clear_requests();
    let run = stage.quotas_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.refused), (1, 0), "{:?}", run.record);
    let tenant = stage.has_one_tenant(&buyer).await;
    assert_eq!(tenant.name, buyer.name);
    assert_eq!(tenant.parent_id, stage.sandbox.world(|world| world.acronis.partner_id.clone()));
    assert_eq!(stage.mails(&tenant.id), 1);
    for once in ["create_tenant", "set_two_factor", "set_offering_items", "set_pricing", "create_user"] {
        assert_eq!(stage.asked(&format!("acronis.{once}")), 1, "{once}");
    }
    stage.sandbox.clear_requests();
    let run = stage.quotas_complete().await;
    assert_eq!((run.record.counts.changes, run.record.counts.held), (0, 0), "{:?}", run.record);
    let written = stage.sandbox.requests().into_iter().filter(|seen| seen.method == "PUT");
    assert_eq!(written.count() + stage.asked("acronis.send_activation_mail"), 0, "an idle run writes nothing");
    stage.nothing_unknown();
}

#[tokio::test]
async fn p2_without_the_options_there_is_no_second_factor_no_user_and_the_tenant_is_in_production() {
    let plain = |settings: &mut shared::settings::Settings| {
        settings.new_tenants.two_factor = false;
        settings.new_tenants.administrator = false;
    };
    let stage = Stage::with(plain).await;
    let buyer = stage.plain_buyer("Ohne Beiwerk OHG");
    stage.sandbox.clear_requests();
    stage.quotas_complete().await;
    stage.has_one_tenant(&buyer).await;
    assert_eq!(stage.asked("autotask.contacts.query") + stage.asked("acronis.check_login"), 0);
    assert_eq!(stage.asked("acronis.set_two_factor"), 0);
    stage.set(|settings| settings.new_tenants.trial = true).await;
    let second = stage.plain_buyer("Probierstube AG");
    stage.sandbox.clear_requests();
    stage.quotas_complete().await;
    let tenant = stage.tenants_of(&second).remove(0);
    assert_eq!(tenant.pricing_mode, sandbox::acronis::PricingMode::Trial);
    assert_eq!(stage.asked("acronis.set_pricing"), 0);
    stage.has_one_tenant(&second).await;
}

#[tokio::test]
async fn q3_a_new_tenant_has_one_storage_the_sold_one_the_default_one_or_none_until_one_is_named() {
    let stage = Stage::with(|settings| settings.new_tenants.default_storage = None).await;
    let sold = stage.plain_buyer("Zwei Lager GmbH");
    let run = stage.quotas().await;
    assert!(stage.told(&run).contains("several storages could be given"), "{}", stage.told(&run));
    let tenant = stage.tenants_of(&sold).remove(0).id;
    assert_eq!(stage.storages(&tenant), [""; 0], "none is chosen at random");
    stage.set(|settings| settings.new_tenants.default_storage = Some(StorageId::new(PARTNER_STORAGE))).await;
    let default = stage.buyer("Ohne Lager GmbH", &PLAIN[..2]);
    stage.quotas_complete().await;
    assert_eq!(stage.storages(&tenant), [PARTNER_STORAGE], "the named one of those sold");
    stage.has_what_was_bought(&sold, &tenant);
    let tenant = stage.has_one_tenant(&default).await;
    let storage = ("pw_base_storage".to_owned(), Some(PARTNER_STORAGE.to_owned()));
    assert_eq!(stage.given(&tenant.id).get(&storage), Some(&None), "the default one, unlimited");
}

#[tokio::test]
async fn a43_without_automatic_provisioning_nobody_gets_a_tenant_and_it_is_told() {
    let stage = Stage::with(|settings| settings.automatic_provisioning = false).await;
    let buyer = stage.plain_buyer("Handarbeit KG");
    let run = stage.quotas_complete().await;
    assert!(stage.told(&run).contains("it has no tenant"), "{}", stage.told(&run));
    assert_eq!(stage.tenants_of(&buyer), []);
    let row = CustomerRow {
        company: CompanyId(buyer.company),
        company_name: buyer.name.clone(),
        link: CustomerLink::ToCreate,
        pins: BTreeMap::new(),
        decisions: BTreeMap::new(),
    };
    // A55: the operator asks for one.
    stage.change_mapping(|mapping| _ = mapping.customers.insert(row.company, row)).await;
    stage.quotas_complete().await;
    stage.has_one_tenant(&buyer).await;
}

#[tokio::test]
async fn m6_a_company_that_is_left_alone_never_gets_a_tenant() {
    let stage = Stage::new().await;
    let buyer = stage.plain_buyer("Lassmichinruh GmbH");
    stage.quotas_complete().await;
    let tenant = stage.has_one_tenant(&buyer).await;
    let given = stage.given(&tenant.id);
    let unmap = |mapping: &mut shared::mapping::Mapping| {
        mapping.customers.get_mut(&CompanyId(buyer.company)).expect("it is mapped").remove_link();
    };
    stage.change_mapping(unmap).await;
    let never = stage.plain_buyer("Nie und Nimmer GmbH");
    let left = CustomerRow {
        company: CompanyId(never.company),
        company_name: String::new(),
        link: CustomerLink::Unmapped { left_alone: true },
        pins: BTreeMap::new(),
        decisions: BTreeMap::new(),
    };
    stage.change_mapping(|mapping| _ = mapping.customers.insert(left.company, left)).await;
    for _ in 0..3 {
        stage.pass_days(1);
        stage.sandbox.world(|world| world.human_adjust(buyer.lines["pw_base_servers"], 3, world.today())).unwrap();
        let run = stage.quotas_complete().await;
        assert_eq!(run.record.counts.changes, 0, "{:?}", run.record);
    }
    assert_eq!(stage.tenants_of(&never), []);
    assert_eq!(stage.given(&tenant.id), given, "neither vendor is touched");
    assert_eq!(stage.tenants_of(&buyer).len(), 1);
}

#[tokio::test]
async fn p1_a_company_that_buys_nothing_of_ours_gets_nothing() {
    let stage = Stage::new().await;
    let without = stage.buyer("Kauft Nichts GmbH", &[]);
    let (other, ended, later) = stage.sandbox.world(|world| {
        let service = world.add_service("Managed Coffee", "coffee", "12.00".parse().unwrap());
        (service, world.day(-3), world.day(30))
    });
    let ends = stage.plain_buyer("Vorbei und Aus GmbH");
    let begins = stage.plain_buyer("Demnächst Bau GmbH");
    let inactive = stage.plain_buyer("Ruhend GmbH");
    stage.sandbox.world(|world| {
        world.add_line(without.contract, other, 7, None);
        world.end_contract(ends.contract, ended);
        let last = world.day(700);
        world.move_contract(begins.contract, later, last);
        world.set_contract_status(inactive.contract, 0);
    });
    let run = stage.quotas_complete().await;
    assert_eq!(run.record.counts.changes, 0, "{:?}", run.record);
    for buyer in [&without, &ends, &begins, &inactive] {
        assert_eq!(stage.tenants_of(buyer), [], "{}", buyer.name);
    }
    stage.pass_days(31);
    stage.quotas_complete().await;
    stage.has_one_tenant(&begins).await;
}

#[tokio::test]
async fn q4_who_pays_as_they_go_gets_a_tenant_without_limits() {
    let stage = Stage::new().await;
    let buyer = stage.plain_buyer("Nach Verbrauch AG");
    stage.sandbox.world(|world| world.set_udf(buyer.contract, PAYG_FIELD, Some(" yes ")));
    stage.quotas_complete().await;
    let tenant = stage.tenants_of(&buyer).remove(0);
    let given = stage.given(&tenant.id);
    assert_eq!(given.len(), 3, "{given:?}");
    assert!(given.values().all(Option::is_none), "{given:?}");
    let unclear = stage.plain_buyer("Jein Consulting");
    stage.sandbox.world(|world| world.set_udf(unclear.contract, PAYG_FIELD, Some("maybe")));
    let run = stage.quotas().await;
    assert_eq!(stage.tenants_of(&unclear), [], "{}", stage.told(&run));
    assert!(stage.told(&run).contains("maybe"), "{}", stage.told(&run));
}

#[tokio::test]
async fn c4_nothing_is_given_for_a_line_without_units_and_zero_is_a_quota() {
    let stage = Stage::new().await;
    let buyer = stage.buyer("Null und Eins GmbH", &[("pw_base_workstations", 0), ("pw_base_servers", 1)]);
    stage.quotas_complete().await;
    let tenant = stage.tenants_of(&buyer).remove(0);
    let given = stage.given(&tenant.id);
    let quota = |item: &str| given.get(&(item.to_owned(), None)).copied();
    assert_eq!(quota("pw_base_servers"), Some(Some(1)));
    assert!(matches!(quota("pw_base_workstations"), None | Some(Some(0))), "{given:?}");
}
