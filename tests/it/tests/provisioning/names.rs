//! Names (P1, P3): a tenant that is there is not made a second time, and a name that is taken gets a number.

use crate::stage::Stage;
use it::prepaid::Buyer;
use shared::ids::{CompanyId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow};
use std::collections::BTreeMap;

fn row(buyer: &Buyer, link: CustomerLink) -> CustomerRow {
    CustomerRow {
        company: CompanyId(buyer.company),
        company_name: buyer.name.clone(),
        link,
        pins: BTreeMap::new(),
        decisions: BTreeMap::new(),
    }
}

fn tenants(stage: &Stage) -> usize {
    stage.sandbox.world(|world| world.acronis.tenants.len())
}

#[tokio::test]
async fn p1_a_tenant_with_equal_or_nearly_equal_name_is_a_finding_and_no_second_one_is_made() {
    for (company, tenant) in
        [("Doppelt GmbH", "Doppelt GmbH"), ("Beinah GmbH & Co. KG", "BEINAH"), ("O'Neil Ltd", "Oneil")]
    {
        let stage = Stage::new().await;
        let there = stage.sandbox.world(|world| world.add_tenant(tenant, None));
        let buyer = stage.plain_buyer(company);
        let before = tenants(&stage);
        let run = stage.quotas_complete().await;
        let told = stage.told(&run);
        assert!(told.contains(&there) && told.contains("tenant = \"new\""), "{company}: {told}");
        assert_eq!((tenants(&stage), stage.tenants_of(&buyer).len()), (before, 0), "{company}");
        // The operator decides: that tenant it is.
        let link = CustomerLink::Mapped { tenant: TenantId::new(&there), tenant_name: tenant.to_owned() };
        stage.change_mapping(|mapping| _ = mapping.customers.insert(CompanyId(buyer.company), row(&buyer, link))).await;
        stage.quotas_complete().await;
        assert_eq!(tenants(&stage), before, "{company}");
    }
}

#[tokio::test]
async fn p3_a_name_that_is_taken_elsewhere_gets_a_number_and_says_so() {
    let stage = Stage::new().await;
    let folder = stage.sandbox.world(|world| {
        let folder = world.add_tenant_of_kind("Nord", None, sandbox::acronis::TenantKind::Folder);
        world.add_tenant("Vergeben GmbH", Some(&folder));
        world.add_tenant("Vergeben GmbH (2)", Some(&folder))
    });
    let buyer = stage.plain_buyer("Vergeben GmbH");
    let run = stage.quotas_complete().await;
    assert_eq!(stage.tenants_of(&buyer), [], "two near names are there: {}", stage.told(&run));
    stage
        .change_mapping(|mapping| {
            _ = mapping.customers.insert(CompanyId(buyer.company), row(&buyer, CustomerLink::ToCreate))
        })
        .await;
    let run = stage.quotas_complete().await;
    let tenant = stage.has_one_tenant(&buyer).await;
    assert_eq!(tenant.name, "Vergeben GmbH (3)");
    assert!(stage.told(&run).contains("\"Vergeben GmbH\" is taken"), "{}", stage.told(&run));
    assert_ne!(tenant.id, folder);
}

#[tokio::test]
async fn p3_two_companies_of_one_name_get_a_tenant_each() {
    let stage = Stage::new().await;
    let (first, second) = (stage.plain_buyer("Zwilling GmbH"), stage.plain_buyer("Zwilling GmbH"));
    let run = stage.quotas_complete().await;
    let tenants = [stage.has_one_tenant(&first).await, stage.has_one_tenant(&second).await];
    assert_ne!(tenants[0].id, tenants[1].id);
    assert_eq!([&*tenants[0].name, &*tenants[1].name], ["Zwilling GmbH", "Zwilling GmbH (2)"], "{}", stage.told(&run));
}

#[tokio::test]
async fn p3_a_name_whose_every_number_is_taken_is_a_finding_and_others_go_on() {
    let stage = Stage::new().await;
    stage.sandbox.world(|world| {
        world.add_tenant_of_kind("Überall", None, sandbox::acronis::TenantKind::Folder);
        for number in 2..=20 {
            world.add_tenant_of_kind(&format!("Überall ({number})"), None, sandbox::acronis::TenantKind::Folder);
        }
    });
    let (taken, other) = (stage.plain_buyer("Überall"), stage.plain_buyer("Nirgends"));
    let run = stage.quotas().await;
    assert_eq!(run.record.counts.refused, 1, "{:?}", run.record);
    assert!(stage.told(&run).contains("Acronis refused its tenant"), "{}", stage.told(&run));
    assert_eq!(stage.tenants_of(&taken), []);
    stage.has_one_tenant(&other).await;
    // A refusal is not tried again before tomorrow.
    stage.sandbox.clear_requests();
    stage.quotas().await;
    assert_eq!(stage.asked("acronis.create_tenant"), 0);
    stage.pass_days(1);
    stage.sandbox.world(|world| {
        let free = world.tenant_named("Überall (7)").expect("it is there");
        world.remove_tenant(&free);
    });
    stage.quotas_complete().await;
    assert_eq!(stage.has_one_tenant(&taken).await.name, "Überall (7)");
}
