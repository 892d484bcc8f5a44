//! The table of calls, each with the status it deserves and the events it leads to.

use crate::calls::{callout, company, contract, contracts_of, deactivated, ticket};
use crate::signed::{
    NORTH, NORTH_BEFORE, NORTH_CONTRACTS, SOUTH, STRANGE, base64_sha1, base64_sha256, by_autotask, call,
    contract_changed, contract_changed_at, hex_sha1, hex_sha256, to_path,
};
use functions::autotask_webhook::{Call, MOST_BODY_BYTES};
use functions::events::Event;
use jiff::Timestamp;
use serde_json::json;

/// A call and what becomes of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) call: Call,
    pub(crate) status: u16,
    pub(crate) events: Vec<Event>,
}

fn case(name: &str, call: Call, status: u16, events: Vec<Event>) -> Case {
    Case { name: name.to_owned(), call, status, events }
}

fn refused(name: &str, call: Call, status: u16) -> Case {
    case(name, call, status, Vec::new())
}

/// Every case, for this moment.
pub(crate) fn all(now: Timestamp) -> Vec<Case> {
    [believed(now), forged(), odd_signatures(), bodies(), paths(), contracts_refused(now), contracts_malformed(now)]
        .into_iter()
        .flatten()
        .collect()
}

fn a_company() -> Vec<u8> {
    // Autotask escapes every character that is not plain.
    let body = callout("Account", 175, &json!({"Company Name": "M and S"}));
    String::from_utf8(body).expect("the body is text").replace("M and S", r"M\u0026S \u00DC").into_bytes()
}

