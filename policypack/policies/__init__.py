"""Every policy, in reading order. A new policy is a module in the folder of its service, and two lines here."""

from __future__ import annotations

from typing import Any

from policypack.core.policy import Policy
from policypack.policies.aws import contested_resource as aws_contested_resource
from policypack.policies.aws import excluded_value as aws_excluded_value
from policypack.policies.aws import foreign_region as aws_foreign_region
from policypack.policies.aws import impossible_value as aws_impossible_value
from policypack.policies.aws import incompatible_resource as aws_incompatible_resource
from policypack.policies.aws import plaintext_storage as aws_plaintext_storage
from policypack.policies.aws import public_endpoint as aws_public_endpoint
from policypack.policies.aws import public_share as aws_public_share
from policypack.policies.aws import undefined_container as aws_undefined_container
from policypack.policies.aws import unknown_argument as aws_unknown_argument
from policypack.policies.aws import unpinned_region as aws_unpinned_region
from policypack.policies.aws import unused_provider as aws_unused_provider
from policypack.policies.dynamodb import missing_recovery as dynamodb_missing_recovery
from policypack.policies.ec2 import open_ingress as ec2_open_ingress
from policypack.policies.iam.correctness import absent_key_allowed as iam_absent_key_allowed
from policypack.policies.iam.correctness import ineffective_condition as iam_ineffective_condition
from policypack.policies.iam.correctness import linter_report as iam_linter_report
from policypack.policies.iam.correctness import malformed_document as iam_malformed_document
from policypack.policies.iam.correctness import mismatched_resource as iam_mismatched_resource
from policypack.policies.iam.correctness import shadowed_restriction as iam_shadowed_restriction
from policypack.policies.iam.correctness import unknown_action as iam_unknown_action
from policypack.policies.iam.correctness import unrelated_resource as iam_unrelated_resource
from policypack.policies.iam.correctness import unsatisfiable_condition as iam_unsatisfiable_condition
from policypack.policies.iam.network import invalid_address as iam_invalid_address
from policypack.policies.iam.network import lockout_deny as iam_lockout_deny
from policypack.policies.iam.network import open_address as iam_open_address
from policypack.policies.iam.network import untrusted_address as iam_untrusted_address
from policypack.policies.iam.permissions import administrator_access as iam_administrator_access
from policypack.policies.iam.permissions import broad_managed_policy as iam_broad_managed_policy
from policypack.policies.iam.permissions import duplicate_grant as iam_duplicate_grant
from policypack.policies.iam.permissions import pass_role_anywhere as iam_pass_role_anywhere
from policypack.policies.iam.permissions import privilege_escalation as iam_privilege_escalation
from policypack.policies.iam.permissions import unscoped_list as iam_unscoped_list
from policypack.policies.iam.permissions import wildcard_action as iam_wildcard_action
from policypack.policies.iam.permissions import wildcard_resource as iam_wildcard_resource
from policypack.policies.iam.principals import confused_deputy as iam_confused_deputy
from policypack.policies.iam.principals import missing_trust as iam_missing_trust
from policypack.policies.iam.principals import open_trust as iam_open_trust
from policypack.policies.iam.principals import public_policy as iam_public_policy
from policypack.policies.iam.principals import untrusted_account as iam_untrusted_account
from policypack.policies.iam.principals import unused_trust as iam_unused_trust
from policypack.policies.iam.principals import user_credentials as iam_user_credentials
from policypack.policies.iam.principals import weak_password_policy as iam_weak_password_policy
from policypack.policies.kms import missing_rotation as kms_missing_rotation
from policypack.policies.lambda_ import confused_deputy as lambda_confused_deputy
from policypack.policies.lambda_ import early_return as lambda_early_return
from policypack.policies.lambda_ import foreign_binary as lambda_foreign_binary
from policypack.policies.lambda_ import foreign_bucket as lambda_foreign_bucket
from policypack.policies.lambda_ import malformed_source_arn as lambda_malformed_source_arn
from policypack.policies.lambda_ import missing_handler as lambda_missing_handler
from policypack.policies.lambda_ import missing_module as lambda_missing_module
from policypack.policies.lambda_ import missing_permission as lambda_missing_permission
from policypack.policies.lambda_ import oversized_archive as lambda_oversized_archive
from policypack.policies.lambda_ import public_invoke as lambda_public_invoke
from policypack.policies.lambda_ import redundant_source_account as lambda_redundant_source_account
from policypack.policies.lambda_ import retired_runtime as lambda_retired_runtime
from policypack.policies.lambda_ import secret_in_archive as lambda_secret_in_archive
from policypack.policies.lambda_ import unused_permission as lambda_unused_permission
from policypack.policies.logs import missing_retention as logs_missing_retention
from policypack.policies.pulumi import plaintext_secret as pulumi_plaintext_secret
from policypack.policies.pulumi import unknown_value as pulumi_unknown_value
from policypack.policies.pulumi import unseen_component as pulumi_unseen_component
from policypack.policies.pulumi import unseen_resource as pulumi_unseen_resource
from policypack.policies.s3 import early_notification as s3_early_notification
from policypack.policies.s3 import enabled_acls as s3_enabled_acls
from policypack.policies.s3 import malformed_notification as s3_malformed_notification
from policypack.policies.s3 import missing_access_block as s3_missing_access_block
from policypack.policies.s3 import missing_encryption as s3_missing_encryption
from policypack.policies.s3 import missing_invoke_permission as s3_missing_invoke_permission
from policypack.policies.s3 import missing_versioning as s3_missing_versioning
from policypack.policies.s3 import notification_loop as s3_notification_loop
from policypack.policies.s3 import open_access_block as s3_open_access_block
from policypack.policies.s3 import overlapping_notification as s3_overlapping_notification
from policypack.policies.s3 import plaintext_transport as s3_plaintext_transport
from policypack.policies.s3 import public_acl as s3_public_acl
from policypack.policies.s3 import undeliverable_notification as s3_undeliverable_notification
from policypack.policies.sns import missing_encryption as sns_missing_encryption
from policypack.policies.sns import plaintext_transport as sns_plaintext_transport
from policypack.policies.sqs import missing_encryption as sqs_missing_encryption
from policypack.policies.sqs import plaintext_transport as sqs_plaintext_transport

