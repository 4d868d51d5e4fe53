import logging


def handler(event, context):
    for order in event["orders"]:
        logging.info("order %s", order["id"])
