"""Plants the estate of a company called acme in an empty simulator, and writes down what it planted.

Usage: seed.py URL. Writes estate.json, endpoints.tsv and keys into the lab's state directory.
"""

import json
import sys

from aws import ACCOUNT, HERE, LAB, REGION, loopback, secret, session, tell

OTHER_ACCOUNT = "210987654321"
EVERYWHERE = ("0.0.0.0/0",)
AUDIT_EVENTS = "CONNECT,QUERY_DCL,QUERY_DDL,TABLE"


def tags(**named):
    return [{"Key": key, "Value": value} for key, value in named.items()]


class Network:
    """VPCs, subnets, routes and security groups."""

    def __init__(self, ec2):
        self.ec2 = ec2
        self.groups = {}

    def tag(self, resource, name):
        self.ec2.create_tags(Resources=[resource], Tags=tags(Name=name))
        return resource

    def vpc(self, name, cidr):
        vpc = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        return self.tag(vpc, name)

    def subnet(self, vpc, name, cidr, zone):
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=REGION + zone)
        return self.tag(made["Subnet"]["SubnetId"], name)

    def internet_gateway(self, vpc):
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        return gateway

    def nat_gateway(self, subnet):
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        return self.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]

    def main_table(self, vpc):
        wanted = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
        return self.ec2.describe_route_tables(Filters=wanted)["RouteTables"][0]["RouteTableId"]

    def table(self, vpc, name, subnets):
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return self.tag(table, name)

    def default_route(self, table, **target):
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)

    def default_group(self, vpc):
        wanted = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        return self.ec2.describe_security_groups(Filters=wanted)["SecurityGroups"][0]["GroupId"]

    def group(self, vpc, name, port=3306, v4=(), v6=(), groups=(), lists=()):
        """A group that lets one TCP port in; without a port, every protocol and port."""
        made = self.ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"]
        rule = {"IpProtocol": "-1"} if port is None else {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        sources = {
            "IpRanges": [{"CidrIp": cidr} for cidr in v4],
            "Ipv6Ranges": [{"CidrIpv6": cidr} for cidr in v6],
            "UserIdGroupPairs": [{"GroupId": group} for group in groups],
            "PrefixListIds": [{"PrefixListId": entry} for entry in lists],
        }
        rule |= {kind: entries for kind, entries in sources.items() if entries}
        self.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
        self.groups[name] = made
        return made

    def prefix_list(self, name, cidrs):
        made = self.ec2.create_managed_prefix_list(
            PrefixListName=name,
            MaxEntries=10,
            AddressFamily="IPv4",
            Entries=[{"Cidr": cidr, "Description": name} for cidr in cidrs],
        )
        return made["PrefixList"]["PrefixListId"]

    def flow_log(self, vpc):
        self.ec2.create_flow_logs(
            ResourceIds=[vpc],
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName="acme-flow",
            DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/acme-flow-logs",
        )

    def interface(self, subnet, address, group):
        self.ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress=address, Groups=[group])

    def peering(self, requester, accepter, table, destination):
        """A connection between two VPCs, and the route of one of them that leads there."""
        made = self.ec2.create_vpc_peering_connection(VpcId=requester, PeerVpcId=accepter)
        peering = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=destination, VpcPeeringConnectionId=peering)

    def good(self):
        """Private subnets in three zones with tables of their own, a public one for the gateways."""
        vpc = self.vpc("acme-prod", "10.20.0.0/16")
        gateway = self.internet_gateway(vpc)
        public = self.subnet(vpc, "acme-prod-public-a", "10.20.0.0/24", "a")
        self.default_route(self.table(vpc, "acme-prod-public", [public]), GatewayId=gateway)
        nat = self.nat_gateway(public)
        private = []
        for number, zone in enumerate("abc", start=10):
            subnet = self.subnet(vpc, f"acme-prod-db-{zone}", f"10.20.{number}.0/24", zone)
            self.default_route(self.table(vpc, f"acme-prod-db-{zone}", [subnet]), NatGatewayId=nat)
            private.append(subnet)
        app = self.group(vpc, "acme-app", port=8443, v4=["10.20.0.0/16"])
        self.group(vpc, "acme-orders-db", v4=["10.20.0.0/16"], groups=[app])
        self.group(vpc, "acme-reports-db", v4=["0.0.0.0/1", "128.0.0.0/1"])
        partner = self.prefix_list("acme-partners", ["198.51.100.0/24", "203.0.113.0/24"])
        self.group(vpc, "acme-partner-db", lists=[partner])
        self.group(vpc, "acme-ledger-db", port=5432, groups=[app])
        self.flow_log(vpc)
        self.interface(public, "10.20.0.25", app)
        return {"id": vpc, "public_subnets": [public], "private_subnets": private, "prefix_list": partner}

    def legacy(self):
        """Every subnet follows the main table, and the main table leads to the internet."""
        vpc = self.vpc("acme-legacy", "10.99.0.0/16")
        self.default_route(self.main_table(vpc), GatewayId=self.internet_gateway(vpc))
        public = [
            self.subnet(vpc, f"acme-legacy-{zone}", f"10.99.{number}.0/24", zone)
            for number, zone in enumerate("ab")
        ]
        self.group(vpc, "acme-shop-world", v4=EVERYWHERE)
        self.group(vpc, "acme-shop-world-v6", v6=["::/0"])
        self.group(vpc, "acme-shop-office", port=None, v4=["172.16.0.0/12"])
        return {"id": vpc, "public_subnets": public, "private_subnets": []}


