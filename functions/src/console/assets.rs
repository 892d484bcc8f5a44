//! The two files beside the pages: how they look, and what moves in them. Each is named after its content, so that a
//! browser may keep it for ever.

use super::fields::Asked;
use super::gates::Anybody;
use super::sessions;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

const CSS: &str = include_str!("../../templates/console/console.css");
const SCRIPT: &str = include_str!("../../templates/console/console.js");

static CSS_PATH: LazyLock<String> = LazyLock::new(|| path_of(CSS, "css"));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path_of(SCRIPT, "js"));

fn path_of(content: &str, ending: &str) -> String {
    format!("/static/{}.{ending}", &sessions::hash(content)[..16])
}

/// Where the style sheet is.
pub(super) fn css_path() -> &'static str {
    &CSS_PATH
}

/// Where the script is.
pub(super) fn script_path() -> &'static str {
    &SCRIPT_PATH
}

pub(super) async fn css(_: Anybody, _: Asked) -> Response {
    file("text/css; charset=utf-8", CSS)
}

pub(super) async fn script(_: Anybody, _: Asked) -> Response {
    file("text/javascript; charset=utf-8", SCRIPT)
}

fn file(kind: &'static str, content: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")], content).into_response()
}
