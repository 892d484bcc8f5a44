//! Who gets a tenant, what it is given, and when a person says first (rules P1 to P3, Q3 at provisioning, M6, H2).

mod common;

use common::prepaid::{CLOUD, PC, Prepaid, SERVER, hard};
use common::prepaid_job::reasons;
use common::{company, date, tenant};
use shared::creation::Creation;
use shared::ids::{StorageId, TenantId};
use shared::mapping::CustomerLink;
use shared::plan::{Action, HoldReason, Plan};
use shared::quota::Grant::{Off, Unlimited};
use shared::quota_change::NewTenant;
use shared::quota_facts::Contact;
use shared::usage::{ItemKind::Storage, Tenant};

/// Automatic provisioning is on; Birke bought 5 servers and has no tenant.
fn birke() -> Prepaid {
    let mut world = Prepaid::empty("2026-05-10");
    world.settings().automatic_provisioning = true;
    world.sells("pw_base_servers", SERVER).sells("pw_base_workstations", PC).company(8, "Birke ").buys(SERVER, 5);
    world
}

#[track_caller]
fn created(plan: &Plan) -> &NewTenant {
    let all: Vec<_> = plan.changes.iter().chain(plan.held.iter().map(|held| &held.change)).collect();
    match all.as_slice() {
        [change] => match &change.action {
            Action::CreateTenant(new) => new,
            other => panic!("no new tenant: {other:?}"),
        },
        _ => panic!("one new tenant is expected:\n{plan}"),
    }
}

#[track_caller]
fn assert_none(plan: &Plan, text: &str) {
    assert!(plan.is_empty(), "no tenant is expected:\n{plan}");
    assert!(plan.to_string().contains(text), "\"{text}\" is expected:\n{plan}");
}

/// The tenant that was asked for.
fn ours() -> Tenant {
    Tenant { tag: Some("autotask:42:8".to_owned()), ..tenant("tenant-8", "Birke") }
}

fn contact(email: &str) -> Option<Contact> {
    Some(Contact { email: email.to_owned(), first_name: "Ada".to_owned(), last_name: "L".to_owned() })
}

fn sent(world: &Prepaid, refused: Option<&str>) -> Option<Creation> {
    Some(Creation {
        key: "autotask:42:8".to_owned(),
        change: world.plan().approvable().next().expect("it is planned").to_owned(),
        sent_at: world.now(),
        sent_on: world.today,
        refused: refused.map(str::to_owned),
        finished: false,
    })
}

#[test]
fn p1_a16_a42_a_company_with_a_contract_of_mapped_services_gets_a_tenant_with_what_it_bought() {
    let mut world = birke();
    let plan = world.run();
    let new = created(&plan);
    assert_eq!((new.name.as_str(), new.tag.as_str(), new.parent.as_str()), ("Birke", "autotask:42:8", "partner"));
    assert_eq!((world.grant("pw_base_servers"), world.grant("pw_base_workstations")), (hard(5), Off));
    let plan = world.run();
    assert!(plan.is_empty() && plan.findings.is_empty(), "it is there: {plan}");
}

#[test]
fn p1_a17_a43_a47_without_automatic_provisioning_the_operator_maps() {
    let mut world = birke();
    world.settings().automatic_provisioning = false;
    assert_none(&world.plan(), "a contract sells it our services, and it has no tenant");
    assert!(!Prepaid::empty("2026-05-10").mapping.settings.automatic_provisioning, "off by default");
}

#[test]
fn p1_a55_the_operator_may_ask_for_a_new_tenant_whatever_the_setting_and_the_names() {
    let mut world = birke();
    world.settings().automatic_provisioning = false;
    world.near.insert(world.of, vec![tenant("other", "Birke")]);
    let plan = world.linked(CustomerLink::ToCreate).run();
    created(&plan);
    assert!(plan.findings.is_empty(), "a customer to create is something to do: {plan}");
}

#[test]
fn a18_a55_a_new_tenant_that_is_asked_for_waits_for_its_contract_and_says_so() {
    let mut world = birke();
    world.linked(CustomerLink::ToCreate).it().contracts.clear();
    assert_none(&world.plan(), "it is to get a tenant, but no contract sells it our services");
}

