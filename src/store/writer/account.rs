//! Accounts, tokens, declared event types and secrets.

use std::sync::Arc;

use super::webhook::numbered;
use super::{CommitBatch, DirectoryChange};
use crate::domain::account::{Account, Token};
use crate::domain::event_type::{EventType, EventTypeRecord};
use crate::domain::id::{AccountId, AccountNo, TokenId};
use crate::domain::quota::Held;
use crate::domain::secret::{SecretName, SecretRecord};
use crate::store::command::{Edited, Refused, TokenUse};
use crate::store::engine_error::{EditError, EngineError};
use crate::store::records::{account as record, secret};
use crate::store::tables;
use crate::{clock, limits};

impl CommitBatch<'_> {
    pub(super) fn create_account(&mut self, mut account: Account) -> Result<Edited, EditError> {
        let taken = |other: &DirectoryChange| matches!(other, DirectoryChange::Account(other) if other.name == account.name);
        if self.changes.iter().any(taken) || self.core.directory().account_named(&account.name).is_some() {
            return Err(Refused::State("the name is taken").into());
        }
        let no = self.state.next_account;
        self.state.next_account = no.checked_add(1).ok_or(Refused::Limit("account numbers are used up"))?;
        account.id = AccountId::from_bytes(numbered(account.id.to_bytes(), no));
        self.rows.open_for_write(tables::ACCOUNTS)?.insert(no, record::write_account(&account).as_slice())?;
        self.change(DirectoryChange::Account(account.clone()));
        Ok(Edited::Account(Arc::new(account)))
    }

    pub(super) fn create_token(&mut self, token: Token) -> Result<Edited, EditError> {
        if self.rows.open_for_read(tables::ACCOUNTS)?.get(token.account.0)?.is_none() {
            return Err(Refused::NotFound.into());
        }
        self.room(token.account, Held::default(), Held::of_token(&token))?;
        self.rows
            .open_for_write(tables::TOKENS)?
            .insert(token.digest, record::write_token(&token).as_slice())?;
        self.change(DirectoryChange::Token(token));
        Ok(Edited::Done)
    }

    pub(super) fn revoke_token(&mut self, id: TokenId) -> Result<Edited, EditError> {
        let digest = {
            let directory = self.core.directory();
            directory.tokens().find(|token| token.id == id).map(|token| token.digest)
        };
        let digest = digest.ok_or(Refused::NotFound)?;
        self.rows.open_for_write(tables::TOKENS)?.remove(digest)?;
        self.change(DirectoryChange::RemoveToken(digest));
        Ok(Edited::Done)
    }

    /// Notes when tokens were last used. One that was revoked meanwhile stays away.
    pub(super) fn tokens_used(&mut self, uses: &[TokenUse]) -> Result<(), EngineError> {
        for (digest, at) in uses {
            let token = {
                let table = self.rows.open_for_read(tables::TOKENS)?;
                let row = table.get(*digest)?;
                row.and_then(|row| record::read_token(*digest, row.value()).ok())
            };
            let Some(token) = token else { continue };
            let token = Token { last_used_at: Some(*at), ..token };
            self.rows
                .open_for_write(tables::TOKENS)?
                .insert(*digest, record::write_token(&token).as_slice())?;
            self.changes.push(DirectoryChange::Token(token));
        }
        Ok(())
    }

    pub(super) fn put_event_type(
        &mut self,
        account: AccountNo,
        record: EventTypeRecord,
    ) -> Result<Edited, EditError> {
        let before = self.event_type(account, &record.name).map(|old| Held::of_event_type(&old));
        self.room(account, before.unwrap_or_default(), Held::of_event_type(&record))?;
        let bytes = record::write_event_type(&record);
        self.rows
            .open_for_write(tables::EVENT_TYPES)?
            .insert((account.0, record.name.as_str()), bytes.as_slice())?;
        self.change(DirectoryChange::EventType(account, record));
        Ok(Edited::Done)
    }

    pub(super) fn delete_event_type(
        &mut self,
        account: AccountNo,
        name: EventType,
    ) -> Result<Edited, EditError> {
        let key = (account.0, name.as_str());
        if self.rows.open_for_read(tables::EVENT_TYPES)?.get(key)?.is_none() {
            return Err(Refused::NotFound.into());
        }
        self.rows.open_for_write(tables::EVENT_TYPES)?.remove(key)?;
        self.change(DirectoryChange::RemoveEventType(account, name));
        Ok(Edited::Done)
    }

    pub(super) fn put_secret(
        &mut self,
        account: AccountNo,
        record: SecretRecord,
    ) -> Result<Edited, EditError> {
        let table = self.rows.open_for_read(tables::SECRETS)?;
        let first = table.get((account.0, record.name.as_str()))?.is_none();
        let all = table.range((account.0, "")..(account.0.saturating_add(1), ""))?.count();
        if first && all >= limits::SECRETS_PER_ACCOUNT {
            return Err(Refused::Limit("the account has the maximum number of secrets").into());
        }
        drop(table);
        let before = self.secret(account, &record.name).map(|old| Held::of_secret(&old));
        self.room(account, before.unwrap_or_default(), Held::of_secret(&record))?;
        let bytes = secret::write(account, &record, &self.core.seal, clock::random_bytes()?);
        self.rows
            .open_for_write(tables::SECRETS)?
            .insert((account.0, record.name.as_str()), bytes.as_slice())?;
        self.change(DirectoryChange::Secret(account, record));
        Ok(Edited::Done)
    }

    pub(super) fn delete_secret(
        &mut self,
        account: AccountNo,
        name: SecretName,
    ) -> Result<Edited, EditError> {
        let key = (account.0, name.as_str());
        if self.rows.open_for_read(tables::SECRETS)?.get(key)?.is_none() {
            return Err(Refused::NotFound.into());
        }
        self.rows.open_for_write(tables::SECRETS)?.remove(key)?;
        self.change(DirectoryChange::RemoveSecret(account, name));
        Ok(Edited::Done)
    }
}
