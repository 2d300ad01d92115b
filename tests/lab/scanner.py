"""Sets what the scanner's user may do: the published policy, less the actions given.

Usage: scanner.py [--without ACTION]... Without arguments, the published policy whole.
"""

import argparse
import json

from aws import HERE, admin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--without", action="append", default=[], metavar="ACTION")
    refused = parser.parse_args().without
    policy = json.loads((HERE / "scanner-policy.json").read_text())
    actions = policy["Statement"][0]["Action"]
    unknown = sorted(set(refused) - set(actions))
    if unknown:
        parser.error(f"the policy does not have {', '.join(unknown)}")
    policy["Statement"][0]["Action"] = [action for action in actions if action not in refused]
    name = "aurora-audit-scanner"
    admin()("iam").put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))


if __name__ == "__main__":
    main()
