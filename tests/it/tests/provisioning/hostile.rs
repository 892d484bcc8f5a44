//! Names, tags and mappings as nobody should make them: they end in a tenant or in a finding, never in somebody
//! else's tenant, and other customers go on.

use crate::stage::{PLAIN, SETTLED_SECONDS, Stage};
use it::prepaid::Buyer;
use it::wire::{Operation, Strike};
use sandbox::acronis::{PricingMode, TenantKind};
use shared::ids::{CompanyId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow};
use shared::run::Outcome;
use std::collections::BTreeMap;

/// Maps a company, whatever the mapping's own checks would say.
async fn map(stage: &Stage, buyer: &Buyer, tenant: &str) {
    let store = &stage.host.store;
    let mut mapping = stage.mapping().await;
    let link = CustomerLink::Mapped { tenant: TenantId::new(tenant), tenant_name: "by hand".to_owned() };
    let row = CustomerRow {
        company: CompanyId(buyer.company),
        company_name: buyer.name.clone(),
        link,
        pins: BTreeMap::new(),
        decisions: BTreeMap::new(),
    };
    mapping.customers.insert(row.company, row);
    store.save_mapping(&stage.connection, &mapping).await.expect("it is saved");
}

/// What a tenant has, and how it stands: what nobody but its own company may change.
fn standing(stage: &Stage, tenant: &str) -> (String, usize) {
    stage.sandbox.world(|world| {
        let items = world.acronis.items.get(tenant).cloned().unwrap_or_default();
        let stands = world.tenant(tenant).map(|tenant| (tenant.enabled, tenant.pricing_mode, tenant.two_factor));
        (format!("{items:?} {stands:?}"), world.users_of(tenant).len())
    })
}

#[tokio::test]
async fn m1_names_in_any_script_of_any_length_get_a_tenant_and_others_go_on() {
    let long = "Lang".repeat(80);
    let names = [
        "株式会社さくら",
        "شركة الأفق",
        "חברת השמש",
        "ООО Ромашка",
        "Café ☕ 👩‍👩‍👧‍👦",
        "e\u{301}clair",
        "\u{202e}rückwärts",
        "Zero\u{200b}Width",
        "'; DROP TABLE tenants; --",
        "\"quoted\"",
        "<script>alert(1)</script>",
        "../../etc",
        "a/b\\c?d#e%20f&g",
        "{\"json\": 1}",
        "line\nbreak",
        "tab\there",
        "bell\u{7}",
        "nul\u{0}",
        "GmbH",
        "-",
        "  padded  ",
        long.as_str(),
    ];
    let stage = Stage::new().await;
    let buyers = names.map(|name| stage.plain_buyer(name));
    let fine = stage.plain_buyer("Ganz Normal GmbH");
    let run = stage.quotas().await;
    assert!(matches!(run.record.outcome, Outcome::Complete | Outcome::Failed(_)), "{:?}", run.record);
    stage.has_one_tenant(&fine).await;
    for buyer in &buyers {
        stage.has_one_tenant(buyer).await;
    }
    assert_eq!(stage.quotas_complete().await.record.counts.changes, 0);
    stage.nothing_unknown();
}

#[tokio::test]
async fn p3_a_company_without_a_name_is_a_finding_and_others_go_on() {
    let stage = Stage::new().await;
    let nameless = ["", "   "].map(|name| stage.plain_buyer(name));
    let fine = stage.plain_buyer("Mit Namen GmbH");
    let run = stage.quotas().await;
    stage.has_one_tenant(&fine).await;
    for buyer in &nameless {
        let tenants = stage.tenants_of(buyer);
        assert!(tenants.is_empty(), "{tenants:?}: {}", stage.told(&run));
    }
}

