//! Names in every script and of every length, with quotes, line breaks and marks that turn the text
//! around: through the mapping file, the plan's text, its JSON and the store.

use crate::site::Site;
use acrotask::mapping_file::{self, MappingView};
use it::world::even;
use serde_json::json;
use shared::ids::CompanyId;
use shared::matching::standings;
use shared::plan::{Action, Adjustment, Change, Plan};
use std::collections::BTreeSet;

const NAMES: [&str; 12] = [
    "مكتب الشرق للمحاماة",
    "שלום בע\"מ",
    "株式会社さくら 🌸🏳️‍🌈",
    "Zoe\u{308} & Soe\u{301}hne \u{1e9e}",
    "z\u{334}\u{321}\u{34a}a\u{336}\u{315}lgo\u{335}\u{301}",
    "\"Quoted\" 'single' `back` \\slash\\ #hash = [x]",
    "two\nlines\r\nand\ttabs",
    "\u{202e}gnihton si siht\u{202c} \u{200b}\u{feff}",
    "\u{1b}[31mred\u{1b}[0m \u{7} bell",
    "'; DROP TABLE contracts; --",
    "  blanks at both ends  ",
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 and more",
];

/// Companies, tenants, contracts and services go by these names from now on.
fn rename_everything(site: &Site) {
    const FIELDS: [(&str, &str); 4] = [
        ("/Companies/query", "companyName"),
        ("/Contracts/query", "contractName"),
        ("/Services/query", "name"),
        ("/api/2/tenants", "name"),
    ];
    site.lens.bend(|path, body| {
        let Some((_, field)) = FIELDS.into_iter().find(|(list, _)| path.ends_with(list)) else { return };
        for (row, name) in crate::lens::rows_of(body).iter_mut().zip(NAMES.into_iter().cycle()) {
            row[field] = json!(name);
        }
    });
}

fn adjustment(change: &Change) -> Option<&Adjustment> {
    match &change.action {
        Action::Adjust(adjustment) => Some(adjustment),
        _ => None,
    }
}

/// The plan's text is of lines that a terminal shows one by one, each change on one of its own.
fn is_readable(plan: &Plan) {
    let text = plan.to_string();
    let odd = |c: char| c.is_control() && c != '\n';
    assert!(!text.contains(odd), "{text:?}");
    assert!(!text.contains(['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2028}', '\u{2029}']), "{text:?}");
    for change in &plan.changes {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(&change.id)).collect();
        assert!(lines.len() == 1 && lines[0].contains(" → "), "{} in {text}", change.id);
    }
    let headings = text.lines().filter(|line| line.contains("(company ") && line.contains("contract ")).count();
    assert!(headings >= plan.changes.len(), "each customer has its heading: {text}");
}

#[tokio::test]
async fn names_of_every_kind_are_shown_in_the_plan_and_kept_in_its_json() {
    let site = Site::with_work(12, 1).await;
    rename_everything(&site);
    let plan = site.world.plan().await;
    let shown: BTreeSet<&str> =
        plan.changes.iter().filter_map(adjustment).map(|change| change.company_name.as_str()).collect();
    assert_eq!((plan.changes.len(), shown), (12, BTreeSet::from(NAMES)), "{plan}");
    is_readable(&plan);
    let text = plan.to_string();
    for name in NAMES.into_iter().filter(|name| !name.contains(char::is_control) && !name.contains('\u{202e}')) {
        assert!(text.contains(name), "{name} in {text}");
    }
    let json = serde_json::to_value(&plan).expect("a plan is JSON");
    let in_json: BTreeSet<&str> = json["changes"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|change| change["action"]["company_name"].as_str())
        .collect();
    assert_eq!(in_json, BTreeSet::from(NAMES));
    let run = site.tells(12, &["renamed from"]).await;
    assert!(run.record.findings.iter().all(|text| !text.contains(char::is_control)), "{:?}", run.record.findings);
    site.world.all_is_right_and_made_once().await;
    site.is_right_again().await;
}

#[tokio::test]
async fn names_of_every_kind_pass_through_the_mapping_file_and_the_store() {
    let site = Site::with_work(12, 1).await;
    rename_everything(&site);
    site.world.change_mapping(|mapping| mapping.settings.settle_minutes = 10).await;
    let connected = site.world.connect_again(false).await.expect("it is connected");
    let (survey, mapping) = (&connected.survey, &connected.mapping);
    let standings = standings(mapping, &survey.companies, &survey.tenants);
    let text = mapping_file::export(&MappingView {
        mapping,
        standings: &standings,
        tenants: &survey.tenants,
        services: &survey.services,
        billing_codes: &survey.billing_codes,
        storage_names: &survey.storage_names,
        alert_types: &survey.alert_types,
        picklists: &survey.picklists,
    });
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    let imported = mapping_file::import(&text, mapping).unwrap_or_else(|faults| panic!("{faults:?} in {text}"));
    assert_eq!(&imported, mapping);
    let store = &site.world.host.store;
    store.save_mapping(&site.world.connection, &imported).await.expect("it is saved");
    let kept = store.mapping(&site.world.connection).await.expect("the table is read").expect("there is one");
    assert_eq!(kept.customers, imported.customers);
    let known: BTreeSet<&str> = kept.customers.values().map(|row| row.company_name.as_str()).collect();
    assert!(NAMES.iter().all(|name| known.contains(name)), "{known:?}");
    site.is_right_again().await;
}

#[tokio::test]
async fn a_tenant_and_a_company_of_one_odd_name_find_each_other() {
    for name in NAMES {
        let site = Site::of(even(1, 1)).await;
        let (tenant, company) =
            site.world.sandbox.world(|vendors| (vendors.add_tenant(name, None), vendors.add_company(name)));
        let connected = site.world.connect_again(false).await.expect("it is connected");
        let standing = &standings(&connected.mapping, &connected.survey.companies, &connected.survey.tenants);
        let told = format!("{:?}", standing.get(&CompanyId(company)));
        assert!(told.contains(&tenant), "{name:?}: {told}");
    }
}
