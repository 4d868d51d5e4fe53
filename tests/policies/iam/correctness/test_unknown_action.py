"""Actions that AWS does not have."""

from __future__ import annotations

from policypack.core.examples import allow, bucket_policy, deny, role, role_policy
from policypack.core.policy import UNKNOWN
from policypack.policies.iam.correctness.unknown_action import POLICY
from tests.policies.helpers import reported, reported_with, silent, undecided_at

PATH = "policy.Statement[0].Action"
REAL = ["*", "*:*", "apigateway:GET", "execute-api:Invoke", "ssmmessages:OpenDataChannel"]
WITHDRAWN = ["deepracer:*", "IoTEvents:List*"]

test_typing_errors = reported(
    POLICY,
    PATH,
    *(role_policy(allow(["s3:GetObject", pattern])) for pattern in ("s3:", "s3:Get[O]bject", "s3 :Get*")),
    bucket_policy(deny("s3:PutObjectACLs", "*", Principal="*")),
)
test_a_trust_policy = reported(
    POLICY, "assumeRolePolicy.Statement[0].Action", role(allow("sts:AsumeRole", None, Principal="*"))
)
test_the_message_suggests_a_similar_action = reported_with(
    POLICY,
    ("lamda:InvokeFunction", PATH, "did you mean `lambda`?"),
    *(
        (name, PATH, f"`{name}` is no longer in AWS's reference of actions: AWS has withdrawn or renamed it")
        for name in WITHDRAWN
    ),
    of=lambda pattern: role_policy(allow(pattern)),
)
test_real_actions = silent(POLICY, *REAL, of=lambda pattern: role_policy(allow(pattern, UNKNOWN)))
test_unknown = undecided_at(POLICY, f"{PATH}[1]", role_policy(allow(["s3:GetObject", UNKNOWN])))
