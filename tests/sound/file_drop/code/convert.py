"""Copies each file that is dropped, line by line upper-cased, to the other bucket."""

import os
import urllib.parse

import boto3

s3 = boto3.client("s3")
TARGET = os.environ["TARGET"]


def handler(event, context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        s3.put_object(Bucket=TARGET, Key="out/" + key.rsplit("/", 1)[-1], Body=body.upper())
