"""psql shows every kind of object with its backslash commands. Reads PSQL, the path of psql, and libpq's variables."""
import csv
import io
import os
import subprocess

from checks import Client
from psql_prompt import PSQL, major


def psql(command, *options, database=None):
    """What a command prints; it must not complain."""
    arguments = [PSQL, "--no-psqlrc", *options, "--dbname", database or os.environ["PGDATABASE"]]
    done = subprocess.run(arguments, input=command, capture_output=True, text=True, check=False, env={**os.environ, "PAGER": ""})
    if done.returncode or done.stderr:
        raise SystemExit(f"psql: {command}: {done.stderr}")
    return done.stdout


def table(command, *columns, database=None):
    """The rows of a listing, of each the named columns."""
    rows = csv.DictReader(io.StringIO(psql(command, "--csv", database=database)))
    return [tuple(row[column] for column in columns) if len(columns) > 1 else row[columns[0]] for row in rows]


def header(command):
    """The names of a listing's columns."""
    return psql(command, "--csv").splitlines()[0].split(",")


def described(command, database=None):
    """What is printed about one object. Parentheses depend on whether an expression was printed prettily."""
    return psql(command, "--no-align", database=database).replace("(", "").replace(")", "").strip()


client = Client("psql", major())


def listing(command, columns, expected):
    client.check(command, table(command, *columns), expected)


def description(command, expected, database=None):
    client.check(command, described(command, database), expected.strip())


client.contains(r"\l", table(r"\l", "Name", "Encoding"), [("hr", "UTF8"), ("sales", "UTF8")])
client.contains(r"\l+", table(r"\l+", "Name", "Description"), [("sales", "sales source")])
listing(r"\l sal*", ["Name"], ["sales"])
listing(r"\dn", ["Name"], ["Mixed Case", "crm", "public"])
listing(r"\dn+", ["Name", "Description"], [("Mixed Case", ""), ("crm", "crm schema"), ("public", "standard public schema")])
client.contains(r"\dnS", table(r"\dnS", "Name"), ["crm", "information_schema", "pg_catalog"])

KIND = ["Schema", "Name", "Type"]
PUBLIC = [("public", "part", "partitioned table"), ("public", "part_2024", "table"), ("public", "t1", "table")]
TABLES = [("crm", "customers", "table"), ("crm", "order_items", "table"), ("crm", "orders", "table")]
SEQUENCES = [("crm", "customers_id_seq", "sequence"), ("crm", "orders_id_seq", "sequence"), ("crm", "seq1", "sequence")]
VIEW, MATERIALIZED = ("crm", "paid_orders", "view"), ("crm", "mv_orders", "materialized view")
listing(r"\d", KIND, PUBLIC)
listing(r"\d+", KIND + ["Persistence"], [(*one, "permanent") for one in PUBLIC])
listing(r"\dt", KIND, PUBLIC)
listing(r"\dt crm.*", KIND, TABLES)
listing(r"\dt *.t1", KIND, [("public", "t1", "table")])
listing(r"\dt crm.*s", KIND, TABLES)
listing(r"\dt sales.crm.orders", KIND, [("crm", "orders", "table")])
listing(r"\dt+ crm.*", ["Name", "Description"], [("customers", "customer master"), ("order_items", ""), ("orders", "")])
listing(r"\dv crm.*", KIND, [VIEW])
listing(r"\dv+ crm.*", KIND, [VIEW])
listing(r"\dm crm.*", KIND, [MATERIALIZED])
listing(r"\di crm.*", KIND + ["Table"], [
    ("crm", "customers_email_key", "index", "customers"),
    ("crm", "customers_pkey", "index", "customers"),
    ("crm", "orders_pkey", "index", "orders"),
    ("crm", "orders_placed_idx", "index", "orders"),
])
listing(r"\di+ t1*", KIND + ["Table", "Access method"], [("public", "t1_pkey", "index", "t1", "btree")])
listing(r"\ds crm.*", KIND, SEQUENCES)
listing(r"\dtvmsi crm.*order*", KIND, [
    MATERIALIZED, ("crm", "order_items", "table"), ("crm", "orders", "table"), ("crm", "orders_id_seq", "sequence"),
    ("crm", "orders_pkey", "index"), ("crm", "orders_placed_idx", "index"), VIEW,
])
listing(r'\dt "Mixed Case".*', KIND, [("Mixed Case", 'Weird"Tab', "table")])
listing(r"\dP", KIND, [("public", "part", "partitioned table")])
listing(r"\dP+", KIND, [("public", "part", "partitioned table")])
client.contains(r"\dtS pg_catalog.pg_cl*", table(r"\dtS pg_catalog.pg_cl*", *KIND), [("pg_catalog", "pg_class", "table")])
client.contains(r"\dvS pg_catalog.pg_tab*", table(r"\dvS pg_catalog.pg_tab*", *KIND), [("pg_catalog", "pg_tables", "view")])

