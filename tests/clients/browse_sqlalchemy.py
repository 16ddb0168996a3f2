"""SQLAlchemy's inspector reflects schemas, tables, keys, comments and types, and pandas reads. Reads libpq's variables."""
import os
import warnings

import pandas
import sqlalchemy
from checks import Client
from sqlalchemy import MetaData, inspect, select
from sqlalchemy.dialects import postgresql

# No type of Python's is a composite type's.
warnings.filterwarnings("ignore", "Did not recognize type")

host, port, user, password, database = (os.environ[name] for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"))


def bare(expression):
    """Without the parentheses, which depend on how it was printed."""
    return None if expression is None else expression.replace("(", "").replace(")", "")


def typed(column):
    """Name, type and whether it must have a value."""
    type_ = column["type"]
    match type_:
        case postgresql.ENUM() | postgresql.DOMAIN():
            name = f"{type_.schema}.{type_.name}"
        case sqlalchemy.types.NullType():
            name = "unknown"
        case _:
            name = type_.compile(postgresql.dialect())
    return column["name"], name, "" if column["nullable"] else "not null"


def browse(driver):
    client = Client(f"SQLAlchemy over {driver}", sqlalchemy.__version__)
    client.browses()
    url = sqlalchemy.URL.create(f"postgresql+{driver}", user, password, host, int(port), database)
    engine = sqlalchemy.create_engine(url)
    inspector = inspect(engine)
    client.check("default_schema_name", inspector.default_schema_name, "public")
    client.check("get_schema_names", sorted(inspector.get_schema_names()), ["Mixed Case", "crm", "information_schema", "public"])
    client.check("get_table_names", sorted(inspector.get_table_names("crm")), ["customers", "order_items", "orders"])
    client.check("get_table_names, default", sorted(inspector.get_table_names()), ["part", "part_2024", "t1"])
    client.check("get_view_names", inspector.get_view_names("crm"), ["paid_orders"])
    client.check("get_materialized_view_names", inspector.get_materialized_view_names("crm"), ["mv_orders"])
    client.check("get_sequence_names", sorted(inspector.get_sequence_names("crm")), ["customers_id_seq", "orders_id_seq", "seq1"])
    has = [inspector.has_table(*one) for one in (("t1",), ("orders", "crm"), ("paid_orders", "crm"), ("nothing", "crm"), ("orders",))]
    client.check("has_table", has, [True, True, True, False, False])
    client.check("has_sequence", inspector.has_sequence("seq1", "crm"), True)
    client.check("has_index", inspector.has_index("orders", "orders_placed_idx", "crm"), True)
    client.check("has_schema", [inspector.has_schema("crm"), inspector.has_schema("nothing")], [True, False])

    customers = inspector.get_columns("customers", "crm")
    client.check("get_columns", [typed(one) for one in customers], [
        ("id", "BIGINT", "not null"), ("name", "VARCHAR(100)", "not null"), ("email", "crm.email", ""),
        ("created", "TIMESTAMP WITH TIME ZONE", ""), ("meta", "JSONB", ""), ("tags", "TEXT[]", ""), ("balance", "NUMERIC(12, 2)", ""),
        ("home", "unknown", ""),
    ])
    client.check("get_columns, of all types", [typed(one) for one in inspector.get_columns("orders", "crm")], [
        ("id", "INTEGER", "not null"), ("customer_id", "BIGINT", "not null"), ("line", "INTEGER", "not null"), ("st", "crm.status", ""),
        ("placed", "DATE", ""), ("ts", "TIMESTAMP(3) WITHOUT TIME ZONE", ""), ("t", "TIME WITHOUT TIME ZONE", ""), ("iv", "INTERVAL", ""),
        ("u", "UUID", ""), ("b", "BYTEA", ""), ("f8", "DOUBLE PRECISION", ""), ("f4", "REAL", ""), ("flag", "BOOLEAN", ""),
        ("c", "CHAR(5)", ""), ("ip", "INET", ""),
    ])
    client.check("get_columns, of a view", [typed(one) for one in inspector.get_columns("paid_orders", "crm")], [
        ("id", "INTEGER", ""), ("customer_id", "BIGINT", ""),
    ])
    client.check("comments", {one["name"]: one["comment"] for one in customers if one["comment"]}, {"name": "full name"})
    defaults = {one["name"]: one["default"] for one in [*customers, *inspector.get_columns("orders", "crm")] if one["default"]}
    client.check("defaults", defaults, {
        "created": "now()", "balance": "0", "id": "nextval('crm.orders_id_seq'::regclass)", "st": "'new'::crm.status",
    })
    identity = {name: customers[0]["identity"][name] for name in ("always", "start", "increment")}
    client.check("identity", identity, {"always": True, "start": 1, "increment": 1})
    b, g = inspector.get_columns("t1")[1:]
    client.check("collation", b["type"].collation, "C")
    client.check("generated", (bare(g["computed"]["sqltext"]), g["computed"]["persisted"]), ("a * 2", True))
    quoted = inspector.get_columns('Weird"Tab', "Mixed Case")
    client.check("get_columns, quoted names", [typed(one) for one in quoted], [("Col 1", "INTEGER", ""), ("select", "TEXT", "")])

    key = inspector.get_pk_constraint("orders", "crm")
    client.check("get_pk_constraint", (key["name"], key["constrained_columns"]), ("orders_pkey", ["id", "line"]))
    parts = ("name", "constrained_columns", "referred_schema", "referred_table", "referred_columns", "options")
    foreign = inspector.get_foreign_keys("orders", "crm") + inspector.get_foreign_keys("order_items", "crm")
    foreign = [tuple(one[part] for part in parts) for one in foreign]
    client.check("get_foreign_keys", foreign, [
        ("orders_customer_id_fkey", ["customer_id"], "crm", "customers", ["id"], {"ondelete": "CASCADE"}),
        ("oi_fk", ["order_id", "line"], "crm", "orders", ["id", "line"], {}),
    ])
    index, = inspector.get_indexes("orders", "crm")
    client.check("get_indexes, of expressions", (
        index["name"], index["unique"], [bare(one) for one in index["expressions"]], index["column_sorting"],
        bare(index["dialect_options"]["postgresql_where"]),
    ), ("orders_placed_idx", False, ["placed", "lowerc::text"], {"placed": ("desc",)}, "flag"))
    index, = inspector.get_indexes("customers", "crm")
    client.check("get_indexes", (index["name"], index["unique"], index["column_names"], index["duplicates_constraint"]),
                 ("customers_email_key", True, ["email"], "customers_email_key"))
    unique, = inspector.get_unique_constraints("customers", "crm")
    client.check("get_unique_constraints", (unique["name"], unique["column_names"]), ("customers_email_key", ["email"]))
    check, = inspector.get_check_constraints("customers", "crm")
    client.check("get_check_constraints", (check["name"], bare(check["sqltext"])), ("customers_balance_check", "balance >= 0::numeric"))
    comments = {table: inspector.get_table_comment(table, "crm")["text"] for table in ("customers", "orders")}
    client.check("get_table_comment", comments, {"customers": "customer master", "orders": None})
    enums = [(one["schema"], one["name"], one["labels"]) for one in inspector.get_enums("crm")]
    client.check("get_enums", enums, [("crm", "status", ["new", "paid", "void"])])
    domains = [(one["schema"], one["name"], one["type"], one["nullable"]) for one in inspector.get_domains("crm")]
    client.check("get_domains", domains, [("crm", "email", "text", True)])
    client.check("get_view_definition", bare(inspector.get_view_definition("paid_orders", "crm")).strip(),
                 "SELECT id,\n    customer_id\n   FROM crm.orders o\n  WHERE st = 'paid'::crm.status;")
    many = {name: key["constrained_columns"] for (_, name), key in inspector.get_multi_pk_constraint("crm").items()}
    client.check("get_multi_pk_constraint", many, {"customers": ["id"], "order_items": [], "orders": ["id", "line"]})

    metadata = MetaData()
    metadata.reflect(engine, schema="crm", views=True)
    client.check("MetaData.reflect", sorted(metadata.tables), [
        "crm.customers", "crm.mv_orders", "crm.order_items", "crm.orders", "crm.paid_orders",
    ])
    customers, orders = metadata.tables["crm.customers"], metadata.tables["crm.orders"]
    joined = select(customers.c.name, orders.c.placed).join_from(orders, customers)
    client.check("join over the reflected key", str(joined).split("FROM ")[1].replace("\n", ""),
                 "crm.orders JOIN crm.customers ON crm.customers.id = crm.orders.customer_id")
    client.reads()
    with engine.connect() as connection:
        client.check("read", [(name, str(placed)) for name, placed in connection.execute(joined)], [("a", "2024-01-02")])
    frame = pandas.read_sql("SELECT id, name, email FROM crm.customers ORDER BY id", engine)
    client.check("pandas.read_sql", frame.to_dict("list"), {"id": [1, 2], "name": ["a", "b"], "email": ["a@b.c", "b@c.d"]})
    frame = pandas.read_sql_table("orders", engine, schema="crm", columns=["id", "customer_id", "placed"])
    client.check("pandas.read_sql_table", {name: [str(one) for one in values] for name, values in frame.to_dict("list").items()},
                 {"id": ["1"], "customer_id": ["1"], "placed": ["2024-01-02 00:00:00"]})


for driver in ("psycopg2", "psycopg"):
    browse(driver)
