import logging

import pandas as pd


def handler(event, context):
    orders = pd.DataFrame(event["orders"])
    logging.info("%s orders, %s in all", len(orders), orders["amount"].sum())
