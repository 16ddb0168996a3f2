"""Django's inspectdb writes models of all tables. Reads libpq's variables."""
import io
import os

import django
from checks import Client
from django.conf import settings

client = Client("Django", django.get_version())
database, user, password, host, port = (os.environ[name] for name in ("PGDATABASE", "PGUSER", "PGPASSWORD", "PGHOST", "PGPORT"))
settings.configure(
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": database, "USER": user, "PASSWORD": password, "HOST": host, "PORT": port,
            # Django looks at the schemas of the search path only.
            "OPTIONS": {"options": "-c search_path=crm,public"},
        }
    },
)
django.setup()

from django.core.management import call_command
from django.db import connection

with connection.cursor() as cursor:
    constraints = connection.introspection.get_constraints(cursor, "orders")
    keys = {name: (one["columns"], one["foreign_key"]) for name, one in constraints.items() if not one["index"]}
    client.check("get_constraints, keys", keys, {
        "orders_pkey": (["id", "line"], None), "orders_customer_id_fkey": (["customer_id"], ("customers", "id")),
    })
    index = constraints["orders_placed_idx"]
    client.check("get_constraints, index", (index["columns"], index["orders"]), (["placed", None], ["DESC", "ASC"]))
    sequences = connection.introspection.get_sequences(cursor, "orders")
    client.check("get_sequences", sequences, [{"name": "orders_id_seq", "table": "orders", "column": "id"}])
# inspectdb reads a row of each table.
client.reads()
written = io.StringIO()
call_command("inspectdb", "--include-views", "--include-partitions", stdout=written)
models = {}
for line in written.getvalue().splitlines():
    line = line.split("  #")[0].rstrip()
    if line.startswith("class "):
        fields = models.setdefault(line.removeprefix("class ").removesuffix("(models.Model):"), [])
    elif " = models." in line or " db_table_comment = " in line:
        fields.append(line.strip().replace("models.", ""))

client.check("inspectdb", sorted(models), ["Customers", "MvOrders", "OrderItems", "Orders", "PaidOrders", "Part", "Part2024", "T1"])
client.check("inspectdb, comments and unique columns", models["Customers"], [
    "id = BigAutoField(primary_key=True)",
    "name = CharField(max_length=100, db_comment='full name')",
    "email = TextField(unique=True, blank=True, null=True)",
    "created = DateTimeField(blank=True, null=True)",
    "meta = JSONField(blank=True, null=True)",
    "tags = TextField(blank=True, null=True)",
    "balance = DecimalField(max_digits=12, decimal_places=2, blank=True, null=True)",
    "home = TextField(blank=True, null=True)",
    "db_table_comment = 'customer master'",
])
client.check("inspectdb, keys and types", models["Orders"], [
    "pk = CompositePrimaryKey('id', 'line')",
    "id = AutoField()",
    "customer = ForeignKey(Customers, DO_NOTHING)",
    "line = IntegerField()",
    "st = TextField(blank=True, null=True)",
    "placed = DateField(blank=True, null=True)",
    "ts = DateTimeField(blank=True, null=True)",
    "t = TimeField(blank=True, null=True)",
    "iv = DurationField(blank=True, null=True)",
    "u = UUIDField(blank=True, null=True)",
    "b = BinaryField(blank=True, null=True)",
    "f8 = FloatField(blank=True, null=True)",
    "f4 = FloatField(blank=True, null=True)",
    "flag = BooleanField(blank=True, null=True)",
    "c = CharField(max_length=5, blank=True, null=True)",
    "ip = GenericIPAddressField(blank=True, null=True)",
])
client.check("inspectdb, collation", models["T1"][1], "b = TextField(db_collation='C', blank=True, null=True)")

with connection.cursor() as cursor:
    cursor.execute("SELECT name, created IS NOT NULL FROM customers ORDER BY id")
    client.check("read, over the search path", cursor.fetchall(), [("a", True), ("b", True)])
