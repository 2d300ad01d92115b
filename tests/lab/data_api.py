"""One session with a database server of the lab, as the RDS Data API keeps it for a transaction: one statement at a time, and
values with their types.

Usage: data_api.py SERVER PORT. The first line of stdin is {"user", "password"}, each further one {"sql"}. Each is answered by a line:
{"columns": [{"label", "typeName"}], "rows": [[FIELD...]]} or {"code", "message"}.
"""

import base64
import json
import sys

import pymysql
from pymysql.constants import FIELD_TYPE

from sql import connect

WHOLE = (FIELD_TYPE.SHORT, FIELD_TYPE.LONG, FIELD_TYPE.INT24, FIELD_TYPE.LONGLONG, FIELD_TYPE.YEAR)
BINARY = 63


def field(value, column):
    """A value as the service types it: TINYINT(1) is boolean, decimals and times are text."""
    if value is None:
        return {"isNull": True}
    text = value.decode("utf-8", "replace")
    if column.type_code == FIELD_TYPE.TINY:
        return {"booleanValue": text != "0"} if column.length == 1 else {"longValue": int(text)}
    if column.type_code in WHOLE:
        return {"longValue": int(text)}
    if column.type_code in (FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE):
        return {"doubleValue": float(text)}
    blobs = (FIELD_TYPE.BLOB, FIELD_TYPE.VAR_STRING, FIELD_TYPE.STRING, FIELD_TYPE.LONG_BLOB, FIELD_TYPE.MEDIUM_BLOB)
    if column.charsetnr == BINARY and column.type_code in blobs:
        return {"blobValue": base64.b64encode(value).decode()}
    return {"stringValue": text}


def login(server, port, wanted):
    """Over TLS where the lab's account insists on it; the oldest server only takes its socket."""
    if server == "mysql56":
        return connect(server)
    return pymysql.connect(
        host="127.0.0.1",
        port=port,
        user=wanted["user"],
        password=wanted["password"],
        charset="utf8mb4",
        use_unicode=False,
        # Only what goes to the server is converted; values stay bytes.
        conv=dict(pymysql.converters.encoders),
        ssl={"check_hostname": False},
        ssl_verify_cert=False,
        ssl_verify_identity=False,
    )


def ask(connection, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
        columns = cursor._result.fields if cursor.description else []
        return {
            "columns": [{"label": column.name, "typeName": "TEXT"} for column in columns],
            "rows": [[field(value, column) for value, column in zip(row, columns)] for row in rows],
        }


def main():
    server, port = sys.argv[1], int(sys.argv[2])
    connection = None
    for line in sys.stdin:
        wanted = json.loads(line)
        try:
            if connection is None:
                connection = login(server, port, wanted)
                answer = {"columns": [], "rows": []}
            else:
                answer = ask(connection, wanted["sql"])
        except pymysql.MySQLError as error:
            answer = {"code": error.args[0], "message": str(error.args[-1])}
        print(json.dumps(answer), flush=True)
        if connection is None:
            return


if __name__ == "__main__":
    main()
