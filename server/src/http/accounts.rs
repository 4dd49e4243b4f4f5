//! Accounts: register, login, logout, and the first screen.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chat_shared::api::{Bootstrap, Login, Register, Session, User};
use chat_shared::{ErrorCode, Timestamp, UserId};
use zeroize::Zeroizing;

use super::Shared;
use super::extract::Json;
use crate::auth::{NewToken, Principal, new_token};
use crate::config::Registration;
use crate::error::ApiError;
use crate::validate::{self, Name, name_key};

/// `POST /register`
///
/// # Errors
/// `registration_closed`, `invite_required`, `invalid_name`, `invalid_password`, `name_taken`, `rate_limited`.
pub(crate) async fn register(
    State(api): State<Shared>,
    Json(request): Json<Register>,
) -> Result<impl IntoResponse, ApiError> {
    let password = Zeroizing::new(request.password);
    match api.registration {
        Registration::Open => {}
        Registration::Closed => {
            let message = "This server takes no new accounts. Ask the person who runs it.";
            return Err(ApiError::new(ErrorCode::RegistrationClosed, message));
        }
    }
    let name = Name::of_user(&request.name)?;
    validate::password(&password)?;
    // Cheap, and before the expensive hash; the store decides.
    if api.store.account(name.key.clone()).await?.is_some() {
        return Err(crate::store::StoreError::NameTaken.into());
    }
    let hash = api.passwords.hash(password).await?;
    let token = token()?;
    let user = api.store.register(name, hash, token.hash, Timestamp::now()).await?;
    tracing::info!(name = %user.name, admin = user.admin, "a user registered");
    Ok((StatusCode::CREATED, session(user, &token)))
}

/// `POST /login`
///
/// # Errors
/// `wrong_credentials`, `rate_limited`.
pub(crate) async fn login(
    State(api): State<Shared>,
    Json(request): Json<Login>,
) -> Result<impl IntoResponse, ApiError> {
    let password = Zeroizing::new(request.password);
    let account = api.store.account(name_key(&request.name)).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let is_right = api.passwords.verify(password, hash).await?;
    let Some(account) = account.filter(|_| is_right) else {
        return Err(ApiError::new(ErrorCode::WrongCredentials, "No account has this name and this password."));
    };
    let token = token()?;
    api.store.add_token(account.user.id, token.hash, Timestamp::now()).await?;
    Ok(session(account.user, &token))
}

/// `POST /logout`: ends the token, and every socket that was opened with it.
///
/// # Errors
/// `unauthorized`, `unavailable`.
pub(crate) async fn logout(State(api): State<Shared>, principal: Principal) -> Result<StatusCode, ApiError> {
    api.auth.revoke(&principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /bootstrap`
///
/// # Errors
/// `unauthorized`, `unavailable`.
pub(crate) async fn bootstrap(State(api): State<Shared>, principal: Principal) -> Result<impl IntoResponse, ApiError> {
    let rooms = api.store.summaries(principal.user.id).await?;
    let people: BTreeSet<UserId> = rooms.iter().flat_map(|room| &room.people).map(|user| user.id).collect();
    Ok(axum::Json(Bootstrap {
        me: principal.user,
        rooms,
        online: api.presence.online(people),
        epoch: api.store.epoch(),
        limits: api.limits,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}

fn token() -> Result<NewToken, ApiError> {
    new_token().map_err(|error| {
        tracing::error!(%error, "the system has no randomness to give");
        ApiError::new(ErrorCode::Internal, "The server cannot make a token now. Its log says more.")
    })
}

fn session(user: User, token: &NewToken) -> axum::Json<Session> {
    axum::Json(Session { user, token: token.text.to_string() })
}
