import pulumi_aws as aws

orders = aws.dynamodb.Table(
    "orders",
    billing_mode="PAY_PER_REQUEST",
    hash_key="id",
    attributes=[{"name": "id", "type": "S"}, {"name": "customer", "type": "S"}],
    global_secondary_indexes=[{"name": "by-customer", "hash_key": "customer", "projection_type": "ALL"}],
)
token = aws.secretsmanager.Secret("payment-token")
