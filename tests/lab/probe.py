"""Tries statements at a database server of the lab, each session as a user of its own, and tells what the server said.

Usage: probe.py SERVER PORT. Reads one JSON document a line from stdin and writes one for each:
  {"run": [STATEMENT...]}: as the superuser; errors are passed over, because what the tables then hold is what counts.
  {"user", "password", "client", "before": [STATEMENT...], "try": [STATEMENT...]}: as that user, from that address of loopback.
The answer holds the error code of each statement, 0 for none; for a session also whom the server took it for.
"""

import json
import sys

import pymysql

from sql import connect


def code(cursor, statement):
    try:
        cursor.execute(statement)
        cursor.fetchall()
        while cursor.nextset():
            cursor.fetchall()
    except pymysql.MySQLError as error:
        return error.args[0]
    return 0


def login(port, wanted):
    """Over TLS where the server speaks one that this machine still does; the prober has nothing to hide."""
    options = {
        "host": "127.0.0.1",
        "port": port,
        "user": wanted["user"],
        "password": wanted["password"],
        "bind_address": wanted["client"],
        "autocommit": True,
        "charset": "utf8mb4",
    }
    if wanted["tls"]:
        return pymysql.connect(ssl={"check_hostname": False}, ssl_verify_cert=False, ssl_verify_identity=False, **options)
    return pymysql.connect(ssl_disabled=True, **options)


def session(port, wanted):
    try:
        connection = login(port, wanted)
    except pymysql.MySQLError as error:
        return {"refused": error.args[0]}
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_USER()")
        account = cursor.fetchone()[0]
        before = [code(cursor, statement) for statement in wanted["before"]]
        return {"account": account, "before": before, "codes": [code(cursor, statement) for statement in wanted["try"]]}


def main():
    server, port = sys.argv[1], int(sys.argv[2])
    superuser = connect(server)
    with superuser.cursor() as cursor:
        for line in sys.stdin:
            wanted = json.loads(line)
            if "run" in wanted:
                answer = {"codes": [code(cursor, statement) for statement in wanted["run"]]}
            else:
                answer = session(port, wanted)
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
