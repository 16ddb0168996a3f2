//! The partitions of tables, for the snapshot.
//!
//! The protocol has no question about the partitions of several tables, so that a harvest asks so many questions as the options say, and
//! keeps what an earlier one saw of the tables that it has none left for. The table option `partitions_listed` tells of these.

use std::sync::Arc;

use arrow::array::AsArray;
use futures::{StreamExt, TryStreamExt, stream};
use hive_metastore::Partition;
use pilota::FastStr;
use spi::Result;
use spi::connector::Scope;
use spi::metadata::{Harvest, PartitionRow, Relation, SchemaMetadata, TableKind, TableOptionRow};

use crate::client::Client;
use crate::failure::Failure;
use crate::metadata::without_login;
use crate::options::Settings;
use crate::partitions::{Partitioned, name_of, pages};
use crate::questions;
use crate::rota::Rota;

/// Tables of fewer partitions are listed by one question. A thousand take a metastore less than a second.
const FIRST_PARTITIONS: usize = 1000;

/// The option of tables whose partitions are not listed by each harvest.
const LISTED: &str = "partitions_listed";

/// The value of that option where no harvest has listed them.
const NEVER: &str = "no";

/// The value where they may be as an earlier harvest saw them.
const IN_TURN: &str = "in turn";

/// The option of tables that have more partitions than are listed.
const UNLISTED: &str = "unlisted_partitions";

/// Pushes the partitions of tables, besides which so many partitioned tables were taken over with theirs.
pub(crate) async fn harvest(
    client: &Client,
    settings: &Settings,
    rota: &Rota,
    scope: &Scope,
    (mut tables, taken_over): (Vec<Partitioned>, usize),
    harvest: &mut Harvest,
) -> Result<()> {
    if !settings.partitions {
        return tables.iter().try_for_each(|of| push_option(of, LISTED, NEVER, harvest));
    }
    let mut lists = Lists {
        client,
        settings,
        rota,
        earlier: harvest.earlier(),
        // Who asks for one table wants all of it.
        questions_left: if scope.table.is_some() { usize::MAX } else { settings.partition_requests_max },
        is_in_turn: tables.len() + taken_over > settings.partition_requests_max,
    };
    rota.sort(&mut tables, Partitioned::name, |of| lists.is_unlisted(of));
    let (large, mut others): (Vec<_>, Vec<_>) = tables.into_iter().partition(|of| rota.is_large(&of.name()));
    for (place, of) in large.iter().enumerate() {
        // One that needs more than all questions would never have its turn.
        lists.large(of, place == 0, harvest).await?;
    }
    let left_over = others.split_off(lists.questions_left.min(others.len()));
    lists.questions_left -= others.len();
    for of in &lists.small(others, harvest).await? {
        lists.large(of, false, harvest).await?;
    }
    left_over.iter().try_for_each(|of| lists.leave(of, harvest))
}

/// Whether a table of an earlier harvest has partitions that none has listed.
pub(crate) fn is_unlisted(schema: &SchemaMetadata, table: usize) -> bool {
    option(schema, table, LISTED).is_some_and(|value| value == NEVER)
}

pub(crate) fn is_partitioned(schema: &SchemaMetadata, table: usize) -> bool {
    let kinds = schema.words(Relation::Tables, "kind");
    kinds.values().as_string::<i32>().value(kinds.keys().value(table) as usize) == TableKind::PartitionedTable.name()
}

/// An option of a table of an earlier harvest.
fn option<'a>(schema: &'a SchemaMetadata, table: usize, option: &str) -> Option<&'a str> {
    let names = schema.names(Relation::TableOptions, "name");
    let name = |row: usize| names.values().as_string::<i32>().value(names.keys().value(row) as usize);
    let row = schema.rows_of(Relation::TableOptions, table).find(|row| name(*row) == option)?;
    Some(schema.text(Relation::TableOptions, "value").value(row))
}

/// What one harvest lists.
struct Lists<'a> {
    client: &'a Client,
    settings: &'a Settings,
    rota: &'a Rota,
    earlier: Vec<Arc<SchemaMetadata>>,
    /// How many questions may still be asked.
    questions_left: usize,
    /// Whether there are more partitioned tables than a harvest lists.
    is_in_turn: bool,
}

