//! What comes of the answers to a harvest's statements, and how many of those there are.

use spi::connector::Scope;
use spi::metadata::{Relation, SchemaMetadata};

use crate::fixture::{harvest, open, options, texts, with};
use crate::imitation::{Answer, Behavior, Imitation, Type, bit, int, long, text};

type Cell = Option<Vec<u8>>;

const INT: Type = Type::Integer(4);
const LONG: Type = Type::Integer(8);

/// The types of a column in the catalogs: name, length, precision, scale, and whether it is a class.
fn native(name: &str, length: i32, precision: i32, scale: i32) -> [Cell; 5] {
    [text(name), int(length), int(precision), int(scale), bit(name == "hierarchyid")]
}

const NATIVE: [Type; 5] = [Type::Text, INT, INT, INT, Type::Bit];

fn row(parts: &[&[Cell]]) -> Vec<Cell> {
    parts.concat()
}

/// Two tables and a view of a shop, and what belongs to them, as the catalog views have it.
fn answers() -> Vec<(&'static str, Answer)> {
    let t = Type::Text;
    let schemas = vec![
        vec![int(1), text("dbo"), text("dbo"), None],
        vec![int(5), text("sales"), text("ana"), text("what was sold")],
        vec![int(6), text("hidden"), text("ana"), None],
    ];
    let tables = vec![
        vec![
            int(10),
            int(5),
            text("orders"),
            text("U "),
            text("ana"),
            text("one a day"),
            long(3),
            long(16_384),
            None,
            bit(true),
            bit(true),
        ],
        vec![int(11), int(5), text("customers"), text("U "), text("ana"), None, long(2), long(8_192), None, bit(false), bit(false)],
        vec![int(12), int(5), text("latest"), text("V "), text("ana"), None, None, None, text("CREATE VIEW …"), bit(false), bit(false)],
        vec![int(13), int(6), text("secret"), text("U "), text("ana"), None, None, None, None, bit(false), bit(false)],
    ];
    let column = |table, name: &str, place, native: [Cell; 5], user: [Cell; 2], rest: [Cell; 7]| {
        row(&[&[int(table), text(name), int(place)], &native, &user, &rest])
    };
    let plain = |nullable| [bit(nullable), None, bit(false), bit(false), None, None, None];
    let columns = vec![
        column(10, "id", 1, native("int", 4, 10, 0), [None, text("int")], [bit(false), None, bit(true), bit(false), None, None, None]),
        column(
            10,
            "total",
            2,
            native("decimal", 9, 12, 2),
            [None, text("decimal")],
            [bit(true), text("((0))"), bit(false), bit(false), None, None, text("with tax")],
        ),
        column(
            10,
            "twice",
            3,
            native("decimal", 9, 13, 2),
            [None, text("decimal")],
            [bit(true), text("([total]*(2))"), bit(false), bit(true), bit(true), None, None],
        ),
        column(10, "customer", 4, native("int", 4, 10, 0), [None, text("int")], plain(true)),
        column(11, "id", 1, native("int", 4, 10, 0), [None, text("int")], plain(false)),
        column(
            11,
            "phone",
            2,
            native("nvarchar", 40, 0, 0),
            [text("dbo"), text("Phone")],
            [bit(true), None, bit(false), bit(false), None, text("Greek_CI_AS"), None],
        ),
        column(11, "place", 3, native("hierarchyid", 892, 0, 0), [None, text("hierarchyid")], plain(true)),
        column(12, "id", 1, native("int", 4, 10, 0), [None, text("int")], plain(true)),
        column(13, "a", 1, native("int", 4, 10, 0), [None, text("int")], plain(true)),
    ];
    let index = |table, id, name: &str, kind: &str, marks: [bool; 3], filter: Cell, column: &str| {
        row(&[&[int(table), int(id), text(name), text(kind)], &marks.map(bit), &[filter, text(column), None, None]])
    };
    let indexes = vec![
        index(10, 1, "pk_orders", "CLUSTERED", [true, true, false], None, "id"),
        index(10, 2, "by_customer", "NONCLUSTERED", [false, false, false], text("([total]>(0))"), "customer"),
        index(10, 2, "by_customer", "NONCLUSTERED", [false, false, false], text("([total]>(0))"), "total"),
        index(11, 1, "uq_customers", "CLUSTERED", [true, false, true], None, "id"),
        index(13, 1, "pk_secret", "CLUSTERED", [true, true, false], None, "a"),
    ];
    let keys = vec![vec![
        int(10),
        int(30),
        text("fk_customer"),
        text("customer"),
        text("sales"),
        text("customers"),
        text("id"),
        int(0),
        int(1),
        None,
    ]];
    let checks = vec![vec![int(10), text("positive"), text("total"), text("([total]>=(0))"), None]];
    let trigger =
        |event: &str| vec![int(10), int(40), text("log_orders"), bit(false), bit(false), text(event), text("CREATE TRIGGER …"), None];
    let partitions = vec![
        vec![int(10), int(1), text("id"), bit(true), None, text("100"), long(1), long(8_192)],
        vec![int(10), int(2), text("id"), bit(true), text("100"), None, long(2), long(8_192)],
    ];
    let sequences = vec![row(&[
        &[int(5), text("numbers"), text("ana"), None],
        &native("bigint", 0, 19, 0),
        &["1", "-9223372036854775808", "9223372036854775807", "10"].map(text),
        &[bit(true)],
    ])];
    let user_type = |id, name: &str, field: Option<&str>, native: [Cell; 5]| {
        row(&[&[int(5), int(id), text(name), None, field.and_then(text)], &native])
    };
    let user_types = vec![
        user_type(300, "Phone", None, native("nvarchar", 40, 0, 0)),
        user_type(301, "Pair", Some("a"), native("int", 4, 10, 0)),
        user_type(301, "Pair", Some("b"), native("varchar", -1, 0, 0)),
    ];
    let routines = vec![
        vec![int(50), int(5), text("total_of"), text("FN"), text("CREATE FUNCTION …"), None],
        vec![int(51), int(5), text("close_year"), text("P "), None, text("once a year")],
        vec![int(52), int(5), text("orders_of"), text("IF"), None, None],
    ];
    let parameter = |routine, place, name: &str, output, native: [Cell; 5], of: &str| {
        row(&[&[int(routine), int(place), text(name), bit(output)], &native, &[None, text(of)]])
    };
    let parameters = vec![
        parameter(50, 0, "", true, native("money", 8, 19, 4), "money"),
        parameter(50, 1, "@customer", false, native("int", 4, 10, 0), "int"),
        parameter(51, 1, "@year", true, native("smallint", 2, 5, 0), "smallint"),
    ];
    let with = |before: &[Type], after: &[Type]| [before, &NATIVE, after].concat();
    vec![
        ("FROM sys.schemas s", Answer::Rows(vec![INT, t, t, t], schemas)),
        ("r.n, b.n,", Answer::Rows(vec![INT, INT, t, t, t, t, LONG, LONG, t, Type::Bit, Type::Bit], tables)),
        (
            "FROM sys.columns c JOIN sys.objects o",
            Answer::Rows(with(&[INT, t, INT], &[t, t, Type::Bit, t, Type::Bit, Type::Bit, Type::Bit, t, t]), columns),
        ),
        ("FROM sys.indexes i", Answer::Rows(vec![INT, INT, t, t, Type::Bit, Type::Bit, Type::Bit, t, t, t, t], indexes)),
        ("FROM sys.foreign_keys k", Answer::Rows(vec![INT, INT, t, t, t, t, t, INT, INT, t], keys)),
        ("FROM sys.check_constraints k", Answer::Rows(vec![INT, t, t, t, t], checks)),
        ("FROM sys.triggers g", Answer::Rows(vec![INT, INT, t, Type::Bit, Type::Bit, t, t, t], vec![trigger("INSERT"), trigger("UPDATE")])),
        ("JOIN sys.partition_schemes d", Answer::Rows(vec![INT, INT, t, Type::Bit, t, t, LONG, LONG], partitions)),
        ("FROM sys.sequences q", Answer::Rows(with(&[INT, t, t, t], &[t, t, t, t, Type::Bit]), sequences)),
        ("FROM sys.types u", Answer::Rows(with(&[INT, INT, t, t, t], &[]), user_types)),
        ("m.definition, CONVERT(nvarchar(4000), e.value) FROM sys.objects o", Answer::Rows(vec![INT, INT, t, t, t, t], routines)),
        ("FROM sys.parameters r", Answer::Rows(with(&[INT, INT, t, Type::Bit], &[t, t]), parameters)),
        ("CHECKSUM_AGG", Answer::Rows(vec![t], vec![vec![text("5 reader dbo 17")]])),
    ]
}

