//! A machine with a console, two connections, and browsers of people with every role. It looks at what comes over the
//! wire, and knows nothing of how pages are made.

use acrotask::console_server::{self, ConsoleServer};
use acrotask::machine::{Machine, Storage};
use functions::context::Clock;
use functions::events::Event;
use functions::http::{HttpSettings, RetryPolicy};
use functions::store::Store;
use it::canary::{self, SearchedTable};
use it::world::World;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use sha2::{Digest, Sha256};
use shared::ids::{ConnectionId, TenantId};
use shared::person::{AuditRecord, Person, PersonId, Role, Session};
use shared::run::{Connection, Job, Mode, Outcome, RunRecord};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TABLE: &str = "acrotask";
pub(crate) const NOW: &str = "2026-11-10T09:30:00Z";
/// Beside the people of each role, so that an admin is not the last.
pub(crate) const ISSUER: &str = "https://login.example";

pub(crate) struct Stage {
    pub(crate) machine: Machine,
    /// By which people come and go.
    pub(crate) clock: Clock,
    /// By which jobs work.
    pub(crate) jobs_clock: Clock,
    pub(crate) server: ConsoleServer,
    told: Arc<Mutex<Vec<String>>>,
    http: Client,
    // Serves until the story ends, and is searched for secrets then; a world has its own.
    _table: Option<SearchedTable>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(sent: Response) -> Answer {
        let (status, headers) = (sent.status().as_u16(), sent.headers().clone());
        let text = sent.text().await.expect("an answer is text");
        canary::seek("a page", &text);
        Answer { status, headers, text }
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn shows(self, words: &str) -> Answer {
        assert!(self.text.contains(words), "no \"{words}\" in {}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn hides(self, words: &str) -> Answer {
        assert!(!self.text.contains(words), "\"{words}\" is in {}", self.text);
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are text"))
    }

    /// The cookie that it sets, as a browser sends it back.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }

    /// What the page's forms carry.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        let (_, after) = self.text.split_once("name=\"form_token\" value=\"").expect("there is a form");
        after.split('"').next().unwrap_or_default().to_owned()
    }
}

pub(crate) fn now() -> Timestamp {
    NOW.parse().expect("it is a time")
}

pub(crate) fn person(subject: &str, role: Option<Role>) -> Person {
    let id = PersonId { issuer: ISSUER.to_owned(), subject: subject.to_owned() };
    Person { id, name: format!("Person {subject}"), role }
}

/// By what the table finds a session.
pub(crate) fn hash(id: &str) -> String {
    Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Stage {
    /// With the connections `north` and `south`, of which nothing is known yet.
    pub(crate) async fn start() -> Stage {
        Self::of(|_| {}).await
    }

    /// The same on a machine that is prepared before its console is served.
    pub(crate) async fn of(prepare: impl FnOnce(&mut Machine)) -> Stage {
        let stage = Stage::prepared(prepare).await;
        for name in ["north", "south"] {
            stage.machine.host.store.save_connection(&connection(name)).await.expect("it is stored");
        }
        stage
    }

    /// With no connection at all, and with credentials that people may offer, or that come from the environment.
    pub(crate) async fn empty(takes_offers: bool) -> Stage {
        Stage::prepared(|machine| machine.takes_offers = takes_offers).await
    }

    async fn prepared(prepare: impl FnOnce(&mut Machine)) -> Stage {
        let (clock, jobs_clock) = (Clock::set_to(now()), Clock::set_to(now()));
        let retry = RetryPolicy { base_delay: Duration::from_millis(1), ..RetryPolicy::default() };
        let http = HttpSettings { retry, ..HttpSettings::default() };
        let machine = Machine::start(Storage::InMemory, jobs_clock.clone(), http, true).await;
        let mut machine = machine.expect("the machine starts");
        let table = SearchedTable::in_memory().await;
        machine.host.store = Store::new(table.client(), TABLE);
        machine.host.store.create_table().await.expect("the table is made");
        prepare(&mut machine);
        Stage::serve(machine, clock, jobs_clock, Some(table)).await
    }

    /// A console over the table of a world whose jobs are at work.
    pub(crate) async fn over(world: &World) -> Stage {
        let (clock, jobs_clock) = (Clock::set_to(now()), world.clock.clone());
        let machine = Machine::start(Storage::InMemory, jobs_clock.clone(), HttpSettings::default(), true).await;
        let mut machine = machine.expect("the machine starts");
        machine.host.store = world.host.store.clone();
        Stage::serve(machine, clock, jobs_clock, None).await
    }

    async fn serve(machine: Machine, clock: Clock, jobs_clock: Clock, table: Option<SearchedTable>) -> Stage {
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let keep = Arc::clone(&told);
        let tell = move |link: &str| keep.lock().expect("nobody panicked").push(link.to_owned());
        let server = console_server::start(&machine, clock.clone(), Some(0), tell).await.expect("it is served");
        let http = Client::builder().redirect(redirect::Policy::none()).build().expect("a client is made");
        Stage { machine, clock, jobs_clock, server, told, http, _table: table }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The latest link that was told, without what it begins with.
    pub(crate) fn link(&self) -> String {
        let told = self.told.lock().expect("nobody panicked");
        let link = told.last().expect("a link was told");
        link.strip_prefix(&self.origin()).expect("it leads here").to_owned()
    }

    pub(crate) fn links_told(&self) -> usize {
        self.told.lock().expect("nobody panicked").len()
    }

    pub(crate) fn pass(&self, length: SignedDuration) {
        self.clock.set(self.clock.now().checked_add(length).expect("it is in the calendar"));
    }

    /// A request with nothing but what is given.
    pub(crate) fn bare(&self, method: &Method, path: &str) -> RequestBuilder {
        self.http.request(method.clone(), format!("{}{path}", self.origin()))
    }

    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Answer {
        let request = self.bare(&Method::GET, path).header("cookie", cookie);
        Answer::of(request.send().await.expect("it answers")).await
    }

    /// A form as a browser sends it from a page of ours.
    pub(crate) fn form(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let request = self.bare(&Method::POST, path).header("cookie", cookie).form(fields);
        request.header("origin", self.origin()).header("sec-fetch-site", "same-origin")
    }

    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        Answer::of(self.form(cookie, path, fields).send().await.expect("it answers")).await
    }

    /// A form with the token of the session's pages.
    pub(crate) async fn submit(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.get(cookie, "/").await.is(200).token();
        let all: Vec<(&str, &str)> = [("form_token", token.as_str())].into_iter().chain(fields.to_vec()).collect();
        self.post(cookie, path, &all).await
    }

    /// Comes in by a link, as the person at the machine.
    pub(crate) async fn come_in(&self) -> String {
        assert!(self.server.tell_link().expect("a link is told"), "one was told a moment ago");
        let token = self.link().split_once("token=").expect("it has a token").1.to_owned();
        self.post("", "/sign-in", &[("token", &token)]).await.is(303).cookie()
    }

    pub(crate) async fn know(&self, person: &Person) {
        let store = &self.machine.host.store;
        let people = store.people().await.expect("they are read");
        let (at, by) = (self.clock.now(), PersonId::local());
        let record = AuditRecord { at, by, what: "test".to_owned(), before: String::new(), after: String::new() };
        assert!(store.save_person(&people, person, &record).await.expect("it is written"));
    }

    /// The cookie of a person who came in just now.
    pub(crate) async fn session_of(&self, person: &Person) -> String {
        self.know(person).await;
        let id = hash(&format!("session of {}", person.id));
        let (began, seen) = (self.clock.now(), self.clock.now());
        let session = Session { person: person.id.clone(), began, seen };
        self.machine.host.store.begin_session(&hash(&id), &session).await.expect("it is written");
        format!("acrotask-session-{}={id}", self.server.address().port())
    }

    pub(crate) async fn session_with(&self, role: Role) -> String {
        self.session_of(&person(&role.to_string(), Some(role))).await
    }

    /// The events that were published since the last look.
    pub(crate) fn published(&mut self) -> Vec<Event> {
        let arrived = std::iter::from_fn(|| self.machine.events.try_recv().ok());
        let read = |event: serde_json::Value| {
            canary::seek("an event", &event.to_string());
            Event::from_invocation(event).expect("only our own events are published")
        };
        arrived.map(read).collect()
    }

    pub(crate) async fn save_run(&self, connection: &str, run: &RunRecord) {
        let saved = self.machine.host.store.save_run(&ConnectionId::new(connection), run).await;
        saved.expect("it is written");
    }
}

pub(crate) fn connection(name: &str) -> Connection {
    Connection {
        id: ConnectionId::new(name),
        tenant: TenantId::new("00000000-0000-4000-8000-000000000001"),
        database: 1,
        first_plan_approved: true,
        first_quotas_approved: true,
        first_tickets_approved: true,
        usage_read_on: None,
    }
}

/// A run of units that ended well at this time.
pub(crate) fn run(id: &str, at: Timestamp) -> RunRecord {
    let outcome = Outcome::Complete;
    RunRecord { outcome, ..RunRecord::begun(id.to_owned(), Job::UsageSync, Mode::Apply, at) }
}
