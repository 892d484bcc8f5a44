//! What a file leaves out, and what of it a file may say otherwise (M3, M6).

use crate::samples::{BERGBAU, STORAGE, World, mapped, world};
use acrotask::mapping_file::import;
use shared::alert::AlertKind;
use shared::alert_settings::{AlertRow, TicketSettings};
use shared::ids::CompanyId;
use shared::mapping::{CustomerLink, Mapping, ServiceTarget};
use shared::settings::Settings;

fn imported(world: &World, text: &str) -> Mapping {
    match import(text, &world.mapping) {
        Ok(mapping) => mapping,
        Err(faults) => panic!("refused: {faults:#?}"),
    }
}

fn link(mapping: &Mapping, company: i64) -> &CustomerLink {
    &mapping.customers[&CompanyId(company)].link
}

#[test]
fn m6_a_customer_left_out_loses_its_link_and_is_left_alone() {
    let world = world();
    let mapping = imported(&world, "[settings]\n");
    assert_eq!(*link(&mapping, 175), CustomerLink::Unmapped { left_alone: true });
    assert_eq!(*link(&mapping, 177), CustomerLink::Unmapped { left_alone: false });
    assert_eq!(link(&mapping, 0), link(&world.mapping, 0));
    assert_eq!(mapping.customers.len(), world.mapping.customers.len());
}

#[test]
fn m6_a_link_taken_out_of_its_block_is_left_alone_until_told_otherwise() {
    let mapping = imported(&world(), "[settings]\n[[customer]]\ncompany = 175\n");
    assert_eq!(*link(&mapping, 175), CustomerLink::Unmapped { left_alone: true });
    let mapping = imported(&world(), "[settings]\n[[customer]]\ncompany = 175\nleft_alone = false\n");
    assert_eq!(*link(&mapping, 175), CustomerLink::Unmapped { left_alone: false });
    let mapping = imported(&world(), "[settings]\n[[customer]]\ncompany = 179\n");
    assert_eq!(*link(&mapping, 179), CustomerLink::Unmapped { left_alone: false });
}

#[test]
fn m3_a_product_left_out_is_billed_no_more_and_keeps_its_terms() {
    let world = world();
    let mapping = imported(&world, "[settings]\n");
    assert!(mapping.products.values().all(|row| row.service.is_none()));
    assert!(mapping.products.values().any(|row| row.smallest_change == 2));
    assert_eq!(mapping.products.len(), world.mapping.products.len());
}

#[test]
fn a_setting_left_out_has_its_default() {
    let mut world = world();
    world.mapping.settings.review_mode = true;
    let mapping = imported(&world, "[settings]\nsettle_minutes = 20\n");
    assert_eq!(mapping.settings, Settings { settle_minutes: 20, ..Settings::default() });
    assert_eq!(mapping.version, 7);
}

#[test]
fn a_ticket_setting_left_out_has_its_default() {
    let mut world = world();
    world.mapping.settings.tickets =
        TicketSettings { enabled: true, source: Some(8), new_after_days: Some(3), ..TicketSettings::default() };
    let mapping = imported(&world, "[settings.tickets]\nauto_close = true\n");
    assert_eq!(mapping.settings.tickets, TicketSettings { auto_close: true, ..TicketSettings::default() });
    assert_eq!(imported(&world, "[settings]\n").settings.tickets, TicketSettings::default());
}

#[test]
fn t1_of_an_alert_type_left_out_nothing_is_said_any_more() {
    let world = world();
    let kind = AlertKind::new("BackupFailed");
    let mapping = imported(&world, "[settings]\n[[alert]]\ntype = \" BackupFailed \"\nticket = false\n");
    assert_eq!(mapping.alerts, [(kind, AlertRow { ticket: Some(false), ..AlertRow::default() })].into());
    assert_eq!(imported(&world, "[settings]\n").alerts, [].into());
}

#[test]
fn t1_a_block_with_nothing_but_its_type_says_nothing() {
    let text =
        "[settings]\n[[alert]]\ntype = \"BackupFailed\"\n[[alert]]\ntype = \"NeverSeen\"\nlabel = \"Never seen\"\n";
    assert_eq!(imported(&world(), text).alerts, [].into());
}

#[test]
fn t1_a_type_that_nobody_lists_may_be_added_and_its_label_is_only_shown() {
    let block = |kind: &str| format!("[[alert]]\ntype = \"{kind}\"\nlabel = \"New name\"\npriority = 3\n");
    let text = format!("[settings]\n{}{}", block("MachineOffline30"), block("backupfailed"));
    let mapping = imported(&world(), &text);
    let labels = mapping.alerts.iter().map(|(kind, row)| (kind.as_str(), row.label.as_str(), row.priority));
    let expected = [
        ("MachineOffline30", "Machine is offline for more than 30 days", Some(3)),
        ("backupfailed", "New name", Some(3)),
    ];
    assert_eq!(labels.collect::<Vec<_>>(), expected);
}

#[test]
fn m1_names_in_the_file_are_only_shown_where_the_id_is_known() {
    let text = format!(
        "[settings]\n[[customer]]\ncompany = 177\nname = \"Somebody else\"\ntenant = \"{}\"\ntenant_name = \"Nobody\"\n\
         [[customer]]\ncompany = 500\nname = \"New here\"\n",
        BERGBAU.to_uppercase()
    );
    let mapping = imported(&world(), &text);
    let row = &mapping.customers[&CompanyId(177)];
    assert_eq!(row.company_name, "Café \"Zur Post\"");
    assert_eq!(row.link, mapped(BERGBAU, "Bergbau"));
    assert_eq!(mapping.customers[&CompanyId(500)].company_name, "New here");
}

#[test]
fn m2_a_suggestion_is_taken_by_removing_its_comment() {
    let world = world();
    let text = world.exported().replace("\n# tenant = ", "\ntenant = ");
    let CustomerLink::Mapped { tenant, .. } = link(&imported(&world, &text), 177).clone() else {
        panic!("company 177 should be mapped")
    };
    assert_eq!(tenant.as_str(), crate::samples::CAFE);
}

#[test]
fn m3_a_new_service_without_a_name_is_named_after_its_label() {
    for (label, name) in [
        ("Cloud storage", "Acronis Cloud storage"),
        ("acronis storage", "acronis storage"),
        (" さくら\\n倉庫 ", "Acronis さくら 倉庫"),
    ] {
        let text = format!(
            "[settings]\n[[product]]\nitem = \"pw_base_storage\"\nstorage = \"{STORAGE}\"\nlabel = \"{label}\"\n\
             application = \"6E6D758D-8E74-3AE3-AC84-50EB0DFF12EB\"\n\
             new_service = {{ period = \"yearly\", billing_code = 0x3, unit_price = 5 }}\n"
        );
        let mapping = imported(&world(), &text);
        let row = mapping.products.values().find(|row| row.service.is_some()).expect("one is mapped");
        let Some(ServiceTarget::New(new)) = &row.service else { panic!("it should be a new service") };
        assert_eq!((new.name.as_str(), new.unit_price), (name, 5.into()));
    }
}

#[test]
fn files_saved_on_other_systems_are_read_alike() {
    let world = world();
    let windows = format!("\u{feff}{}", world.exported().replace('\n', "\r\n"));
    assert_eq!(imported(&world, &windows), world.mapping);
}
