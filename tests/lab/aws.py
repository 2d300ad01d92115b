"""How the lab's own tools reach the simulator, and where the lab keeps its state."""

import os
import pathlib
import secrets
import sys
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config

HERE = pathlib.Path(__file__).resolve().parent
LAB = pathlib.Path(os.environ.get("AURORA_AUDIT_LAB") or HERE.parents[1] / "target" / "lab")
REGION = "us-east-1"
ACCOUNT = "123456789012"


def secret(name):
    """A secret that a script of the lab has made; what is called random is known to nobody."""
    return secrets.token_hex(20) if name == "random" else (LAB / "secrets" / name).read_text().strip()


def environment():
    """The lab's env file as a dictionary."""
    lines = (LAB / "env").read_text().splitlines()
    return {key: value.strip("'") for key, value in (line.split("=", 1) for line in lines)}


def loopback(url):
    """Refuses any endpoint but the simulator's: with real credentials around, a slip would be dear."""
    if urllib.parse.urlsplit(url).hostname != "127.0.0.1":
        sys.exit(f"lab: {url!r} is not on loopback")
    return url


def tell(url, path, body=b""):
    """Posts to the simulator's own interface, past any proxy of the environment."""
    # Any other content type is taken for a form, and the simulator fails.
    request = urllib.request.Request(loopback(url) + path, data=body, headers={"Content-Type": "text/plain"})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30).close()


def session(url, key, secret_key, token=None):
    """A function that makes clients of one identity."""
    made = boto3.Session(key, secret_key, token, REGION)
    config = Config(retries={"max_attempts": 1}, proxies={})
    return lambda service: made.client(service, endpoint_url=loopback(url), config=config)


def admin():
    """Clients of the lab's administrator, who passes also while permissions are enforced."""
    env = environment()
    return session(env["AWS_ENDPOINT_URL"], env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
