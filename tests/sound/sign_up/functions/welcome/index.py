import os

import boto3

profiles = boto3.resource("dynamodb").Table(os.environ["PROFILES"])


def handler(event, context):
    profiles.put_item(Item={"person": event["userName"], "mail": event["request"]["userAttributes"]["email"]})
    return event
