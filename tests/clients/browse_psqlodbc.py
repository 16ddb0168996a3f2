"""psqlodbc answers ODBC's catalog functions. Reads PSQLODBC, the path of the driver, and libpq's variables."""
import os

import pyodbc
from checks import Client

driver, host, port, user, password, database = (
    os.environ[name] for name in ("PSQLODBC", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE")
)
address = f"Driver={driver};Servername={host};Port={port};Database={database};UID={user};PWD={password}"
pyodbc.pooling = False


def browse(mode, options):
    connection = pyodbc.connect(f"{address};{options}", autocommit=True)
    version = connection.getinfo(pyodbc.SQL_DRIVER_VER)
    client = Client(f"psqlodbc, {mode}", version)

    client.browses()
    cursor = connection.cursor()

    def check(did, found, columns, expected):
        client.check(did, [tuple(getattr(row, column) for column in columns) for row in found.fetchall()], expected)

    informed = [connection.getinfo(what) for what in (pyodbc.SQL_DBMS_NAME, pyodbc.SQL_DATABASE_NAME)]
    client.check("SQLGetInfo", informed, ["PostgreSQL", "sales"])
    check("SQLTables", cursor.tables(schema="crm"), ["table_schem", "table_name", "table_type"], [
        ("crm", "customers", "TABLE"), ("crm", "mv_orders", "MATVIEW"), ("crm", "order_items", "TABLE"), ("crm", "orders", "TABLE"),
        ("crm", "paid_orders", "VIEW"),
    ])
    check("SQLTables, of one type", cursor.tables(tableType="VIEW", schema="crm"), ["table_name", "table_type"], [("paid_orders", "VIEW")])
    check("SQLTables, schemas", cursor.tables(schema="%", table="", catalog=""), ["table_schem"], [("Mixed Case",), ("crm",), ("public",)])
    check("SQLTables, databases", cursor.tables(catalog="%", table="", schema=""), ["table_cat"], [("sales",)])
    column = ["column_name", "type_name", "column_size", "nullable", "column_def"]
    check("SQLColumns", cursor.columns(table="orders", schema="crm"), column, [
        ("id", "int4", 10, 0, "nextval('crm.orders_id_seq'::regclass)"), ("customer_id", "int8", 19, 0, None),
        ("line", "int4", 10, 0, None), ("st", "status", 255, 1, "'new'::crm.status"), ("placed", "date", 10, 1, None),
        ("ts", "timestamp", 23, 1, None), ("t", "time", 8, 1, None), ("iv", "interval", 32, 1, None), ("u", "uuid", 37, 1, None), ("b", "bytea", -4, 1, None),
        ("f8", "float8", 17, 1, None), ("f4", "float4", 9, 1, None), ("flag", "bool", 5, 1, None), ("c", "bpchar", 5, 1, None),
        ("ip", "inet", 50, 1, None),
    ])
    check("SQLColumns, sizes and defaults", cursor.columns(table="customers", schema="crm"), [*column, "decimal_digits"], [
        ("id", "int8", 19, 0, None, 0), ("name", "varchar", 100, 0, None, None), ("email", "email", 8190, 1, None, None),
        ("created", "timestamptz", 26, 1, "now()", 6), ("meta", "jsonb", 255, 1, None, None), ("tags", "_text", 255, 1, None, None),
        ("balance", "numeric", 12, 1, "0", 2), ("home", "addr", 255, 1, None, None),
    ])
    check("SQLColumns, of a pattern", cursor.columns(table="%orders", schema="crm", column="customer%"), ["table_name", "column_name"], [
        ("mv_orders", "customer_id"), ("orders", "customer_id"), ("paid_orders", "customer_id"),
    ])
    check("SQLPrimaryKeys", cursor.primaryKeys("orders", schema="crm"), ["column_name", "key_seq", "pk_name"], [
        ("id", 1, "orders_pkey"), ("line", 2, "orders_pkey"),
    ])
    foreign = ["fktable_name", "fkcolumn_name", "pktable_name", "pkcolumn_name", "key_seq", "fk_name", "delete_rule"]
    check("SQLForeignKeys, to a table", cursor.foreignKeys(table="customers", schema="crm"), foreign, [
        ("orders", "customer_id", "customers", "id", 1, "orders_customer_id_fkey", 0),
    ])
    check("SQLForeignKeys, of a table", cursor.foreignKeys(foreignTable="order_items", foreignSchema="crm"), foreign, [
        ("order_items", "order_id", "orders", "id", 1, "oi_fk", 3), ("order_items", "line", "orders", "line", 2, "oi_fk", 3),
    ])
    cursor.statistics("orders", schema="crm")
    indexes = [(row.index_name, row.non_unique, row.ordinal_position, bare(row.column_name), row.asc_or_desc) for row in cursor.fetchall()]
    client.check("SQLStatistics", indexes, [
        ("orders_pkey", 0, 1, "id", "A"), ("orders_pkey", 0, 2, "line", "A"),
        ("orders_placed_idx", 1, 1, "placed", "D"), ("orders_placed_idx", 1, 2, "lowerc::text", "A"),
    ])
    check("SQLStatistics, unique", cursor.statistics("customers", schema="crm", unique=True), ["index_name", "non_unique", "column_name"], [
        ("customers_pkey", 0, "id"), ("customers_email_key", 0, "email"),
    ])
    check("SQLProcedures", cursor.procedures(schema="crm"), ["procedure_name"], [("add",), ("noop",), ("trg",)])
    check("SQLProcedureColumns", cursor.procedureColumns(procedure="add", schema="crm"), ["column_name", "column_type", "type_name"], [
        ("", 5, "int4"), ("a", 1, "int4"), ("b", 1, "int4"),
    ])
    check("SQLSpecialColumns", cursor.rowVerColumns("orders", schema="crm"), ["column_name", "type_name"], [("xmin", "xid")])
    check("SQLGetTypeInfo", cursor.getTypeInfo(pyodbc.SQL_INTEGER), ["type_name"], [("int4",)])
    client.reads()
    cursor.execute("SELECT id, name, balance FROM crm.customers WHERE id = ?", 2)
    described = [(name, type_.__name__, size, digits, nullable) for name, type_, _, size, _, digits, nullable in cursor.description]
    client.check("SQLDescribeCol", described, [
        ("id", "int", 19, 0, False), ("name", "str", 100, 0, False), ("balance", "Decimal", 12, 2, True),
    ])
    client.check("read", [(row.id, row.name, str(row.balance)) for row in cursor.fetchall()], [(2, "b", "0.00")])


def bare(expression):
    """Without the parentheses, which depend on how it was printed."""
    return expression.replace("(", "").replace(")", "")


for mode, options in (("defaults", ""), ("cursors", "UseDeclareFetch=1;Fetch=1")):
    browse(mode, options)
