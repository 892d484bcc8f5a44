//! What the guide promises of tickets, row by row (A27, A28, A58 to A64), with the defaults it names.

use crate::desk::{COMPLETE, DAY, Desk, NEW};
use jiff::civil::date;
use shared::contract::Contract;
use shared::ids::{CompanyId, ContractId, ServiceId};
use shared::mapping::{ProductRow, ServiceTarget};
use shared::quantity::MeasurementUnit;
use shared::ticket::TicketContract;
use shared::usage::{ItemKey, ItemKind, OfferingItem};

#[derive(Clone, Copy)]
enum Then {
    Wait(i64),
    Clear,
    PersonWorks,
    PersonCloses,
    RaiseAgain,
    /// Under a new id, with the same tenant, type, resource and plan.
    ComeBackAsAnother,
}

/// The tickets after what happened, with a run after each thing.
fn tickets_after(set: impl Fn(&mut Desk), happened: &[Then]) -> String {
    let mut desk = Desk::open();
    set(&mut desk);
    desk.raise(1);
    desk.run();
    let mut number = 1;
    for then in happened {
        desk.wait(5);
        match then {
            Then::Wait(minutes) => _ = desk.wait(*minutes),
            Then::Clear => _ = desk.clear(number),
            Then::PersonWorks => desk.ticket_mut(number).worked_on_by_person = true,
            Then::PersonCloses => _ = desk.person_closes(number),
            Then::RaiseAgain => _ = desk.raise_again(number),
            Then::ComeBackAsAnother => {
                number += 1;
                desk.raise_of(7, number, "BackupFailed", "SRV-01");
            }
        }
        desk.run();
    }
    desk.wait(5);
    let writes = desk.writes;
    desk.run();
    assert_eq!(desk.writes, writes, "a second run finds nothing to do");
    desk.shows()
}

#[test]
fn a27_a58_a62_a63_what_becomes_of_an_alerts_ticket() {
    use Then::{Clear, ComeBackAsAnother, PersonCloses, PersonWorks, RaiseAgain, Wait};
    type Setting = fn(&mut Desk);
    let usual: Setting = |_| {};
    let off: Setting = |desk| desk.settings().enabled = false;
    let after_7_days: Setting = |desk| desk.settings().new_after_days = Some(7);
    let auto_close: Setting = |desk| desk.settings().auto_close = true;
    #[rustfmt::skip]
    let cases: &[(&str, Setting, &[Then], &str)] = &[
        ("A58: off, no ticket",                      off,          &[],                                          ""),
        ("A27: an alert is a ticket",                usual,        &[],                                          "open"),
        ("A63: cleared, auto-close off by default",  usual,        &[Clear],                                     "open"),
        ("A63: cleared, auto-close on",              auto_close,   &[Clear],                                     "closed"),
        ("T4: a person works on it: a note",         auto_close,   &[PersonWorks, Clear],                        "open with 1 notes"),
        ("T4: a note, and one more when it is back", auto_close,   &[PersonWorks, Clear, RaiseAgain],            "open with 2 notes"),
        ("a person closed it, cleared later",        auto_close,   &[PersonCloses, Clear],                       "closed"),
        ("a person closed it, nothing new",          usual,        &[PersonCloses, Wait(9 * DAY)],               "closed"),
        ("back while its ticket is open",            usual,        &[Clear, RaiseAgain],                         "open"),
        ("A62: back, reopened by default",           usual,        &[Clear, PersonCloses, RaiseAgain],           "open with 1 notes"),
        ("A62: reopened, however long ago",          usual,        &[Clear, PersonCloses, Wait(900 * DAY), RaiseAgain], "open with 1 notes"),
        ("A62: reopened every time",                 auto_close,   &[Clear, RaiseAgain, Clear, RaiseAgain],      "open with 2 notes"),
        ("A62: as another id, reopened",             usual,        &[Clear, PersonCloses, ComeBackAsAnother],    "open with 1 notes"),
        ("A62: not closed for 7 days: reopened",     after_7_days, &[Clear, PersonCloses, Wait(6 * DAY), RaiseAgain], "open with 1 notes"),
        ("A62: closed for 7 days: a new one",        after_7_days, &[Clear, PersonCloses, Wait(7 * DAY), RaiseAgain], "closed, open"),
        ("A62: and as another id",                   after_7_days, &[Clear, PersonCloses, Wait(7 * DAY), ComeBackAsAnother], "closed, open"),
        ("T3: the new one is then the latest",       after_7_days,
            &[Clear, PersonCloses, Wait(7 * DAY), RaiseAgain, Clear, PersonCloses, RaiseAgain],                  "closed, open with 1 notes"),
        ("back, and nobody saw it cleared",          usual,        &[PersonCloses, RaiseAgain],                  "open with 1 notes"),
    ];
    for (case, set, happened, expected) in cases {
        assert_eq!(tickets_after(set, happened), *expected, "{case}");
    }
}

