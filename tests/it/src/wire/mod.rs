//! A wire before both vendors and the table that every request passes. It counts them, can be cut around any
//! of them as the death of a process does, and can be told what to do to those of one operation.

mod http;
mod operations;
mod routes;
mod strikes;

pub use http::{Reply, Request};
pub use operations::{Operation, Side};
pub use strikes::Strike;

use crate::canary;
use http::Client;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

/// The wire; clones are the same one.
#[derive(Clone)]
pub struct Wire {
    /// Where the table is reached.
    pub table_url: String,
    /// Where Autotask is reached.
    pub autotask_url: String,
    gate: Arc<Gate>,
}

/// A moment around a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It is not sent yet.
    Unsent,
    /// It is carried out, and not answered.
    Committed,
    /// It is answered.
    Answered,
}

/// Where the wire is cut, or holds something.
#[derive(Clone, Copy)]
struct Cut {
    of_writes: bool,
    number: usize,
    phase: Phase,
    is_held: bool,
}

/// Which requests are struck.
#[derive(Clone, Copy)]
enum Struck {
    OfOperation(Operation),
    ToSide(Side),
}

struct Rule {
    struck: Struck,
    after: usize,
    times: usize,
    strike: Strike,
}

#[derive(Default)]
struct State {
    passed: Vec<Option<Operation>>,
    writes: usize,
    cut: Option<Cut>,
    dead: bool,
    rule: Option<Rule>,
    struck: usize,
    inconsistent: usize,
    /// Whether something else began to happen, and did not end: it panicked, on a task that nobody waits for.
    happening: bool,
}

struct Gate {
    state: Mutex<State>,
    is_cut: watch::Sender<bool>,
    under_way: watch::Sender<usize>,
    down: watch::Sender<Option<Side>>,
    late: watch::Sender<bool>,
    http: reqwest::Client,
}

#[derive(Clone)]
struct Beyond {
    side: Side,
    url: String,
    own_url: String,
    gate: Arc<Gate>,
}

impl Wire {
    /// A wire to the table and to Autotask.
    pub async fn to(table: &str, autotask: &str) -> Wire {
        let gate = Arc::new(Gate {
            state: Mutex::default(),
            is_cut: watch::Sender::new(false),
            under_way: watch::Sender::new(0),
            down: watch::Sender::new(None),
            late: watch::Sender::new(false),
            http: reqwest::Client::new(),
        });
        let table_url = serve(Side::Table, table, &gate).await;
        let autotask_url = serve(Side::Autotask, autotask, &gate).await;
        Wire { table_url, autotask_url, gate }
    }

    /// The same wire to Acronis too; gives its address.
    pub async fn also_to_acronis(&self, acronis: &str) -> String {
        serve(Side::Acronis, acronis, &self.gate).await
    }

    /// The same wire to the bus and the secrets too; gives their address.
    pub async fn also_to_aws(&self, aws: &str) -> String {
        serve(Side::Table, aws, &self.gate).await
    }

    /// Counts from now on, and strikes nothing; lets go what is held. What was cut off stays so.
    pub fn mend(&self) {
        assert!(!self.gate.lock().happening, "what was to happen meanwhile went wrong");
        self.begin_anew();
    }

    /// The same, where something may be happening just now that strikes in its turn.
    fn begin_anew(&self) {
        let inconsistent = self.inconsistent_reads();
        let happening = self.gate.lock().happening;
        *self.gate.lock() = State { inconsistent, happening, ..State::default() };
        self.gate.is_cut.send_replace(false);
        self.gate.down.send_replace(None);
    }

    /// From now on, requests of an operation are struck: those after the first `after`, `times` of them.
    pub fn strike(&self, operation: Operation, after: usize, times: usize, strike: Strike) {
        self.rule(Rule { struck: Struck::OfOperation(operation), after, times, strike });
    }

    /// The same of all requests that one side can be asked.
    pub fn strike_side(&self, side: Side, after: usize, times: usize, strike: Strike) {
        self.rule(Rule { struck: Struck::ToSide(side), after, times, strike });
    }

    fn rule(&self, rule: Rule) {
        self.begin_anew();
        self.gate.lock().rule = Some(rule);
    }

    /// The run will be stopped at a request, counted from now.
    pub fn cut_at(&self, request: usize, phase: Phase) {
        self.set(Cut { of_writes: false, number: request, phase, is_held: false });
    }

    /// The run will be stopped at a request that changes something, counted from now.
    pub fn cut_at_write(&self, write: usize, phase: Phase) {
        self.set(Cut { of_writes: true, number: write, phase, is_held: false });
    }

    /// A request that changes something, counted from now, will be held until the wire is mended.
    pub fn hold_at_write(&self, write: usize, phase: Phase) {
        self.set(Cut { of_writes: true, number: write, phase, is_held: true });
    }

    fn set(&self, cut: Cut) {
        self.mend();
        self.gate.lock().cut = Some(cut);
    }

    /// How many requests were struck.
    pub fn struck(&self) -> usize {
        self.gate.lock().struck
    }

    /// The requests that passed since counting began.
    pub fn passed(&self) -> Vec<Option<Operation>> {
        self.gate.lock().passed.clone()
    }

    /// Reads of the table that did not ask for what is there now.
    pub fn inconsistent_reads(&self) -> usize {
        self.gate.lock().inconsistent
    }

    /// Ends when the run is to be stopped, or something is held.
    pub async fn cut(&self) {
        self.gate.is_cut.subscribe().wait_for(|cut| *cut).await.expect("the wire is there");
    }

    /// Lets those arrive that are late.
    pub async fn let_late_ones_arrive(&self) {
        self.gate.late.send_replace(true);
        self.quiet().await;
    }

