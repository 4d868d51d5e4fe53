import fastcsv


def handler(event, context):
    for order in event["orders"]:
        print(fastcsv.parse(order["line"]))
