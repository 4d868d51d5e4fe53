def run(event, context):
    return {**event, "shipped": event["charged"]}