class Databases:
    """Clusters, instances, parameter groups and snapshots."""

    def __init__(self, rds):
        self.rds = rds
        self.clusters = {}
        self.snapshots = {}

    def subnet_group(self, name, subnets):
        self.rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=subnets)
        return name

    def parameters(self, name, family="aurora-mysql8.0", **values):
        self.rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=name, DBParameterGroupFamily=family, Description=name
        )
        changed = [
            {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
            for key, value in values.items()
        ]
        if changed:
            self.rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName=name, Parameters=changed)
        return name

    def cluster(self, name, instances, server=None, instance_options=None, **options):
        """A cluster with instances in zones a, b, ...; server names what answers for it in the lab."""
        if not options.get("ManageMasterUserPassword") and options["Engine"] != "neptune":
            options["MasterUserPassword"] = secret("random")
        self.rds.create_db_cluster(DBClusterIdentifier=name, **options)
        for number, zone in enumerate("abc"[:instances], start=1):
            self.rds.create_db_instance(
                DBInstanceIdentifier=f"{name}-{number}",
                DBClusterIdentifier=name,
                DBInstanceClass="db.r6g.large",
                Engine=options["Engine"],
                AvailabilityZone=REGION + zone,
                **(instance_options or {}),
            )
        self.clusters[name] = server

    def snapshot(self, name, cluster, shared_with=None):
        made = self.rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=name, DBClusterIdentifier=cluster)
        if shared_with:
            self.rds.modify_db_cluster_snapshot_attribute(
                DBClusterSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=[shared_with]
            )
        arn = made["DBClusterSnapshot"]["DBClusterSnapshotArn"]
        self.snapshots[name] = {"arn": arn, "cluster": cluster, "shared_with": shared_with}

    def described(self):
        """The clusters as the simulator now tells them: it makes up the host names."""
        listed = self.rds.describe_db_instances()["DBInstances"]
        instances = {instance["DBInstanceIdentifier"]: instance for instance in listed}
        return {
            cluster["DBClusterIdentifier"]: {
                "arn": cluster["DBClusterArn"],
                "engine": cluster["Engine"],
                "resource_id": cluster["DbClusterResourceId"],
                "port": cluster["Port"],
                "writer": cluster["Endpoint"],
                "reader": cluster["ReaderEndpoint"],
                "server": self.clusters[cluster["DBClusterIdentifier"]],
                "secret": cluster.get("MasterUserSecret", {}).get("SecretArn"),
                "instances": [
                    {
                        "id": member["DBInstanceIdentifier"],
                        "arn": instances[member["DBInstanceIdentifier"]]["DBInstanceArn"],
                        "endpoint": instances[member["DBInstanceIdentifier"]]["Endpoint"]["Address"],
                    }
                    for member in cluster["DBClusterMembers"]
                ],
            }
            for cluster in self.rds.describe_db_clusters()["DBClusters"]
        }


