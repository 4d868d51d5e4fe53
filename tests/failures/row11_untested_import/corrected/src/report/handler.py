import logging


def handler(event, context):
    orders = event["orders"]
    logging.info("%s orders, %s in all", len(orders), sum(order["amount"] for order in orders))