description(r"\d crm.customers", '''
Table "crm.customers"
Column|Type|Collation|Nullable|Default
id|bigint||not null|generated always as identity
name|character varying100||not null|
email|crm.email|||
created|timestamp with time zone|||now
meta|jsonb|||
tags|text[]|||
balance|numeric12,2|||0
home|crm.addr|||
Indexes:
    "customers_pkey" PRIMARY KEY, btree id
    "customers_email_key" UNIQUE CONSTRAINT, btree email
Check constraints:
    "customers_balance_check" CHECK balance >= 0::numeric
Referenced by:
    TABLE "crm.orders" CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY customer_id REFERENCES crm.customersid ON DELETE CASCADE
''')
ORDERS_BELOW = '''Indexes:
    "orders_pkey" PRIMARY KEY, btree id, line
    "orders_placed_idx" btree placed DESC, lowerc::text WHERE flag
Foreign-key constraints:
    "orders_customer_id_fkey" FOREIGN KEY customer_id REFERENCES crm.customersid ON DELETE CASCADE
Referenced by:
    TABLE "crm.order_items" CONSTRAINT "oi_fk" FOREIGN KEY order_id, line REFERENCES crm.ordersid, line
Triggers:
    tr BEFORE INSERT ON crm.orders FOR EACH ROW EXECUTE FUNCTION crm.trg
'''
description(r"\d crm.orders", f'''
Table "crm.orders"
Column|Type|Collation|Nullable|Default
id|integer||not null|nextval'crm.orders_id_seq'::regclass
customer_id|bigint||not null|
line|integer||not null|
st|crm.status|||'new'::crm.status
placed|date|||
ts|timestamp3 without time zone|||
t|time without time zone|||
iv|interval|||
u|uuid|||
b|bytea|||
f8|double precision|||
f4|real|||
flag|boolean|||
c|character5|||
ip|inet|||
{ORDERS_BELOW}''')
client.contains(r"\d+ crm.orders", described(r"\d+ crm.orders"), [
    "Column|Type|Collation|Nullable|Default|Storage|Compression|Stats target|Description", "b|bytea||||extended", ORDERS_BELOW,
])
client.contains(r"\d+ crm.customers", described(r"\d+ crm.customers"), ["name|character varying100||not null||extended|||full name"])
description(r"\d crm.order_items", '''
Table "crm.order_items"
Column|Type|Collation|Nullable|Default
order_id|integer|||
line|integer|||
sku|text|||
qty|integer|||
Foreign-key constraints:
    "oi_fk" FOREIGN KEY order_id, line REFERENCES crm.ordersid, line
''')
description(r"\d crm.paid_orders", '''
View "crm.paid_orders"
Column|Type|Collation|Nullable|Default
id|integer|||
customer_id|bigint|||
''')
description(r"\d+ crm.paid_orders", '''
View "crm.paid_orders"
Column|Type|Collation|Nullable|Default|Storage|Description
id|integer||||plain|
customer_id|bigint||||plain|
View definition:
 SELECT id,
    customer_id
   FROM crm.orders o
  WHERE st = 'paid'::crm.status;
''')
client.contains(r"\d+ crm.mv_orders", described(r"\d+ crm.mv_orders"), [
    'Materialized view "crm.mv_orders"', "n|bigint||||plain",
    "View definition:\n SELECT customer_id,\n    count* AS n\n   FROM crm.orders\n",
])
description(r"\d t1", '''
Table "public.t1"
Column|Type|Collation|Nullable|Default
a|integer||not null|
b|text|C||'x'::text
g|integer|||generated always as a * 2 stored
Indexes:
    "t1_pkey" PRIMARY KEY, btree a
''')
description(r"\d part", r'''
Partitioned table "public.part"
Column|Type|Collation|Nullable|Default
d|date|||
v|integer|||
Partition key: RANGE d
Number of partitions: 1 Use \d+ to list them.
''')
client.contains(r"\d+ part", described(r"\d+ part"), [
    "Partition key: RANGE d", "Partitions: part_2024 FOR VALUES FROM '2024-01-01' TO '2025-01-01'",
])
client.contains(r"\d part_2024", described(r"\d part_2024"), ["Partition of: part FOR VALUES FROM '2024-01-01' TO '2025-01-01'"])
description(r'\d "Mixed Case".*', '''
Table "Mixed Case.Weird"Tab"
Column|Type|Collation|Nullable|Default
Col 1|integer|||
select|text|||
''')
description(r"\d crm.orders_placed_idx", '''
Index "crm.orders_placed_idx"
Column|Type|Key?|Definition
placed|date|yes|placed
lower|text|yes|lowerc::text
btree, for table "crm.orders", predicate flag
''')
client.contains(r"\d crm.seq1", described(r"\d crm.seq1"), ['Sequence "crm.seq1"', "bigint|1|1|9223372036854775807|1|no|"])
client.contains(r"\d crm.orders_id_seq", described(r"\d crm.orders_id_seq"), ["integer|1|1|2147483647|1|no|", "Owned by: crm.orders.id"])
description(r"\d crm.addr", '''
Composite type "crm.addr"
Column|Type|Collation|Nullable|Default
street|text|||
zip|character varying10|||
''')
description(r"\d people.emp", '''
Table "people.emp"
Column|Type|Collation|Nullable|Default
id|integer||not null|
name|text|||
Indexes:
    "emp_pkey" PRIMARY KEY, btree id
''', database="hr")