    /// Ends when nothing is on its way any more.
    pub async fn quiet(&self) {
        self.gate.under_way.subscribe().wait_for(|number| *number == 0).await.expect("the wire is there");
    }
}

/// What to do with a request.
enum Turn {
    Pass,
    Strike(Strike),
    Cut(Phase),
    Hold(Phase),
    Dead,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, operation: Option<Operation>, request: &Request) -> Turn {
        let mut state = self.lock();
        let consistent = String::from_utf8_lossy(&request.body).contains("\"ConsistentRead\":true");
        if matches!(operation, Some(Operation::Get | Operation::Query)) && !consistent {
            state.inconsistent += 1;
        }
        if state.dead {
            return Turn::Dead;
        }
        let (request, write) = (state.passed.len(), state.writes);
        let is_write = operation.is_some_and(Operation::is_write);
        state.passed.push(operation);
        state.writes += usize::from(is_write);
        let is_here = |cut: &Cut| if cut.of_writes { is_write && cut.number == write } else { cut.number == request };
        if let Some(cut) = state.cut.filter(is_here) {
            state.dead = !cut.is_held;
            return if cut.is_held { Turn::Hold(cut.phase) } else { Turn::Cut(cut.phase) };
        }
        let is_struck = |rule: &&mut Rule| match rule.struck {
            Struck::OfOperation(struck) => operation == Some(struck),
            Struck::ToSide(side) => operation.is_some_and(|operation| operation.side() == side),
        };
        let Some(rule) = state.rule.as_mut().filter(is_struck) else {
            return Turn::Pass;
        };
        if rule.after > 0 {
            rule.after -= 1;
            return Turn::Pass;
        }
        if rule.times == 0 {
            return Turn::Pass;
        }
        rule.times -= 1;
        let strike = rule.strike.clone();
        state.struck += 1;
        Turn::Strike(strike)
    }
}

fn bound(address: std::net::SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an address may be used again");
    socket.set_reuseport(true).expect("an address may be used twice");
    socket.bind(address).expect("the address is free");
    socket
}

async fn serve(side: Side, url: &str, gate: &Arc<Gate>) -> String {
    let first = bound(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    let address = first.local_addr().expect("it has a port");
    let own_url = format!("http://{address}");
    let beyond = Beyond { side, url: url.to_owned(), own_url: own_url.clone(), gate: Arc::clone(gate) };
    let mut listener = first.listen(64).expect("it listens");
    tokio::spawn(async move {
        loop {
            accept_until_down(&listener, &beyond).await;
            // Kept but not listened on, so that connections are refused; taken before the other is let go, so that nobody
            // else gets it.
            let kept = bound(address);
            drop(listener);
            let up = |down: &Option<Side>| *down != Some(beyond.side);
            if beyond.gate.down.subscribe().wait_for(up).await.is_err() {
                return;
            }
            listener = kept.listen(64).expect("it listens again");
        }
    });
    own_url
}

async fn goes_down(beyond: &Beyond) {
    let is_down = |down: &Option<Side>| *down == Some(beyond.side);
    if beyond.gate.down.subscribe().wait_for(is_down).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn accept_until_down(listener: &TcpListener, beyond: &Beyond) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = goes_down(beyond) => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let beyond = beyond.clone();
        tokio::spawn(async move {
            let mut client = Client::on(stream);
            tokio::select! {
                () = goes_down(&beyond) => {}
                () = converse(&mut client, &beyond) => {}
            }
        });
    }
}

async fn converse(client: &mut Client, beyond: &Beyond) {
    while let Some(request) = client.request().await {
        if beyond.side == Side::Table {
            canary::seek("what is kept or published", &String::from_utf8_lossy(&request.body));
        }
        let target = request.header("x-amz-target");
        let operation = Operation::of(beyond.side, &request.method, &request.path, target);
        let goes_on = match beyond.gate.turn(operation, &request) {
            Turn::Pass => answer(client, &carried_out(beyond, &request).await).await,
            Turn::Strike(strike) => strikes::struck(client, beyond, &request, strike).await,
            Turn::Cut(phase) => strikes::cut(client, beyond, &request, phase).await,
            Turn::Hold(phase) => strikes::held(client, beyond, &request, phase).await,
            Turn::Dead => std::future::pending().await,
        };
        if !goes_on {
            return;
        }
    }
}

async fn answer(client: &mut Client, reply: &Reply) -> bool {
    client.reply(reply).await;
    true
}

/// Carries a request out whatever becomes of who sent it.
async fn carried_out(beyond: &Beyond, request: &Request) -> Reply {
    let (beyond, request) = (beyond.clone(), request.clone());
    beyond.gate.under_way.send_modify(|number| *number += 1);
    let forwarded = tokio::spawn(async move {
        let reply = forward(&beyond, &request).await;
        beyond.gate.under_way.send_modify(|number| *number -= 1);
        reply
    });
    forwarded.await.expect("it does not panic")
}

async fn forward(beyond: &Beyond, request: &Request) -> Reply {
    let method = request.method.parse().expect("a method");
    let mut asked = beyond.gate.http.request(method, format!("{}{}", beyond.url, request.path));
    let own = ["host", "content-length", "connection", "accept-encoding"];
    for (name, value) in request.headers.iter().filter(|(name, _)| !own.contains(&name.to_lowercase().as_str())) {
        asked = asked.header(name, value);
    }
    let answered = asked.body(request.body.clone()).send().await.expect("what is beyond answers");
    let header = |name: &str| answered.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, retry_after) = (answered.status().as_u16(), header("retry-after"));
    let content_type = header("content-type").unwrap_or_default();
    let text = answered.text().await.expect("the whole answer");
    // Autotask names its own address for what comes next.
    let body = text.replace(&beyond.url, &beyond.own_url).into_bytes();
    Reply { status, content_type, retry_after, body }
}
