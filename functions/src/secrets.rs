//! Where credentials are: AWS Secrets Manager, each secret under the prefix of its stack and the connection it is for. It
//! reads and keeps texts; what stands in them, others know.

use crate::context::Secret;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use shared::ids::ConnectionId;

/// The secrets of one stack.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: aws_sdk_secretsmanager::Client,
    prefix: String,
}

/// A secret cannot be read or kept. The SDK's own text may carry what was sent or replied, and that may be the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret {name} cannot be {done} ({})", code.as_deref().unwrap_or("no reply"))]
pub struct SecretsError {
    name: String,
    done: &'static str,
    code: Option<String>,
}

impl SecretsError {
    /// The service's code of what is wrong; none where it gave none.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether we are not allowed to. A role that may not read everything is told so of secrets that are not there, too:
    /// AWS asks what is allowed first (as apache/airflow's pull request 19324 shows).
    pub fn is_refused(&self) -> bool {
        self.code() == Some("AccessDeniedException")
    }
}

impl Secrets {
    /// The secrets whose names begin with `prefix`.
    pub fn new(client: aws_sdk_secretsmanager::Client, prefix: impl Into<String>) -> Self {
        Self { client, prefix: prefix.into() }
    }

    /// What their names begin with: the stack's name.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The name of the secret with a connection's vendor credentials.
    pub fn vendors(&self, connection: &ConnectionId) -> String {
        vendors_secret(&self.prefix, connection)
    }

    /// The name of the secret with a connection's webhook keys.
    pub fn webhook(&self, connection: &ConnectionId) -> String {
        webhook_secret(&self.prefix, connection)
    }

    /// The name of the secret with what was offered last to connect with.
    pub fn offered(&self, connection: &ConnectionId) -> String {
        format!("{}/{connection}/offered", self.prefix)
    }

    /// The name of the secret by which the provider that vouches for people knows the stack's console.
    pub fn console(&self) -> String {
        console_secret(&self.prefix)
    }

    /// What stands in a secret; none where there is no such secret.
    pub async fn read(&self, name: &str) -> Result<Option<Secret>, SecretsError> {
        match self.client.get_secret_value().secret_id(name).send().await {
            Ok(reply) => Ok(Some(Secret::new(reply.secret_string().unwrap_or_default()))),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
                Ok(None)
            }
            Err(error) => Err(failed(name, "read", error.code())),
        }
    }

    /// Keeps a text in a secret, in place of what stood there; a new secret where there was none.
    pub async fn keep(&self, name: &str, text: &Secret) -> Result<(), SecretsError> {
        let put = self.client.put_secret_value().secret_id(name).secret_string(text.expose()).send().await;
        let error = match put {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if !error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) {
            return Err(failed(name, "kept", error.code()));
        }
        let created = self.client.create_secret().name(name).secret_string(text.expose()).send().await;
        created.map(drop).map_err(|error| failed(name, "kept", error.code()))
    }
}

/// The place where people put what they offer to connect with. Who has this alone can read no secret.
#[derive(Debug, Clone)]
pub struct Offers(Secrets);

impl Offers {
    /// The offers among these secrets.
    pub fn new(secrets: Secrets) -> Self {
        Self(secrets)
    }

    /// Puts an offer there, in place of the one before.
    pub async fn put(&self, connection: &ConnectionId, offered: &Secret) -> Result<(), SecretsError> {
        self.0.keep(&self.0.offered(connection), offered).await
    }
}

/// The console's own secret. Who has this alone can read no other, and write none.
#[derive(Debug, Clone)]
pub struct OwnSecret(Secrets);

impl OwnSecret {
    /// The console's among these secrets.
    pub fn new(secrets: Secrets) -> Self {
        Self(secrets)
    }

    /// What stands there; none where there is no such secret, or none that may be read.
    pub async fn look(&self) -> Result<Option<Secret>, SecretsError> {
        match self.0.read(&self.0.console()).await {
            // Who may read no other secrets is refused one that is not there.
            Err(error) if error.is_refused() => Ok(None),
            read => read,
        }
    }
}

/// The name of the secret with a connection's vendor credentials, below this prefix.
pub fn vendors_secret(prefix: &str, connection: &ConnectionId) -> String {
    format!("{prefix}/{connection}/vendors")
}

/// The name of the secret with a connection's webhook keys, below this prefix.
pub fn webhook_secret(prefix: &str, connection: &ConnectionId) -> String {
    format!("{prefix}/{connection}/webhook")
}

/// The name of the console's secret, below this prefix. It is no connection's.
pub fn console_secret(prefix: &str) -> String {
    format!("{prefix}/console")
}

fn failed(name: &str, done: &'static str, code: Option<&str>) -> SecretsError {
    SecretsError { name: name.to_owned(), done, code: code.map(str::to_owned) }
}