async fn server() -> Imitation {
    Imitation::start(Behavior { answers: answers(), ..Behavior::default() }).await
}

/// Some columns of a relation as text.
fn relation(schema: &SchemaMetadata, relation: Relation, columns: &[&str]) -> Vec<String> {
    let batch = schema.relation(relation);
    let places: Vec<usize> = columns.iter().map(|name| batch.schema().index_of(name).expect("a column")).collect();
    texts(&batch.project(&places).expect("a projection"))
}

#[tokio::test]
async fn everything_is_harvested_with_twelve_statements() {
    let server = server().await;
    let connector = open(with(options(&server), serde_json::json!({"exclude_schemas": ["hidden"]}))).await.expect("a connector");
    let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
    // One more sets the session up.
    assert_eq!(server.statements().len(), 13, "{:#?}", server.statements());
    assert_eq!(schemas.iter().map(|schema| schema.name.as_str()).collect::<Vec<_>>(), ["dbo", "sales"]);
    let sales = &schemas[1];
    assert_eq!((sales.owner.as_deref(), sales.comment.as_deref()), (Some("ana"), Some("what was sold")));
    let of = |kind, columns: &[&str]| relation(sales, kind, columns);
    assert_eq!(
        of(Relation::Tables, &["name", "kind", "owner", "comment", "row_estimate", "size_bytes"]),
        ["customers|table|ana|NULL|2|8192", "latest|view|ana|NULL|NULL|NULL", "orders|partitioned table|ana|one a day|3|16384",]
    );
    let columns: Vec<String> = (0..3)
        .flat_map(|table| sales.columns_of(table))
        .map(|column| {
            let found = sales.column_type(column);
            format!("{} {} {}", sales.column_name(column), found.native, found.pg.format())
        })
        .collect();
    assert_eq!(
        columns,
        [
            "id int integer",
            "phone [dbo].[Phone] character varying(20)",
            "place hierarchyid text",
            "id int integer",
            "id int integer",
            "total decimal(12,2) numeric(12,2)",
            "twice decimal(13,2) numeric(13,2)",
            "customer int integer",
        ]
    );
    assert_eq!(
        of(Relation::Columns, &["nullable", "default", "generated", "collation", "comment"])[1..],
        [
            "true|NULL|NULL|Greek_CI_AS|NULL",
            "true|NULL|NULL|NULL|NULL",
            "true|NULL|NULL|NULL|NULL",
            "false|NULL|identity always|NULL|NULL",
            "true|((0))|NULL|NULL|with tax",
            "true|([total]*(2))|stored|NULL|NULL",
            "true|NULL|NULL|NULL|NULL",
        ]
    );
    assert_eq!(of(Relation::Views, &["definition"]), ["CREATE VIEW …"]);
    assert_eq!(
        of(Relation::Constraints, &["name", "kind", "columns", "referenced_table", "on_update", "on_delete", "expression"]),
        [
            "uq_customers|UNIQUE|[id]|NULL|NULL|NULL|NULL",
            "fk_customer|FOREIGN KEY|[customer]|customers|NO ACTION|CASCADE|NULL",
            "pk_orders|PRIMARY KEY|[id]|NULL|NULL|NULL|NULL",
            "positive|CHECK|[total]|NULL|NULL|NULL|([total]>=(0))",
        ]
    );
    assert_eq!(
        of(Relation::Indexes, &["name", "unique", "primary", "method", "columns", "predicate"]),
        [
            "uq_customers|true|false|clustered|[id]|NULL",
            "by_customer|false|false|nonclustered|[customer, total]|([total]>(0))",
            "pk_orders|true|true|clustered|[id]|NULL",
        ]
    );
    assert_eq!(
        of(Relation::Triggers, &["name", "timing", "events", "action", "enabled"]),
        ["log_orders|AFTER|[INSERT, UPDATE]|CREATE TRIGGER …|true"]
    );
    assert_eq!(
        of(Relation::Partitions, &["name", "method", "expression", "description", "row_estimate"]),
        ["1|range|id|< 100|1", "2|range|id|>= 100|2"]
    );
    assert_eq!(
        of(Relation::Sequences, &["name", "start", "minimum", "maximum", "increment", "cycle"]),
        ["numbers|1|-9223372036854775808|9223372036854775807|10|true"]
    );
    assert_eq!(
        of(Relation::Types, &["name", "kind", "members"]),
        ["Pair|composite|[a int, b varchar(max)]", "Phone|domain|[nvarchar(20)]"]
    );
    assert_eq!(
        of(Relation::Routines, &["name", "kind", "language", "return_type", "definition", "comment"]),
        [
            "close_year|PROCEDURE|SQL|NULL|NULL|once a year",
            "orders_of|FUNCTION|SQL|TABLE|NULL|NULL",
            "total_of|FUNCTION|SQL|money|CREATE FUNCTION …|NULL",
        ]
    );
    assert_eq!(of(Relation::Parameters, &["ordinal", "mode", "name"]), ["1|INOUT|@year", "1|IN|@customer"]);
}

