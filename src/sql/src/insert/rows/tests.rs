use std::sync::Arc;

use arrow::datatypes::Field;

use super::*;

/// The rows of a query for columns of these types, with the columns that are left.
fn made(sql: &str, columns: &[PgType], listed: bool) -> Result<(String, Vec<String>, Rows)> {
    let column = |(place, pg_type): (usize, &PgType)| TargetColumn {
        field: Arc::new(Field::new(format!("c{place}"), to_arrow(*pg_type), true)),
        pg_type: *pg_type,
    };
    let mut target = Target {
        source: "shop".to_owned(),
        schema: "main".to_owned(),
        table: "t".to_owned(),
        columns: columns.iter().enumerate().map(column).collect(),
        listed,
        statement: String::new(),
    };
    let query = Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).expect("tokens").parse_query().expect("a query");
    let rows = rows(Some(&query), &mut target, &[], &SourceText(sql.into()))?;
    let names = target.columns.iter().map(|column| column.field.name().clone()).collect();
    Ok((rows.query.to_string(), names, rows))
}

const COLUMNS: [PgType; 3] = [PgType::new(oid::DATE), PgType::varchar(5), PgType::new(oid::NUMERIC)];

#[test]
fn constants_take_the_type_of_their_column() {
    for (sql, expected, untyped) in [
        ("VALUES ('2026-01-01', 'x', '1')", "SELECT '2026-01-01'::DATE, 'x'::TEXT, '1'::TEXT", &[true, true, true][..]),
        ("VALUES (NULL, $2, 1.5), (now(), 'x', 1)", "VALUES (NULL::DATE, $2::TEXT, 1.5), (now(), 'x'::TEXT, 1)", &[false, true, false]),
        ("SELECT $1, x, * FROM t", "SELECT $1::DATE, x, * FROM t", &[true, false]),
        ("SELECT *, '1' FROM t", "SELECT *, '1' FROM t", &[]),
        ("SELECT '1' UNION SELECT '2'", "SELECT '1' UNION SELECT '2'", &[]),
    ] {
        let (query, _, rows) = made(sql, &COLUMNS, false).expect(sql);
        assert_eq!((query.as_str(), rows.untyped.as_slice()), (expected, untyped), "{sql}");
    }
}

#[test]
fn parameters_are_declared_by_their_columns() {
    let (.., rows) = made("VALUES ($3, $1, $2), ($3, 'x', $3 + 1)", &COLUMNS, false).expect("rows");
    assert_eq!(rows.parameter_types, [oid::VARCHAR, oid::NUMERIC, oid::DATE]);
}

#[test]
fn defaults_leave_rows_and_columns() {
    let (query, columns, _) = made("VALUES (DEFAULT, 'x', default), (DEFAULT, 'y', DEFAULT)", &COLUMNS, true).expect("rows");
    assert_eq!((query.as_str(), columns), ("VALUES ('x'::TEXT), ('y'::TEXT)", vec!["c1".to_owned()]));
    let (query, columns, _) = made("VALUES (DEFAULT)", &COLUMNS, false).expect("rows");
    assert_eq!((query.as_str(), columns), ("SELECT 1", Vec::new()));
}

#[test]
fn rows_have_as_many_values_as_there_are_columns() {
    for (sql, listed, code, message, position) in [
        ("VALUES (NULL, 'x', 1, 2)", false, Code::Syntax, "INSERT has more expressions than target columns", Some(23)),
        ("VALUES (NULL, 'x')", true, Code::Syntax, "INSERT has more target columns than expressions", Some(15)),
        ("VALUES (NULL, 'x'), (1)", false, Code::Syntax, "VALUES lists must all be the same length", Some(22)),
        ("VALUES ('x'), (DEFAULT)", false, Code::Unsupported, "DEFAULT beside values for the same column is not supported", Some(16)),
    ] {
        let error = made(sql, &COLUMNS, listed).err().expect(sql);
        assert_eq!((error.code, error.message.as_str(), error.position), (code, message, position), "{sql}");
    }
    assert_eq!(made("VALUES (NULL, 'x')", &COLUMNS, false).expect("rows").1, ["c0", "c1"]);
}
