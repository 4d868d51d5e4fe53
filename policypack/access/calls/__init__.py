"""IAM actions and resources of the AWS calls in a function's code: calls in, permissions and ARN patterns out."""
