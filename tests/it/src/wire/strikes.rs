//! What a wire does to a request that is struck, held, or cut off from who sent it.

use super::http::{Client, Reply, Request};
use super::{Beyond, Phase, answer, carried_out, forward};
use std::sync::Arc;
use std::time::Duration;

/// What happens to a request.
#[derive(Clone)]
pub enum Strike {
    /// The connection is closed, and the request never arrives.
    ResetBefore,
    /// It arrives, and then the connection is closed.
    ResetAfter,
    /// It never arrives, and nothing is said.
    SilenceBefore,
    /// It arrives, and nothing is said.
    SilenceAfter,
    /// This is said, and it never arrives.
    Instead(Reply),
    /// It arrives, and this is said.
    AfterIt(Reply),
    /// It arrives, and its reply breaks off half way.
    CutBody,
    /// It arrives, and its reply is changed by what was asked and answered.
    Rewrite(fn(&Request, &mut Reply)),
    /// It is answered only after a time, and arrives.
    Delay(Duration),
    /// Its host goes away: the connection breaks, and new ones are refused until the wire is mended.
    Down,
    /// This is said at once, and it arrives when late ones are let go.
    Late(Reply),
    /// It is held at this moment until the wire is mended.
    Held(Phase),
    /// Something happens elsewhere, and then it passes.
    Meanwhile(Arc<dyn Fn() + Send + Sync>),
}

pub(super) async fn cut(client: &mut Client, beyond: &Beyond, request: &Request, phase: Phase) -> bool {
    if phase != Phase::Unsent {
        let reply = carried_out(beyond, request).await;
        if phase == Phase::Answered {
            client.reply(&reply).await;
        }
    }
    beyond.gate.is_cut.send_replace(true);
    std::future::pending().await
}

/// Holds a request until the wire is mended.
pub(super) async fn held(client: &mut Client, beyond: &Beyond, request: &Request, phase: Phase) -> bool {
    let mut is_cut = beyond.gate.is_cut.subscribe();
    let mut hold = async || {
        beyond.gate.is_cut.send_replace(true);
        is_cut.wait_for(|is_cut| !is_cut).await.expect("the wire is there");
    };
    if phase == Phase::Unsent {
        hold().await;
    }
    let reply = carried_out(beyond, request).await;
    if phase == Phase::Committed {
        hold().await;
    }
    answer(client, &reply).await;
    if phase == Phase::Answered {
        hold().await;
    }
    true
}

/// False: the connection is closed.
pub(super) async fn struck(client: &mut Client, beyond: &Beyond, request: &Request, strike: Strike) -> bool {
    match strike {
        Strike::ResetBefore => false,
        Strike::ResetAfter => {
            carried_out(beyond, request).await;
            false
        }
        Strike::SilenceBefore => std::future::pending().await,
        Strike::SilenceAfter => {
            carried_out(beyond, request).await;
            std::future::pending().await
        }
        Strike::Instead(reply) => answer(client, &reply).await,
        Strike::AfterIt(reply) => {
            carried_out(beyond, request).await;
            answer(client, &reply).await
        }
        Strike::CutBody => {
            let mut reply = carried_out(beyond, request).await;
            reply.body.truncate(reply.body.len() / 2);
            answer(client, &reply).await
        }
        Strike::Rewrite(change) => {
            let mut reply = carried_out(beyond, request).await;
            change(request, &mut reply);
            answer(client, &reply).await
        }
        Strike::Delay(time) => {
            // On its way although nobody waits for it any more.
            beyond.gate.under_way.send_modify(|number| *number += 1);
            let late = tokio::time::timeout(time, std::future::pending::<()>()).await;
            drop(late);
            let reply = carried_out(beyond, request).await;
            beyond.gate.under_way.send_modify(|number| *number -= 1);
            answer(client, &reply).await
        }
        Strike::Down => {
            beyond.gate.down.send_replace(Some(beyond.side));
            false
        }
        Strike::Late(reply) => {
            let (beyond, request) = (beyond.clone(), request.clone());
            beyond.gate.under_way.send_modify(|number| *number += 1);
            tokio::spawn(async move {
                let let_go = beyond.gate.late.subscribe().wait_for(|late| *late).await.is_ok();
                assert!(let_go, "the wire is there");
                forward(&beyond, &request).await;
                beyond.gate.under_way.send_modify(|number| *number -= 1);
            });
            answer(client, &reply).await
        }
        Strike::Held(phase) => held(client, beyond, request, phase).await,
        Strike::Meanwhile(happens) => {
            beyond.gate.lock().happening = true;
            happens();
            beyond.gate.lock().happening = false;
            answer(client, &carried_out(beyond, request).await).await
        }
    }
}
