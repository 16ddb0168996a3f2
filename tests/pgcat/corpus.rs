//! Statements that clients were seen to send, and what PostgreSQL 16 answers.
//!
//! They are not part of this repository: `METAGATE_PGCOMPAT` names their folder, or it is called `pgcompat` in a folder beside this
//! checkout. Each file has the statements of one client, in order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What can go wrong with a file.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// One statement.
#[derive(Debug, Default, PartialEq)]
pub struct Statement {
    pub name: String,
    /// Sent with the extended protocol.
    pub extended: bool,
    /// In text; `None` is null.
    pub parameters: Vec<Option<String>>,
    /// With names in place of OIDs, as in `@{rel:crm.orders}`.
    pub sql: String,
}

/// What PostgreSQL answers.
#[derive(Debug, PartialEq)]
pub struct Expected {
    /// Of the error; empty where there is none.
    pub state: String,
    pub rows: usize,
    /// Names and OIDs of types.
    pub columns: Vec<(String, u32)>,
}

/// Where the statements are, if they are here.
pub fn folder() -> Option<PathBuf> {
    let is_there = |folder: &PathBuf| folder.join(EXPECTED).exists();
    match std::env::var_os("METAGATE_PGCOMPAT") {
        Some(folder) => Some(PathBuf::from(folder)).filter(is_there),
        None => {
            let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
            let beside = std::fs::read_dir(checkout.parent()?).ok()?;
            beside.filter_map(|entry| Some(entry.ok()?.path().join("pgcompat"))).find(is_there)
        }
    }
}

const EXPECTED: &str = "expected_shapes.tsv";

/// The clients, by name.
pub fn clients(folder: &Path) -> Result<Vec<String>> {
    let mut clients = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            clients.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    clients.sort();
    Ok(clients)
}

/// The statements of one client.
pub fn statements(folder: &Path, client: &str) -> Result<Vec<Statement>> {
    let text = std::fs::read_to_string(folder.join(format!("{client}.sql")))?;
    let mut statements: Vec<Statement> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("-- @@ ") {
            statements.push(Statement { name: name.trim().to_owned(), ..Statement::default() });
            continue;
        }
        let Some(statement) = statements.last_mut() else { continue };
        if let Some(protocol) = line.strip_prefix("-- @protocol ") {
            statement.extended = protocol.trim() == "extended";
        } else if let Some(written) = line.strip_prefix("-- @params ") {
            statement.parameters = parameters(written);
        } else if line.starts_with("-- @") || (line.starts_with("-- ") && statement.sql.is_empty()) {
            // A remark of the record.
        } else {
            statement.sql += line;
            statement.sql.push('\n');
        }
    }
    for statement in &mut statements {
        statement.sql = statement.sql.trim().to_owned();
    }
    Ok(statements)
}

/// Values as in `$1 = 'it''s', $2 = NULL`.
fn parameters(mut written: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    while let Some((_, value)) = written.split_once(" = ") {
        let Some(mut quoted) = value.strip_prefix('\'') else {
            values.push(None);
            written = value;
            continue;
        };
        let mut text = String::new();
        while let Some((part, after)) = quoted.split_once('\'') {
            text += part;
            match after.strip_prefix('\'') {
                Some(more) => {
                    text.push('\'');
                    quoted = more;
                }
                None => {
                    quoted = after;
                    break;
                }
            }
        }
        values.push(Some(text));
        written = quoted;
    }
    values
}

/// What PostgreSQL answers, by client and statement.
pub fn expected(folder: &Path) -> Result<HashMap<(String, String), Expected>> {
    let text = std::fs::read_to_string(folder.join(EXPECTED))?;
    let mut all = HashMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [client, name, _, state, rows, columns] = fields[..] else { return Err(format!("not a shape: {line}").into()) };
        let column = |written: &str| {
            let (name, oid) = written.rsplit_once(':').ok_or("a column without a type")?;
            Ok((name.to_owned(), oid.parse()?))
        };
        let columns = columns.split('|').filter(|written| !written.is_empty()).map(column).collect::<Result<_>>()?;
        let rows = if rows.is_empty() { 0 } else { rows.parse()? };
        all.insert((client.to_owned(), name.to_owned()), Expected { state: state.to_owned(), rows, columns });
    }
    Ok(all)
}
