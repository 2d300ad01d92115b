"""Asks the Rust stand-in for AWS every call by boto3, and holds each answer against botocore's own model of it.

Usage: standin.py URL ACCESS-KEY CALLS, where CALLS is a JSON list of [service, operation, parameters].
"""

import json
import sys

import boto3
import botocore.handlers
import botocore.validate
from botocore.config import Config

from aws import loopback


def main():
    url, key, calls = loopback(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="secret", region_name="eu-west-1")
    config = Config(retries={"max_attempts": 1}, proxies={}, inject_host_prefix=False)
    validator = botocore.validate.ParamValidator()
    failures = []
    for service, operation, parameters in calls:
        client = session.client(service, endpoint_url=url, config=config)
        # It would turn the policies of IAM into what no model speaks of.
        client.meta.events.unregister("after-call.iam", botocore.handlers.json_decode_policies)
        name = next(known for known, api in client.meta.method_to_api_mapping.items() if api == operation)
        if client.can_paginate(name):
            pages = list(client.get_paginator(name).paginate(**parameters))
        else:
            pages = [getattr(client, name)(**parameters)]
        shape = client.meta.service_model.operation_model(operation).output_shape
        for page in pages:
            page.pop("ResponseMetadata", None)
            report = validator.validate(page, shape)
            if report.has_errors():
                failures.append(f"{service}:{operation}: {report.generate_report()}")
        if not any(page for page in pages):
            failures.append(f"{service}:{operation}: an empty answer")
    print(len(calls))
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
