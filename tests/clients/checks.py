"""What the programs that browse say: one JSON line per thing that was done, or what was found wrong, and an end."""
import json
import sys


class Client:
    """One client library or tool at one version."""

    def __init__(self, name, version):
        self.name, self.version = name, version

    def check(self, did, found, expected):
        """Both must be the same."""
        if found != expected:
            sys.exit(f"{self.name} {self.version}: {did}:\n  found    {found!r}\n  expected {expected!r}")
        self.say(did, expected)

    def contains(self, did, found, expected):
        """What was found may hold more than was expected, which the gateway or another server adds."""
        missing = [one for one in expected if one not in found]
        if missing:
            sys.exit(f"{self.name} {self.version}: {did}:\n  found   {found!r}\n  without {missing!r}")
        self.say(did, expected)

    def reads(self):
        """What follows asks for rows of tables. Whoever counts the requests to their server looks now, and answers."""
        self.pause("reads")

    def browses(self):
        """What follows asks for no rows of tables any more."""
        self.pause("browses")

    def pause(self, now):
        print(json.dumps({"client": self.name, "now": now}), flush=True)
        sys.stdin.readline()

    def say(self, did, found):
        line = {"client": self.name, "version": self.version, "did": did, "found": shown(found)}
        print(json.dumps(line, ensure_ascii=False), flush=True)


def shown(found):
    """In a few words."""
    text = words(found)
    return text if len(text) <= 160 else text[:159] + "…"


def words(found):
    match found:
        case None | True | False:
            return {None: "none", True: "yes", False: "no"}[found]
        case str():
            lines = found.strip().splitlines()
            return found.strip() if len(lines) < 2 else f"{lines[0].strip()} … ({len(lines)} lines)"
        case dict():
            return "; ".join(f"{words(name)}: {words(value)}" for name, value in found.items()) or "nothing"
        case list() | set() | frozenset():
            return ", ".join(words(one) for one in (found if isinstance(found, list) else sorted(found))) or "nothing"
        case tuple():
            first, *others = [words(one) for one in found if one not in (None, "")] or [""]
            return f"{first} ({', '.join(others)})" if others else first
        case _:
            return str(found)
