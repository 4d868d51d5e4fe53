import logging


def handler(event, context):
    orders = event["orders"]
    logging.info("%s orders, %s in all", len(orders), sum(each["amount"] for each in orders))
