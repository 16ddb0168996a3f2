"""dbt writes its documentation of a project's sources, and shows rows. Reads DBT, the path of dbt, and libpq's variables."""
import importlib.metadata
import json
import os
import pathlib
import subprocess
import tempfile

from checks import Client

client = Client("dbt-postgres", importlib.metadata.version("dbt-postgres"))

PROJECT = {
    "dbt_project.yml": """
name: shop
version: "1.0"
profile: shop
flags: {send_anonymous_usage_stats: false, use_colors: false}
""",
    "profiles.yml": """
shop:
  target: this
  outputs:
    this:
      type: postgres
      host: "{{ env_var('PGHOST') }}"
      port: "{{ env_var('PGPORT') | int }}"
      user: "{{ env_var('PGUSER') }}"
      password: "{{ env_var('PGPASSWORD') }}"
      dbname: "{{ env_var('PGDATABASE') }}"
      schema: crm
""",
    "models/sources.yml": """
sources:
  - name: crm
    tables: [{name: customers}, {name: orders}, {name: order_items}, {name: paid_orders}, {name: mv_orders}]
  - name: public
    tables: [{name: t1}, {name: part}]
""",
    "models/placed.sql": "SELECT id, placed FROM {{ source('crm', 'orders') }}\n",
}


def dbt(folder, *arguments):
    command = [os.environ["DBT"], *arguments, "--profiles-dir", "."]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"dbt {arguments}: {done.stdout}{done.stderr}")
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    for name, text in PROJECT.items():
        file = pathlib.Path(folder, name)
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.lstrip())
    dbt(folder, "docs", "generate")
    catalog = json.loads(pathlib.Path(folder, "target/catalog.json").read_text())
    client.check("docs generate: errors", catalog["errors"], None)
    sources = catalog["sources"]
    types = {source.removeprefix("source.shop."): entry["metadata"]["type"] for source, entry in sources.items()}
    client.check("docs generate: sources", types, {
        "crm.customers": "BASE TABLE", "crm.orders": "BASE TABLE", "crm.order_items": "BASE TABLE", "crm.paid_orders": "VIEW",
        "crm.mv_orders": "MATERIALIZED VIEW", "public.t1": "BASE TABLE", "public.part": "BASE TABLE",
    })
    customers = sources["source.shop.crm.customers"]
    comments = customers["metadata"]["comment"], customers["columns"]["name"]["comment"]
    client.check("docs generate: comments", comments, ("customer master", "full name"))
    client.check("docs generate: columns", {name: column["type"] for name, column in customers["columns"].items()}, {
        "id": "bigint", "name": "character varying(100)", "email": "crm.email", "created": "timestamp with time zone", "meta": "jsonb",
        "tags": "text[]", "balance": "numeric(12,2)", "home": "crm.addr",
    })
    client.reads()
    shown = json.loads(dbt(folder, "--quiet", "show", "--select", "placed", "--output", "json"))
    client.check("show", shown["show"], [{"id": 1, "placed": "2024-01-02"}])
