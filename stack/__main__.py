"""Files that arrive in one bucket are normalised into another; what fails waits in a queue."""

from __future__ import annotations

import buckets
import dead_letters
import function
import keys
import pulumi
import pulumi_aws as aws
from names import Names
from settings import load

settings = load()
names = Names.of(settings)

provider = aws.Provider(
    "aws",
    region=settings.region,
    allowed_account_ids=[settings.account_id],
    default_tags={"tags": {"project": settings.project, "stack": settings.stack}},
)
opts = pulumi.ResourceOptions(provider=provider)

role = function.create_role(names, opts)
key = keys.create(names, role, opts)
queue = dead_letters.create(names, key, opts)
ingest = buckets.create("ingest", names.ingest_bucket, names, key, opts)
results = buckets.create("results", names.results_bucket, names, key, opts)
normalise = function.create(names, role, key, queue, opts)
function.trigger(names, ingest, normalise, opts)

pulumi.export("ingest_bucket", ingest.bucket)
pulumi.export("results_bucket", results.bucket)
pulumi.export("dead_letter_queue", queue.url)