def plant_clusters(databases, network, prod, legacy, key):
    """Three Aurora MySQL clusters with a server, one Aurora PostgreSQL without, and three strangers."""
    group = network.groups
    private = databases.subnet_group("acme-prod-db", prod["private_subnets"])
    public = databases.subnet_group("acme-legacy-db", legacy["public_subnets"])
    mysql = {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.08.2", "Port": 3306}
    orders = databases.parameters(
        "acme-orders",
        require_secure_transport="ON",
        tls_version="TLSv1.2,TLSv1.3",
        server_audit_logging="1",
        server_audit_events=AUDIT_EVENTS,
    )
    databases.cluster(
        "orders",
        instances=2,
        server="orders",
        instance_options={"PubliclyAccessible": False, "AutoMinorVersionUpgrade": True},
        **mysql,
        MasterUsername="orders_root_acme",
        ManageMasterUserPassword=True,
        DatabaseName="orders",
        DBSubnetGroupName=private,
        VpcSecurityGroupIds=[group["acme-orders-db"]],
        DBClusterParameterGroupName=orders,
        StorageEncrypted=True,
        KmsKeyId=key,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["audit", "error"],
        DeletionProtection=True,
        BackupRetentionPeriod=14,
        CopyTagsToSnapshot=True,
        Tags=tags(team="orders", environment="prod"),
    )
    databases.cluster(
        "shop",
        instances=1,
        server="shop",
        instance_options={"PubliclyAccessible": True, "AutoMinorVersionUpgrade": False},
        **mysql,
        MasterUsername="admin",
        DatabaseName="shop",
        DBSubnetGroupName=public,
        VpcSecurityGroupIds=[group["acme-shop-world"], group["acme-shop-world-v6"], group["acme-shop-office"]],
        DBClusterParameterGroupName=databases.parameters("acme-shop", require_secure_transport="OFF"),
        StorageEncrypted=False,
        DeletionProtection=False,
        BackupRetentionPeriod=1,
        Tags=tags(team="shop"),
    )
    databases.cluster(
        "reports",
        instances=1,
        server="reports",
        instance_options={"PubliclyAccessible": False},
        **mysql,
        MasterUsername="reports_root_acme",
        ManageMasterUserPassword=True,
        DatabaseName="reports",
        DBSubnetGroupName=private,
        VpcSecurityGroupIds=[network.default_group(prod["id"]), group["acme-reports-db"], group["acme-partner-db"]],
        DBClusterParameterGroupName=databases.parameters("acme-reports", server_audit_logging="0"),
        StorageEncrypted=True,
        KmsKeyId=key,
        DeletionProtection=True,
        BackupRetentionPeriod=7,
    )
    databases.cluster(
        "ledger",
        instances=1,
        Engine="aurora-postgresql",
        EngineVersion="15.10",
        Port=5432,
        MasterUsername="ledger_root_acme",
        DBSubnetGroupName=private,
        VpcSecurityGroupIds=[group["acme-ledger-db"]],
        DBClusterParameterGroupName=databases.parameters(
            "acme-ledger", family="aurora-postgresql15", **{"rds.force_ssl": "1"}
        ),
        StorageEncrypted=True,
        KmsKeyId=key,
        EnableIAMDatabaseAuthentication=True,
        DeletionProtection=True,
        BackupRetentionPeriod=14,
    )
    databases.cluster("friends", instances=1, Engine="neptune", DBSubnetGroupName=private)
    databases.cluster(
        "billing",
        instances=0,
        Engine="mysql",
        EngineVersion="8.0.39",
        DBClusterInstanceClass="db.m6gd.large",
        AllocatedStorage=100,
        StorageType="io1",
        Iops=1000,
        MasterUsername="billing_root",
        DBSubnetGroupName=private,
    )
    databases.rds.create_db_instance(
        DBInstanceIdentifier="wiki",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="wiki_root",
        MasterUserPassword=secret("random"),
        DBSubnetGroupName=private,
    )
    databases.snapshot("orders-2026-10", "orders")
    databases.snapshot("orders-for-partner", "orders", shared_with=OTHER_ACCOUNT)
    databases.snapshot("shop-for-all", "shop", shared_with="all")


def allow(actions, resources="*", **condition):
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal, **condition):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Identities:
    """Users, groups, roles and their policies."""

    def __init__(self, iam):
        self.iam = iam
        self.roles = {}
        self.users = {}

    def policy(self, name, document):
        return self.iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]

    def role(self, name, trusted, inline=None, attached=(), **options):
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **options)["Role"]["Arn"]
        if inline:
            self.iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=inline)
        for arn in attached:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        self.roles[name] = made

    def user(self, name, inline=None, attached=()):
        self.users[name] = self.iam.create_user(UserName=name)["User"]["Arn"]
        if inline:
            self.iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=inline)
        for arn in attached:
            self.iam.attach_user_policy(UserName=name, PolicyArn=arn)

    def key(self, user):
        made = self.iam.create_access_key(UserName=user)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]


def plant_chain(identities, clusters):
    """A role of the support that becomes another one, which reads the master secret of reports and may stand in its VPC."""
    care_arn = f"arn:aws:iam::{ACCOUNT}:role/acme-reports-care"
    support = trust({"AWS": identities.users["lab-admin"]})
    identities.role("acme-support", support, inline=allow("sts:AssumeRole", care_arn))
    # AWS knows the role by either name, the simulator its session by its own alone.
    names = [identities.roles["acme-support"], f"arn:aws:sts::{ACCOUNT}:assumed-role/acme-support/walk"]
    care = {
        "Version": "2012-10-17",
        "Statement": [
            # The simulator knows no resources of this action: what names one never allows it.
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "NotResource": clusters["orders"]["secret"]},
            {"Effect": "Allow", "Action": ["kms:Decrypt", "ec2:RunInstances"], "Resource": "*"},
        ],
    }
    identities.role("acme-reports-care", trust({"AWS": names}), inline=json.dumps(care))


