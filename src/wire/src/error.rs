//! Errors and notices as clients receive them.

use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::response::{ErrorResponse, NoticeResponse};
use spi::{Code, Error, Origin};
use sql::Notice;

/// How an error is announced: whether the connection survives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Severity {
    Error,
    Fatal,
}

/// The message for the client. The cause stays here: it may name what the client must not see.
pub(crate) fn error_response(severity: Severity, error: &Error) -> PgWireBackendMessage {
    let severity = match severity {
        Severity::Error => "ERROR",
        Severity::Fatal => "FATAL",
    };
    let mut fields = fields(severity, error.code.sqlstate(), &error.message, error.detail.as_deref(), error.hint.as_deref());
    fields.extend(error.position.map(|position| (b'P', position.to_string())));
    PgWireBackendMessage::ErrorResponse(ErrorResponse::new(fields))
}

pub(crate) fn notice_response(notice: &Notice) -> PgWireBackendMessage {
    let Notice { severity, code, message, detail, hint } = notice;
    PgWireBackendMessage::NoticeResponse(NoticeResponse::new(fields(severity.name(), code, message, detail.as_deref(), hint.as_deref())))
}

/// What an operator must see of an error that a client got: defects and damage. Everything else is the client's own business.
pub(crate) fn log(pid: i32, error: &Error) {
    let is_ours = matches!(error.code, Code::Internal | Code::Corrupt | Code::DiskFull) || error.origin == Origin::Gateway;
    match (is_ours, &error.cause) {
        (false, _) => tracing::debug!(pid, code = error.code.sqlstate(), %error, "statement failed"),
        (true, Some(cause)) => tracing::error!(pid, code = error.code.sqlstate(), %error, %cause, "statement failed"),
        (true, None) => tracing::error!(pid, code = error.code.sqlstate(), %error, "statement failed"),
    }
}

/// Severity (for people and for programs), SQLSTATE, message, detail, hint.
fn fields(severity: &str, code: &str, message: &str, detail: Option<&str>, hint: Option<&str>) -> Vec<(u8, String)> {
    let all = [(b'S', Some(severity)), (b'V', Some(severity)), (b'C', Some(code)), (b'M', Some(message)), (b'D', detail), (b'H', hint)];
    // A zero byte would end the field, and the client would read the rest as the next one.
    all.into_iter().filter_map(|(kind, text)| Some((kind, text?.replace('\0', "\u{fffd}")))).collect()
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;

    #[test]
    fn every_part_of_an_error_arrives() {
        let error = Error::new(Code::Syntax, "syntax error at or near \"x\0\"").detail("A.").hint("B.").position(7);
        let mut out = BytesMut::new();
        error_response(Severity::Fatal, &error).encode(&mut out).expect("encoded");
        let text = "SFATAL\0VFATAL\0C42601\0Msyntax error at or near \"x\u{fffd}\"\0DA.\0HB.\0P7\0\0";
        assert_eq!(out[0], b'E');
        assert_eq!(&out[5..], text.as_bytes());
    }

    #[test]
    fn a_notice_without_detail_has_no_empty_fields() {
        let mut out = BytesMut::new();
        notice_response(&Notice::warning("01000", "careful")).encode(&mut out).expect("encoded");
        assert_eq!(&out[5..], b"SWARNING\0VWARNING\0C01000\0Mcareful\0\0");
    }
}
