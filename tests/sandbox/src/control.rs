//! The control paths below `/_sandbox/` on both servers, without login: the same looks, edits and
//! faults as in the same process. They are the sandbox's own and no part of either vendor's API.

use crate::autotask::callouts::Event;
use crate::clock::parse_moment;
use crate::edits::Edit;
use crate::exchange::{Ask, Reply};
use crate::faults::Fault;
use crate::running::State;
use crate::world::World;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct ClockChange {
    now: Option<String>,
    advance_days: Option<i64>,
}

/// Answers `METHOD /_sandbox/{action}`.
pub(crate) fn answer(state: &mut State, action: &str, ask: &Ask) -> Reply {
    let answered = match (ask.method.as_str(), action.trim_end_matches('/')) {
        ("GET", "state") => Ok(state_json(&state.world)),
        ("GET", "requests") => Ok(json!(state.traffic.seen)),
        ("DELETE", "requests") => {
            state.traffic.clear();
            Ok(Value::Null)
        }
        ("GET", "unknown") => {
            let unknown = state.traffic.seen.iter().filter(|request| !request.known);
            Ok(json!(unknown.collect::<Vec<_>>()))
        }
        ("GET", "most_at_a_time") => Ok(json!(state.traffic.most)),
        ("GET", "adjustments") => Ok(json!(state.world.adjustments())),
        ("GET", "destructions") => Ok(json!(state.world.destructions())),
        ("GET", "users") => Ok(json!(state.world.acronis.users.values().collect::<Vec<_>>())),
        ("GET", "notes") => Ok(json!(state.world.notes())),
        ("GET", "alerts") => Ok(json!(state.world.alerts())),
        ("GET", "tickets") => Ok(tickets_json(&state.world)),
        ("POST", "take_callouts") => Ok(json!(state.world.take_callouts())),
        ("POST", "callouts") => parse::<Event>(ask).map(|event| json!(state.world.callouts(&event))),
        ("GET", "faults") => Ok(json!(state.faults)),
        ("POST", "clock") => change_clock(&mut state.world, ask),
        ("POST", "faults") => parse::<Fault>(ask).map(|fault| {
            state.faults.push(fault);
            Value::Null
        }),
        ("DELETE", "faults") => {
            state.faults.clear();
            Ok(Value::Null)
        }
        ("POST", "edit") => parse::<Edit>(ask).and_then(|edit| edit.apply(&mut state.world)),
        _ => return Reply::json(404, &json!({"error": "no such control path"})),
    };
    match answered {
        Ok(Value::Null) => Reply::ok(&json!({"done": true})),
        Ok(body) => Reply::ok(&body),
        Err(error) => Reply::json(400, &json!({"error": error})),
    }
}

fn parse<T: DeserializeOwned>(ask: &Ask) -> Result<T, String> {
    serde_json::from_slice(&ask.body).map_err(|error| error.to_string())
}

fn change_clock(world: &mut World, ask: &Ask) -> Result<Value, String> {
    let change: ClockChange = parse(ask)?;
    if let Some(text) = change.now {
        let now = parse_moment(&text).ok_or_else(|| format!("{text} is no moment"))?;
        world.set_now(now);
    }
    if let Some(days) = change.advance_days {
        world.advance_days(days);
    }
    Ok(json!({"now": world.now()}))
}

/// Tickets, each with its notes.
fn tickets_json(world: &World) -> Value {
    let tickets = world.tickets();
    json!(tickets.iter().map(|it| json!({"ticket": it, "notes": world.notes_of_ticket(it.id)})).collect::<Vec<_>>())
}

fn state_json(world: &World) -> Value {
    let lines = world.lines();
    let rows: Vec<_> = lines.iter().flat_map(|line| world.rows_of(line.id)).collect();
    let acronis = &world.acronis;
    let items = acronis.items.iter().flat_map(|(tenant, items)| {
        items.iter().map(move |item| {
            json!({"tenant": tenant, "item": item.product.name, "infra": item.infra_id,
                "on": item.on, "locked": item.locked, "quota": item.quota})
        })
    });
    let usages = acronis.usages.iter().flat_map(|(tenant, usages)| {
        usages.iter().map(move |usage| {
            json!({"tenant": tenant, "item": usage.product.name, "infra": usage.infra_id,
                "value": usage.value, "absolute_value": usage.absolute_value})
        })
    });
    json!({
        "now": world.now(),
        "settings": world.settings,
        "tenants": acronis.tenants.values().collect::<Vec<_>>(),
        "items": items.collect::<Vec<_>>(),
        "usages": usages.collect::<Vec<_>>(),
        "companies": world.companies(),
        "contracts": world.contracts(),
        "services": world.services(),
        "lines": lines,
        "units_rows": rows,
        "adjustments": world.adjustments(),
        "alerts": world.alerts(),
        "tickets": tickets_json(world),
    })
}
