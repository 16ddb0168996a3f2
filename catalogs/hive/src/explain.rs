//! What a read would ask of the metastore, for EXPLAIN. It asks nobody: a harvest has written down the partition keys of each table, as
//! its recipe.

use hive_metastore::Table;
use spi::connector::ReadRequest;
use spi::predicate::Predicate;

use crate::filter;
use crate::pruning::Key;

/// The partition keys of a table, each its name and type: `[["day","date"]]`.
pub(crate) fn recipe(table: &Table) -> String {
    let keys = table.partition_keys.iter().flatten();
    let keys = keys.map(|key| [key.name.as_deref().unwrap_or_default(), key.r#type.as_deref().unwrap_or_default()]);
    serde_json::json!(keys.collect::<Vec<_>>()).to_string()
}

/// The questions in their order; `None` where no harvest has written down the keys.
pub(crate) fn explain(request: &ReadRequest) -> Option<String> {
    let keys: Vec<[String; 2]> = serde_json::from_str(request.recipe.as_deref()?).ok()?;
    let keys: Vec<Key> = keys.iter().map(|[name, native_type]| Key::new(name, native_type)).collect();
    let table = format!("{}.{}", request.schema, request.table);
    let mut questions = vec![format!("get_table_req({table})")];
    if let Some(filter) = filter::write(&request.predicates, &keys) {
        questions.push(format!("get_partitions_by_filter({table}, {filter})"));
    } else if !keys.is_empty() {
        let pruning: Vec<&str> = keys
            .iter()
            .map(|key| key.name.as_str())
            .filter(|name| request.predicates.iter().any(|predicate| concerns(predicate, name)))
            .collect();
        let which = if pruning.is_empty() { "all".to_owned() } else { format!("pruned by {}", pruning.join(", ")) };
        questions.push(format!("get_partition_names({table})"));
        questions.push(format!("get_partitions_by_names({table}, {which})"));
    }
    Some(questions.join(", "))
}

fn concerns(predicate: &Predicate, name: &str) -> bool {
    match predicate {
        Predicate::Compare { column, .. }
        | Predicate::In { column, .. }
        | Predicate::IsNull { column }
        | Predicate::IsNotNull { column } => column == name,
        Predicate::And(all) | Predicate::Or(all) => all.iter().any(|predicate| concerns(predicate, name)),
    }
}

#[cfg(test)]
mod tests {
    use spi::predicate::{Comparison, Value};

    use super::*;

    fn explained(recipe: Option<&str>, predicates: Vec<Predicate>) -> Option<String> {
        explain(&ReadRequest {
            schema: "web".to_owned(),
            table: "t".to_owned(),
            columns: Vec::new(),
            predicates,
            recipe: recipe.map(Into::into),
            user: "ann".to_owned(),
            ..ReadRequest::default()
        })
    }

    #[test]
    fn the_questions_of_a_read_are_told() {
        let keys = Some(r#"[["day","date"],["n","int"]]"#);
        let compare = |column: &str, value| Predicate::Compare { column: column.to_owned(), comparison: Comparison::Equal, value };
        for (recipe, predicates, expected) in [
            (None, vec![], None),
            (Some("[]"), vec![compare("x", Value::Int(1))], Some("get_table_req(web.t)")),
            (keys, vec![compare("n", Value::Int(1))], Some("get_table_req(web.t), get_partitions_by_filter(web.t, (n >= 1 and n <= 1))")),
            (
                keys,
                vec![compare("day", Value::Date(1)), compare("x", Value::Int(1))],
                Some("get_table_req(web.t), get_partition_names(web.t), get_partitions_by_names(web.t, pruned by day)"),
            ),
            (keys, vec![], Some("get_table_req(web.t), get_partition_names(web.t), get_partitions_by_names(web.t, all)")),
        ] {
            assert_eq!(explained(recipe, predicates).as_deref(), expected);
        }
    }
}