#[test]
fn p1_nobody_gets_a_tenant_without_an_active_contract_that_holds_a_mapped_service() {
    type Change = fn(&mut Prepaid);
    let cases: [(&str, Change); 9] = [
        ("nothing on it", |world| _ = (world.it().lines.clear(), world.it().rows.clear())),
        ("a service not mapped", |world| _ = world.row("pw_base_servers", |row| row.service = None)),
        ("starts tomorrow", |world| world.the_contract().start = date("2026-05-11")),
        ("ended yesterday", |world| world.the_contract().end = date("2026-05-09")),
        ("inactive contract", |world| world.the_contract().active = false),
        ("another kind of contract", |world| world.the_contract().recurring = false),
        ("inactive company", |world| world.it().company.as_mut().expect("it is there").active = false),
        ("invisible company", |world| world.it().company = None),
        ("the link was removed", |world| _ = world.linked(CustomerLink::Unmapped { left_alone: true })),
    ];
    for (what, change) in cases {
        let mut world = birke();
        change(&mut world);
        assert!(world.plan().is_empty(), "{what}");
    }
    let mut world = birke();
    world.the_contract().payg = Some("perhaps".to_owned());
    assert_none(&world.plan(), "says \"perhaps\"");
}

#[test]
fn p1_the_providers_own_company_with_id_0_is_valid() {
    let mut world = birke();
    world.linked(CustomerLink::Ignored { reason: "no".to_owned() }).company(0, "We").buys(SERVER, 1);
    assert_eq!(created(&world.plan()).tag, "autotask:42:0");
}

#[test]
fn p1_an_unmapped_tenant_with_its_name_or_nearly_is_a_finding_and_no_second_tenant() {
    let mut world = birke();
    world.near.insert(world.of, vec![tenant("other", "BIRKE GmbH")]);
    assert_none(&world.plan(), "one with its name is not mapped: other \"BIRKE GmbH\"");
}

#[test]
fn p1_a_bundle_or_a_line_of_a_pay_as_you_go_contract_is_bought_as_well() {
    let mut world = birke();
    (world.it().lines, world.it().rows) = (Vec::new(), Vec::new());
    world.bundle(80, 90, SERVER, 3);
    created(&world.plan());
    world.the_contract().payg = Some("Yes".to_owned());
    world.run();
    assert_eq!(world.grant("pw_base_servers"), Unlimited);
}

#[test]
fn p2_while_nobody_answered_nothing_is_sent_again_until_it_is_settled() {
    let mut world = birke();
    world.it().creation = sent(&world, None);
    assert_none(&world.plan(), "its tenant was asked for, and Acronis has not answered");
    world.minutes += 10;
    created(&world.plan());
}

#[test]
fn p2_a_tenant_that_a_lost_reply_made_is_completed_and_not_made_again() {
    let mut world = birke();
    let creation = sent(&world, None);
    (world.it().creation, world.it().tenant) = (creation, Some(ours()));
    world.near.insert(world.of, vec![tenant("other", "Birke")]);
    assert_eq!(created(&world.plan()).tenant, Some(TenantId::new("tenant-8")));
    let (link, name) = (TenantId::new("tenant-8"), "Birke".to_owned());
    world.linked(CustomerLink::Mapped { tenant: link, tenant_name: name });
    created(&world.plan());
    world.it().creation.as_mut().expect("it was sent").finished = true;
    assert!(world.plan().changes.is_empty(), "it is complete; from now on it has quotas");
}

#[test]
fn p2_a_refused_tenant_is_told_and_tried_again_tomorrow_or_when_something_moves() {
    let mut world = birke();
    world.it().creation = sent(&world, Some("no more tenants"));
    assert_none(&world.plan(), "Acronis refused its tenant: no more tenants");
    created(&world.clone().day("2026-05-11").plan());
    created(&world.buys(SERVER, 6).plan());
}

#[test]
fn p2_a48_two_factors_trial_and_administrator_are_settings_and_off() {
    let mut world = birke();
    world.it().contact = contact("ada@birke.example");
    let plan = world.plan();
    let new = created(&plan);
    assert_eq!((new.two_factor, new.trial, &new.administrator), (false, false, &None));
    let settings = &mut world.settings().new_tenants;
    (settings.two_factor, settings.trial, settings.administrator) = (true, true, true);
    let plan = world.plan();
    let new = created(&plan);
    assert_eq!((new.two_factor, new.trial, &new.administrator), (true, true, &contact("ada@birke.example")));
    world.it().contact = None;
    let plan = world.plan();
    assert_eq!(created(&plan).administrator, None, "the tenant is made all the same");
    assert!(plan.to_string().contains("no primary contact with e-mail"));
}

