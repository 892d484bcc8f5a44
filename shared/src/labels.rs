//! Names of offering items for people, made from the vendor's own item names. The list of items comes from
//! what the partner can give; nothing here says what exists (M3).

use crate::usage::{ItemKind, OfferingItem};
use crate::words::on_one_line;

/// The longest name of a service that Autotask takes.
const MOST_SERVICE_NAME: usize = 100;

/// Words whose spelling a capital letter does not give.
const SPELLINGS: [(&str, &str); 18] = [
    ("adv", "Advanced"),
    ("c2c", "Cloud-to-Cloud"),
    ("dlp", "DLP"),
    ("dr", "Disaster Recovery"),
    ("edr", "EDR"),
    ("esignatures", "E-signatures"),
    ("fc", "File Sync & Share"),
    ("gsuite", "Google Workspace"),
    ("gworkspace", "Google Workspace"),
    ("ips", "IPs"),
    ("m365", "Microsoft 365"),
    ("nas", "NAS"),
    ("o365", "Microsoft 365"),
    ("onedrive", "OneDrive"),
    ("sharepoint", "SharePoint"),
    ("vms", "Virtual Machines"),
    ("xdr", "XDR"),
    ("mdr", "MDR"),
];

/// What the prefixes of item names stand for (Acronis Management Portal, editions and services).
const PREFIXES: [(&str, &str); 5] =
    [("pw_", ""), ("pg_", " per GB"), ("pu_", " per user"), ("bndl_", " bundled"), ("p_", "")];

/// The name of an item, with that of its storage where it exists once per storage.
pub fn label(item: &OfferingItem, storage_name: Option<&str>) -> String {
    let name = item.key.name.as_str();
    let (bare, edition) = PREFIXES
        .into_iter()
        .find_map(|(prefix, meaning)| Some((name.strip_prefix(prefix)?, meaning)))
        .unwrap_or((name, ""));
    let bare = bare.strip_prefix("base_").or_else(|| bare.strip_prefix("pack_")).unwrap_or(bare);
    let words: Vec<String> = bare.split('_').filter(|word| !word.is_empty()).map(spelled).collect();
    let mut label = format!("{}{edition}", words.join(" "));
    if label == "Storage" {
        "Cloud Storage".clone_into(&mut label);
    }
    match (storage_name, &item.key.storage, item.kind) {
        (Some(storage), ..) => format!("{label} ({storage})"),
        (None, Some(storage), ItemKind::Storage) => format!("{label} ({storage})"),
        _ => label,
    }
}

/// The name of a service that an item of this label is sold as where nobody says another: "Acronis Workstations" for
/// "Workstations" (M3).
pub fn service_name(label: &str) -> String {
    let label = on_one_line(label);
    let label = label.trim();
    let name = match label.get(.."acronis".len()) {
        Some(start) if start.eq_ignore_ascii_case("acronis") => label.to_owned(),
        _ => format!("Acronis {label}"),
    };
    name.trim_end().chars().take(MOST_SERVICE_NAME).collect()
}

fn spelled(word: &str) -> String {
    if let Some((_, spelling)) = SPELLINGS.into_iter().find(|(plain, _)| *plain == word) {
        return spelling.to_owned();
    }
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{label, service_name};
    use crate::ids::{ApplicationId, StorageId};
    use crate::quantity::MeasurementUnit;
    use crate::usage::{ItemKey, ItemKind, OfferingItem};

    #[test]
    fn m3_items_have_names_that_people_know() {
        let cases = [
            ("pw_base_workstations", None, "Workstations"),
            ("pw_base_m365_seats", None, "Microsoft 365 Seats"),
            ("pg_base_vms", None, "Virtual Machines per GB"),
            ("pw_pack_adv_backup_servers", None, "Advanced Backup Servers"),
            ("pw_base_storage", Some("Frankfurt"), "Cloud Storage (Frankfurt)"),
            ("pw_base_adv_dr_compute_points", Some("Site"), "Advanced Disaster Recovery Compute Points (Site)"),
            ("local_storage", None, "Local Storage"),
            ("notarizations", None, "Notarizations"),
        ];
        for (name, storage, expected) in cases {
            let key = ItemKey {
                application: ApplicationId::new("a"),
                name: name.to_owned(),
                storage: storage.map(StorageId::new),
            };
            let item = OfferingItem {
                key,
                edition: None,
                usage_name: name.to_owned(),
                kind: ItemKind::Count,
                unit: MeasurementUnit::Quantity,
                on: true,
            };
            assert_eq!(label(&item, storage), expected);
        }
    }
    #[test]
    fn a10_a_service_is_named_after_its_item_unless_somebody_says_otherwise() {
        assert_eq!(service_name("Workstations"), "Acronis Workstations");
        assert_eq!(service_name(" ACRONIS\u{202e} Cloud\nStorage "), "ACRONIS  Cloud Storage");
        assert_eq!(service_name(&"x".repeat(200)).chars().count(), 100);
    }
}
