//! How Acronis says no to a write, and what is known afterwards: whether it was carried out, and whether
//! sending it again could help.

use crate::acronis_writes::{new_tenant, new_user, setting, tenant};
use crate::stub::{Answer, CLIENT_SECRET, Stub, says};
use anyhow::Result;
use functions::acronis::AcronisWriteError;
use serde_json::{Value, json};
use shared::quota::Grant;
use std::time::Duration;

/// The vendor's body of a refusal.
fn words(code: impl Into<Value>) -> String {
    json!({"error": {"code": code.into(), "domain": null, "message": "m", "details": {"info": "i"}}}).to_string()
}

async fn set(stub: &Stub) -> AcronisWriteError {
    let items = [setting("pw_base_servers", Grant::UpTo { limit: 3, overage: Some(0) }, 5)];
    let result = stub.writer().set_items(&tenant(), &items).await;
    let error = result.expect_err("an answer that says no");
    assert_eq!(stub.asked().len(), 1, "nothing is repeated: {error:?}");
    error
}

async fn error_of(answer: Answer) -> Result<AcronisWriteError> {
    Ok(set(&Stub::with([answer]).await?).await)
}

#[tokio::test]
async fn q6_a_stale_version_and_a_taken_name_are_told_apart_under_any_status() -> Result<()> {
    for status in [200, 400, 403, 404, 409, 412, 429, 500, 503] {
        for code in [json!(1001), json!("1001"), json!(" 1001 ")] {
            let error = error_of(says(status, words(code))).await?;
            assert!(matches!(&error, AcronisWriteError::Stale(text) if text.contains("code 1001, m: i")), "{error:?}");
        }
        for code in [json!(1004), json!("1004")] {
            let error = error_of(says(status, words(code))).await?;
            assert!(matches!(error, AcronisWriteError::NameTaken(_)), "{error:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_definite_no_is_refused_with_the_vendors_code() -> Result<()> {
    for code in [1002, 1003, 1005, 1012, 1018, 1020, 1021, 1022, 1023, 1033, 1035] {
        for status in [200, 400, 403, 409, 500] {
            let error = error_of(says(status, words(code))).await?;
            assert!(
                matches!(error, AcronisWriteError::Refused { code: Some(found), .. } if found == code),
                "{error:?}"
            );
        }
    }
    for status in [400, 403, 404, 405, 406, 409, 413, 415, 422] {
        let bodies = [
            words(status),
            words("not-a-number"),
            words(Value::Null),
            String::new(),
            "<html>no</html>".to_owned(),
            "[]".to_owned(),
            "null".to_owned(),
            r#"{"error": "no"}"#.to_owned(),
            r#"{"error": null}"#.to_owned(),
            r#"{"error": {"code": [1001]}}"#.to_owned(),
            r#"{"error": {"code": 1001.5}}"#.to_owned(),
            r#"{"error": {"code": 99999999999999999999}}"#.to_owned(),
            r#"{"code": 1001}"#.to_owned(),
        ];
        for body in bodies {
            let error = error_of(says(status, &body)).await?;
            let known = (body == words(status)).then_some(i64::from(status));
            assert!(
                matches!(&error, AcronisWriteError::Refused { code, text } if *code == known
                    && text.contains(&format!("/offering_items: status {status}"))),
                "{status} {body}: {error:?}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_outcome_that_nobody_knows_is_unknown_and_not_sent_again() -> Result<()> {
    let unknown = [
        Answer::HangsUp,
        Answer::Silent,
        Answer::Cut(200),
        Answer::Cut(400),
        says(500, ""),
        says(500, words(1000)),
        says(500, words("1000")),
        says(500, words(500)),
        says(503, words(1019)),
        says(500, words(1036)),
        says(502, "<html>Bad Gateway</html>"),
        says(503, "{}"),
        says(504, ""),
        says(408, ""),
        says(302, ""),
        says(202, "{}"),
        says(200, "<html>OK</html>"),
        says(200, "{"),
        says(200, words(1000)),
    ];
    for answer in unknown {
        let error = error_of(answer.clone()).await?;
        assert!(matches!(error, AcronisWriteError::Unknown(_)), "{answer:?}: {error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_created_tenant_whose_id_cannot_be_read_is_unknown() -> Result<()> {
    let id = |id: Value| says(201, json!({ "id": id }));
    let unreadable = [
        says(201, ""),
        says(204, ""),
        says(201, "{}"),
        says(201, "[]"),
        id(Value::Null),
        id(json!(5)),
        id(json!("")),
        id(json!("../..")),
        id(json!("a/b")),
        Answer::Cut(201),
    ];
    for answer in unreadable {
        let stub = Stub::with([answer.clone(), answer.clone()]).await?;
        let error = stub.writer().create_tenant(&new_tenant()).await.expect_err("no id");
        assert!(matches!(error, AcronisWriteError::Unknown(_)), "{answer:?}: {error:?}");
        let error = stub.writer().create_administrator(&tenant(), &new_user()).await.expect_err("no id");
        assert!(matches!(error, AcronisWriteError::Unknown(_)), "{answer:?}: {error:?}");
        assert_eq!(stub.asked().len(), 2, "nothing is repeated");
    }
    Ok(())
}

#[tokio::test]
async fn what_was_certainly_not_run_is_told_so() -> Result<()> {
    let error = error_of(Answer::TooMany(7)).await?;
    let wait = Some(Duration::from_secs(7));
    assert!(matches!(error, AcronisWriteError::NotRun { retry_after, .. } if retry_after == wait), "{error:?}");
    let error = error_of(says(429, words(429))).await?;
    assert!(matches!(error, AcronisWriteError::NotRun { retry_after: None, .. }), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn what_never_left_was_not_run() -> Result<()> {
    let mut stub = Stub::with([says(200, "{}")]).await?;
    let writer = stub.writer();
    writer.require_two_factor(&tenant()).await?;
    stub.stop().await;
    let error = writer.require_two_factor(&tenant()).await.expect_err("nobody there");
    assert!(matches!(&error, AcronisWriteError::NotRun { text, .. } if text.contains("no connection")), "{error:?}");
    for login in [says(401, "<html>"), says(400, "{}"), says(404, ""), says(200, "<html>"), says(302, "")] {
        let stub = Stub::start().await?;
        stub.log_in(login.clone());
        let error = stub.writer().require_two_factor(&tenant()).await.expect_err("no token");
        assert!(matches!(error, AcronisWriteError::NotRun { retry_after: None, .. }), "{login:?}: {error:?}");
        assert!(stub.asked().is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_write_sent_again() -> Result<()> {
    for body in [words(401), "<html><h1>401 Authorization Required</h1></html>".to_owned(), String::new()] {
        let stub = Stub::with([says(401, &body), says(200, "{}")]).await?;
        stub.writer().require_two_factor(&tenant()).await?;
        let asked = stub.asked();
        assert_eq!((asked[0].token.as_str(), asked[1].token.as_str()), ("stub-token-1", "stub-token-2"));
        assert_eq!((&asked[0].line, &asked[0].body, asked.len()), (&asked[1].line, &asked[1].body, 2));
        let stub = Stub::with([says(401, &body), says(401, &body)]).await?;
        let error = stub.writer().require_two_factor(&tenant()).await.expect_err("not let in");
        assert!(matches!(error, AcronisWriteError::NotRun { retry_after: None, .. }), "{error:?}");
        assert_eq!(stub.asked().len(), 2);
        let stub = Stub::with([says(401, &body), Answer::HangsUp]).await?;
        let error = stub.writer().require_two_factor(&tenant()).await.expect_err("lost");
        assert!(matches!(error, AcronisWriteError::Unknown(_)), "{error:?}");
        assert_eq!(stub.asked().len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn errors_hold_neither_secrets_nor_the_names_of_people() -> Result<()> {
    let echo = "stub-token-1 Ottilie Zwanziger ottilie ottilie@alpenblick.example";
    let said = json!({"error": {"code": 1033, "message": format!("login {echo}"), "details": {"info": echo}}});
    for answer in [says(400, echo), says(400, &said), says(500, format!("<html>{echo}")), says(200, format!("<{echo}"))]
    {
        let stub = Stub::with([answer.clone(), answer]).await?;
        let writer = stub.writer();
        let errors = [
            writer.create_administrator(&tenant(), &new_user()).await.expect_err("refused"),
            writer.create_tenant(&new_tenant()).await.expect_err("refused"),
        ];
        for error in errors {
            for text in [error.to_string(), format!("{error:?}")] {
                for hidden in ["stub-token", CLIENT_SECRET, "Ottilie", "Zwanziger", "ottilie@alpenblick.example"] {
                    assert!(!text.contains(hidden), "{hidden}: {text}");
                }
                assert!(text.contains("POST /api/2/"), "{text}");
            }
        }
    }
    let long = says(400, "long ".repeat(1_000));
    assert!(error_of(long).await?.to_string().len() < 500);
    Ok(())
}
