//! The console beside a provider of OpenID Connect, and the way from one to the other and back as browsers take it.

use crate::stage::{Answer, Stage, now};
use functions::context::{Clock, ConsoleSecret, OidcSettings, Secret};
use it::identity::{CLIENT_ID, CLIENT_SECRET, Identity};
use reqwest::Client;
use shared::person::{Person, PersonId, Role};

/// Who signs in where nobody else is said to.
pub(crate) const SUBJECT: &str = "subject-1";

pub(crate) struct Entrance {
    pub(crate) stage: Stage,
    pub(crate) identity: Identity,
    http: Client,
}

/// A browser that was sent to the provider.
pub(crate) struct Away {
    /// What it holds of the sign-in.
    pub(crate) cookie: String,
    /// Where it was sent.
    pub(crate) url: String,
}

impl Away {
    /// A field of the address.
    pub(crate) fn field(&self, name: &str) -> String {
        let url = url::Url::parse(&self.url).expect("it is an address");
        let found = url.query_pairs().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
    }
}

impl Entrance {
    /// A console of which nobody is the first administrator, known to the provider by a secret.
    pub(crate) async fn start() -> Entrance {
        Self::with(None, Some(CLIENT_SECRET)).await
    }

    pub(crate) async fn with(first_admin: Option<&str>, secret: Option<&str>) -> Entrance {
        let identity = Identity::start(Clock::set_to(now())).await;
        identity.secret(secret);
        let issuer = identity.issuer.clone();
        let first_admin = first_admin.map(|subject| PersonId { issuer: issuer.clone(), subject: subject.to_owned() });
        let settings = OidcSettings { issuer, client_id: CLIENT_ID.to_owned(), first_admin, allow_loopback: true };
        let secret = secret.map(|secret| ConsoleSecret { client_secret: Secret::new(secret) });
        let stage = Stage::of(|machine| {
            machine.oidc = Some(settings);
            if let Some(secret) = &secret {
                machine.keep_console_secret(secret);
            }
        });
        let stage = stage.await;
        identity.follow(&stage.clock);
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client is made");
        Entrance { stage, identity, http }
    }

    /// Leaves for the provider.
    pub(crate) async fn leave(&self) -> Away {
        self.leave_by("/sign-in/provider").await
    }

    pub(crate) async fn leave_by(&self, path: &str) -> Away {
        let left = self.stage.get("", path).await.is(303);
        Away { cookie: left.cookie(), url: left.header("location").to_owned() }
    }

    /// Signs in at the provider, which sends the browser back with this path.
    pub(crate) async fn agree(&self, away: &Away) -> String {
        let sent = Answer::of(self.http.get(&away.url).send().await.expect("it answers")).await.is(302);
        let back = sent.header("location").strip_prefix(&self.stage.origin()).expect("it leads back");
        back.to_owned()
    }

    /// The whole way, up to what the console says to who comes back.
    pub(crate) async fn come(&self) -> Answer {
        let away = self.leave().await;
        let back = self.agree(&away).await;
        self.stage.get(&away.cookie, &back).await
    }

    /// The cookie of who came the whole way.
    pub(crate) async fn come_in(&self) -> String {
        self.come().await.is(303).cookie()
    }

    /// Who signed in, as the console knows him.
    pub(crate) async fn known(&self, subject: &str) -> Option<Person> {
        let id = PersonId { issuer: self.identity.issuer.clone(), subject: subject.to_owned() };
        self.stage.machine.host.store.person(&id).await.expect("it is read")
    }

    /// Gives who signs in a role, or none.
    pub(crate) async fn give(&self, subject: &str, role: Option<Role>) {
        let person = self.known(subject).await.expect("he came before");
        self.stage.know(&Person { role, ..person }).await;
    }

    /// What people changed, newest first.
    pub(crate) async fn recorded(&self) -> Vec<String> {
        let audit = self.stage.machine.host.store.audit(1_000).await.expect("it is read").into_iter();
        audit.map(|record| format!("{}: {} → {}", record.what, record.before, record.after)).collect()
    }
}

/// Nobody was let in, and the page says why and how to try again.
#[track_caller]
pub(crate) fn refused(came: Answer, status: u16, words: &str) {
    let came = came.is(status).shows(words).shows("href=\"/sign-in/provider\"");
    let came = came.hides("canary").hides("words for whoever reads the log");
    assert_eq!(came.header("set-cookie"), "", "a session begins");
}
