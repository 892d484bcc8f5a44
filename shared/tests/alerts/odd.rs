//! Odd values: nothing told, too much told, words never seen, names in any script.

use crate::desk::{Desk, alert_id};
use jiff::Timestamp;
use shared::alert::{AlertAbout, AlertKind, Severity};
use shared::alert_link::AlertLink;
use shared::alert_text::{TypeNames, cut, length};
use shared::ids::{AlertId, TenantId};
use shared::ticket::{DESCRIPTION_LENGTH, TITLE_LENGTH};
use std::collections::BTreeMap;

#[test]
fn an_alert_of_which_nothing_is_told_has_a_ticket_all_the_same() {
    let mut desk = Desk::open();
    desk.raise(1).about = AlertAbout::default();
    let alert = desk.raise(2);
    let blank = || Some(" \u{0} \n ".to_owned());
    alert.about = AlertAbout {
        title: blank(),
        device: blank(),
        resource: blank(),
        plan: blank(),
        plan_name: blank(),
        reason: blank(),
        link: blank(),
    };
    (alert.category, alert.kind) = (String::new(), AlertKind::new(""));
    desk.run();
    assert_eq!(desk.ticket(1).1.title, "Backup failed");
    assert_eq!(desk.ticket(2).1.title, "Alert");
    assert!(!desk.ticket(2).1.description.contains("Device"));
}

#[test]
fn stored_alerts_without_what_was_told_later_are_still_read() {
    let json = r#"{"id":"A-1","kind":"BackupFailed","category":"Backup","severity":"warning","tenant":"T",
        "raised_at":"2026-05-10T04:12:33.123456789Z","updated_at":"2026-05-10T04:12:33.123456789Z","cleared_at":null}"#;
    let alert: shared::alert::Alert = serde_json::from_str(json).unwrap();
    assert_eq!(alert.raised_at.subsec_nanosecond(), 123_456_789, "nine digits");
    let link = AlertLink::new(alert, shared::ids::CompanyId(0));
    let again: AlertLink = serde_json::from_str(&serde_json::to_string(&link).unwrap()).unwrap();
    assert_eq!(again, link);
}

#[test]
fn severities_are_read_in_any_case_and_a_new_word_is_rather_looked_at() {
    assert_eq!(Severity::of(" CRITICAL "), Severity::Critical);
    assert_eq!(Severity::of("catastrophic"), Severity::Unknown);
    let order = ["ok", "information", "warning", "?", "error", "critical"].map(Severity::of);
    assert!(order.is_sorted());
}

#[test]
fn an_external_id_has_at_most_fifty_characters_and_tells_tickets_apart() {
    let mut desk = Desk::open();
    let mut alert = desk.raise(1).clone();
    for id in ["A", &alert_id(1).to_string(), &"x".repeat(300), "öäü-🦀"] {
        alert.id = AlertId::new(id);
        let ids = [1, 2, u32::MAX].map(|number| alert.external_id(number));
        assert!(ids.iter().all(|id| id.len() <= 50 && id.is_ascii()), "{ids:?}");
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0].starts_with("acronis:"));
    }
    assert_eq!(alert.external_id(0), alert.external_id(1));
}

#[test]
fn names_in_any_script_are_cut_between_characters() {
    let long = |text: &str| text.repeat(300);
    for text in ["a", "ß", "日本", "नी", "👩‍👩‍👧", "e\u{301}", "\u{301}", "עברית ", "👍🏽"]
    {
        let title = cut(&long(text), TITLE_LENGTH);
        assert!(length(&title) <= TITLE_LENGTH && length(&title) > 100, "{title}");
        assert!(title.ends_with('…') && long(text).starts_with(title.trim_end_matches('…')));
    }
    assert_eq!(cut(&format!("ab{}", "e\u{301}"), 3), "ab…", "no letter without its accent");
    assert_eq!(cut("abc", 3), "abc");
    assert_eq!(cut("👍👍", 3), "👍…".chars().take(1).chain(['…']).collect::<String>());
}

#[test]
fn whatever_is_told_fits_into_a_ticket_and_stays_on_its_line() {
    let mut desk = Desk::open();
    let name = "Ω\u{202e}\n".repeat(300);
    desk.customer(7, &name);
    let alert = desk.raise_of(7, 1, &"K".repeat(300), &name);
    alert.about.reason = Some("r\n".repeat(30_000));
    alert.about.link = Some("javascript:alert(1)".to_owned());
    desk.run();
    let (_, sent) = desk.ticket(1);
    assert!(length(&sent.title) <= TITLE_LENGTH && length(&sent.description) <= DESCRIPTION_LENGTH);
    assert!(!sent.title.contains('\n') && !sent.description.contains(['\u{202e}', '\u{0}']));
    assert!(!sent.description.contains("javascript:"), "only links of the web");
}