POLICIES: tuple[Policy[Any], ...] = (
    pulumi_unknown_value.POLICY,
    pulumi_unseen_component.POLICY,
    pulumi_unseen_resource.POLICY,
    pulumi_plaintext_secret.POLICY,
    aws_unpinned_region.POLICY,
    aws_foreign_region.POLICY,
    aws_unused_provider.POLICY,
    aws_unknown_argument.POLICY,
    aws_impossible_value.POLICY,
    aws_undefined_container.POLICY,
    aws_excluded_value.POLICY,
    aws_incompatible_resource.POLICY,
    aws_contested_resource.POLICY,
    aws_public_share.POLICY,
    aws_plaintext_storage.POLICY,
    aws_public_endpoint.POLICY,
    ec2_open_ingress.POLICY,
    iam_malformed_document.POLICY,
    iam_linter_report.POLICY,
    iam_unknown_action.POLICY,
    iam_mismatched_resource.POLICY,
    iam_unrelated_resource.POLICY,
    iam_ineffective_condition.POLICY,
    iam_absent_key_allowed.POLICY,
    iam_unsatisfiable_condition.POLICY,
    iam_shadowed_restriction.POLICY,
    iam_administrator_access.POLICY,
    iam_broad_managed_policy.POLICY,
    iam_wildcard_action.POLICY,
    iam_wildcard_resource.POLICY,
    iam_unscoped_list.POLICY,
    iam_duplicate_grant.POLICY,
    iam_pass_role_anywhere.POLICY,
    iam_privilege_escalation.POLICY,
    iam_open_trust.POLICY,
    iam_public_policy.POLICY,
    iam_confused_deputy.POLICY,
    iam_missing_trust.POLICY,
    iam_open_address.POLICY,
    iam_invalid_address.POLICY,
    iam_lockout_deny.POLICY,
    iam_untrusted_account.POLICY,
    iam_unused_trust.POLICY,
    iam_untrusted_address.POLICY,
    iam_user_credentials.POLICY,
    iam_weak_password_policy.POLICY,
    s3_missing_access_block.POLICY,
    s3_open_access_block.POLICY,
    s3_public_acl.POLICY,
    s3_enabled_acls.POLICY,
    s3_plaintext_transport.POLICY,
    s3_missing_encryption.POLICY,
    s3_missing_versioning.POLICY,
    s3_malformed_notification.POLICY,
    s3_overlapping_notification.POLICY,
    s3_missing_invoke_permission.POLICY,
    s3_undeliverable_notification.POLICY,
    s3_early_notification.POLICY,
    s3_notification_loop.POLICY,
    lambda_malformed_source_arn.POLICY,
    lambda_foreign_bucket.POLICY,
    lambda_confused_deputy.POLICY,
    lambda_redundant_source_account.POLICY,
    lambda_public_invoke.POLICY,
    lambda_early_return.POLICY,
    lambda_missing_handler.POLICY,
    lambda_missing_module.POLICY,
    lambda_foreign_binary.POLICY,
    lambda_retired_runtime.POLICY,
    lambda_secret_in_archive.POLICY,
    lambda_oversized_archive.POLICY,
    lambda_missing_permission.POLICY,
    lambda_unused_permission.POLICY,
    sqs_missing_encryption.POLICY,
    sqs_plaintext_transport.POLICY,
    sns_missing_encryption.POLICY,
    sns_plaintext_transport.POLICY,
    dynamodb_missing_recovery.POLICY,
    kms_missing_rotation.POLICY,
    logs_missing_retention.POLICY,
)
