//! Streams the rows of a table.
//!
//! There is no task of its own behind a stream: polling it polls the commands, one page of keys after the other. A page is a few requests:
//! which keys there are, how much they hold if that can be much, and what they hold. Where all rows are wanted, the next request is under
//! way while the rows of an answer are made; never more than one, and the next page of keys. Dropping the stream closes the connection if
//! an answer is under way. Each answer has a deadline, so that a server that is gone is noticed.

mod commands;
mod explain;
mod held;
mod rows;
mod sink;
mod wanted;

use std::sync::Arc;

use spi::connector::{ReadRequest, RowStream};
use spi::documents::{DecoderOptions, Document};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};

use crate::failure::{moved, vanished};
use crate::layout;
use crate::members::Members;
use crate::nodes;
use crate::options::Mode;
use crate::pace::Pace;
use crate::pool::{Lease, Pool};
use crate::predicate::{self, Keys};
use crate::recipe;
use crate::scan::{PAGE_KEYS, Scan};
pub(crate) use explain::explain;
use held::Reader;
use sink::Sink;
use wanted::Wanted;

/// Elements or fields of the first answer, when nothing is known of their length.
const ELEMENTS_FIRST: u64 = 200;

/// More elements or fields in one answer keep the server from serving others for too long.
const ELEMENTS_MAX: u64 = 5_000;

/// The rows that the request asks for. The first poll asks for the first page.
pub(crate) fn rows(pool: Arc<Pool>, strict: bool, request: ReadRequest) -> RowStream {
    spi::rows::rows(move |mut sender| async move { read(&pool, strict, &request, &mut sender).await })
}

async fn read(pool: &Arc<Pool>, strict: bool, request: &ReadRequest, sender: &mut BatchSender) -> Result<()> {
    let subject = format!("read table \"{}.{}\"", request.schema, request.table);
    let source = pool.endpoint().source();
    let keys = predicate::wanted(&request.predicates);
    let keys = keys.ok_or_else(|| Error::internal("a connector was given a predicate that it does not apply"))?;
    let gone = || vanished(source, Code::UndefinedTable, &format!("table \"{}.{}\"", request.schema, request.table));
    let database = layout::database(&request.schema).ok_or_else(gone)?;
    let mut session = pool.session(subject.clone()).await?;
    let table = recipe::read(&request.table, request.recipe.as_deref().ok_or_else(gone)?)?;

    let wanted = Wanted::new(&table, &request.columns);
    let decoder = wanted.decoder(&table, &request.columns, DecoderOptions::of(request, source, strict))?;
    let sees_all = pool.endpoint().sees_all();
    let (kind, sink, pace) = (table.kind, Sink::new(decoder, sender, request.limit), Pace::new(ELEMENTS_FIRST, ELEMENTS_MAX));
    let mut reader = Reader { kind, wanted, what: subject, sink, sees_all, pace, are_long: false };

    let keys = keys.of(&table.members);
    let mut goes_on = reader.sink.wants_more();
    let nodes = nodes::nodes(&mut session).await?;
    for node in &nodes {
        if !goes_on {
            break;
        }
        match &keys {
            Keys::These(keys) => {
                let of_node: Vec<Vec<u8>> = keys.iter().filter(|key| node.holds(key)).cloned().collect();
                if !of_node.is_empty() {
                    let mut lease = session.lease(&node.address, database).await?;
                    goes_on = look_up(&mut lease, &mut reader, &of_node).await?;
                    lease.finish();
                }
            }
            Keys::All => {
                let mut lease = session.lease(&node.address, database).await?;
                let scan = Scan::of(Some(table.kind), table.members.glob());
                goes_on = walk(&mut lease, &mut reader, scan, &table.members).await?;
                lease.finish();
            }
        }
    }
    let is_spread = pool.endpoint().mode == Mode::Cluster && keys == Keys::All;
    if goes_on && is_spread && nodes::nodes(&mut session).await? != nodes {
        return Err(moved(source, &reader.what));
    }
    reader.sink.finish().await
}

/// Reads the rows of keys that were named. Whether more are wanted.
async fn look_up(lease: &mut Lease, reader: &mut Reader<'_>, keys: &[Vec<u8>]) -> Result<bool> {
    let mut ahead = None;
    for keys in keys.chunks(PAGE_KEYS) {
        if !reader.read(lease, keys.to_vec(), false, &mut ahead).await? {
            return Ok(false);
        }
    }
    reader.receive(lease, ahead).await?;
    Ok(reader.sink.wants_more())
}

/// Reads the rows of all keys that are members. Whether more are wanted.
async fn walk(lease: &mut Lease, reader: &mut Reader<'_>, mut scan: Scan, members: &Members) -> Result<bool> {
    let mut ahead = None;
    let mut page = scan.send(lease).await;
    while let Some(asked) = page.take() {
        let mut keys = scan.receive(lease, asked, &reader.what).await?;
        if !reader.sink.is_limited() {
            page = scan.send(lease).await;
        }
        keys.retain(|key| members.contain(key));
        if !reader.read(lease, keys, true, &mut ahead).await? {
            return Ok(false);
        }
        if page.is_none() {
            page = scan.send(lease).await;
        }
    }
    reader.receive(lease, ahead).await?;
    Ok(reader.sink.wants_more())
}

/// The moment that the id of an entry of a stream says: milliseconds since 1970, and a number behind a dash. `None` for numbers that no
/// clock has reached.
pub(crate) fn moment(id: &str) -> Option<Document<'static>> {
    let millis = id.split('-').next().and_then(|millis| millis.parse::<i64>().ok())?;
    Some(Document::moment_of_millis(millis))
}
