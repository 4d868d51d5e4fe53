"""Thumbnails are asked for through a queue; a function makes them."""

import pulumi
from worker import QueueWorker, QueueWorkerArgs

thumbnails = QueueWorker(
    "thumbnails",
    QueueWorkerArgs(code="./handler", handler="thumbnails.handle", timeout=60, memory=512, batch_size=5),
)
pulumi.export("queue", thumbnails.queue.url)
