"""Orders are written to a database, with a password."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import execution_role

SECRET = "orders/database"
READ = {
    "Effect": "Allow",
    "Action": "secretsmanager:GetSecretValue",
    "Resource": f"arn:aws:secretsmanager:eu-central-1:111122223333:secret:{SECRET}-??????",
}

aws.lambda_.Function(
    "store",
    name="store",
    role=execution_role("store", statements=[READ]).arn,
    runtime="python3.13",
    handler="index.handler",
    environment={"variables": {"SECRET": SECRET}},
    code=pulumi.FileArchive("./app"),
)
