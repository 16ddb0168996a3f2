//! The extended protocol: prepared statements and portals, which a client may read in several goes.
//!
//! Statements and portals live in the session. Here is only what is half sent: the rows of portals that were executed.

use std::collections::HashMap;

use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::data::{NoData, ParameterDescription};
use pgwire::messages::extendedquery::{BindComplete, CloseComplete, ParseComplete, PortalSuspended};
use pgwire::messages::response::EmptyQueryResponse;
use spi::{Code, Error, Result};
use sql::{Answer, Format, Parameter};

use crate::connection::Connection;
use crate::copy;
use crate::message::{Bind, Target};
use crate::query::complete;
use crate::rows::{RowStream, description, tag};
use crate::transport::Outcome;

/// The portals that were executed, by name.
pub(crate) type Portals = HashMap<String, Portal>;

/// A portal whose rows are being read, or were read to the end.
pub(crate) struct Portal {
    rows: RowStream,
    command: &'static str,
}

pub(crate) async fn parse(connection: &mut Connection, name: &str, text: &str, parameter_types: &[u32]) -> Outcome<()> {
    connection.transport.while_connected(connection.session.parse(name, text, parameter_types)).await??;
    connection.transport.put(PgWireBackendMessage::ParseComplete(ParseComplete::new()))
}

pub(crate) async fn bind(connection: &mut Connection, bind: Bind) -> Outcome<()> {
    let result_formats = bind.result_formats.iter().copied().map(format).collect::<Result<Vec<_>>>()?;
    let values = parameters(bind.parameter_formats, bind.values)?;
    connection.portals.remove(&bind.portal);
    let bound = connection.session.bind(&bind.portal, &bind.statement, values, result_formats);
    connection.transport.while_connected(bound).await??;
    connection.transport.put(PgWireBackendMessage::BindComplete(BindComplete::new()))
}

pub(crate) fn describe(connection: &mut Connection, target: &Target) -> Outcome<()> {
    let columns = match target {
        Target::Statement(name) => {
            let (types, columns) = connection.session.describe_statement(name)?;
            connection.transport.put(PgWireBackendMessage::ParameterDescription(ParameterDescription::new(types)))?;
            columns
        }
        Target::Portal(name) => connection.session.describe_portal(name)?,
    };
    connection.transport.put(match columns {
        Some(columns) => description(&columns),
        None => PgWireBackendMessage::NoData(NoData::new()),
    })
}

pub(crate) fn close(connection: &mut Connection, target: &Target) -> Outcome<()> {
    match target {
        Target::Statement(name) => connection.session.close_statement(name),
        Target::Portal(name) => {
            connection.portals.remove(name);
            connection.session.close_portal(name);
        }
    }
    connection.transport.put(PgWireBackendMessage::CloseComplete(CloseComplete::new()))
}

/// Runs a portal, or goes on with it. `rows_max` 0 means all.
pub(crate) async fn execute(connection: &mut Connection, name: &str, rows_max: usize) -> Outcome<()> {
    if connection.portals.contains_key(name) {
        connection.session.resume(name)?;
    }
    // It is taken out while it is read: if that fails, it is gone.
    let portal = match connection.portals.remove(name) {
        Some(portal) => portal,
        None => match begin(connection, name).await? {
            Some(portal) => portal,
            None => return Ok(()),
        },
    };
    let Portal { mut rows, command } = portal;
    let rows_max = if rows_max == 0 { usize::MAX } else { rows_max };
    let sent = rows.send(&mut connection.transport, rows_max).await?;
    connection.portals.insert(name.to_owned(), Portal { rows, command });
    if sent == rows_max {
        connection.put_notices()?;
        return connection.transport.put(PgWireBackendMessage::PortalSuspended(PortalSuspended::new()));
    }
    complete(connection, tag(command, sent))
}

/// The rows of a portal that runs for the first time; none if its answer has no rows, and then it has been given.
async fn begin(connection: &mut Connection, name: &str) -> Outcome<Option<Portal>> {
    // Boxed: running a portal is a large future, and would otherwise be part of every connection, even of those at rest.
    let execute = Box::pin(connection.session.execute(name));
    let answer = connection.transport.while_connected(execute).await??;
    let tag = match answer {
        Answer::Rows { columns, batches, command } => {
            return Ok(Some(Portal { rows: RowStream::new(columns, connection.style(), batches), command }));
        }
        Answer::CopyOut { format, columns, batches } => {
            let style = connection.style();
            copy::send(&mut connection.transport, &format, &columns, style, batches).await?
        }
        Answer::Command { tag } => tag,
        Answer::Empty => {
            connection.transport.put(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new()))?;
            return Ok(None);
        }
    };
    complete(connection, tag)?;
    Ok(None)
}

/// Values with their formats, of which a client gives none, one for all, or one for each.
fn parameters(formats: Vec<i16>, values: Vec<Option<bytes::Bytes>>) -> Result<Vec<Option<Parameter>>> {
    let formats = formats.into_iter().map(format).collect::<Result<Vec<_>>>()?;
    if formats.len() > 1 && formats.len() != values.len() {
        let message = format!("bind message has {} parameter formats but {} parameters", formats.len(), values.len());
        return Err(Error::new(Code::Protocol, message));
    }
    let format_of = |index: usize| match formats[..] {
        [] => Format::Text,
        [format] => format,
        _ => formats[index],
    };
    let values = values.into_iter().enumerate();
    Ok(values.map(|(index, bytes)| bytes.map(|bytes| Parameter { format: format_of(index), bytes })).collect())
}

fn format(code: i16) -> Result<Format> {
    match code {
        0 => Ok(Format::Text),
        1 => Ok(Format::Binary),
        _ => Err(Error::new(Code::InvalidArgument, format!("unsupported format code: {code}"))),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn formats_are_for_all_or_for_each() {
        let value = || Some(Bytes::from_static(b"x"));
        let formats = |codes: &[i16]| -> Result<Vec<_>> {
            let bound = parameters(codes.to_vec(), vec![value(), None, value()])?;
            Ok(bound.into_iter().map(|value| value.map(|value| value.format)).collect())
        };
        assert_eq!(formats(&[]).expect("valid"), [Some(Format::Text), None, Some(Format::Text)]);
        assert_eq!(formats(&[1]).expect("valid"), [Some(Format::Binary), None, Some(Format::Binary)]);
        assert_eq!(formats(&[0, 0, 1]).expect("valid"), [Some(Format::Text), None, Some(Format::Binary)]);
        assert_eq!(formats(&[0, 1]).expect_err("two of three").code, Code::Protocol);
        assert_eq!(formats(&[2]).expect_err("no format").code, Code::InvalidArgument);
    }
}