#[test]
fn q3_a39_without_a_storage_in_the_contract_the_default_storage_is_given_unlimited() {
    let cases = [
        // storages, default, expected
        (vec!["storage@a"], None, Some("storage@a")),
        (vec!["storage@a"], Some("a"), Some("storage@a")),
        (vec!["storage@a", "storage@b"], Some("b"), Some("storage@b")),
        (vec!["storage@a", "storage@b"], None, None),
        (vec!["storage@a", "storage@b"], Some("z"), None),
        (vec!["storage@a"], Some("z"), None),
    ];
    for (storages, default, expected) in cases {
        let mut world = birke();
        storages.iter().for_each(|name| _ = world.offers(name, Storage));
        world.settings().new_tenants.default_storage = default.map(StorageId::new);
        let plan = world.run();
        for name in &storages {
            let given = if expected == Some(*name) { Unlimited } else { Off };
            assert_eq!(world.grant(name), given, "{name} of {storages:?}, default {default:?}");
        }
        assert_eq!(plan.to_string().contains("several storages could be given"), expected.is_none(), "{plan}");
    }
}

#[test]
fn q3_a_storage_in_the_contract_is_given_and_no_default_one_besides() {
    let mut world = birke();
    world.sells("storage@a", CLOUD).offers("storage@b", Storage).buys(CLOUD, 7);
    world.settings().new_tenants.default_storage = Some(StorageId::new("b"));
    world.run();
    assert_eq!((world.grant("storage@a"), world.grant("storage@b")), (hard(7 << 30), Off));
}

#[test]
fn h2_in_review_mode_a_new_tenant_waits_and_is_approved_for_what_was_shown() {
    type Move = fn(&mut Prepaid);
    let cases: [(&str, Move, bool); 8] = [
        ("nothing moved", |_| {}, true),
        ("a day passed", |world| _ = world.day("2026-05-11"), true),
        ("units", |world| _ = world.buys(SERVER, 500), false),
        ("another service", |world| _ = world.buys(PC, 1), false),
        ("mapping", |world| _ = world.row("pw_base_servers", |row| row.included = 9), false),
        ("name", |world| world.it().company = Some(company(8, "Buche")), false),
        ("setting", |world| world.settings().new_tenants.two_factor = true, false),
        ("contact", |world| world.it().contact = contact("eve@birke.example"), false),
    ];
    for (what, moved, lifted) in cases {
        let mut world = birke();
        (world.settings().review_mode, world.settings().new_tenants.administrator) = (true, true);
        world.it().contact = contact("ada@birke.example");
        let plan = world.run();
        assert_eq!(reasons(&plan), [HoldReason::ReviewMode]);
        world.approve(&plan);
        moved(&mut world);
        assert_eq!(world.plan().changes.len(), usize::from(lifted), "{what}");
    }
}

#[test]
fn h2_what_was_approved_is_finished_after_a_stop_on_the_way() {
    let mut world = birke();
    world.settings().review_mode = true;
    world.offers("storage@a", Storage);
    let plan = world.plan();
    let id = plan.held[0].change.id.clone();
    world.approve(&plan);
    let creation = sent(&world, None);
    (world.it().creation, world.it().tenant) = (creation, Some(ours()));
    for name in ["pw_base_servers", "storage@a"] {
        let given = if name == "storage@a" { Unlimited } else { hard(5) };
        let plan = world.has(name, given).plan();
        assert_eq!(plan.changes.iter().map(|change| &change.id).collect::<Vec<_>>(), [&id], "{name} is given: {plan}");
    }
}

#[test]
fn m5_before_the_first_plan_is_approved_no_tenant_is_made() {
    let mut world = birke();
    world.connection.first_quotas_approved = false;
    let plan = world.run();
    assert_eq!(reasons(&plan), [HoldReason::FirstPlan]);
    created(&world.approve(&plan).run());
}

#[test]
fn h1_who_got_its_tenant_from_us_does_not_wait_as_a_new_customer_nor_for_its_mapping() {
    let mut world = birke();
    world.run();
    let plan = world.day("2026-05-11").buys(SERVER, 6).run();
    assert_eq!((plan.changes.len(), reasons(&plan)), (1, vec![]), "{plan}");
    world.row("pw_base_servers", |row| row.included = 1);
    assert_eq!(reasons(&world.run()), [HoldReason::MappingChanged]);
}

#[test]
fn a44_a_mapped_company_is_never_given_another_tenant() {
    let mut world = Prepaid::on("2026-05-10");
    world.settings().automatic_provisioning = true;
    world.buys(SERVER, 5).it().tenant = None;
    assert_none(&world.plan(), "is not in our tree");
}

#[test]
fn q5_a55_a_tenant_of_ours_that_is_in_use_loses_nothing_by_being_asked_for_again() {
    let mut world = birke();
    world.run();
    world.linked(CustomerLink::ToCreate);
    world.has("pw_base_servers", Unlimited).uses("pw_base_servers", 50);
    let plan = world.plan();
    assert!(created(&plan).items.iter().all(|setting| !setting.after.is_less_than(setting.before)), "{plan}");
}
