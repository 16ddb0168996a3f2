"""psycopg 2 and 3 look up types by name and describe what they read. Reads libpq's variables."""
import psycopg
import psycopg2
import psycopg2.extras
from checks import Client
from psycopg.types import TypeInfo
from psycopg.types.composite import CompositeInfo
from psycopg.types.enum import EnumInfo
from psycopg.types.multirange import MultirangeInfo
from psycopg.types.range import RangeInfo

ORDERS = "SELECT id, customer_id, placed, ts, f8, c FROM crm.orders"
# OIDs of built-in types are the same everywhere.
TYPES = {
    20: "bigint", 23: "integer", 25: "text", 701: "double precision", 1042: "character", 1043: "character varying", 1082: "date",
    1114: "timestamp",
}


def named(description):
    return [(column[0], TYPES[column[1]]) for column in description]


EXPECTED = [
    ("id", "integer"), ("customer_id", "bigint"), ("placed", "date"), ("ts", "timestamp"), ("f8", "double precision"), ("c", "character"),
]

client = Client("psycopg2", psycopg2.__version__.split()[0])
with psycopg2.connect("") as connection:
    with connection.cursor() as cursor:
        client.check("server_version", connection.server_version // 10000, 16)
        address = psycopg2.extras.register_composite("crm.addr", cursor)
        client.check("register_composite", (address.schema, address.name, address.attnames), ("crm", "addr", ["street", "zip"]))
        client.check("register_composite, types", [TYPES[oid] for oid in address.atttypes], ["text", "character varying"])
    with connection.cursor("lazily") as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r' ORDER BY relname")
        client.check("named cursor over pg_class", [name for (name,) in cursor.fetchmany(2)] + [cursor.fetchone()[0]],
                     ["customers", "order_items", "orders"])
    client.reads()
    with connection.cursor() as cursor:
        cursor.execute(ORDERS)
        client.check("description", named(cursor.description), EXPECTED)
        cursor.execute("SELECT name, tags, balance FROM crm.customers WHERE id = %s", (2,))
        row = cursor.fetchone()
        client.check("read", (row[0], row[1], str(row[2])), ("b", None, "0.00"))

client = Client("psycopg", psycopg.__version__)
client.browses()
with psycopg.connect("") as connection:
    info = TypeInfo.fetch(connection, "crm.email")
    client.check("TypeInfo.fetch, domain", (info.name, info.regtype, info.array_oid > 0), ("email", "crm.email", True))
    enum = EnumInfo.fetch(connection, "crm.status")
    client.check("EnumInfo.fetch", (enum.name, list(enum.labels)), ("status", ["new", "paid", "void"]))
    composite = CompositeInfo.fetch(connection, "crm.addr")
    types = [connection.adapters.types[oid].name for oid in composite.field_types]
    client.check("CompositeInfo.fetch", (list(composite.field_names), types), (["street", "zip"], ["text", "varchar"]))
    ranges = RangeInfo.fetch(connection, "daterange")
    client.check("RangeInfo.fetch", (ranges.name, connection.adapters.types[ranges.subtype_oid].name), ("daterange", "date"))
    ranges = MultirangeInfo.fetch(connection, "datemultirange")
    client.check("MultirangeInfo.fetch", (ranges.name, connection.adapters.types[ranges.subtype_oid].name), ("datemultirange", "date"))
    client.check("TypeInfo.fetch, of nothing", TypeInfo.fetch(connection, "crm.nothing"), None)
    for mode, binary in (("text", False), ("binary", True)):
        with connection.cursor(binary=binary) as cursor:
            cursor.execute("SELECT conname, conkey FROM pg_constraint WHERE conrelid = 'crm.orders'::regclass AND contype = 'p'")
            client.check(f"pg_constraint, {mode}", cursor.fetchall(), [("orders_pkey", [1, 3])])
    with connection.cursor() as cursor, cursor.copy("COPY (SELECT relname FROM pg_class WHERE relname = 'orders') TO STDOUT") as copy:
        client.check("COPY of pg_class", [row[0] for row in copy.rows()], ["orders"])
    client.reads()
    for mode, binary in (("text", False), ("binary", True)):
        with connection.cursor(binary=binary) as cursor:
            cursor.execute(ORDERS)
            columns = [(column.name, TYPES[column.type_code]) for column in cursor.description]
            client.check(f"description, {mode}", columns, EXPECTED)
            displayed = [column.type_display for column in cursor.description]
            client.check(f"type_display, {mode}", displayed, ["int4", "int8", "date", "timestamp(3)", "float8", "bpchar(5)"])
            cursor.execute("SELECT name, tags, balance FROM crm.customers WHERE id = %s", (2,))
            row = cursor.fetchone()
            client.check(f"read, {mode}", (row[0], row[1], str(row[2])), ("b", None, "0.00"))
