//! Which offering items go together, by the vendor's own item names: children and the seats they belong to,
//! Advanced packs and the standard items they stand on (Q7). What exists is never said here.

use crate::usage::{ItemKey, ItemKind, OfferingItem};

/// Children and their parents, without the edition's prefix (child lists of Acronis's own WHMCS integration,
/// `meta/offering_items.php`): without the parent the vendor refuses the child with code 1023.
const CHILDREN: [(&str, &str); 4] = [
    ("m365_mailboxes", "m365_seats"),
    ("m365_onedrive", "m365_seats"),
    ("google_mail", "gworkspace_seats"),
    ("google_drive", "gworkspace_seats"),
];
/// What stands between the edition's prefix and the name of a standard item, and of a pack.
const BASE: &str = "_base_";
const PACK: &str = "_pack_";
/// Packs for one kind of workload each; all other packs stand on any workload.
const BACKUP_PACK: &str = "adv_backup_";

/// The item that a child belongs to.
pub fn parent_of(key: &ItemKey) -> Option<ItemKey> {
    let (edition, child) = key.name.split_once(BASE)?;
    let (_, parent) = CHILDREN.into_iter().find(|(name, _)| *name == child)?;
    Some(ItemKey { name: format!("{edition}{BASE}{parent}"), storage: None, ..key.clone() })
}

/// Whether an item is an Advanced pack.
pub fn is_pack(key: &ItemKey) -> bool {
    key.name.contains(PACK)
}

/// Whether a pack may stand on `base`: on its own workload, or on any of its edition (A06).
pub fn stands_on(pack: &ItemKey, base: &OfferingItem) -> bool {
    let Some((edition, pack_name)) = pack.name.split_once(PACK) else { return false };
    let Some((base_edition, base_name)) = base.key.name.split_once(BASE) else { return false };
    let same = edition == base_edition && pack.application == base.key.application;
    let workload = pack_name.strip_prefix(BACKUP_PACK);
    same && base.kind == ItemKind::Count && workload.is_none_or(|workload| workload == base_name)
}

#[cfg(test)]
mod tests {
    use super::{is_pack, parent_of, stands_on};
    use crate::ids::ApplicationId;
    use crate::quantity::MeasurementUnit;
    use crate::usage::{ItemKey, ItemKind, OfferingItem};

    fn key(name: &str) -> ItemKey {
        ItemKey { application: ApplicationId::new("backup"), name: name.to_owned(), storage: None }
    }

    #[test]
    fn q7_children_belong_to_the_seats_of_their_own_edition() {
        let cases = [
            ("pw_base_m365_mailboxes", Some("pw_base_m365_seats")),
            ("pg_base_m365_onedrive", Some("pg_base_m365_seats")),
            ("pw_base_google_drive", Some("pw_base_gworkspace_seats")),
            ("pw_base_m365_sharepoint_sites", None),
            ("local_storage", None),
        ];
        for (child, parent) in cases {
            assert_eq!(parent_of(&key(child)).map(|parent| parent.name).as_deref(), parent, "{child}");
        }
    }

    #[test]
    fn a06_a_pack_stands_on_its_own_workload_or_on_any_of_its_edition() {
        let cases = [
            ("pw_pack_adv_backup_servers", "pw_base_servers", true),
            ("pw_pack_adv_backup_servers", "pw_base_vms", false),
            ("pw_pack_adv_backup_servers", "pg_base_servers", false),
            ("pw_pack_adv_security", "pw_base_vms", true),
            ("pw_pack_adv_security", "pg_base_vms", false),
            ("pw_base_servers", "pw_base_servers", false),
        ];
        for (pack, base, expected) in cases {
            let base = OfferingItem {
                key: key(base),
                edition: None,
                usage_name: base.to_owned(),
                kind: ItemKind::Count,
                unit: MeasurementUnit::Quantity,
                on: true,
            };
            assert_eq!(stands_on(&key(pack), &base), expected, "{pack} on {}", base.key);
        }
        assert!(is_pack(&key("pg_pack_adv_dlp")) && !is_pack(&key("pg_base_vms")));
    }
}
