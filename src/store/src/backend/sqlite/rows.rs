//! The rows of the store's file, read and written. A row that is not of its form is reported by its key or revision.

use bytes::Bytes;
use spi::{Error, Result};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::Failure;
use crate::backend::{Append, Head, Listed};
use crate::change::{EntryHash, LogRow};
use crate::errors;
use crate::record::{Record, RecordHash, Root};

pub(super) async fn head(connection: &mut SqliteConnection) -> Result<Head, Failure> {
    let row = sqlx::query("SELECT rev, entry_hash, root, floor, store_id, history_id FROM head").fetch_optional(connection).await?;
    let head = row.and_then(|row| {
        Some(Head {
            rev: revision(&row, 0)?,
            entry_hash: EntryHash::from_bytes(fixed(&row, 1)?),
            root: Root::from_bytes(fixed(&row, 2)?),
            floor: revision(&row, 3)?,
            store_id: Uuid::from_bytes(fixed(&row, 4)?),
            history_id: Uuid::from_bytes(fixed(&row, 5)?),
        })
    });
    head.ok_or_else(|| errors::corrupt("the head of the store is damaged").into())
}

pub(super) async fn log(connection: &mut SqliteConnection, after: u64, limit: usize) -> Result<Vec<LogRow>, Failure> {
    let rows = sqlx::query("SELECT rev, hash, content FROM log WHERE rev > ? ORDER BY rev LIMIT ?")
        .bind(to_sql(after)?)
        .bind(to_sql(limit as u64)?)
        .fetch_all(connection)
        .await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let rev = revision(row, 0).ok_or_else(|| errors::corrupt("a revision of the change log is damaged"))?;
        let entry = fixed(row, 1).map(EntryHash::from_bytes).zip(bytes(row, 2)).map(|(hash, content)| LogRow { rev, hash, content });
        entries.push(entry.ok_or_else(|| errors::corrupt(format!("change log entry {rev} is damaged")))?);
    }
    Ok(entries)
}

pub(super) async fn records(connection: &mut SqliteConnection) -> Result<Vec<Record>, Failure> {
    let rows = sqlx::query("SELECT key, rev, kind, body, hash FROM record ORDER BY key").fetch_all(connection).await?;
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        let key = key(row)?;
        let record = || {
            Some(Record {
                key: key.into(),
                rev: revision(row, 1)?,
                kind: row.try_get(2).ok()?,
                body: bytes(row, 3)?,
                hash: RecordHash(fixed(row, 4)?),
            })
        };
        records.push(record().ok_or_else(|| errors::corrupt(format!("record \"{key}\" is damaged")))?);
    }
    Ok(records)
}

pub(super) async fn listed(connection: &mut SqliteConnection) -> Result<Vec<Listed>, Failure> {
    let rows = sqlx::query("SELECT key, rev, hash FROM record ORDER BY key").fetch_all(connection).await?;
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        let key = key(row)?;
        let listed = revision(row, 1).zip(fixed(row, 2)).map(|(rev, hash)| Listed { key: key.to_owned(), rev, hash: RecordHash(hash) });
        records.push(listed.ok_or_else(|| errors::corrupt(format!("record \"{key}\" is damaged")))?);
    }
    Ok(records)
}

pub(super) async fn change(connection: &mut SqliteConnection, change_id: Uuid) -> Result<Option<u64>, Failure> {
    let row = sqlx::query("SELECT rev FROM change WHERE id = ?").bind(change_id.as_bytes().as_slice()).fetch_optional(connection).await?;
    let damaged = || errors::corrupt(format!("the marker of change {change_id} is damaged"));
    row.map(|row| revision(&row, 0).ok_or_else(damaged)).transpose().map_err(Failure::from)
}

/// Everything that one append writes. The caller has compared the head and holds the transaction.
pub(super) async fn write(connection: &mut SqliteConnection, append: &Append) -> Result<(), Failure> {
    let rev = to_sql(append.row.rev)?;
    sqlx::query("UPDATE head SET rev = ?, entry_hash = ?, root = ?")
        .bind(rev)
        .bind(append.row.hash.as_bytes().as_slice())
        .bind(append.root.to_bytes().as_slice())
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO log (rev, hash, content) VALUES (?, ?, ?)")
        .bind(rev)
        .bind(append.row.hash.as_bytes().as_slice())
        .bind(append.row.content.as_ref())
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO change (id, rev) VALUES (?, ?)")
        .bind(append.change_id.as_bytes().as_slice())
        .bind(rev)
        .execute(&mut *connection)
        .await?;
    write_records(connection, &append.puts, &append.deletes).await
}

pub(super) async fn write_records(connection: &mut SqliteConnection, puts: &[Record], deletes: &[String]) -> Result<(), Failure> {
    for record in puts {
        sqlx::query("INSERT OR REPLACE INTO record (key, rev, kind, body, hash) VALUES (?, ?, ?, ?, ?)")
            .bind(record.key.as_ref())
            .bind(to_sql(record.rev)?)
            .bind(record.kind.as_str())
            .bind(record.body.as_ref())
            .bind(record.hash.0.as_slice())
            .execute(&mut *connection)
            .await?;
    }
    for key in deletes {
        sqlx::query("DELETE FROM record WHERE key = ?").bind(key.as_str()).execute(&mut *connection).await?;
    }
    Ok(())
}

/// SQLite's integers have a sign; a revision that needs the last bit will not come in our lifetime.
pub(super) fn to_sql(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| Error::internal(format!("number {number} does not fit the store")))
}

fn key(row: &SqliteRow) -> Result<&str> {
    row.try_get(0).map_err(|_| errors::corrupt("the key of a record is damaged"))
}

fn revision(row: &SqliteRow, column: usize) -> Option<u64> {
    row.try_get::<i64, _>(column).ok()?.try_into().ok()
}

fn bytes(row: &SqliteRow, column: usize) -> Option<Bytes> {
    row.try_get::<Vec<u8>, _>(column).ok().map(Bytes::from)
}

fn fixed<const N: usize>(row: &SqliteRow, column: usize) -> Option<[u8; N]> {
    row.try_get::<&[u8], _>(column).ok()?.try_into().ok()
}
