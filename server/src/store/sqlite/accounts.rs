//! Accounts and their tokens.

use chat_shared::api::User;
use chat_shared::{Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::job::Tx;
use super::place::{self, Place};
use super::{members, rows};
use crate::store::{Account, RoomRef, StoreError, TokenHash};
use crate::validate::Name;

/// Makes an account, its first token, and its membership of `general`.
pub(super) fn register(
    tx: &mut Tx<'_>,
    name: &Name,
    password_hash: &str,
    token: TokenHash,
    at: Timestamp,
) -> Result<User, StoreError> {
    if account(tx.conn, &name.key)?.is_some() {
        return Err(StoreError::NameTaken);
    }
    let id = UserId(Uuid::now_v7());
    tx.conn
        .prepare_cached(
            "INSERT INTO users (uid, name, name_key, password_hash, admin, created_at)
             VALUES (?1, ?2, ?3, ?4, NOT EXISTS (SELECT 1 FROM users), ?5)",
        )?
        .execute((id.0.as_bytes(), &name.shown, &name.key, password_hash, at.as_ms()))?;
    add_token(tx, id, token, at)?;
    let mut place = Place::find(tx.conn, id, &RoomRef::Name("general".into()))?;
    members::add(tx, &mut place, at)?;
    Ok(User { id, name: place.user.name, admin: place.user.admin })
}

/// The account with this name key.
pub(super) fn account(conn: &Connection, name_key: &str) -> Result<Option<Account>, StoreError> {
    let account = conn
        .prepare_cached("SELECT uid, name, admin, password_hash FROM users WHERE name_key = ?1")?
        .query_row([name_key], |row| {
            let user = User { id: rows::user_id(row, 0)?, name: row.get(1)?, admin: row.get(2)? };
            Ok(Account { user, password_hash: row.get(3)? })
        })
        .optional()?;
    Ok(account)
}

/// Gives an account another token.
pub(super) fn add_token(tx: &Tx<'_>, user: UserId, token: TokenHash, at: Timestamp) -> Result<(), StoreError> {
    let user = place::user(tx.conn, user)?;
    tx.conn.prepare_cached("INSERT INTO tokens (hash, user, created_at) VALUES (?1, ?2, ?3)")?.execute((
        token.0,
        user.id,
        at.as_ms(),
    ))?;
    Ok(())
}

/// Whose token this is.
pub(super) fn token_owner(conn: &Connection, token: TokenHash) -> Result<Option<User>, StoreError> {
    let owner = conn
        .prepare_cached("SELECT u.uid, u.name, u.admin FROM tokens t JOIN users u ON u.id = t.user WHERE t.hash = ?1")?
        .query_row([token.0], |row| Ok(User { id: rows::user_id(row, 0)?, name: row.get(1)?, admin: row.get(2)? }))
        .optional()?;
    Ok(owner)
}

/// Revokes a token.
pub(super) fn revoke_token(tx: &Tx<'_>, token: TokenHash) -> Result<(), StoreError> {
    tx.conn.prepare_cached("DELETE FROM tokens WHERE hash = ?1")?.execute([token.0])?;
    Ok(())
}
