"""Speaks to a database server of the lab as its superuser, over the server's own socket.

Usage: sql.py SERVER [--restore]. Runs what stands on stdin and prints rows, tab-separated; with
--restore, drops every account and schema that the server did not come with and plants the lab's.
"""

import re
import sys
import time

import pymysql
from pymysql.constants import CLIENT, CR

from aws import HERE, LAB, secret

STOCK_ACCOUNTS = "('rdsadmin', 'mysql.sys', 'mysql.session', 'mysql.infoschema', 'mariadb.sys', 'PUBLIC')"
STOCK_SCHEMAS = "('mysql', 'sys', 'information_schema', 'performance_schema')"
# Where grants stand beside the accounts.
TABLES = ("db", "tables_priv", "columns_priv", "procs_priv")
GRANTS = {
    "mysql": (*TABLES, "global_grants", "default_roles"),
    "mariadb": (*TABLES, "roles_mapping"),
    "mysql56": TABLES,
}
# Those that are shaped as Aurora MySQL 3.
CLUSTERS = ("orders", "shop", "reports")


def connect(server, patience=50):
    """A server makes its socket a moment after its port answers, hence the patience."""
    try:
        return pymysql.connect(
            unix_socket=str(LAB / "mysql" / server / "mysqld.sock"),
            user="rdsadmin",
            password=secret("rdsadmin"),
            client_flag=CLIENT.MULTI_STATEMENTS,
            autocommit=True,
            charset="utf8mb4",
            # A socket needs no TLS, and the oldest server speaks none that this library would.
            ssl_disabled=True,
        )
    except pymysql.OperationalError as error:
        if error.args[0] != CR.CR_CONN_HOST_ERROR or patience == 0:
            raise
    time.sleep(0.1)
    return connect(server, patience - 1)


def run(connection, text):
    """All statements of the text in turn; the rows of all of them."""
    rows = []
    with connection.cursor() as cursor:
        cursor.execute(text)
        rows.extend(cursor.fetchall())
        while cursor.nextset():
            rows.extend(cursor.fetchall())
    return rows


def filled(text):
    """The text with its {{name}} marks replaced: by secrets, and by what no editor would show."""

    def value(mark):
        return "\N{RIGHT-TO-LEFT OVERRIDE}" if mark[1] == "rtl" else secret(mark[1])

    return re.sub(r"\{\{(\w+)\}\}", value, text)


def restore(connection, server):
    def escape(text):
        return connection.escape(text)

    for user, host in run(connection, f"SELECT User, Host FROM mysql.user WHERE User NOT IN {STOCK_ACCOUNTS}"):
        # Roles of MariaDB have no host.
        drop = f"USER {escape(user)}@{escape(host)}" if host or server != "mariadb" else f"ROLE {escape(user)}"
        run(connection, f"DROP {drop}")
    # Rows that were written by hand belong to nobody who could be dropped; nor can PUBLIC, whose privileges everybody has.
    for table in GRANTS.get(server, GRANTS["mysql"]):
        run(connection, f"DELETE FROM mysql.{table} WHERE User NOT IN {STOCK_ACCOUNTS} OR User = 'PUBLIC'")
    if server == "mariadb":
        run(connection, "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.access', 0) WHERE User = 'PUBLIC'")
    elif server != "mysql56":
        run(connection, f"DELETE FROM mysql.role_edges WHERE TO_USER NOT IN {STOCK_ACCOUNTS}")
    run(connection, "FLUSH PRIVILEGES")
    for (schema,) in run(
        connection, f"SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN {STOCK_SCHEMAS}"
    ):
        run(connection, f"DROP DATABASE `{schema}`")
    for name in ("common", server) if server in CLUSTERS else (server,):
        run(connection, filled((HERE / "accounts" / f"{name}.sql").read_text(encoding="utf-8")))


def main():
    server = sys.argv[1]
    connection = connect(server)
    if sys.argv[2:] == ["--restore"]:
        restore(connection, server)
        return
    for row in run(connection, sys.stdin.read()):
        print(*row, sep="\t")


if __name__ == "__main__":
    try:
        main()
    except (pymysql.MySQLError, OSError) as error:
        sys.exit(f"lab: {error}")
