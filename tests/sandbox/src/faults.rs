//! Faults the sandbox can be told to make, by operation. A fault bends one exchange; apart from
//! `ExpireToken` it changes no state that the request itself would not have changed.

use serde::{Deserialize, Serialize};

/// A rule: which operations, from which request on, how often, and what goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    /// Beginning of the operation name ("" matches everything, "acronis." one vendor).
    pub operation: String,
    /// Matching requests to let pass first.
    #[serde(default)]
    pub after: usize,
    /// How many requests it strikes; `None` means for ever.
    #[serde(default)]
    pub times: Option<usize>,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that strikes the next matching request only.
    pub fn once(operation: impl Into<String>, kind: FaultKind) -> Self {
        Self { operation: operation.into(), after: 0, times: Some(1), kind }
    }

    /// A fault that strikes every matching request until faults are cleared.
    pub fn always(operation: impl Into<String>, kind: FaultKind) -> Self {
        Self { times: None, ..Self::once(operation, kind) }
    }

    /// The same fault, letting `requests` matching ones pass first.
    #[must_use]
    pub fn after(mut self, requests: usize) -> Self {
        self.after = requests;
        self
    }
}

/// What goes wrong. "Before" leaves the state untouched, "After" commits first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection is closed before the request is handled; no byte is sent.
    ResetBefore,
    /// The request is handled, then the connection is closed without a byte.
    ResetAfter,
    /// Nothing is handled and nothing ever answered; the connection stays open.
    SilenceBefore,
    /// The request is handled and never answered; the connection stays open.
    SilenceAfter,
    /// Another answer instead of handling the request.
    StatusBefore {
        /// HTTP status.
        status: u16,
        /// Body; empty when `None`.
        body: Option<String>,
    },
    /// The request is handled, the answer replaced.
    StatusAfter {
        /// HTTP status.
        status: u16,
        /// Body; empty when `None`.
        body: Option<String>,
    },
    /// 429 with or without `Retry-After`; not handled.
    Throttle {
        /// Seconds.
        retry_after: Option<u64>,
    },
    /// Autotask's thread limit text; not handled.
    ThreadLimitText {
        /// HTTP status.
        status: u16,
    },
    /// Handled after a wait.
    Delay {
        /// Milliseconds.
        millis: u64,
    },
    /// The JSON answer stops half way.
    CutBody,
    /// The answer is no JSON although it says so.
    BrokenJson,
    /// The page loses its last rows but keeps its cursor.
    ShortPage,
    /// The cursor leads to the same page again.
    RepeatPage,
    /// The cursor leads back to the first page.
    LoopPages,
    /// Every Acronis token given out so far is invalid from now.
    ExpireToken,
    /// The right body under `text/plain`.
    WrongContentType,
    /// An HTML page instead of JSON; not handled.
    HtmlBody {
        /// HTTP status.
        status: u16,
    },
}

/// Faults that bend the paging of an answer while it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageTrick {
    Short,
    Repeat,
    Loop,
}

impl FaultKind {
    pub(crate) fn page_trick(&self) -> Option<PageTrick> {
        match self {
            Self::ShortPage => Some(PageTrick::Short),
            Self::RepeatPage => Some(PageTrick::Repeat),
            Self::LoopPages => Some(PageTrick::Loop),
            _ => None,
        }
    }
}

/// Takes the first rule due for an operation; rules still waiting count the request.
pub(crate) fn due(faults: &mut Vec<Fault>, operation: &str) -> Option<FaultKind> {
    let mut struck = None;
    for fault in faults.iter_mut() {
        if !operation.starts_with(&fault.operation) {
            continue;
        }
        if fault.after > 0 {
            fault.after -= 1;
        } else if struck.is_none() && fault.times != Some(0) {
            fault.times = fault.times.map(|left| left - 1);
            struck = Some(fault.kind.clone());
        }
    }
    faults.retain(|fault| fault.times != Some(0));
    struck
}
