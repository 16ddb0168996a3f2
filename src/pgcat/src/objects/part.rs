//! A relation of the catalog as it is in one database: the rows that every database has, and behind them parts that are made of
//! something else, such as one for each schema.

use std::sync::{Arc, OnceLock};

use super::context::{At, Context};
use super::homes::Home;
use super::lookup::{Lookup, Lookups, read_through};
use crate::relation::{Column, Index, Relation, Row, Rows};
use crate::statics::StaticRelation;
use crate::value::Value;

/// Rows of a relation that come from one place. They are numbered from 0 in each part.
pub(crate) trait Part: Send + Sync {
    /// At most 2^32.
    fn count(&self) -> Row;

    /// The value of a row in a column, which is a place in the relation's columns.
    fn value(&self, row: Row, column: usize) -> Value;

    /// The rows whose columns equal the key, where the part knows a quicker way than to keep the keys of all rows.
    fn find(&self, _columns: &[usize], _key: &[Value]) -> Option<Rows> {
        None
    }

    /// The schema that the part is made of, if the rows with an object's OID in the column are all made of the object's schema.
    fn home(&self, _column: usize) -> Option<&At> {
        None
    }

    /// The rows whose names in a column begin so, and perhaps others, where the part has them sorted by these.
    fn begin_with(&self, _column: usize, _beginning: &str) -> Option<Rows> {
        None
    }

    /// Whether the values of a column depend on anything but the schema of the part.
    fn looks_beyond_schema(&self, _column: usize) -> bool {
        false
    }
}

/// A row of a part that was found, or none.
pub(crate) fn found(row: Option<usize>) -> Rows {
    row.map_or(Rows::NONE, |row| Rows::one(row as Row))
}

/// A part, and the schema that it is made of, if it is one: that keeps what finds rows for later generations.
pub(crate) type SchemaPart = (Box<dyn Part>, Option<At>);

/// `pg_catalog`, `information_schema` and `pg_toast`.
const POSTGRESQL_SCHEMAS: usize = 3;

type IsHidden = dyn Fn(&StaticRelation, Row) -> bool + Send + Sync;

/// A relation with rows of its own database. Nothing of it is made before it is looked at.
pub(crate) struct DynamicRelation {
    base: &'static Arc<StaticRelation>,
    /// Whether a row of the base is none of this database.
    is_hidden: Box<IsHidden>,
    make_parts: Box<dyn Fn() -> Vec<SchemaPart> + Send + Sync>,
    rows: OnceLock<AllRows>,
}

/// Which parts may have the rows of a key, told by one column of it.
struct Route {
    /// The place of the column in the key.
    position: usize,
    /// Whether it has the rows' own OIDs, not those that they refer to.
    is_own: bool,
    context: Arc<Context>,
    /// Places of schemas with those of the parts that are made of them, sorted.
    parts: Vec<(usize, usize)>,
}

struct AllRows {
    /// Rows of the base that this database does not have: each less the number of hidden rows before it, sorted.
    hidden: Vec<Row>,
    /// The number of rows of the base that are left.
    base_count: Row,
    /// Those that have rows.
    parts: Vec<Placed>,
    /// One for each index that has such a column.
    routes: Vec<Option<Route>>,
    count: Row,
    /// How many schemas might have rows.
    schemas: usize,
}

struct Placed {
    first: Row,
    part: Box<dyn Part>,
    /// What only holds for this generation.
    lookups: Lookups,
    at: Option<At>,
}

impl DynamicRelation {
    pub(crate) fn new(
        base: &'static Arc<StaticRelation>,
        is_hidden: impl Fn(&StaticRelation, Row) -> bool + Send + Sync + 'static,
        make_parts: impl Fn() -> Vec<SchemaPart> + Send + Sync + 'static,
    ) -> Self {
        Self { base, is_hidden: Box::new(is_hidden), make_parts: Box::new(make_parts), rows: OnceLock::new() }
    }

    fn rows(&self) -> &AllRows {
        self.rows.get_or_init(|| {
            let hidden = (0..self.base.count()).filter(|row| (self.is_hidden)(self.base, *row));
            let hidden: Vec<Row> = hidden.zip(0..).map(|(row, before)| row - before).collect();
            let base_count = self.base.count() - hidden.len() as Row;
            let mut count = base_count;
            let place = |(part, at): SchemaPart| {
                let first = count;
                count += part.count();
                Placed { first, part, lookups: Lookups::default(), at }
            };
            let parts = (self.make_parts)();
            let schemas = parts.len() + POSTGRESQL_SCHEMAS;
            let parts: Vec<Placed> = parts.into_iter().map(place).filter(|placed| placed.part.count() > 0).collect();
            let is_own = |column: usize| &*self.base.columns[column].name == "oid";
            let routes = self.base.indexes().iter().map(|index| Route::new(&parts, &index.columns, is_own)).collect();
            AllRows { hidden, base_count, parts, routes, count, schemas }
        })
    }

    fn find(&self, placed: &Placed, index: usize, key: &[Value]) -> Rows {
        let (part, indexes) = (placed.part.as_ref(), self.base.indexes());
        let columns = &indexes[index].columns;
        if let Some(rows) = part.find(columns, key) {
            return rows;
        }
        if let Some(rows) = read_through(part, columns, key) {
            return Rows::List(rows);
        }
        let looks_beyond = columns.iter().any(|column| part.looks_beyond_schema(*column));
        let lookups = match &placed.at {
            Some(at) if looks_beyond => at.context.lookups(at.place, self.base.oid),
            Some(at) => at.schema().lookups(self.base.oid),
            None => &placed.lookups,
        };
        Rows::List(lookups.get(index, indexes.len()).get_or_init(|| Lookup::make(part, columns)).find(part, columns, key))
    }
}

