//! What was decided of lines, in the mapping file (U8): written and read again, and each fault with its line.

use crate::faults::assert_refused;
use crate::samples::world;
use acrotask::mapping_file::import;
use jiff::civil::date;
use shared::decision::{Decided, Decision};
use shared::ids::{CompanyId, ServiceId};

const GOOD: &str = r#"[settings]
time_zone = "Europe/Berlin"

[[customer]]
company = 175
tenant = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e01"
[[customer.decision]]
service = 12
adjust = 5
from = "2026-11-10"
until = "2026-11-30"
by = "Ada"
reason = "agreed by phone"
[[customer.decision]]
service = 13
exclude = true
from = "2026-11-11"
reason = "billed by hand"

[[customer]]
company = 176
left_alone = true
"#;

fn decision(what: Decided, day: i8, by: &str, reason: &str) -> Decision {
    Decision { what, from: date(2026, 11, day), by: by.to_owned(), reason: reason.to_owned() }
}

#[test]
fn u8_decisions_are_read_and_an_export_says_them_again() {
    let mut world = world();
    let mapping = import(GOOD, &world.mapping).expect("it is good");
    let decisions = &mapping.customers[&CompanyId(175)].decisions;
    let adjusted = Decided::Adjust { units: 5, until: date(2026, 11, 30) };
    assert_eq!(decisions[&ServiceId(12)], [decision(adjusted, 10, "Ada", "agreed by phone")]);
    assert_eq!(decisions[&ServiceId(13)], [decision(Decided::Exclude, 11, "the mapping file", "billed by hand")]);
    assert!(mapping.customers[&CompanyId(176)].decisions.is_empty());
    world.mapping = mapping.clone();
    let text = world.exported();
    assert!(text.contains("[[customer.decision]]\nservice = 12\nadjust = 5\nfrom = \"2026-11-10\"\n"), "{text}");
    assert_eq!(import(&text, &mapping).expect("an export is good").customers, mapping.customers);
}

#[test]
fn u8_a_decision_that_contradicts_itself_is_told_with_its_line() {
    assert_refused(
        GOOD,
        r#"
service = 12⏎ => ∅
  line 7, customer[1].decision[1].service: it is missing; expected the service's number in Autotask
adjust = 5 => adjust = -1
  line 9, customer[1].decision[1].adjust: expected a whole number from 0 to 4294967295, found -1
adjust = 5 => adjust = 4294967295
  line 11, customer[1].decision[1].until: 4294967295 units are more than the 2147483647 that a line may hold
adjust = 5 => adjust = 5⏎dismiss = true
  line 10, customer[1].decision[1].dismiss: it contradicts adjust; keep one of them
adjust = 5⏎ => ∅
  line 8, customer[1].decision[1].service: nothing is decided; expected adjust = UNITS, dismiss = true or exclude = true
until = "2026-11-30"⏎ => ∅
  line 7, customer[1].decision[1].until: it is missing; expected a day such as "2026-11-30"
"2026-11-30" => "2026-11-31"
  line 11, customer[1].decision[1].until: expected a day such as "2026-11-30", found "2026-11-31"
"2026-11-30" => "2026-11-09"
  line 11, customer[1].decision[1].until: it ends on 2026-11-09, before it begins on 2026-11-10
reason = "agreed by phone" => reason = " "
  line 13, customer[1].decision[1].reason: the reason has 1 characters; expected 1 to 200
exclude = true => exclude = false
  line 16, customer[1].decision[2].exclude: take the whole decision out instead
exclude = true => exclude = true⏎until = "2026-11-30"
  line 17, customer[1].decision[2].until: an excluded line stays so until the decision is taken out
exclude => excluded
  line 14, customer[1].decision[2].until: it is missing; expected a day such as "2026-11-30"
  line 15, customer[1].decision[2].service: nothing is decided; expected adjust = UNITS, dismiss = true or exclude = true
  line 16, customer[1].decision[2].excluded: unknown; known are service, adjust, dismiss, exclude, until, from, by, reason
"#,
    );
}
