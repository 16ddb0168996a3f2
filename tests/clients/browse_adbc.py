"""ADBC tells objects and schemas, and reads in PostgreSQL's binary COPY. Reads libpq's variables."""
import importlib.metadata
import os

import adbc_driver_postgresql.dbapi
from checks import Client

client = Client("ADBC", importlib.metadata.version("adbc-driver-postgresql"))
user, password, host, port, database = (os.environ[name] for name in ("PGUSER", "PGPASSWORD", "PGHOST", "PGPORT", "PGDATABASE"))

with adbc_driver_postgresql.dbapi.connect(f"postgresql://{user}:{password}@{host}:{port}/{database}") as connection:
    client.check("GetInfo", connection.adbc_get_info()["vendor_name"], "PostgreSQL")
    client.contains("GetTableTypes", connection.adbc_get_table_types(), ["materialized_view", "partitioned_table", "table", "view"])
    catalogs = connection.adbc_get_objects(depth="all", db_schema_filter="crm").read_all().to_pylist()
    client.contains("GetObjects, catalogs", [one["catalog_name"] for one in catalogs], ["hr", "sales"])
    sales, = (one["catalog_db_schemas"] for one in catalogs if one["catalog_name"] == "sales")
    client.check("GetObjects, schemas", [one["db_schema_name"] for one in sales], ["crm"])
    tables = {one["table_name"]: one for one in sales[0]["db_schema_tables"]}
    client.check("GetObjects, tables", sorted((name, one["table_type"]) for name, one in tables.items()), [
        ("customers", "table"), ("mv_orders", "materialized view"), ("order_items", "table"), ("orders", "table"), ("paid_orders", "view"),
    ])
    columns = [(one["column_name"], one["xdbc_type_name"], one["remarks"]) for one in tables["customers"]["table_columns"]]
    client.check("GetObjects, columns", columns, [
        ("id", "int8", None), ("name", "varchar", "full name"), ("email", "email", None), ("created", "timestamptz", None),
        ("meta", "jsonb", None), ("tags", "_text", None), ("balance", "numeric", None), ("home", "addr", None),
    ])
    parts = ("constraint_name", "constraint_type", "constraint_column_names")
    constraints = [tuple(one[part] for part in parts) for name in ("customers", "orders") for one in tables[name]["table_constraints"]]
    client.check("GetObjects, constraints", sorted(constraints), [
        ("customers_balance_check", "CHECK", ["balance"]), ("customers_email_key", "UNIQUE", ["email"]),
        ("customers_pkey", "PRIMARY KEY", ["id"]), ("orders_customer_id_fkey", "FOREIGN KEY", ["customer_id"]),
        ("orders_pkey", "PRIMARY KEY", ["id", "line"]),
    ])
    usage = tables["order_items"]["table_constraints"][0]["constraint_column_usage"]
    referenced = [(one["fk_table"], one["fk_column_name"]) for one in usage]
    client.check("GetObjects, foreign keys", referenced, [("orders", "id"), ("orders", "line")])
    client.reads()
    schema = connection.adbc_get_table_schema("orders", db_schema_filter="crm")
    client.check("GetTableSchema", [(field.name, str(field.type)) for field in schema if field.name not in ("st", "ip", "u")], [
        ("id", "int32"), ("customer_id", "int64"), ("line", "int32"), ("placed", "date32[day]"), ("ts", "timestamp[us]"),
        ("t", "time64[us]"), ("iv", "month_day_nano_interval"), ("b", "binary"), ("f8", "double"), ("f4", "float"), ("flag", "bool"),
        ("c", "string"),
    ])
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM crm.customers ORDER BY id")
        client.check("read", cursor.fetch_arrow_table().to_pydict(), {"id": [1, 2], "name": ["a", "b"]})