impl Relation for DynamicRelation {
    fn oid(&self) -> u32 {
        self.base.oid
    }

    fn name(&self) -> &str {
        self.base.name
    }

    fn columns(&self) -> &[Column] {
        &self.base.columns
    }

    fn count(&self) -> u64 {
        self.rows().count
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let rows = self.rows();
        if row < rows.base_count {
            return self.base.value(rows.base_row(row), column);
        }
        let placed = &rows.parts[rows.parts.partition_point(|placed| placed.first <= row) - 1];
        placed.part.value(row - placed.first, column)
    }

    fn indexes(&self) -> &[Index] {
        self.base.indexes()
    }

    fn lookup(&self, index: usize, key: &[Value]) -> Rows {
        let (rows, base) = (self.rows(), self.base.lookup(index, key));
        let mut found = match rows.hidden.is_empty() {
            true => base,
            false => list((0..base.len()).filter_map(|place| rows.shown_row(base.get(place)?)).collect()),
        };
        let mut search = |placed: &Placed| {
            let more = moved(self.find(placed, index, key), placed.first);
            found = join(std::mem::replace(&mut found, Rows::NONE), more);
        };
        match rows.routes[index].as_ref().and_then(|route| route.parts_of(key)) {
            Some(places) => places.iter().for_each(|(_, place)| search(&rows.parts[*place])),
            None => rows.parts.iter().for_each(search),
        }
        found
    }

    /// Schemas are thought to have equally many rows.
    fn rows_per_key(&self, index: usize) -> f64 {
        let (index, rows) = (&self.base.indexes()[index], self.rows());
        let is_of_schema = |column: &usize| self.base.columns[*column].name.ends_with("namespace");
        match index.columns.as_slice() {
            [column] if is_of_schema(column) => (rows.count as f64 / rows.schemas as f64).max(1.0),
            _ => index.rows_per_key(rows.count),
        }
    }

    /// Those that the base has sorted; parts that have not are read.
    fn columns_by_beginning(&self) -> &[usize] {
        self.base.columns_by_beginning()
    }

    fn begin_with(&self, column: usize, beginning: &str) -> Rows {
        let (rows, base) = (self.rows(), self.base.begin_with(column, beginning));
        let base = list((0..base.len()).filter_map(|place| rows.shown_row(base.get(place)?)).collect());
        rows.parts.iter().fold(base, |found, placed| {
            let more = placed.part.begin_with(column, beginning).unwrap_or_else(|| Rows::Range(0..placed.part.count()));
            join(found, moved(more, placed.first))
        })
    }
}

impl Route {
    /// The first column that tells the home of all parts' rows.
    fn new(parts: &[Placed], columns: &[usize], is_own: impl Fn(usize) -> bool) -> Option<Self> {
        let context = |column| Some(Arc::clone(&parts.first()?.part.home(column)?.context));
        columns.iter().enumerate().find_map(|(position, column)| {
            let home = |(place, placed): (usize, &Placed)| Some((placed.part.home(*column)?.place, place));
            let mut parts: Vec<(usize, usize)> = parts.iter().enumerate().map(home).collect::<Option<_>>()?;
            parts.sort_unstable();
            Some(Self { position, is_own: is_own(*column), context: context(*column)?, parts })
        })
    }

    /// The parts that may have rows of the key; `None` where all may.
    fn parts_of(&self, key: &[Value]) -> Option<&[(usize, usize)]> {
        let (oid, homes) = (key[self.position].as_oid()?, self.context.homes());
        let home = if self.is_own { homes.of(oid) } else { homes.of_reference(oid) };
        let place = match home {
            Home::At(place) => place,
            Home::Nowhere => return Some(&[]),
            Home::Anywhere => return None,
        };
        let first = self.parts.partition_point(|(other, _)| *other < place);
        let count = self.parts[first..].iter().take_while(|(other, _)| *other == place).count();
        Some(&self.parts[first..first + count])
    }
}

impl AllRows {
    /// The row of the base that a row is.
    fn base_row(&self, row: Row) -> Row {
        row + self.hidden.partition_point(|hidden| *hidden <= row) as Row
    }

    /// The row that a row of the base is, unless it is hidden.
    fn shown_row(&self, base_row: Row) -> Option<Row> {
        let (mut low, mut high) = (0, self.hidden.len());
        while low < high {
            let middle = (low + high) / 2;
            match (self.hidden[middle] + middle as Row).cmp(&base_row) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return None,
            }
        }
        Some(base_row - low as Row)
    }
}

fn moved(rows: Rows, by: Row) -> Rows {
    match rows {
        Rows::Range(range) => Rows::Range(range.start + by..range.end + by),
        Rows::List(rows) => list(rows.into_iter().map(|row| row + by).collect()),
    }
}

/// One row is a range.
fn list(rows: Vec<Row>) -> Rows {
    match rows[..] {
        [] => Rows::NONE,
        [row] => Rows::one(row),
        _ => Rows::List(rows),
    }
}

/// Rows and others with greater numbers.
fn join(rows: Rows, more: Rows) -> Rows {
    match (rows, more) {
        (rows, more) if more.is_empty() => rows,
        (rows, more) if rows.is_empty() => more,
        (Rows::Range(one), Rows::Range(other)) if one.end == other.start => Rows::Range(one.start..other.end),
        (rows, more) => {
            let mut list = match rows {
                Rows::List(rows) => rows,
                Rows::Range(rows) => rows.collect(),
            };
            list.extend((0..more.len()).filter_map(|place| more.get(place)));
            Rows::List(list)
        }
    }
}
