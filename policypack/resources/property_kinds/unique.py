"""Values that each object of a list has to have for itself, such as the priorities of rules: places and clauses out.

Sources: https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html,
https://docs.aws.amazon.com/waf/latest/APIReference/API_waf_ActivatedRule.html,
https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_StatelessRule.html,
https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_StatelessRuleGroupReference.html,
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRule.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/APIReference/API_Origin.html,
https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GlobalSecondaryIndex.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html and
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.iam.document_readers import values_at

_UNIQUE: Mapping[str, Sequence[tuple[str, str]]] = {
    "aws:cloudfront/distribution:Distribution": [("origins", "originId"), ("originGroups", "originId")],
    "aws:cloudwatch/metricAlarm:MetricAlarm": [("metricQueries", "id")],
    "aws:codepipeline/pipeline:Pipeline": [("stages", "name"), ("stages[*].actions", "name")],
    "aws:dynamodb/table:Table": [("globalSecondaryIndexes", "name"), ("localSecondaryIndexes", "name")],
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": [("ingress", "ruleNo"), ("egress", "ruleNo")],
    "aws:ec2/instance:Instance": [("ebsBlockDevices", "deviceName")],
    "aws:ec2/launchTemplate:LaunchTemplate": [("blockDeviceMappings", "deviceName")],
    "aws:ec2/networkAcl:NetworkAcl": [("ingress", "ruleNo"), ("egress", "ruleNo")],
    "aws:networkfirewall/firewallPolicy:FirewallPolicy": [("firewallPolicy.statelessRuleGroupReferences", "priority")],
    "aws:networkfirewall/ruleGroup:RuleGroup": [
        ("ruleGroup.rulesSource.statelessRulesAndCustomActions.statelessRules", "priority")
    ],
    "aws:s3/bucket:Bucket": [("lifecycleRules", "id")],
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": [("rules", "id")],
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": [("rules", "id")],
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": [("rules", "id"), ("rules", "priority")],
    "aws:s3/bucketV2:BucketV2": [("lifecycleRules", "id")],
    "aws:waf/webAcl:WebAcl": [("rules", "priority")],
    "aws:wafregional/webAcl:WebAcl": [("rules", "priority")],
    "aws:wafv2/ruleGroup:RuleGroup": [("rules", "priority")],
    "aws:wafv2/webAcl:WebAcl": [("rules", "priority")],
}
"""By type, the path of a list, and the property that no two of its objects share."""


def duplicate_problems(token: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The values of a list that an object before them has too. Unknown values are like no other."""
    for pattern, name in _UNIQUE.get(token, ()):
        for path, objects in values_at(inputs, pattern):
            seen: dict[Any, int] = {}
            for index, item in enumerate(objects if isinstance(objects, list) else ()):
                value = item.get(name) if isinstance(item, Mapping) else None
                if not isinstance(value, str | int | float) or value == "":
                    continue
                if value in seen:
                    yield (
                        f"{path}[{index}].{name}",
                        f"is the `{name}` of `{path}[{seen[value]}]` too, and each takes its own",
                    )
                seen.setdefault(value, index)