ROUTINE = ["Name", "Result data type", "Argument data types", "Type"]
ADD = ("add", "integer", "a integer, b integer DEFAULT 1", "func")
NOOP, TRG = ("noop", "", "INOUT x integer", "proc"), ("trg", "trigger", "", "func")
listing(r"\df crm.*", ROUTINE, [ADD, NOOP, TRG])
listing(r"\dfn crm.*", ROUTINE, [ADD])
listing(r"\dfp crm.*", ROUTINE, [NOOP])
listing(r"\dft crm.*", ROUTINE, [TRG])
listing(r"\df crm.add integer integer", ROUTINE, [ADD])
listing(r"\df+ crm.*", ["Name", "Language"], [("add", "sql"), ("noop", "plpgsql"), ("trg", "plpgsql")])
listing(r"\df pg_catalog.pg_get_viewdef", ["Argument data types"], ["oid", "oid, boolean", "oid, integer", "text", "text, boolean"])
client.contains(r"\sf crm.add", described(r"\sf crm.add"), [
    "CREATE OR REPLACE FUNCTION crm.adda integer, b integer DEFAULT 1", "RETURNS integer", "LANGUAGE sql", "select a+b",
])
description(r"\sv crm.paid_orders", '''
CREATE OR REPLACE VIEW crm.paid_orders AS
 SELECT id,
    customer_id
   FROM crm.orders o
  WHERE st = 'paid'::crm.status
''')

listing(r"\dT crm.*", ["Name"], ["crm.addr", "crm.email", "crm.status"])
listing(r"\dT+ crm.status", ["Name", "Elements"], [("crm.status", "new\npaid\nvoid")])
listing(r"\dD crm.*", ["Schema", "Name", "Type"], [("crm", "email", "text")])
listing(r"\dp crm.*", KIND, sorted([*TABLES, *SEQUENCES, VIEW, MATERIALIZED]))
listing(r"\z crm.orders", KIND, [("crm", "orders", "table")])
client.check(r"\ddp", header(r"\ddp"), ["Owner", "Schema", "Type", "Access privileges"])
listing(r"\dd crm.*", ["Name"], [])
user = os.environ["PGUSER"]
client.check(r"\du of this user", table(rf"\du {user}", "Role name") == [user], True)
client.check(r"\dg+ of this user", table(rf"\dg+ {user}", "Role name") == [user], True)

