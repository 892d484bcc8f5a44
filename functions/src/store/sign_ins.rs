//! The sign-ins that were begun and are not done, each under the hash of its state: who reads the table can end none of
//! them as somebody else.

use super::Store;
use super::items::{Key, body_of, failed, number, text};
use anyhow::Context;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use shared::sign_in::{SIGN_IN_LASTS, SignIn};

/// A partition that is no connection's: its name holds no `#`.
const SIGN_INS: &str = "sign-ins";

fn sign_in_key(hash: &str) -> Key {
    Key { pk: SIGN_INS.to_owned(), sk: hash.to_owned() }
}

impl Store {
    /// Stores a sign-in that begins, under the hash of its state.
    pub async fn begin_sign_in(&self, hash: &str, sign_in: &SignIn) -> anyhow::Result<()> {
        let mut item = sign_in_key(hash).holding(sign_in)?;
        item.insert("browser".to_owned(), text(&sign_in.browser));
        let end = sign_in.began.checked_add(SIGN_IN_LASTS).context("the time is out of range")?;
        item.insert("ttl".to_owned(), number(end.as_second()));
        self.put(item).await
    }

    /// Takes the sign-in whose state has this hash, over or not, if it was begun in the browser whose id has that one: once,
    /// however many ask. One of another browser stays where it is.
    pub async fn take_sign_in(&self, hash: &str, browser: &str) -> anyhow::Result<Option<SignIn>> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(sign_in_key(hash).item()))
            .condition_expression("#browser = :browser")
            .expression_attribute_names("#browser", "browser")
            .expression_attribute_values(":browser", text(browser))
            .return_values(ReturnValue::AllOld);
        match request.send().await {
            Ok(taken) => taken.attributes.as_ref().map(body_of).transpose(),
            Err(error) if is_refused(error.as_service_error()) => Ok(None),
            Err(error) => Err(failed("taking a sign-in", error)),
        }
    }
}

fn is_refused(error: Option<&DeleteItemError>) -> bool {
    error.is_some_and(DeleteItemError::is_conditional_check_failed_exception)
}
