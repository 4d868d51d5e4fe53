"""Resources of several packages, some of which nobody has rules for."""

import pulumi
from pulumi import ResourceOptions

suffix = pulumi.CustomResource(
    "random:index/randomId:RandomId", "suffix", {"byteLength": 4, "hex": None}, ResourceOptions(version="4.16.3")
)
key = pulumi.CustomResource(
    "tls:index/privateKey:PrivateKey",
    "key",
    {"algorithm": "ED25519", "publicKeyOpenssh": None},
    ResourceOptions(additional_secret_outputs=["privateKeyPem"], plugin_download_url="https://example.org/tls"),
)
pulumi.CustomResource(
    "aws:ec2/keyPair:KeyPair",
    "access",
    {"keyName": suffix.hex.apply(lambda text: f"access-{text}"), "publicKey": key.publicKeyOpenssh},
    ResourceOptions(version="7.0.0"),
)
pulumi.CustomResource("kubernetes:core/v1:Namespace", "apps", {"metadata": {"name": "apps"}, "kind": "Namespace"})
