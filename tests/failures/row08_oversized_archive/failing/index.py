from pathlib import Path

WEIGHTS = Path(__file__).with_name("weights.bin")


def handler(event, context):
    for order in event["orders"]:
        print(order["id"], WEIGHTS.stat().st_size)