#[tokio::test]
async fn p2_only_our_own_tag_on_a_customer_of_ours_is_the_tenant_of_a_company() {
    let stage = Stage::new().await;
    let buyers =
        ["Fremde Datenbank", "Gelöscht", "Am Ordner", "Am Partner", "Mit Anhang", "Mit Vorsatz", "Großbuchstaben"]
            .map(|name| stage.plain_buyer(name));
    let tags = buyers.each_ref().map(|buyer| stage.tag(buyer.company));
    let tenants = stage.sandbox.world(|world| {
        let mut tagged = |name: &str, kind, tag: String| {
            let tenant = world.add_tenant_of_kind(name, None, kind);
            world.offer_everything(&tenant);
            world.change_tenant(&tenant, |tenant| tenant.internal_tag = Some(tag));
            tenant
        };
        let tenants = [
            tagged("Tenant A", TenantKind::Customer, format!("autotask:1:{}", buyers[0].company)),
            tagged("Tenant B", TenantKind::Customer, tags[1].clone()),
            tagged("Tenant C", TenantKind::Folder, tags[2].clone()),
            tagged("Tenant D", TenantKind::Partner, tags[3].clone()),
            tagged("Tenant E", TenantKind::Customer, format!("{}0", tags[4])),
            tagged("Tenant F", TenantKind::Customer, format!("x{}", tags[5])),
            tagged("Tenant G", TenantKind::Customer, tags[6].to_uppercase()),
        ];
        world.remove_tenant(&tenants[1]);
        tenants
    });
    let before = tenants.each_ref().map(|tenant| standing(&stage, tenant));
    stage.quotas_complete().await;
    assert_eq!(tenants.each_ref().map(|tenant| standing(&stage, tenant)), before, "no tenant of others is touched");
    for buyer in &buyers {
        let made = stage.sandbox.world(|world| world.tenant_named(&buyer.name));
        let made = made.unwrap_or_else(|| panic!("{} has no tenant", buyer.name));
        stage.has_what_was_bought(buyer, &made);
    }
}

/// The tenant above our own, which we may not see.
const ABOVE_US: &str = "00000000-0000-4000-8000-000000000001";

#[tokio::test]
async fn m1_a_tenant_with_our_tag_below_another_partner_is_ours_within_our_tree_and_nobodys_outside_it() {
    let stage = Stage::new().await;
    let (moved, outside) = (stage.plain_buyer("Umgezogen GmbH"), stage.plain_buyer("Abgewandert GmbH"));
    let tags = [stage.tag(moved.company), stage.tag(outside.company)];
    let tenants = stage.sandbox.world(|world| {
        let ours = world.add_tenant_of_kind("Partner Nord", None, TenantKind::Partner);
        let theirs = world.add_tenant_of_kind("Partner Fremd", Some(ABOVE_US), TenantKind::Partner);
        let tenants = [world.add_tenant("Tenant M", Some(&ours)), world.add_tenant("Tenant A", Some(&theirs))];
        for (tenant, tag) in tenants.iter().zip(tags) {
            world.offer_everything(tenant);
            world.change_tenant(tenant, |tenant| tenant.internal_tag = Some(tag));
        }
        tenants
    });
    let before = standing(&stage, &tenants[1]);
    stage.quotas_complete().await;
    let found: Vec<String> = stage.tenants_of(&moved).into_iter().map(|tenant| tenant.id).collect();
    assert_eq!(found, [tenants[0].clone()], "no second one is made");
    stage.has_what_was_bought(&moved, &tenants[0]);
    assert_eq!(standing(&stage, &tenants[1]), before, "what is not ours is not touched");
    let made: Vec<_> = stage.tenants_of(&outside).into_iter().filter(|tenant| tenant.id != tenants[1]).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    stage.has_what_was_bought(&outside, &made[0].id);
}

#[tokio::test]
async fn p2_our_tag_on_a_tenant_of_another_company_gives_nobody_that_tenant() {
    let stage = Stage::new().await;
    let before = stage.buyer("Vorher Da GmbH", &[("pw_base_servers", 77)]);
    stage.sandbox.world(|world| world.set_contract_status(before.contract, 0));
    let owner = stage.plain_buyer("Besitzer GmbH");
    stage.quotas_complete().await;
    let tenant = stage.has_one_tenant(&owner).await.id;
    let after = stage.buyer("Nachher Da GmbH", &[("pw_base_servers", 77)]);
    for (buyer, settings) in [(&before, false), (&before, true), (&after, false), (&after, true)] {
        stage.set(|all| all.automatic_provisioning = settings).await;
        stage.sandbox.world(|world| world.set_contract_status(buyer.contract, 1));
        let tag = stage.tag(buyer.company);
        stage.sandbox.world(|world| world.change_tenant(&tenant, |tenant| tenant.internal_tag = Some(tag)));
        let before = (standing(&stage, &tenant), stage.link(owner.company).await);
        for _ in 0..2 {
            stage.quotas().await;
            stage.pass_seconds(SETTLED_SECONDS);
        }
        assert_eq!((standing(&stage, &tenant), stage.link(owner.company).await), before, "{settings}");
        let link = stage.link(buyer.company).await;
        let mapped_to_it =
            matches!(&link, Some(CustomerLink::Mapped { tenant: mapped, .. }) if mapped.as_str() == tenant);
        assert!(!mapped_to_it, "{settings}: {link:?}");
    }
}

