"""psql describes tables of a MariaDB and completes names of it, as if it were PostgreSQL. Reads PSQL, and libpq's variables."""
import subprocess

from checks import Client
from psql_prompt import PSQL, Prompt, major

client = Client("psql over MariaDB", major())


def psql(command):
    """The lines that a command prints; it must not complain."""
    done = subprocess.run([PSQL, "--no-psqlrc", "--no-align"], input=command, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise SystemExit(f"psql: {command}: {done.stderr}")
    return done.stdout.splitlines()


def listed(command):
    """Schema, name and type of each line of a listing."""
    return [tuple(line.split("|")[:3]) for line in psql(command)[2:-1]]


client.check(r"\dt support.*", listed(r"\dt support.*"), [
    ("support", "agents", "table"), ("support", "tickets", "table"), ("support", "visits", "partitioned table"),
])
client.check(r"\dv support.*", listed(r"\dv support.*"), [("support", "open_tickets", "view")])
tickets = psql(r"\d+ support.tickets")
client.check(r"\d+ support.tickets, types", ["|".join(line.split("|")[:2]) for line in tickets[2:7]], [
    "id|integer", "agent|integer", "subject|character varying(80)", "state|character varying(9)", "opened|timestamp without time zone",
])
client.contains(r"\d+ support.tickets, comment", [line.split("|")[-1] for line in tickets], ["as the customer wrote it"])
client.contains(r"\d+ support.tickets, keys and indexes", tickets, [
    '    "PRIMARY" PRIMARY KEY, btree (id)',
    '    "tickets_opened" btree (opened, agent)',
    '    "tickets_agent" FOREIGN KEY (agent) REFERENCES support.agents(id) ON UPDATE RESTRICT ON DELETE CASCADE',
])
client.contains(r"\d support.agents", psql(r"\d support.agents"), [
    "name|character varying(60)||not null|",
    '    TABLE "support.tickets" CONSTRAINT "tickets_agent" FOREIGN KEY (agent) REFERENCES support.agents(id) ON UPDATE RESTRICT ON DELETE CASCADE',
])
client.contains(r"\d+ support.visits", psql(r"\d+ support.visits"), ['Partitioned table "support.visits"'])

prompt = Prompt()
for beginning, expected in (
    ("SELECT * FROM support.ti", "SELECT * FROM support.tickets"),
    ("UPDATE support.tickets SET sub", "UPDATE support.tickets SET subject"),
    ("\\d support.ag", "\\d support.agents"),
):
    client.check(beginning, prompt.complete(beginning)[0], expected)
client.contains("UPDATE support.tickets SET …", prompt.complete("UPDATE support.tickets SET ")[1], ["agent", "opened", "state", "subject"])
client.reads()
client.check("SELECT", psql("SELECT t.subject, a.name FROM support.tickets t JOIN support.agents a ON a.id = t.agent")[1], "Late|Ada")