listing(r"\da sum", ["Result data type", "Argument data types"], [
    ("numeric", "bigint"), ("double precision", "double precision"), ("bigint", "integer"), ("interval", "interval"), ("money", "money"),
    ("numeric", "numeric"), ("real", "real"), ("bigint", "smallint"),
])
listing(r"\do || text text", ["Result type", "Description"], [("text", "concatenate")])
listing(r"\dC uuid", ["Source type"], [])
listing(r'\dC "char"', ["Source type", "Target type", "Function", "Implicit?"], [
    ('"char"', "character", "bpchar", "in assignment"), ('"char"', "character varying", "text", "in assignment"),
    ('"char"', "integer", "int4", "no"), ('"char"', "text", "text", "yes"), ("character", '"char"', "char", "in assignment"),
    ("character varying", '"char"', "char", "in assignment"), ("integer", '"char"', "char", "no"),
    ("text", '"char"', "char", "in assignment"),
])
listing(r"\dx", ["Name", "Schema"], [("plpgsql", "pg_catalog")])
client.contains(r"\dL", table(r"\dL", "Name", "Trusted"), [("plpgsql", "t")])
client.contains(r"\db", table(r"\db", "Name"), ["pg_default", "pg_global"])
listing(r"\dA", ["Name", "Type"], [
    ("brin", "Index"), ("btree", "Index"), ("gin", "Index"), ("gist", "Index"), ("hash", "Index"), ("heap", "Table"), ("spgist", "Index"),
])
listing(r"\dAc btree uuid", ["Operator class", "Default?"], [("uuid_ops", "yes")])
listing(r"\dAf hash oid", ["Operator family", "Applicable types"], [("oid_ops", "oid")])
listing(r"\dAo hash oid_ops", ["Operator", "Strategy", "Purpose"], [("=(oid,oid)", "1", "search")])
listing(r"\dAp hash oid_ops", ["Number", "Function"], [("1", "hashoid"), ("2", "hashoidextended")])
listing(r'\dO "C"', ["Collate", "Ctype", "Provider"], [("C", "C", "libc")])
listing(r"\dF english", ["Description"], ["configuration for english language"])
listing(r"\dFd simple", ["Description"], ["simple dictionary: just lower case and check for stopword"])
listing(r"\dFp", ["Name"], ["default"])
listing(r"\dFt simple", ["Name"], ["simple"])
listing(r"\dconfig search_path", ["Value"], ['"$user", public'])
for command, columns in (
    (r"\dc", ["Schema", "Name", "Source", "Destination", "Default?"]),
    (r"\dy", ["Name", "Event", "Owner", "Enabled", "Function", "Tags"]),
    (r"\des", ["Name", "Owner", "Foreign-data wrapper"]),
    (r"\det", ["Schema", "Table", "Server"]),
    (r"\deu", ["Server", "User name"]),
    (r"\dew", ["Name", "Owner", "Handler", "Validator"]),
    (r"\dl", ["ID", "Owner", "Description"]),
    (r"\dX", ["Schema", "Name", "Definition", "Ndistinct", "Dependencies", "MCV"]),
    (r"\dRp", ["Name", "Owner", "All tables", "Inserts", "Updates", "Deletes", "Truncates", "Via root"]),
    (r"\dRs", ["Name", "Owner", "Enabled", "Publication"]),
):
    client.check(command, header(command), columns)

client.check(r"\gdesc", described(r"SELECT id, customer_id, placed, f8, ts, c FROM crm.orders \gdesc"), """Column|Type
id|integer
customer_id|bigint
placed|date
f8|double precision
ts|timestamp3 without time zone
c|character5
6 rows""")
client.reads()
listing("SELECT id, name, email, balance FROM crm.customers ORDER BY id", ["id", "name", "email", "balance"], [
    ("1", "a", "a@b.c", "0.00"), ("2", "b", "b@c.d", "0.00"),
])
client.check(r"\copy to stdout", psql(r"\copy (SELECT id, line, placed FROM crm.orders) TO STDOUT", "--quiet"), "1\t1\t2024-01-02\n")