#[tokio::test]
async fn m1_a_partner_or_folder_or_unit_that_is_mapped_is_never_changed() {
    let stage = Stage::new().await;
    for kind in [TenantKind::Partner, TenantKind::Folder, TenantKind::Unit] {
        let tenant = stage.sandbox.world(|world| {
            let tenant = world.add_tenant_of_kind(&format!("Ein {kind:?}"), None, kind);
            world.offer_everything(&tenant);
            for item in ["pw_base_servers", "pw_base_vms"] {
                world.set_item_status(&tenant, item, None, true);
            }
            tenant
        });
        let buyer = stage.plain_buyer(&format!("Verzeigt {kind:?} GmbH"));
        map(&stage, &buyer, &tenant).await;
        let fine = stage.plain_buyer(&format!("Daneben {kind:?} GmbH"));
        let before = standing(&stage, &tenant);
        let run = stage.quotas().await;
        assert!(stage.told(&run).contains(&buyer.name), "{kind:?}: {}", stage.told(&run));
        stage.approve_quotas().await;
        stage.quotas().await;
        stage.has_one_tenant(&fine).await;
        // Neither is it disabled once nothing is sold any more.
        stage.set(|settings| settings.disable_after_days = Some(1)).await;
        stage.sandbox.world(|world| {
            let yesterday = world.day(-1);
            world.end_contract(buyer.contract, yesterday)
        });
        for _ in 0..3 {
            stage.quotas().await;
            stage.approve_quotas().await;
            stage.pass_days(1);
        }
        stage.quotas().await;
        stage.set(|settings| settings.disable_after_days = None).await;
        assert_eq!(standing(&stage, &tenant), before, "{kind:?}");
    }
}

#[tokio::test]
async fn m1_the_tenant_above_us_or_ours_itself_is_never_changed() {
    let stage = Stage::new().await;
    let own = stage.sandbox.world(|world| world.acronis.partner_id.clone());
    let (buyer, fine) = (stage.plain_buyer("Größenwahn AG"), stage.plain_buyer("Bescheiden AG"));
    for tenant in [own.as_str(), "00000000-0000-4000-8000-000000000001", "no such tenant", ""] {
        map(&stage, &buyer, tenant).await;
        let before = standing(&stage, &own);
        let run = stage.quotas().await;
        assert!(stage.told(&run).contains(&buyer.name), "{tenant}: {}", stage.told(&run));
        assert_eq!(standing(&stage, &own), before);
    }
    stage.has_one_tenant(&fine).await;
}

#[tokio::test]
async fn m1_a_tenant_mapped_twice_follows_neither_company() {
    let stage = Stage::new().await;
    let (first, second) = (stage.plain_buyer("Erster GmbH"), stage.buyer("Zweiter GmbH", &[("pw_base_servers", 50)]));
    let tenant = stage.sandbox.world(|world| {
        let tenant = world.add_tenant("Geteilt", None);
        world.offer_everything(&tenant);
        tenant
    });
    map(&stage, &first, &tenant).await;
    map(&stage, &second, &tenant).await;
    let fine = stage.buyer("Ungeteilt GmbH", &PLAIN);
    let before = standing(&stage, &tenant);
    for _ in 0..2 {
        let run = stage.quotas().await;
        let told = stage.told(&run);
        assert!(told.contains(&first.name) || told.contains(&second.name), "{told}");
        stage.approve_quotas().await;
    }
    stage.has_one_tenant(&fine).await;
    assert_eq!(standing(&stage, &tenant), before, "nobody knows whose it is");
}

#[tokio::test]
async fn p2_a_tenant_with_our_tag_that_a_person_put_into_production_stays_there() {
    let stage = Stage::new().await;
    let buyer = stage.plain_buyer("Schon Gross GmbH");
    stage.wire.strike(Operation::SetItems, 0, 1, Strike::ResetBefore);
    stage.quotas().await;
    stage.wire.mend();
    let tenant = stage.tenants_of(&buyer).remove(0).id;
    stage.sandbox.world(|world| world.change_tenant(&tenant, |tenant| tenant.pricing_mode = PricingMode::Suspended));
    stage.sandbox.clear_requests();
    stage.quotas().await;
    assert_eq!(stage.asked("acronis.set_pricing"), 0, "what a person suspended is not started again");
    stage.has_what_was_bought(&buyer, &tenant);
}