impl Lists<'_> {
    /// Lists tables by one question each, some at a time, and gives those that have too many partitions for that.
    async fn small(&self, tables: Vec<Partitioned>, harvest: &mut Harvest) -> Result<Vec<Partitioned>> {
        let client = self.client;
        let list = |of: Partitioned| async move {
            let max = of.per_page.min(FIRST_PARTITIONS);
            let first = i16::try_from(max).unwrap_or(i16::MAX);
            match questions::first_partitions(client, &of.database, &of.table, first).await {
                Ok(found) => Ok((of, Some(found).filter(|found| found.len() < max))),
                // It was dropped meanwhile.
                Err(failure) if failure.is_missing() => Ok((of, Some(Vec::new()))),
                // A server may allow less at a time.
                Err(failure) if failure.is_refusal() => Ok((of, None)),
                Err(failure) => Err(failed(failure, client, &of)),
            }
        };
        let mut listed = stream::iter(tables).map(list).buffered(self.settings.pages_at_once);
        let mut large = Vec::new();
        while let Some((of, found)) = listed.try_next().await? {
            let Some(mut found) = found else {
                large.push(of);
                continue;
            };
            if found.len() > self.settings.partitions_max {
                found.sort_unstable_by(|one, other| one.values.cmp(&other.values));
                push_unlisted(&of, found.len() - self.settings.partitions_max, harvest)?;
                found.truncate(self.settings.partitions_max);
            }
            let expression = of.keys.join(", ");
            found.iter().try_for_each(|partition| push(&of, &expression, partition, harvest))?;
            self.listed(&of, harvest)?;
        }
        Ok(large)
    }

    /// Lists a table by the names of its partitions and in pages, of which no more than some are held besides the snapshot; leaves it to a
    /// later harvest if too few questions are left.
    async fn large(&mut self, of: &Partitioned, may_exceed: bool, harvest: &mut Harvest) -> Result<()> {
        if self.questions_left == 0 {
            return self.postpone(of, harvest);
        }
        self.questions_left -= 1;
        let mut names = match questions::partition_names(self.client, &of.database, &of.table).await {
            // It was dropped meanwhile.
            Err(failure) if failure.is_missing() => return self.listed(of, harvest),
            names => names.map_err(|failure| failed(failure, self.client, of))?,
        };
        let unlisted = names.len().saturating_sub(self.settings.partitions_max);
        names.truncate(self.settings.partitions_max);
        let questions = names.len().div_ceil(of.per_page);
        if questions > self.questions_left && !may_exceed {
            return self.postpone(of, harvest);
        }
        self.questions_left = self.questions_left.saturating_sub(questions);
        if unlisted > 0 {
            push_unlisted(of, unlisted, harvest)?;
        }
        let expression = of.keys.join(", ");
        let mut pages = std::pin::pin!(pages(self.client, self.settings, of, &names));
        while let Some(page) = pages.try_next().await.map_err(|failure| failed(failure, self.client, of))? {
            page.iter().try_for_each(|partition| push(of, &expression, partition, harvest))?;
        }
        self.listed(of, harvest)
    }

    fn listed(&self, of: &Partitioned, harvest: &mut Harvest) -> Result<()> {
        self.rota.done(of.name());
        match self.is_in_turn {
            true => push_option(of, LISTED, IN_TURN, harvest),
            false => Ok(()),
        }
    }

    fn postpone(&self, of: &Partitioned, harvest: &mut Harvest) -> Result<()> {
        self.rota.postpone(of.name());
        self.leave(of, harvest)
    }

    /// Keeps what an earlier harvest saw.
    fn leave(&self, of: &Partitioned, harvest: &mut Harvest) -> Result<()> {
        if self.is_unlisted(of) {
            return push_option(of, LISTED, NEVER, harvest);
        }
        harvest.keep_partitions(&of.database, &of.table)?;
        if let Some(unlisted) = self.earlier(of).and_then(|(schema, table)| option(schema, table, UNLISTED)) {
            push_option(of, UNLISTED, unlisted, harvest)?;
        }
        push_option(of, LISTED, IN_TURN, harvest)
    }

    /// Whether no earlier harvest has listed the partitions.
    fn is_unlisted(&self, of: &Partitioned) -> bool {
        self.earlier(of).is_none_or(|(schema, table)| !is_partitioned(schema, table) || is_unlisted(schema, table))
    }

    /// The table as an earlier harvest saw it.
    fn earlier(&self, of: &Partitioned) -> Option<(&SchemaMetadata, usize)> {
        let schema = self.earlier.iter().find(|schema| schema.name == of.database)?;
        Some((schema, schema.table(&of.table)?))
    }
}

fn failed(failure: Failure, client: &Client, of: &Partitioned) -> spi::Error {
    failure.into_error(client, &format!("list the partitions of table \"{}.{}\" of", of.database, of.table))
}

fn push_unlisted(of: &Partitioned, partitions: usize, harvest: &mut Harvest) -> Result<()> {
    push_option(of, UNLISTED, &partitions.to_string(), harvest)
}

fn push_option(of: &Partitioned, name: &str, value: &str, harvest: &mut Harvest) -> Result<()> {
    harvest.table_option(TableOptionRow { schema: &of.database, table: &of.table, name, value })
}

fn push(of: &Partitioned, expression: &str, partition: &Partition, harvest: &mut Harvest) -> Result<()> {
    let values: Vec<&str> = partition.values.iter().flatten().map(FastStr::as_str).collect();
    let number = |name: &'static str| {
        let value = partition.parameters.as_ref()?.get(&FastStr::from_static_str(name))?;
        value.parse().ok().filter(|number: &i64| *number >= 0)
    };
    let location = partition.sd.as_ref().and_then(|storage| storage.location.as_deref()).map(without_login);
    harvest.partition(PartitionRow {
        schema: &of.database,
        table: &of.table,
        name: &name_of(&of.keys, &values),
        method: "list",
        expression,
        description: &values.join(", "),
        location: location.as_deref(),
        row_estimate: number("numRows"),
        size_bytes: number("totalSize"),
    })
}
