"""psql completes names at its prompt. Reads PSQL, the path of psql, and libpq's variables."""
from checks import Client
from psql_prompt import Prompt, major

client = Client("psql, tab completion", major())
prompt = Prompt()

for beginning, expected in (
    ("SELECT * FROM crm.cus", "SELECT * FROM crm.customers"),
    ("SELECT * FROM crm.mv", "SELECT * FROM crm.mv_orders"),
    ("SELECT * FROM cr", "SELECT * FROM crm."),
    ('SELECT * FROM "Mix', 'SELECT * FROM "Mixed Case".'),
    ("SELECT * FROM t", "SELECT * FROM t1"),
    ("INSERT INTO crm.cust", "INSERT INTO crm.customers"),
    ("UPDATE crm.customers SET bal", "UPDATE crm.customers SET balance"),
    ("DELETE FROM crm.order_", "DELETE FROM crm.order_items"),
    ("DROP VIEW crm.p", "DROP VIEW crm.paid_orders"),
    ("REFRESH MATERIALIZED VIEW crm.", "REFRESH MATERIALIZED VIEW crm.mv_orders"),
    ("REINDEX INDEX crm.orders_pl", "REINDEX INDEX crm.orders_placed_idx"),
    ("ALTER TABLE crm.customers RENAME COLUMN bal", "ALTER TABLE crm.customers RENAME COLUMN balance"),
    ("ALTER TABLE crm.orders DISABLE TRIGGER t", "ALTER TABLE crm.orders DISABLE TRIGGER tr"),
    ("ALTER SEQUENCE crm.se", "ALTER SEQUENCE crm.seq1"),
    ("DROP FUNCTION crm.ad", "DROP FUNCTION crm.add"),
    ("CALL crm.no", "CALL crm.noop"),
    ("ALTER TYPE crm.status RENAME VALUE 'pa", "ALTER TYPE crm.status RENAME VALUE paid"),
    ("CREATE INDEX ON crm.customers (bal", "CREATE INDEX ON crm.customers (balance"),
    ("SET standard_conf", "SET standard_conforming_strings"),
    ("SET search_path TO cr", "SET search_path TO crm"),
    ("SHOW server_version_", "SHOW server_version_num"),
    ("\\d crm.cus", "\\d crm.customers"),
    ("\\dv crm.", "\\dv crm.paid_orders"),
    ("\\df crm.tr", "\\df crm.trg"),
    ("\\dT crm.st", "\\dT crm.status"),
    ("\\sv crm.pa", "\\sv crm.paid_orders"),
    ("\\sf crm.ad", "\\sf crm.add"),
    ("\\dn cr", "\\dn crm"),
    ("\\di crm.orders_pk", "\\di crm.orders_pkey"),
    ("\\c sal", "\\c sales"),
):
    line, _ = prompt.complete(beginning)
    client.check(beginning, line, expected)

for beginning, expected in (
    ("SELECT * FROM crm.", ["crm.customers", "crm.mv_orders", "crm.order_items", "crm.orders", "crm.paid_orders"]),
    ("UPDATE crm.orders SET ", ["customer_id", "flag", "placed", "st"]),
    ("SELECT * FROM ", ["crm.", "part", "part_2024", "t1"]),
    ("ALTER TYPE crm.status RENAME VALUE ", ["'new'", "'paid'", "'void'"]),
    ("\\dt crm.", ["crm.customers", "crm.order_items", "crm.orders"]),
    ("\\ds crm.", ["crm.customers_id_seq", "crm.orders_id_seq", "crm.seq1"]),
    ("\\c ", ["hr", "sales"]),
):
    _, shown = prompt.complete(beginning)
    client.contains(f"{beginning}…", shown, expected)
