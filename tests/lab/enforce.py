"""Tells the simulator after how many more calls it starts to check permissions.

Usage: enforce.py COUNT, where 0 is at once and Infinity never.
"""

import sys

from aws import environment, tell

tell(environment()["AWS_ENDPOINT_URL"], "/moto-api/reset-auth", sys.argv[1].encode())
