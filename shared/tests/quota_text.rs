//! The plan of quotas as an operator reads it.

mod common;

use common::prepaid::{CLOUD, PC, Prepaid, SERVER, hard, soft};
use common::tenant;
use insta::assert_snapshot;
use shared::ids::{ServiceId, StorageId};
use shared::mapping::CustomerLink;
use shared::quantity::GIB;
use shared::quota::Grant::Unlimited;
use shared::quota_facts::Contact;
use shared::usage::ItemKind::{Count, Feature, Storage};

/// Alpenblick has 5 servers, 20 PCs and a storage, as it bought them.
fn alpenblick() -> Prepaid {
    let mut world = Prepaid::on("2026-05-10");
    world.sells("storage@a", CLOUD).sells("pw_base_m365_seats", ServiceId(605));
    world.offers("pw_base_m365_mailboxes", Feature).offers("pw_base_nas", Count);
    world.buys(SERVER, 5).buys(PC, 20).buys(CLOUD, 250);
    world.run();
    world
}

#[test]
fn the_plan_of_quotas_that_follow_the_contract() {
    let mut world = alpenblick();
    world.buys(SERVER, 7).bundle(70, 90, SERVER, 2).buys(PC, 15).buys(CLOUD, 500).buys(ServiceId(605), 30);
    world.row("pw_base_nas", |row| row.free = true);
    assert_snapshot!(world.plan(), @"
    Plan dcef1dcddfdc of quotas · connection main · 2026-05-10
    5 changes, 1 held, 0 waiting, 0 findings, 0 items right

    Changes
        id            item                    quota              because
      Alpenblick (company 7), tenant tenant-7
        8165812cb9db  pw_base_m365_mailboxes  off → on           goes with pw_base_m365_seats
        ca4d0864c1f3  pw_base_m365_seats      off → 30           Service 605: 30 on contract 70
        f61fed90f832  pw_base_servers         5 → 9              Server: 7 on contract 70 + 2 in bundles
        38c5ecba0d2b  pw_base_workstations    20 → 15            PC: 15 on contract 70
        7b3546f287d2  storage@a               250 GiB → 500 GiB  Cloud Storage: 500 on contract 70

    Held until approved: the mapping changed since it was last written
        id            item         quota            because
      Alpenblick (company 7), tenant tenant-7
        ecd7fdee4b15  pw_base_nas  off → unlimited  not mapped; free
    ");
}

#[test]
fn the_plan_of_quotas_that_are_held() {
    let mut world = alpenblick();
    world.buys(SERVER, 3).uses("pw_base_servers", 5).buys(CLOUD, 100).uses("storage@a", 150 * GIB + GIB / 2);
    world.row("pw_base_workstations", |row| row.included = 5);
    world.buys(ServiceId(605), 4).has("pw_base_m365_seats", soft(4));
    assert_snapshot!(world.plan(), @"
    Plan b4a10e1145de of quotas · connection main · 2026-05-10
    2 changes, 3 held, 0 waiting, 0 findings, 1 item right

    Changes
        id            item                    quota        because
      Alpenblick (company 7), tenant tenant-7
        8165812cb9db  pw_base_m365_mailboxes  off → on     goes with pw_base_m365_seats
        9ad6c7f0effd  pw_base_m365_seats      4, soft → 4  Service 605: 4 on contract 70

    Held until approved
        id            item                  quota              because
      Alpenblick (company 7), tenant tenant-7
        f231d41b88e2  pw_base_servers       5 → 3              Server: 3 on contract 70; held: less than the 5 in use
        4b512e7a520c  pw_base_workstations  20 → 25            PC: 20 on contract 70 + 5 included; held: the mapping changed since it was last written
        67c6453371b1  storage@a             250 GiB → 100 GiB  Cloud Storage: 100 on contract 70; held: less than the 150.5 GiB in use
    ");
}

#[test]
fn the_plan_of_a_customer_that_would_lose_everything() {
    let mut world = alpenblick();
    world.it().rows.clear();
    assert_snapshot!(world.plan(), @"
    Plan 3e5e377aec8d of quotas · connection main · 2026-05-10
    0 changes, 3 held, 0 waiting, 0 findings, 2 items right

    Held until approved: nothing would be left to the customer
        id            item                  quota            because
      Alpenblick (company 7), tenant tenant-7
        fbbf4bb91829  pw_base_servers       5 → 0            Server: 0 on contract 70
        ac09c138bce8  pw_base_workstations  20 → 0           PC: 0 on contract 70
        ac633975569a  storage@a             250 GiB → 0 GiB  Cloud Storage: 0 on contract 70
    ");
}

#[test]
fn the_first_plan_of_quotas() {
    let mut world = Prepaid::on("2026-05-10");
    world.connection.first_quotas_approved = false;
    world.buys(SERVER, 5).has("pw_base_workstations", Unlimited);
    assert_snapshot!(world.plan(), @"
    Plan 0936b884b8d2 of quotas · connection main · 2026-05-10
    0 changes, 2 held, 0 waiting, 0 findings, 0 items right

    Held until approved: the first plan waits for approval
        id            item                  quota          because
      Alpenblick (company 7), tenant tenant-7
        b9ea7dad0b6c  pw_base_servers       off → 5        Server: 5 on contract 70
        ea78e21caf34  pw_base_workstations  unlimited → 0  PC is not in the contract
    ");
}

#[test]
fn the_plan_of_quotas_with_findings() {
    let mut world = alpenblick();
    world.sells("pw_base_vms", SERVER).sells("pw_pack_adv_backup_vms", ServiceId(606)).offers("storage@b", Storage);
    world.buys(ServiceId(606), 3).has("storage@b", Unlimited);
    world.item("pw_base_vms").locked = true;
    world.customer(8, "Birke").known().contract(81, "Yes").buys(SERVER, 1).line(81, 2, SERVER, 0);
    world.customer(9, "Cedar").known().has("pw_base_servers", hard(3)).it().contracts.clear();
    world.customer(10, "Dahlie").known().the_contract().payg = Some("perhaps".to_owned());
    world.customer(11, "Eiche").known().buys(SERVER, 1).it().tenant.as_mut().expect("it is there").enabled = false;
    world.company(12, "Fichte").buys(SERVER, 1);
    assert_snapshot!(world.plan(), @r#"
    Plan 1ca3a24c0904 of quotas · connection main · 2026-05-10
    0 changes, 0 held, 0 waiting, 9 findings, 9 items right

    Findings
      - Alpenblick (company 7): Server is sold once and gives its units to each of pw_base_servers, pw_base_vms
        → map each item to a service of its own, or combine = "max" where they are packs on the same workloads
      - Alpenblick (company 7): storage@b is on and not in the contract; it is left as it is
        → sell the storage on the contract, or switch it off in Acronis
      - Alpenblick (company 7): pw_pack_adv_backup_vms stands on a standard item, and none is given; it is not switched on
        → sell the standard item with it
      - Alpenblick (company 7): pw_base_vms is locked at Acronis and cannot be switched on
        → ask Acronis, or your distributor, to unlock it
      - Birke (company 8): Server is on pay-as-you-go contract 81 and on prepaid contract 80; it is held
        → take the service off one of the two contracts, or pin the line to bill (`pins`)
      - Cedar (company 9): no active recurring contract since 2026-05-10; its quotas stay as they are
        → renew the contract, or disable the tenant in Acronis; `disable_after_days` would do it
      - Dahlie (company 10): contract 100 "Managed 100": "Acronis PAYG" says "perhaps"; the contract is held
        → set "Acronis PAYG" to Yes or No on the contract
      - Eiche (company 11): tenant tenant-11 is disabled although there is a contract; nothing is changed in it
        → enable the tenant in Acronis, or end the contract
      - Fichte (company 12): a contract sells it our services, and it has no tenant
        → map the company to a tenant, write `tenant = "new"` for it, or switch automatic_provisioning on
    "#);
}

#[test]
fn the_plan_of_new_tenants() {
    let mut world = Prepaid::empty("2026-05-10");
    world.settings().automatic_provisioning = true;
    world.settings().new_tenants.administrator = true;
    world.settings().new_tenants.default_storage = Some(StorageId::new("b"));
    world.sells("pw_base_servers", SERVER).offers("storage@a", Storage).offers("storage@b", Storage);
    world.company(8, "Birke").buys(SERVER, 5);
    let (email, first_name, last_name) = ("ada@birke.example".to_owned(), "Ada".to_owned(), "L".to_owned());
    world.it().contact = Some(Contact { email, first_name, last_name });
    world.company(9, "Cedar").buys(SERVER, 1);
    world.near.insert(world.of, vec![tenant("other", "CEDAR Ltd.")]);
    world.company(10, "Dahlie").linked(CustomerLink::ToCreate);
    world.company(11, "Eiche").buys(SERVER, 2);
    assert_snapshot!(world.plan(), @r#"
    Plan ad1be7181aa0 of quotas · connection main · 2026-05-10
    2 changes, 0 held, 0 waiting, 3 findings, 0 items right

    Changes
        id            item     quota                                 because
      Birke (company 8), new tenant
        70d30972e4ac  created  in production, with an administrator  pw_base_servers 5, storage@b unlimited
      Eiche (company 11), new tenant
        3f2472ac2810  created  in production                         pw_base_servers 2, storage@b unlimited

    Findings
      - Cedar (company 9): it should get a tenant, but one with its name is not mapped: other "CEDAR Ltd."
        → map the company to that tenant, or write `tenant = "new"` for it in the mapping file
      - Dahlie (company 10): it is to get a tenant, but no contract sells it our services
        → make a recurring service contract with a mapped service
      - Eiche (company 11): nobody becomes administrator of its tenant: no primary contact with e-mail
        → set a primary contact with an e-mail address in Autotask, and add the administrator in Acronis
    "#);
}

#[test]
fn the_plan_to_disable_a_tenant() {
    let mut world = alpenblick();
    world.settings().disable_after_days = Some(30);
    world.it().contracts.clear();
    world.run();
    assert_snapshot!(world.day("2026-06-09").plan(), @"
    Plan a18de0a179f8 of quotas · connection main · 2026-06-09
    1 change, 0 held, 0 waiting, 1 finding, 0 items right

    Changes
        id            item              quota               because
      Alpenblick (company 7), tenant tenant-7
        7727673e96ed  the whole tenant  enabled → disabled  no active contract since 2026-05-10

    Findings
      - Alpenblick (company 7): no active recurring contract since 2026-05-10; its tenant is disabled on 2026-06-09, its data stay
        → renew the contract before, or ignore the customer in the mapping
    ");
    assert_snapshot!(world.day("2026-06-12").plan(), @"
    Plan a18de0a179f8 of quotas · connection main · 2026-06-12
    1 change, 0 held, 0 waiting, 1 finding, 0 items right

    Changes
        id            item              quota               because
      Alpenblick (company 7), tenant tenant-7
        7727673e96ed  the whole tenant  enabled → disabled  no active contract since 2026-05-10

    Findings
      - Alpenblick (company 7): no active recurring contract since 2026-05-10; its tenant is disabled on 2026-06-09, its data stay
        → renew the contract before, or ignore the customer in the mapping
    ");
    world.uses("pw_base_servers", 3);
    assert_snapshot!(world.plan(), @"
    Plan da06d659dc70 of quotas · connection main · 2026-06-12
    0 changes, 1 held, 0 waiting, 1 finding, 0 items right

    Held until approved: 1 item still in use
        id            item              quota               because
      Alpenblick (company 7), tenant tenant-7
        b3bcca980312  the whole tenant  enabled → disabled  no active contract since 2026-05-10

    Findings
      - Alpenblick (company 7): no active recurring contract since 2026-05-10; its tenant is disabled on 2026-06-09, its data stay
        → renew the contract before, or ignore the customer in the mapping
    ");
}
