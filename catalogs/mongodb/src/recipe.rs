//! What a harvest writes down for the reads of a collection, on whichever node they are.

use serde::{Deserialize, Serialize};
use spi::connector::ReadRequest;
use spi::documents::Column;
use spi::{Error, Result};

/// How a collection is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recipe {
    /// Where the columns are in the documents, and what Arrow's types do not tell of theirs. Nothing else of them is kept.
    pub(crate) columns: Vec<Column>,
    pub(crate) text: TextOrder,
    /// Which documents are rows, as an operator has written it. Without it all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) filter: Option<String>,
}

/// How the server compares text of a collection, unless it is told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TextOrder {
    /// Byte by byte.
    Bytes,
    /// By a collation, which a query may replace.
    Collated,
    /// By the collation of a view, which stays; or by that of a collection of which an operator's filter says which documents are rows: a
    /// query has one collation, and by another one the filter would mean other documents.
    CollatedView,
}

impl Recipe {
    pub(crate) fn new(columns: &[Column], text: TextOrder, filter: Option<String>) -> Self {
        let text = match text {
            TextOrder::Collated if filter.is_some() => TextOrder::CollatedView,
            text => text,
        };
        let kept = |column: &Column| Column { native_type: String::new(), comment: None, ..column.clone() };
        Self { columns: columns.iter().map(kept).collect(), text, filter }
    }

    pub(crate) fn write(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::internal("how a collection is read could not be kept").cause(error))
    }

    /// What was written down for this read.
    pub(crate) fn of(request: &ReadRequest) -> Result<Self> {
        let Some(text) = &request.recipe else {
            return Err(Error::internal("a collection is to be read that no harvest has seen"));
        };
        serde_json::from_str(text).map_err(|error| Error::internal("how a collection is read could not be understood").cause(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_keeps_the_collation_that_it_is_meant_by() {
        let text = |order, filter: Option<&str>| Recipe::new(&[], order, filter.map(str::to_owned)).text;
        assert_eq!(text(TextOrder::Collated, Some(r#"{"kind": "order"}"#)), TextOrder::CollatedView);
        assert_eq!(text(TextOrder::Collated, None), TextOrder::Collated);
        assert_eq!(text(TextOrder::Bytes, Some("{}")), TextOrder::Bytes);
    }
}