#[tokio::test]
async fn a_scope_is_told_to_the_server() {
    let server = server().await;
    let connector = open(options(&server)).await.expect("a connector");
    let scope = Scope { schema: Some("sales".to_owned()), table: Some("orders".to_owned()) };
    let schemas = harvest(&*connector, &scope).await.expect("a harvest");
    assert_eq!(schemas.iter().map(|schema| (schema.name.as_str(), schema.table_count())).collect::<Vec<_>>(), [("sales", 1)]);
    // Nothing of a schema is asked for that belongs to no table, and the names are parameters.
    assert_eq!((server.statements().len(), server.asked("FROM sys.parameters r")), (9, 0));
    assert!(server.statements()[1..].iter().all(|statement| statement.contains("sales") && statement.contains("orders")));
}

#[tokio::test]
async fn a_harvest_that_fails_says_so() {
    let denied = Answer::Error(300, "VIEW DATABASE STATE permission was denied.");
    let server = Imitation::start(Behavior { answers: vec![("FROM sys.indexes i", denied)], ..Behavior::default() }).await;
    let error = harvest(&*open(options(&server)).await.expect("a connector"), &Scope::default()).await.expect_err("a failure");
    assert_eq!(error.message, "could not read the metadata of data source \"shop\"");
    assert_eq!(error.code.sqlstate(), "42501");
}

#[tokio::test]
async fn a_fingerprint_costs_one_statement() {
    let server = server().await;
    let connector = open(options(&server)).await.expect("a connector");
    for _ in 0..2 {
        assert_eq!(connector.fingerprint().await.expect("an answer").as_deref(), Some("5 reader dbo 17"));
    }
    assert_eq!(server.asked("CHECKSUM_AGG"), 2);
}
