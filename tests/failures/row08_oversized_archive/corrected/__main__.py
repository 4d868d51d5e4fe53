"""Orders are scored by a model that is packaged with the function."""

import shutil
import sys
import tempfile
from pathlib import Path

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import execution_role

WEIGHTS_MB = 20

package = Path(tempfile.gettempdir()) / f"acme-scoring-{WEIGHTS_MB}"
package.mkdir(exist_ok=True)
shutil.copy("index.py", package)
with (package / "weights.bin").open("ab") as weights:  # in place of a download from the model registry
    weights.truncate(WEIGHTS_MB * 1024 * 1024)

aws.lambda_.Function(
    "score",
    name="score",
    role=execution_role("score").arn,
    runtime="python3.13",
    handler="index.handler",
    code=pulumi.FileArchive(str(package)),
)
