"""Names of libraries and of their members that the reader models."""

from __future__ import annotations

import builtins
import sys

SDK = frozenset({"boto3", "botocore", "aioboto3", "aiobotocore", "s3transfer"})
KNOWN = SDK | {"aws_lambda_powertools", "aws_xray_sdk", "builtins"}
SESSIONS = frozenset(
    {
        *("boto3.Session", "boto3.session.Session", "aioboto3.Session", "aioboto3.session.Session"),
        *("botocore.session.get_session", "botocore.session.Session", "aiobotocore.session.get_session"),
        *("boto3._get_default_session",),
    }
)
CONFIGS = frozenset(
    {"botocore.config.Config", "botocore.client.Config", "boto3.session.Config", "aiobotocore.config.AioConfig"}
)
OPAQUE = frozenset(
    {
        *("awswrangler", "s3fs", "smart_open", "s3path", "cloudpathlib", "pynamodb", "dynamodb_encryption_sdk"),
        *("aws_encryption_sdk", "langchain_aws", "sagemaker", "chalice", "pyathena"),
        *("aws_secretsmanager_caching", "fsspec", "kombu", "dyntastic"),
    }
)
"""Libraries that call AWS in ways that their use does not show."""
RETURNING = frozenset(
    {
        *("str", "list", "tuple", "sorted", "set", "iter", "reversed", "next", "deepcopy", "copy", "closing"),
        *("cast", "enumerate", "unquote", "unquote_plus", "loads", "nullcontext", "lru_cache", "cache"),
        *("aclosing", "dict", "deque"),
    }
)
"""Functions of the standard library whose result contains their arguments, by their last name."""
KEPT = frozenset(
    {
        *("strip", "decode", "encode", "get", "items", "values", "copy", "pop", "setdefault", "keys"),
        *("removesuffix", "data_as_bytes", "data_as_text", "data_as_json"),
    }
)
"""Methods that return the value itself, or a part of it; the last ones are of Powertools' data classes."""
CLIENT_METHODS = frozenset(
    {
        *("abort_multipart_upload", "assume_role", "batch_get_item", "batch_write_item"),
        *("complete_multipart_upload", "copy_object", "create_multipart_upload", "delete_item"),
        *("delete_message", "delete_message_batch", "delete_object", "delete_objects", "download_file"),
        *("download_fileobj", "execute_statement", "generate_data_key", "generate_presigned_post"),
        *("generate_presigned_url", "get_item", "get_object", "get_object_tagging", "get_paginator"),
        *("get_parameter", "get_parameters", "get_parameters_by_path", "get_query_results", "get_queue_url"),
        *("get_secret_value", "get_waiter", "head_bucket", "head_object", "invoke_model", "list_buckets"),
        *("list_object_versions", "list_objects", "list_objects_v2", "publish_batch", "put_events", "put_item"),
        *("put_metric_data", "put_object", "put_object_tagging", "put_parameter", "put_record", "put_records"),
        *("put_secret_value", "receive_message", "send_email", "send_message", "send_message_batch"),
        *("send_raw_email", "send_task_failure", "send_task_success", "start_execution"),
        *("start_query_execution", "transact_get_items", "transact_write_items", "update_item"),
        *("update_secret", "upload_file", "upload_fileobj", "upload_part"),
    }
)
"""Methods with names that, in practice, only clients of AWS have."""
STUB_PACKAGES = ("types_boto3_", "mypy_boto3_")


def is_standard(name: str) -> bool:
    """Whether a dotted name is of the standard library; a name that nothing defines is not."""
    top, _, rest = name.partition(".")
    return top in sys.stdlib_module_names and (
        top != "builtins" or hasattr(builtins, rest.partition(".")[0].strip("()"))
    )


def is_known(name: str) -> bool:
    """Whether a dotted name is of the standard library, or of a library whose calls are known."""
    return is_standard(name) or name.partition(".")[0] in KNOWN - {"builtins"}
