"""Runs the simulator with the one AWS-managed policy that the estate attaches.

Told to load managed policies, the simulator reports all of them to GetAccountAuthorizationDetails;
AWS reports the attached ones alone.
"""

import json

from moto.iam import models
from moto.server import main

KEPT = "AdministratorAccess"

models.aws_managed_policies_data = json.dumps({KEPT: json.loads(models.aws_managed_policies_data)[KEPT]})
main()
