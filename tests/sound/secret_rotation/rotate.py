import os

import boto3

secrets = boto3.client("secretsmanager")


def handler(event, context):
    token, step = event["ClientRequestToken"], event["Step"]
    if step == "createSecret":
        made = secrets.get_random_password(PasswordLength=32)["RandomPassword"]
        secrets.put_secret_value(
            SecretId=os.environ["SECRET"],
            ClientRequestToken=token,
            SecretString=made,
            VersionStages=["AWSPENDING"],
        )
    if step == "finishSecret":
        for version, stages in secrets.describe_secret(SecretId=os.environ["SECRET"])["VersionIdsToStages"].items():
            if "AWSCURRENT" in stages:
                secrets.update_secret_version_stage(
                    SecretId=os.environ["SECRET"],
                    VersionStage="AWSCURRENT",
                    MoveToVersionId=token,
                    RemoveFromVersionId=version,
                )
