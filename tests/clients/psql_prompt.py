"""A psql in a pseudo-terminal, which completes names at its prompt. Reads PSQL, the path of psql, and libpq's variables."""
import os
import tempfile

import pexpect

PSQL = os.environ["PSQL"]

# Readline shows all candidates at the first tab, and asks nothing.
INPUTRC = """
set show-all-if-ambiguous on
set completion-query-items 0
set page-completions off
set bell-style none
set enable-bracketed-paste off
"""
TAB, HOME, DELETE, ENTER = "\t", "\x01", "\x04", "\r"


class Prompt:
    """It waits for input."""

    def __init__(self):
        arguments = ["--no-psqlrc", "--quiet", "--set", "PROMPT1=> ", "--set", "PROMPT2=> "]
        with tempfile.NamedTemporaryFile("w", suffix=".inputrc") as inputrc:
            inputrc.write(INPUTRC)
            inputrc.flush()
            environment = {**os.environ, "TERM": "dumb", "INPUTRC": inputrc.name, "PSQL_HISTORY": "/dev/null", "PAGER": ""}
            self.psql = pexpect.spawn(PSQL, arguments, env=environment, encoding="utf-8", timeout=60, dimensions=(100, 2000))
            self.psql.expect_exact("> ")
        self.asked = 0

    def complete(self, beginning):
        """The line that a tab makes of a beginning, and the words that were shown meanwhile.

        psql itself echoes the line, so that nothing depends on how the terminal draws it.
        """
        self.asked += 1
        mark = f"<{self.asked}>"
        # A backslash command must not run, so it loses its backslash.
        backslash = beginning[0] if beginning[0] == "\\" else ""
        home = HOME + DELETE if backslash else HOME
        self.psql.send(f"{beginning}{TAB}{home}\\echo '{mark}' {ENTER}")
        self.psql.expect(rf"\r\n{mark} ?([^\r\n]*)\r\n")
        shown, line = self.psql.before.split(), backslash + self.psql.match[1]
        self.psql.expect_exact("> ")
        return line, shown


def major():
    """Its version, without the minor release, which Debian's psql follows."""
    return pexpect.run(f"{PSQL} --version", encoding="utf-8").split()[2].split(".")[0]