#[test]
fn types_have_readable_names_whatever_their_ids_are() {
    let types = BTreeMap::new();
    let cases = [
        ("BackupFailed", "Backup failed"),
        ("MachineOffline30", "Machine offline 30"),
        ("EDRIncidentDetected", "EDR incident detected"),
        ("NoBackupForXDays", "No backup for X days"),
        ("cti.a.p.am.alert.v1.0~vendor.app.disk_full.v1.0", "Disk full"),
        ("日本語", "日本語"),
        ("", "Alert"),
        ("~", "Alert"),
        ("...", "Alert"),
    ];
    for (id, expected) in cases {
        assert_eq!(TypeNames(&types).label(&AlertKind::new(id)), expected, "{id}");
    }
}

#[test]
fn moments_far_away_break_nothing() {
    let mut desk = Desk::open();
    desk.raise(1).updated_at = Timestamp::MAX;
    let alert = desk.raise(2);
    (alert.raised_at, alert.updated_at) = (Timestamp::MIN, Timestamp::MIN);
    desk.tickets_since = Timestamp::MIN;
    desk.run();
    assert_eq!(desk.shows(), "open, open");
    assert!(desk.wait(5).run().is_empty());
}

#[test]
fn what_is_older_than_what_is_known_is_passed_over() {
    let mut desk = Desk::open();
    let old = desk.raise(1).clone();
    desk.run();
    desk.wait(5).clear(1).run();
    let mut link = desk.links[&alert_id(1)].clone();
    let before = link.clone();
    link.take(&old);
    assert_eq!(link, before, "a page from before");
}

#[test]
fn an_alert_is_known_again_by_tenant_type_resource_and_plan() {
    let mut desk = Desk::open();
    let alert = desk.raise(1).clone();
    let mut other = alert.clone();
    other.id = alert_id(2);
    assert_eq!(alert.recurrence(), other.recurrence());
    for change in [
        (|alert| alert.tenant = TenantId::new("x")) as fn(&mut shared::alert::Alert),
        |alert| alert.kind = AlertKind::new("x"),
        |alert| alert.about.resource = None,
        |alert| alert.about.plan = Some("x".to_owned()),
    ] {
        let mut other = alert.clone();
        change(&mut other);
        assert_ne!(alert.recurrence(), other.recurrence());
    }
}

#[test]
fn a_cleared_alert_is_forgotten_after_more_than_a_year() {
    let mut desk = Desk::open();
    desk.raise(1);
    desk.run();
    desk.wait(5).clear(1).run();
    desk.alerts.clear();
    desk.wait(399 * crate::desk::DAY).run();
    assert_eq!(desk.links.len(), 1);
    desk.wait(2 * crate::desk::DAY).run();
    assert!(desk.links.is_empty());
}

#[test]
fn findings_of_alerts_are_stored_and_read_like_all_others() {
    let mut desk = Desk::open();
    desk.raise_of(9, 1, "BackupFailed", "SRV-01");
    let finding = desk.plan().findings[0].clone();
    let text = serde_json::to_string(&finding).unwrap();
    assert!(text.contains(r#""finding":"unmapped-alerts""#), "{text}");
    assert_eq!(serde_json::from_str::<shared::finding::Finding>(&text).unwrap(), finding);
}

#[test]
fn the_plan_is_told_to_machines_too() {
    let mut desk = Desk::open();
    desk.raise(1);
    let told = serde_json::to_value(desk.plan()).unwrap();
    let action = &told["changes"][0]["action"];
    assert_eq!((told["job"].as_str(), action["action"].as_str()), (Some("alert-sync"), Some("create-ticket")));
    assert_eq!(action["ticket"]["external_id"], format!("acronis:{}", alert_id(1)));
    assert_eq!(action["because"], serde_json::json!({"because": "raised"}));
}

#[test]
fn what_is_kept_of_an_alert_is_no_longer_than_its_ticket_and_many_fit_into_one_transaction() {
    // 4 MB, of which a transaction of DynamoDB's takes 100 items.
    const MOST_BYTES: usize = 4_000_000 / 100;
    let mut desk = Desk::open();
    for letter in ["x", "\u{1}", "𝄞", "ü", "\""] {
        let long = || Some(letter.repeat(200_000));
        let alert = desk.raise(1);
        alert.about = AlertAbout {
            title: long(),
            device: long(),
            resource: long(),
            plan: long(),
            plan_name: long(),
            reason: long(),
            link: Some(format!("https://kb.example/{}", letter.repeat(200_000))),
        };
        alert.category = letter.repeat(200_000);
        let link = AlertLink::new(alert.clone(), shared::ids::CompanyId(7));
        let mut taken = AlertLink::new(desk.raise(2).clone(), shared::ids::CompanyId(7));
        taken.take(&shared::alert::Alert { updated_at: taken.alert.updated_at, ..link.alert.clone() });
        for link in [link, taken] {
            let bytes = serde_json::to_vec(&link).unwrap().len();
            assert!(bytes <= MOST_BYTES, "{letter:?}: {bytes} bytes");
        }
    }
    // The same trouble under a new id is known by texts of any length.
    let mut again = desk.raise(3).clone();
    again.about = desk.raise(1).about.clone();
    let ids = [1, 2].map(|number| shared::alert::Alert { id: alert_id(number), ..again.clone() });
    let links = ids.map(|alert| AlertLink::new(alert, shared::ids::CompanyId(7)));
    assert_eq!(links[0].alert.recurrence(), links[1].alert.recurrence());
}
