"""Goes an access path in the lab, step by step, as whoever takes it would.

Usage: walk.py CLUSTER TABLE ROLE... The lab's administrator becomes the first role, each role the next; the last one asks for a
machine in the cluster's VPC, reads the master secret, logs in to the real server over TLS and reads the table. Prints a line for
each step that was taken. The simulator is to check permissions meanwhile: `enforce on`.
"""

import json
import sys

import pymysql
from botocore.exceptions import ClientError

from aws import LAB, environment, session


class Refused(Exception):
    """A step that cannot be taken."""


def assume(client, role):
    """Clients of a role that the identity of these clients becomes."""
    made = client("sts").assume_role(RoleArn=role, RoleSessionName="walk")["Credentials"]
    url = environment()["AWS_ENDPOINT_URL"]
    return session(url, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def may_stand(client, estate):
    """Whether it may start a machine beside the database: asked, and not done."""
    vpc = estate["vpcs"]["acme-prod"]
    try:
        client("ec2").run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            InstanceType="t3.micro",
            SubnetId=vpc["private_subnets"][0],
            SecurityGroupIds=[estate["security_groups"]["acme-app"]],
            DryRun=True,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "DryRunOperation":
            raise


def rows(cluster, secret, table):
    """The table, read as the user that the secret names."""
    where = dict(entry.split(":", 1) for entry in environment()["CONNECT_TO"].split())
    port, host, to = where[cluster["writer"]].split(":")
    if host != "127.0.0.1" or int(port) != cluster["port"]:
        raise Refused(f"{cluster['writer']} is not in the lab")
    connection = pymysql.connect(
        host=host,
        port=int(to),
        user=secret["username"],
        password=secret["password"],
        ssl_ca=str(LAB / "pki" / "root.pem"),
        # The certificate of the lab's reports is another one's, which is a finding of its own.
        ssl_verify_identity=False,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
        return cursor.fetchall()


def main():
    name, table, *roles = sys.argv[1:]
    estate = json.loads((LAB / "estate.json").read_text())
    cluster, env = estate["clusters"][name], environment()
    client = session(env["AWS_ENDPOINT_URL"], env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
    for role in roles:
        client = assume(client, role)
        print("assumed", client("sts").get_caller_identity()["Arn"])
    may_stand(client, estate)
    print("may start a machine in the VPC")
    secret = client("secretsmanager").get_secret_value(SecretId=cluster["secret"])["SecretString"]
    secret = json.loads(secret)
    print("read the secret of", secret["username"])
    for row in rows(cluster, secret, table):
        print("row", *row)


if __name__ == "__main__":
    try:
        main()
    except (ClientError, pymysql.MySQLError, Refused) as error:
        sys.exit(f"lab: {error}")
