//! Every call of the table, by each of the ways in: the same status, the same body for the same refusal, and
//! exactly the events it deserves.

use crate::doors::{Door, machine, published, webhook};
use crate::hostile;
use functions::context::Clock;
use jiff::Timestamp;
use std::collections::BTreeMap;

async fn each_is_answered_as_it_deserves(mut machine: acrotask::machine::Machine, mut door: Door) -> Door {
    let cases = hostile::all(machine.host.clock.now());
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let mut bodies: BTreeMap<u16, String> = BTreeMap::new();
    for case in cases {
        if !door.can_carry(&case.call) {
            continue;
        }
        let (status, body) = door.ask(&case.call).await;
        assert_eq!(status, case.status, "{}: {body}", case.name);
        // One body for each status: it tells nobody how near they were.
        assert_eq!(bodies.entry(status).or_insert_with(|| body.clone()), &body, "{}", case.name);
        assert!(body.len() < 40, "{}: {body}", case.name);
        assert_eq!(published(&mut machine), case.events, "{}", case.name);
    }
    assert_eq!(bodies.keys().copied().collect::<Vec<_>>(), [200, 400, 401, 404, 405, 413]);
    door
}

#[tokio::test]
async fn the_handler_answers_each_call_as_it_deserves() {
    let machine = machine(Clock::set_to("2026-11-22T10:00:00Z".parse().unwrap())).await;
    let door = Door::Handler(webhook(&machine));
    each_is_answered_as_it_deserves(machine, door).await;
}

#[tokio::test]
async fn the_server_of_one_machine_answers_each_call_as_it_deserves() {
    let machine = machine(Clock::set_to(Timestamp::now())).await;
    let door = Door::server(&machine).await;
    each_is_answered_as_it_deserves(machine, door).await;
}

#[tokio::test]
async fn the_lambda_function_answers_each_call_as_it_deserves_and_shows_no_key() {
    let machine = machine(Clock::system()).await;
    let door = Door::function(&machine).await;
    let Door::Function(function) = each_is_answered_as_it_deserves(machine, door).await else { unreachable!() };
    let written = function.end().await;
    assert!(written.contains("acrotask webhooks status"), "what to do about a deactivation is logged: {written}");
    for key in [crate::signed::NORTH, crate::signed::NORTH_BEFORE, crate::signed::NORTH_CONTRACTS] {
        assert!(!written.contains(key), "a key was logged");
    }
}
