//! The simple protocol: a text of one or more statements, each answered in full before the next one runs.

use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::response::{CommandComplete, EmptyQueryResponse};
use sql::Answer;

use crate::connection::Connection;
use crate::copy;
use crate::rows::{RowStream, description, tag};
use crate::transport::Outcome;

/// Runs the statements one after the other. The first error ends them all.
pub(crate) async fn run(connection: &mut Connection, text: &str) -> Outcome<()> {
    let statements = connection.session.statements(text)?;
    if statements.is_empty() {
        return connection.transport.put(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new()));
    }
    for statement in statements {
        // Boxed: planning is a large future, and would otherwise be part of every connection, even of those at rest.
        let run = Box::pin(connection.session.run(statement));
        let answer = connection.transport.while_connected(run).await??;
        deliver(connection, answer).await?;
    }
    Ok(())
}

async fn deliver(connection: &mut Connection, answer: Answer) -> Outcome<()> {
    let tag = match answer {
        Answer::Rows { columns, batches, command } => {
            connection.transport.put(description(&columns))?;
            let mut rows = RowStream::new(columns, connection.style(), batches);
            tag(command, rows.send(&mut connection.transport, usize::MAX).await?)
        }
        Answer::CopyOut { format, columns, batches } => {
            let style = connection.style();
            copy::send(&mut connection.transport, &format, &columns, style, batches).await?
        }
        Answer::Command { tag } => tag,
        Answer::Empty => return connection.transport.put(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())),
    };
    complete(connection, tag)
}

/// What the statement had to say besides, and that it is done.
pub(crate) fn complete(connection: &mut Connection, tag: String) -> Outcome<()> {
    connection.put_notices()?;
    connection.transport.put(PgWireBackendMessage::CommandComplete(CommandComplete::new(tag)))
}
