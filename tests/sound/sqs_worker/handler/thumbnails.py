"""Says which thumbnails are asked for."""

import json


def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            print("thumbnail of", json.loads(record["body"])["image"])
        except (KeyError, ValueError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
