import os

import boto3

secrets = boto3.client("secretsmanager")


def handler(event, context):
    password = secrets.get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]
    for order in event["orders"]:
        connect(password).insert(order)


def connect(password):
    raise NotImplementedError
