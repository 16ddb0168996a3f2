"""pgcli reads all names for its completion, completes, and describes a table. Reads libpq's variables."""
import os
import threading

import pgcli
from checks import Client
from pgcli.completion_refresher import CompletionRefresher
from pgcli.pgexecute import PGExecute
from pgspecial.main import PGSpecial
from prompt_toolkit.document import Document

client = Client("pgcli", pgcli.__version__)
database, user, password, host, port = (os.environ[name] for name in ("PGDATABASE", "PGUSER", "PGPASSWORD", "PGHOST", "PGPORT"))
executor, special = PGExecute(database, user, password, host, port), PGSpecial()


def refreshed():
    """The completer, when pgcli has refreshed it behind the prompt."""
    done, completers = threading.Event(), []
    refresher = CompletionRefresher()
    refresher.refresh(executor, special, lambda completer: (completers.append(completer), done.set()), settings={})
    if not done.wait(60):
        raise SystemExit("pgcli: the refresh of the completion does not end")
    return completers[0]


completer = refreshed()


def offered(before, after=""):
    completions = completer.get_completions(Document(before + after, len(before)), None, smart_completion=True)
    return [completion.text for completion in completions]


client.contains("FROM …", offered("SELECT * FROM "), [
    "crm", '"Mixed Case"', "public", "part", "t1", "crm.orders", "crm.paid_orders", "crm.mv_orders",
])
client.contains("FROM crm.…", offered("SELECT * FROM crm."), [
    "customers", "order_items", "orders", "mv_orders", "paid_orders", "add(a := , b := 1)",
])
client.contains("SELECT … FROM crm.orders", offered("SELECT ", " FROM crm.orders"), [
    "b", "c", "customer_id", "f4", "f8", "flag", "id", "ip", "iv", "placed", "st", "t", "ts", "u",
])
client.contains("JOIN …", offered("SELECT * FROM crm.orders JOIN "), [
    "crm.customers ON customers.id = orders.customer_id", "crm.order_items ON order_items.order_id = orders.id",
])
client.contains("ON …", offered("SELECT * FROM crm.order_items JOIN crm.orders ON "), ["orders.id = order_items.order_id"])
client.contains("::crm.…", offered("SELECT 'x'::crm."), ["addr", "email", "status"])
client.contains("INSERT INTO crm.customers (…", offered("INSERT INTO crm.customers ("), [
    "balance", "created", "email", "home", "meta", "name", "tags",
])
client.contains(r"\c …", offered("\\c "), ["hr", "sales"])


def ran(statement):
    (title, rows, headers, status, *_), = executor.run(statement, pgspecial=special)
    return [tuple(row) for row in rows or []], status


columns, below = ran(r"\d crm.customers")
client.check(r"\d crm.customers", columns, [
    ("id", "bigint", " not null generated always as identity"), ("name", "character varying(100)", " not null"), ("email", "crm.email", ""),
    ("created", "timestamp with time zone", " default now()"), ("meta", "jsonb", ""), ("tags", "text[]", ""),
    ("balance", "numeric(12,2)", " default 0"), ("home", "crm.addr", ""),
])
client.contains(r"\d crm.customers, below", below, [
    '"customers_pkey" PRIMARY KEY, btree (id)', '"customers_email_key" UNIQUE CONSTRAINT, btree (email)',
    'TABLE "crm.orders" CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY (customer_id) REFERENCES crm.customers(id) ON DELETE CASCADE',
])
client.check(r"\dt crm.*", [row[:3] for row in ran(r"\dt crm.*")[0]], [
    ("crm", "customers", "table"), ("crm", "order_items", "table"), ("crm", "orders", "table"),
])
client.check(r"\df crm.*", [row[:4] for row in ran(r"\df crm.*")[0]], [
    ("crm", "add", "integer", "a integer, b integer DEFAULT 1"), ("crm", "noop", None, "INOUT x integer"), ("crm", "trg", "trigger", ""),
])
client.reads()
client.check("read", ran("SELECT id, name FROM crm.customers ORDER BY id")[0], [(1, "a"), (2, "b")])
