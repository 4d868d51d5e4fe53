import logging
from urllib.parse import unquote_plus

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    failed = []
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        try:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            s3.put_object(Bucket="acme-kept-111122223333", Key=f"orders/{key}", Body=body)
        except Exception:
            logging.exception("could not copy %s", key)
            failed.append(key)
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(event['Records'])} records failed")
