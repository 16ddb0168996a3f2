//! The page of procedures.

use super::markdown::{code, line, table};
use crate::arguments::Argument;
use crate::procedures::{ALL, AnyProcedure, SCHEMA};

const INTRODUCTION: &str = "administrate the gateway. Arguments are given by their place or by `name => value`, as literals or
parameters; those with a default can be left out. A call answers with rows, and each is written to `admin.audit_log`, refused ones too,
with its secrets masked. The schema need not be written.
";

pub(super) fn page() -> String {
    let mut text = format!("# Procedures\n\nThe procedures of schema `{SCHEMA}` {INTRODUCTION}");
    for procedure in ALL {
        text.push_str(&section(*procedure));
    }
    text
}

fn section(procedure: &dyn AnyProcedure) -> String {
    let (name, arguments) = (procedure.name(), procedure.arguments());
    let declared = arguments.iter().map(|argument| format!("    {}", argument.declaration())).collect::<Vec<_>>().join(",\n");
    let call = if declared.is_empty() { format!("CALL {name}()") } else { format!("CALL {name}(\n{declared}\n)") };
    let columns = procedure.columns();
    let answer = columns.iter().map(|column| [code(&column.name), column.pg_type.format(), column.description.clone()]);
    format!(
        "\n## {name}\n\n{}\n\n```sql\n{call}\n```\n\nNeeds: {}.\n\n{}\nAnswers with:\n\n{}",
        line(&procedure.summary()),
        procedure.caller().describe(),
        table(["argument", "type", "default", "description"], arguments.iter().map(argument)),
        table(["column", "type", "description"], answer),
    )
}

fn argument(argument: &Argument) -> [String; 4] {
    let default = if argument.required { "required".to_owned() } else { code(&argument.default_sql()) };
    [code(&argument.name), argument.pg_type.format(), default, argument.description.clone()]
}
