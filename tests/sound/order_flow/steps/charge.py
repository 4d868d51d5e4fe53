def run(event, context):
    return {**event, "charged": event["total"] > 0}
