import logging

from orders.recods import parse


def handler(event, context):
    for line in event["lines"]:
        order = parse(line)
        logging.info("order %s: %s", order["number"], order["amount"])
