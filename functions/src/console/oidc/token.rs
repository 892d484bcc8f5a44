//! Whether a token is to be believed, and whom it vouches for (OpenID Connect Core 1.0, ID Token Validation). It reads and
//! decides; it asks nobody.

use crate::context::MOST_ID_BYTES;
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreGenderClaim, CoreIdTokenVerifier, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, EmptyExtraTokenFields, IdToken, IdTokenClaims, IdTokenFields,
    Nonce, SignatureVerificationError, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use shared::sign_in::SignIn;
use std::time::SystemTime;

/// How far the provider's clock and ours may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_mins(1);
/// Only those of which nobody but the provider has the key: a token that is signed by something we know, or not at all,
/// anybody could have made.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a token may say besides what the library reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    /// From when on it counts (RFC 7519, nbf).
    nbf: Option<serde_json::Number>,
}

impl AdditionalClaims for Claims {}

/// A token that says who somebody is.
pub(super) type Token = IdToken<Claims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What a provider gives for a code.
pub(super) type Answer = StandardTokenResponse<
    IdTokenFields<
        Claims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// Why a token is not believed. Nothing here says what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Doubt {
    /// Its key is not among the provider's; it may have a new one.
    #[error("it is signed with a key that the provider does not have")]
    UnknownKey,
    #[error("it is not signed, or not in a way that only the provider can sign")]
    Algorithm,
    #[error("its signature is wrong")]
    Signature,
    #[error("another issuer made it")]
    Issuer,
    #[error("it is for another application")]
    Audience,
    #[error("it counts no more, or not yet; see that the clocks are right")]
    Time,
    #[error("it is of another sign-in")]
    Nonce,
    #[error("it names nobody")]
    Subject,
    #[error("it is made in a way that is not understood")]
    Form,
}

/// Whom a token vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vouched {
    /// Who it is at the issuer.
    pub(super) subject: String,
    /// For people only.
    pub(super) name: String,
}

/// Whom a token vouches for, if it is to be believed for this sign-in at `now`.
pub(super) fn who_is(
    token: &Token,
    said: &CoreProviderMetadata,
    client_id: &str,
    sign_in: &SignIn,
    now: Timestamp,
) -> Result<Vouched, Doubt> {
    let began = sign_in.began;
    // The library gives no leeway, so that its clock is late.
    let late = SystemTime::from(now.checked_sub(LEEWAY).map_err(|_| Doubt::Time)?);
    let client_id = ClientId::new(client_id.to_owned());
    // As for a client without a secret, since with one it would take what is signed with that.
    let verifier =
        CoreIdTokenVerifier::new_public_client(client_id.clone(), said.issuer().clone(), said.jwks().clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || late.into())
            .set_issue_time_verifier_fn(move |issued| is_of_now(SystemTime::from(issued), began, now));
    let claims = token.claims(&verifier, &Nonce::new(sign_in.nonce.clone())).map_err(|error| doubt(&error))?;
    if claims.authorized_party().is_some_and(|party| *party != client_id) {
        return Err(Doubt::Audience);
    }
    if let Some(from) = &claims.additional_claims().nbf {
        let from = from.as_i64().and_then(|second| Timestamp::from_second(second).ok()).ok_or(Doubt::Form)?;
        if from.duration_since(now) > LEEWAY {
            return Err(Doubt::Time);
        }
    }
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > MOST_ID_BYTES {
        return Err(Doubt::Subject);
    }
    Ok(Vouched { subject: subject.to_owned(), name: name_in(claims).unwrap_or(subject).to_owned() })
}

/// Whether a token was issued since the sign-in began.
fn is_of_now(issued: SystemTime, began: Timestamp, now: Timestamp) -> Result<(), String> {
    let issued = Timestamp::try_from(issued).map_err(|error| error.to_string())?;
    let is_new = began.duration_since(issued) <= LEEWAY && issued.duration_since(now) <= LEEWAY;
    is_new.then_some(()).ok_or_else(|| "issued at another time".to_owned())
}

fn name_in(claims: &IdTokenClaims<Claims, CoreGenderClaim>) -> Option<&str> {
    let full = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
    let short = claims.preferred_username().map(|name| name.as_str());
    full.or(short).filter(|name| !name.trim().is_empty())
}

fn doubt(error: &ClaimsVerificationError) -> Doubt {
    match error {
        ClaimsVerificationError::Expired(_) => Doubt::Time,
        ClaimsVerificationError::InvalidAudience(_) => Doubt::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Doubt::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => Doubt::Nonce,
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::NoMatchingKey => Doubt::UnknownKey,
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::NoSignature
            | SignatureVerificationError::UnsupportedAlg(_) => Doubt::Algorithm,
            _ => Doubt::Signature,
        },
        _ => Doubt::Form,
    }
}