#[test]
fn a28_a59_a61_the_ticket_has_what_was_chosen_for_its_type_and_for_all() {
    let mut desk = Desk::open();
    desk.settings().source = Some(11);
    let row = desk.row("BackupFailed");
    (row.priority, row.status, row.queue, row.ticket_type) = (Some(3), Some(8), Some(21), Some(5));
    (row.issue, row.sub_issue, row.category, row.due_minutes) = (Some(10), Some(100), Some(2), Some(30));
    desk.raise(1);
    desk.run();
    let (_, sent) = desk.ticket(1);
    assert_eq!((sent.priority, sent.status, sent.queue, sent.ticket_type), (3, 8, Some(21), Some(5)));
    assert_eq!((sent.issue, sent.sub_issue, sent.category, sent.source), (Some(10), Some(100), Some(2), Some(11)));
    assert_eq!(sent.due_at.duration_since(desk.now).as_mins(), 30);
    desk.row("BackupFailed").ticket = Some(false);
    desk.raise(2);
    assert!(desk.plan().is_empty(), "no ticket for this type");
}

#[test]
fn a60_notes_are_of_the_type_and_for_the_readers_that_were_chosen() {
    let mut desk = Desk::open();
    (desk.settings().note_type, desk.settings().note_publish) = (3, 2);
    desk.raise(1);
    desk.run();
    desk.wait(5).person_closes(1).wait(5).raise_again(1).run();
    assert_eq!((desk.notes[0].note_type, desk.notes[0].publish), (3, 2));
}

#[test]
fn a62_a_reopened_ticket_has_the_status_of_a_new_one_and_says_why() {
    let mut desk = Desk::open();
    desk.raise(1);
    desk.run();
    desk.wait(5).person_closes(1);
    assert_eq!(desk.ticket(1).0.status, COMPLETE);
    desk.wait(5).raise_again(1).run();
    assert_eq!(desk.ticket(1).0.status, NEW);
    assert!(desk.notes[0].description.contains("The network path was not found."), "{:?}", desk.notes);
}

#[test]
fn a63_the_closing_status_is_chosen_and_counts_as_closed() {
    let mut desk = Desk::open();
    (desk.settings().auto_close, desk.settings().closing_status) = (true, 8);
    desk.raise(1);
    desk.run();
    desk.wait(5).clear(1).run();
    assert_eq!(desk.ticket(1).0.status, 8);
    desk.wait(5).raise_again(1).run();
    assert_eq!(desk.ticket(1).0.status, NEW, "reopened");
}

pub(crate) fn sell_something(desk: &mut Desk) {
    let key = ItemKey { application: shared::ids::ApplicationId::new("a"), name: "servers".to_owned(), storage: None };
    let item = OfferingItem {
        key: key.clone(),
        edition: None,
        usage_name: "servers".to_owned(),
        kind: ItemKind::Count,
        unit: MeasurementUnit::Quantity,
        on: true,
    };
    let row = ProductRow {
        service: Some(ServiceTarget::Existing(ServiceId(601))),
        ..ProductRow::unmapped(item, "Servers".to_owned())
    };
    desk.mapping.products.insert(key, row);
}

pub(crate) fn contract(id: i64, year: i16, is_default: bool) -> TicketContract {
    let contract = Contract {
        id: ContractId(id),
        company: CompanyId(7),
        name: format!("Contract {id}"),
        recurring: true,
        active: true,
        start: date(year, 1, 1),
        end: date(9999, 12, 31),
        period: None,
        payg: None,
    };
    TicketContract { contract, is_default }
}

#[test]
fn a64_t5_the_contract_is_on_the_ticket_when_mapped_billed_and_synced_and_only_then() {
    let several = || vec![contract(3, 2025, false), contract(2, 2024, false), contract(4, 2026, true)];
    let ended = || TicketContract {
        contract: Contract { end: date(2026, 5, 9), ..contract(1, 2020, false).contract },
        is_default: true,
    };
    #[rustfmt::skip]
    let cases = [
        // (billing on with a product mapped, the company's contracts, the one on the ticket)
        (true,  vec![],                                                   None),
        (true,  vec![contract(2, 2024, false)],                           Some(2)),
        (false, vec![contract(2, 2024, false)],                           None),
        (true,  several(),                                                Some(4)), // the default contract
        (true,  vec![contract(3, 2025, false), contract(2, 2024, false)], Some(2)), // else the oldest
        (true,  vec![ended(), contract(3, 2025, false)],                  Some(3)),
        (true,  vec![ended()],                                            None),
    ];
    for (billed, contracts, expected) in cases {
        let mut desk = Desk::open();
        if billed {
            sell_something(&mut desk);
        }
        desk.companies.get_mut(&CompanyId(7)).unwrap().as_mut().unwrap().contracts = contracts.clone();
        desk.raise(1);
        desk.run();
        assert_eq!(desk.ticket(1).1.contract, expected.map(ContractId), "{contracts:#?}");
    }
    // Not mapped, or ticket sync off: no ticket that could have a contract.
    let mut desk = Desk::open();
    desk.raise_of(9, 1, "BackupFailed", "SRV-09");
    assert!(desk.plan().is_empty());
    desk.raise(2);
    desk.settings().enabled = false;
    assert!(desk.plan().is_empty());
}