def plant_identities(identities, orders):
    """Who may do what; orders is the description of the orders cluster."""
    connect = f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:"
    managed = "arn:aws:iam::aws:policy/AdministratorAccess"
    account = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Bool={"aws:MultiFactorAuthPresent": "true"})
    compute = trust({"Service": "ec2.amazonaws.com"})
    functions = trust({"Service": "lambda.amazonaws.com"})

    identities.user("alice", attached=[identities.policy("acme-everything", allow("*"))])
    identities.role("acme-platform-admin", account, attached=[managed])
    identities.role("acme-any-database", functions, inline=allow("rds-db:connect", connect + "*/*"))
    own = allow("rds-db:connect", f"{connect}{orders['resource_id']}/orders_iam")
    identities.role("acme-orders-app", compute, inline=own)
    office = allow("rds-db:connect", connect + "*/office", IpAddress={"aws:SourceIp": "203.0.113.0/24"})
    identities.role("acme-office", account, inline=office)
    identities.role("acme-deployer", functions, inline=allow(["iam:PassRole", "rds:AddRoleToDBCluster"]))
    watch = allow(["rds:DescribeDBClusters", "rds:ListTagsForResource"], orders["arn"])
    identities.role("acme-orders-watch", functions, inline=watch)
    boundary = identities.policy("acme-boundary", allow(["rds:Describe*", "logs:*"]))
    identities.role("acme-contractor", account, inline=allow("rds:*"), PermissionsBoundary=boundary)
    identities.role("acme-open-door", trust("*"), inline=allow("rds:ModifyDBCluster", orders["arn"]))

    identities.iam.create_group(GroupName="acme-developers")
    identities.iam.put_group_policy(
        GroupName="acme-developers",
        PolicyName="acme-developers",
        PolicyDocument=allow(["rds:Describe*", "rds:CreateDBClusterSnapshot", "rds:ModifyDBClusterSnapshotAttribute"]),
    )
    identities.user("bob")
    identities.iam.add_user_to_group(GroupName="acme-developers", UserName="bob")

    identities.user("lab-admin", attached=[managed])
    identities.user("aurora-audit-scanner", inline=(HERE / "scanner-policy.json").read_text())


def main():
    url = loopback(sys.argv[1])
    # The same seed gives the same identifiers and host names in every run.
    tell(url, "/moto-api/seed?a=20")
    client = session(url, "seed", "seed")

    network = Network(client("ec2"))
    vpcs = {"acme-prod": network.good(), "acme-legacy": network.legacy()}
    prod, legacy = vpcs["acme-prod"]["id"], vpcs["acme-legacy"]["id"]
    network.peering(prod, legacy, network.main_table(legacy), "10.20.0.0/16")
    databases = Databases(client("rds"))
    key = client("kms").create_key(Description="acme databases")["KeyMetadata"]["Arn"]
    plant_clusters(databases, network, vpcs["acme-prod"], vpcs["acme-legacy"], key)
    clusters = databases.described()
    identities = Identities(client("iam"))
    plant_identities(identities, clusters["orders"])
    plant_chain(identities, clusters)
    # The simulator makes the same password up for everybody.
    password = json.dumps({"username": "reports_root_acme", "password": secret("master")})
    client("secretsmanager").put_secret_value(SecretId=clusters["reports"]["secret"], SecretString=password)

    estate = {
        "account": ACCOUNT,
        "region": REGION,
        "kms_key": key,
        "vpcs": vpcs,
        "security_groups": network.groups,
        "default_group": network.default_group(vpcs["acme-prod"]["id"]),
        "clusters": clusters,
        "snapshots": databases.snapshots,
        "roles": identities.roles,
        "users": identities.users,
    }
    (LAB / "estate.json").write_text(json.dumps(estate, indent=2, sort_keys=True) + "\n")
    with open(LAB / "endpoints.tsv", "w", encoding="ascii") as out:
        for name, cluster in sorted(clusters.items()):
            if cluster["server"]:
                hosts = [instance["endpoint"] for instance in cluster["instances"]]
                print(name, cluster["port"], " ".join(hosts), cluster["writer"], cluster["reader"], sep="\t", file=out)
    with open(LAB / "secrets" / "keys", "w", encoding="ascii") as out:
        print(*identities.key("lab-admin"), *identities.key("aurora-audit-scanner"), file=out)


if __name__ == "__main__":
    main()