fn believed(now: Timestamp) -> Vec<Case> {
    let honest = |entity, id, fields| by_autotask(NORTH, &callout(entity, id, &fields));
    let contracts = |body: &str| contract_changed(NORTH_CONTRACTS, now, 0, body.as_bytes());
    let shouted = Call {
        headers: vec![("X-HOOK-Signature".to_owned(), base64_sha1(NORTH, &a_company()).into_bytes())],
        ..by_autotask(NORTH, &a_company())
    };
    vec![
        case("a company", by_autotask(NORTH, &a_company()), 200, company(175)),
        case("a company by its newer name", honest("Company", 0, json!({})), 200, company(0)),
        case("the same again", honest("Company", 0, json!({})), 200, company(0)),
        case("a ticket", honest("Ticket", 9, json!({"Status": 5})), 200, ticket(9)),
        case("a note", honest("TicketNote", 8, json!({"Ticket ID": "77"})), 200, ticket(77)),
        case("a note, spelled otherwise", honest("ticketnote", 8, json!({"ticketID": 77})), 200, ticket(77)),
        case("a note on nothing", honest("TicketNote", 8, json!({"Title": "hello"})), 200, Vec::new()),
        case("a note on no number", honest("TicketNote", 8, json!({"TicketID": {}})), 200, Vec::new()),
        case("a contact", honest("Contact", 8, json!({})), 200, Vec::new()),
        case("what does not exist yet", honest("Spaceship", 8, json!({})), 200, Vec::new()),
        case("the key before", by_autotask(NORTH_BEFORE, &a_company()), 200, company(175)),
        case("a loud header", shouted, 200, company(175)),
        case("a loud connection", to_path("/v1/NORTH/autotask", NORTH, &a_company()), 200, company(175)),
        case("deactivated and signed", by_autotask(NORTH, &deactivated()), 200, Vec::new()),
        case("a contract", contracts(r#"{"contract": 7}"#), 200, contract(7)),
        case("a company's contracts", contracts(r#"{"company":5}"#), 200, contracts_of(5)),
        case("the provider's own contracts", contracts(r#"{"company":0}"#), 200, contracts_of(0)),
        case(
            "a clock that is slow",
            contract_changed(NORTH_CONTRACTS, now, -280, br#"{"contract":7}"#),
            200,
            contract(7),
        ),
        case(
            "a clock that is fast",
            contract_changed(NORTH_CONTRACTS, now, 280, br#"{"contract":7}"#),
            200,
            contract(7),
        ),
    ]
}

fn forged() -> Vec<Case> {
    let body = a_company();
    let with_body = |changed: &[u8]| Call { body: changed.to_vec(), ..by_autotask(NORTH, &body) };
    let again: serde_json::Value = serde_json::from_slice(&body).expect("the body is JSON");
    let longer = [body.as_slice(), b" "].concat();
    let unknown = |name: &str| to_path(&format!("/v1/{name}/autotask"), NORTH, &body);
    vec![
        refused("a key that nobody has", by_autotask(STRANGE, &body), 401),
        refused("an empty key", by_autotask("", &body), 401),
        refused("another connection's key", by_autotask(SOUTH, &body), 401),
        refused("our key at another connection", to_path("/v1/south/autotask", NORTH, &body), 401),
        refused("the key of the other path", by_autotask(NORTH_CONTRACTS, &body), 401),
        refused("a body written again", with_body(again.to_string().as_bytes()), 401),
        refused("a body cut short", with_body(&body[..body.len() - 1]), 401),
        refused("a body with a space more", with_body(&longer), 401),
        refused("another body", with_body(&callout("Account", 176, &json!({}))), 401),
        refused("no body at all", with_body(b""), 401),
        refused("an unknown connection", unknown("west"), 401),
        refused("a connection of dots and letters", unknown("..north"), 401),
        refused("deactivated and not signed", call("/v1/north/autotask", &[], &deactivated()), 401),
        refused("deactivated with a strange key", by_autotask(STRANGE, &deactivated()), 401),
    ]
}

fn odd_signatures() -> Vec<Case> {
    let body = a_company();
    let good = base64_sha1(NORTH, &body);
    let signed = |signature: &str| call("/v1/north/autotask", &[("x-hook-signature", signature)], &body);
    let twice = |one: &str, other: &str| {
        call("/v1/north/autotask", &[("x-hook-signature", one), ("x-hook-signature", other)], &body)
    };
    let unreadable = Call { headers: vec![("x-hook-signature".to_owned(), vec![0xff, 0xfe])], ..signed("") };
    vec![
        refused("no signature", call("/v1/north/autotask", &[], &body), 401),
        refused("an empty signature", signed(""), 401),
        refused("hex", signed(&hex_sha1(NORTH, &body)), 401),
        refused("without its name", signed(good.trim_start_matches("sha1=")), 401),
        refused("by another name", signed(&good.replace("sha1", "sha256")), 401),
        refused("in capitals", signed(&good.to_uppercase()), 401),
        refused("without its end", signed(good.trim_end_matches('=')), 401),
        refused("with more at its end", signed(&format!("{good}AAAA")), 401),
        refused("the right one twice", twice(&good, &good), 401),
        refused("the right one first", twice(&good, "sha1=AAAA"), 401),
        refused("the right one last", twice("sha1=AAAA", &good), 401),
        refused("two in one", signed(&format!("{good},{good}")), 401),
        refused("no text", unreadable, 401),
    ]
}

fn bodies() -> Vec<Case> {
    let padded = |length: usize| {
        let body = a_company();
        let padding = vec![b' '; length - body.len()];
        [body, padding].concat()
    };
    let deep = format!("{{\"Action\":\"Update\",\"Fields\":{}", "[".repeat(100_000));
    let mut all = vec![
        case("the largest body", by_autotask(NORTH, &padded(MOST_BODY_BYTES)), 200, company(175)),
        refused("too large, signed", by_autotask(NORTH, &padded(MOST_BODY_BYTES + 1)), 413),
        refused("too large, not signed", call("/v1/north/autotask", &[], &padded(MOST_BODY_BYTES + 1)), 413),
        refused("too large, to nobody", to_path("/v1/west/autotask", NORTH, &padded(MOST_BODY_BYTES + 1)), 413),
        refused("no text, not signed", call("/v1/north/autotask", &[], b"\xff\xfe"), 401),
    ];
    let malformed: [&[u8]; 12] = [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"null",
        b"7",
        b"[]",
        b"{}",
        br#"{"Action":null}"#,
        br#"{"Action":"Update","EntityType":"Account"}"#,
        br#"{"Action":"Update","EntityType":"Account","Id":-1}"#,
        br#"{"Action":"Update","EntityType":"Ticket","Id":"7; drop"}"#,
        deep.as_bytes(),
    ];
    for body in malformed {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        all.push(refused(&format!("malformed and signed: {shown}"), by_autotask(NORTH, body), 400));
        let body = [body, b"}}"].concat();
        let forged = by_autotask(STRANGE, &body);
        all.push(refused(&format!("malformed and not signed: {shown}"), forged, 401));
    }
    all
}

fn paths() -> Vec<Case> {
    let long = format!("/v1/{}/autotask", "n".repeat(65));
    let very_long = format!("/v1/{}/autotask", "n".repeat(8_000));
    let nowhere = [
        "/",
        "/v1",
        "/v1/",
        "/v1/north",
        "/v1/north/",
        "/v1/north/autotask/",
        "/v1/north/autotask/autotask",
        "/v1/north/Autotask",
        "/V1/north/autotask",
        "/v2/north/autotask",
        "//v1/north/autotask",
        "/v1//autotask",
        "/v1/./autotask",
        "/v1/../autotask",
        "/v1/.../autotask",
        "/v1/south/../north/autotask",
        "/v1/%6eorth/autotask",
        "/v1/north%2F..%2Fsouth/autotask",
        "/v1/north%00/autotask",
        "/v1/north;a=b/autotask",
        "/v1/north\\..\\south/autotask",
        "/v1/north/autotask%3F",
        "/v1/north/vendors",
        long.as_str(),
        very_long.as_str(),
    ];
    let body = a_company();
    let mut all: Vec<Case> =
        nowhere.iter().map(|path| refused(&format!("path {path:.60}"), to_path(path, NORTH, &body), 404)).collect();
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "post"] {
        let call = Call { method: method.to_owned(), ..by_autotask(NORTH, &body) };
        all.push(refused(&format!("method {method}"), call, 405));
        let call = Call { method: method.to_owned(), ..to_path("/v1/../autotask", NORTH, &body) };
        all.push(refused(&format!("method {method} nowhere"), call, 404));
    }
    all
}

fn contracts_refused(now: Timestamp) -> Vec<Case> {
    let body = br#"{"contract":7}"#;
    let at = |seconds: i64| (now.as_second() + seconds).to_string();
    let (this, good) = (at(0), hex_sha256(NORTH_CONTRACTS, &at(0), body));
    let header = |timestamp: &str| contract_changed_at(timestamp, &hex_sha256(NORTH_CONTRACTS, timestamp, body), body);
    let with = |headers: &[(&str, &str)]| call("/v1/north/contract-changed", headers, body);
    let (stamp, sign) = ("x-acrotask-timestamp", "x-acrotask-signature");
    vec![
        refused("too long ago", contract_changed(NORTH_CONTRACTS, now, -320, body), 401),
        refused("too far ahead", contract_changed(NORTH_CONTRACTS, now, 320, body), 401),
        refused("another time than signed", contract_changed_at(&at(1), &good, body), 401),
        refused("another body than signed", contract_changed_at(&this, &good, br#"{"contract":8}"#), 401),
        refused("Autotask's key", contract_changed(NORTH, now, 0, body), 401),
        refused("another connection's key", contract_changed(SOUTH, now, 0, body), 401),
        refused("Base64", contract_changed_at(&this, &base64_sha256(NORTH_CONTRACTS, &this, body), body), 401),
        refused("signed as by Autotask", to_path("/v1/north/contract-changed", NORTH_CONTRACTS, body), 401),
        refused("without time", with(&[(sign, &good)]), 401),
        refused("without signature", with(&[(stamp, &this)]), 401),
        refused("two times", with(&[(stamp, &this), (stamp, &this), (sign, &good)]), 401),
        refused("two signatures", with(&[(stamp, &this), (sign, &good), (sign, &good)]), 401),
        refused("an empty time", header(""), 401),
        refused("a time with a sign", header(&format!("+{this}")), 401),
        refused("a time before 1970", header("-1"), 401),
        refused("a time in words", header("2026-11-22T10:00:00Z"), 401),
        refused("a time with a fraction", header(&format!("{this}.0")), 401),
        refused("a time beyond all", header("99999999999999999999999"), 401),
        refused("a time in milliseconds", header(&format!("{this}000")), 401),
        refused("the body run into the time", contract_changed_at(&this[..9], &good, body), 401),
        refused(
            "signed without the time",
            contract_changed_at(&this, &hex_sha256(NORTH_CONTRACTS, "", body), body),
            401,
        ),
    ]
}

fn contracts_malformed(now: Timestamp) -> Vec<Case> {
    let bodies = [
        "",
        "{}",
        "[]",
        "7",
        r#"{"contract":7,"company":5}"#,
        r#"{"contract":7,"contract":8}"#,
        r#"{"contract":null}"#,
        r#"{"contract":"7"}"#,
        r#"{"contract":-7}"#,
        r#"{"contract":7.5}"#,
        r#"{"contract":99999999999999999999}"#,
        r#"{"contract":7,"units":100}"#,
        r#"{"company":-1}"#,
    ];
    let signed = |body: &str| contract_changed(NORTH_CONTRACTS, now, 0, body.as_bytes());
    bodies.into_iter().map(|body| refused(&format!("contract-changed with {body}"), signed(body), 400)).collect()
}
