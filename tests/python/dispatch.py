"""Ways to hand a function on and have it called, and what is to be read of each; and ones that call nothing."""

from __future__ import annotations

CALLED = {
    "submit": (
        """
        import boto3
        from concurrent.futures import ThreadPoolExecutor
        s3 = boto3.client("s3")
        def get(key, bucket="none"):
            return s3.get_object(Bucket=bucket, Key=key)
        def handler(event, context):
            with ThreadPoolExecutor() as pool:
                pool.submit(get, "a", bucket="in")
        """,
        ["6 s3:GetObject Bucket=in Key=a"],
    ),
    "a client's own method, submitted": (
        """
        import boto3
        from concurrent.futures import ThreadPoolExecutor
        s3 = boto3.client("s3")
        def handler(event, context):
            pool = ThreadPoolExecutor()
            pool.submit(s3.delete_object, Bucket="in", Key="a")
        """,
        ["7 s3:DeleteObject Bucket=in Key=a"],
    ),
    "map of an executor, with two lists": (
        """
        import boto3
        from concurrent.futures import ThreadPoolExecutor
        def put(bucket, key):
            boto3.client("s3").put_object(Bucket=bucket, Key=key)
        def handler(event, context):
            with ThreadPoolExecutor() as pool:
                list(pool.map(put, ["out"], ["a", "b"]))
        """,
        ["5 s3:PutObject Bucket=out Key=a|b"],
    ),
    "results of futures": (
        """
        import boto3
        from concurrent.futures import ThreadPoolExecutor, as_completed
        def name(part):
            return f"out-{part}"
        def handler(event, context):
            with ThreadPoolExecutor() as pool:
                waiting = [pool.submit(name, "a")]
                for each in as_completed(waiting):
                    boto3.client("s3").list_objects_v2(Bucket=each.result())
        """,
        ["10 s3:ListObjectsV2 Bucket=out-a"],
    ),
    "a callback of a future": (
        """
        import boto3
        def done(future):
            boto3.client("sqs").send_message(QueueUrl=future.result(), MessageBody="")
        def handler(event, context, pool=None):
            pool.submit(lambda: "later").add_done_callback(done)
        """,
        ["4 sqs:SendMessage QueueUrl=later"],
    ),
    "run_in_executor and gather": (
        """
        import asyncio
        import boto3
        s3 = boto3.client("s3")
        def get(key):
            s3.get_object(Bucket="in", Key=key)
            return key + ".json"
        async def one(key):
            return await asyncio.get_event_loop().run_in_executor(None, get, key)
        async def main():
            first, second = await asyncio.gather(one("a"), one("b"))
            s3.put_object(Bucket="out", Key=second)
        def handler(event, context):
            asyncio.run(main())
        """,
        ["6 s3:GetObject Bucket=in Key=a", "6 s3:GetObject Bucket=in Key=b", "12 s3:PutObject Bucket=out Key=b.json"],
    ),
    "to_thread, and tasks": (
        """
        import asyncio
        import boto3
        async def main():
            s3 = boto3.client("s3")
            task = asyncio.create_task(asyncio.to_thread(s3.head_object, Bucket="in", Key="a"))
            await task
        def handler(event, context):
            asyncio.get_event_loop().run_until_complete(main())
        """,
        ["6 s3:HeadObject Bucket=in Key=a"],
    ),
    "threads with names for their arguments": (
        """
        import boto3
        from threading import Thread, Timer
        def put(bucket, key):
            boto3.client("s3").put_object(Bucket=bucket, Key=key)
        def handler(event, context):
            Thread(target=put, args=("out",), kwargs={"key": "a"}).start()
            Timer(1, put, ["out", "b"]).start()
        """,
        ["5 s3:PutObject Bucket=out Key=a", "5 s3:PutObject Bucket=out Key=b"],
    ),
    "a thread's own run": (
        """
        import boto3
        from threading import Thread
        class Worker(Thread):
            def __init__(self, key):
                super().__init__()
                self.key = key
            def run(self):
                boto3.client("s3").get_object(Bucket="in", Key=self.key)
        def handler(event, context):
            Worker("a").start()
        """,
        ["9 s3:GetObject Bucket=in Key=a"],
    ),
    "a pool's apply": (
        """
        import boto3
        from multiprocessing.pool import ThreadPool
        def put(bucket, key):
            boto3.client("s3").put_object(Bucket=bucket, Key=key)
        def handler(event, context):
            ThreadPool(2).apply_async(put, ("out",), {"key": "a"})
            ThreadPool(2).starmap(put, [("out", "b")])
        """,
        ["5 s3:PutObject Bucket=out Key=a", "5 s3:PutObject Bucket=out Key=b"],
    ),
    "map, filter, sorted and reduce": (
        """
        import boto3
        from functools import reduce
        s3 = boto3.client("s3")
        def exists(key):
            return s3.head_object(Bucket="in", Key=key)
        def size(key):
            return s3.get_object_attributes(Bucket="in", Key=key)
        def join(one, other):
            s3.upload_part_copy(Bucket="out", Key=other)
            return one
        def handler(event, context):
            list(map(lambda key: s3.get_object(Bucket="in", Key=key), ["a"]))
            list(filter(exists, ["b"]))
            sorted(["c"], key=size)
            reduce(join, ["d"])
        """,
        [
            "6 s3:HeadObject Bucket=in Key=b",
            "8 s3:GetObjectAttributes Bucket=in Key=c",
            "10 s3:UploadPartCopy Bucket=out Key=d",
            "13 s3:GetObject Bucket=in Key=a",
        ],
    ),
    "partial of a client's method": (
        """
        import boto3
        from functools import partial
        get = partial(boto3.client("s3").get_object, Bucket="in")
        def handler(event, context):
            get(Key="a")
        """,
        ["6 s3:GetObject Bucket=in Key=a"],
    ),
    "a dictionary of functions": (
        """
        import boto3
        s3 = boto3.client("s3")
        def put(key):
            s3.put_object(Bucket="out", Key=key)
        def drop(key):
            s3.delete_object(Bucket="out", Key=key)
        ACTIONS = {"put": put, "drop": drop}
        def handler(event, context):
            ACTIONS[event["action"]]("a")
            ACTIONS.get(event["other"], put)("b")
        """,
        [
            "5 s3:PutObject Bucket=out Key=a",
            "5 s3:PutObject Bucket=out Key=b",
            "7 s3:DeleteObject Bucket=out Key=a",
            "7 s3:DeleteObject Bucket=out Key=b",
        ],
    ),
    "lists and tuples of functions": (
        """
        import boto3
        s3 = boto3.client("s3")
        def put(key):
            s3.put_object(Bucket="out", Key=key)
        def handler(event, context):
            steps = [put]
            steps.append(lambda key: s3.get_object(Bucket="in", Key=key))
            for step in steps:
                step("a")
            for name, step in (("b", put),):
                step(name)
        """,
        ["5 s3:PutObject Bucket=out Key=a", "5 s3:PutObject Bucket=out Key=b", "8 s3:GetObject Bucket=in Key=a"],
    ),
    "functions in attributes": (
        """
        import boto3
        class Router:
            def __init__(self):
                self.routes = {}
                self.fallback = self.none
            def on(self, name):
                def keep(function):
                    self.routes[name] = function
                    return function
                return keep
            def none(self, key):
                boto3.client("sqs").send_message(QueueUrl="none", MessageBody=key)
            def run(self, name, key):
                self.routes.get(name, self.fallback)(key)
        router = Router()
        @router.on("put")
        def put(key):
            boto3.client("s3").put_object(Bucket="out", Key=key)
        def handler(event, context):
            router.run(event["name"], "a")
        """,
        ["13 sqs:SendMessage QueueUrl=none", "19 s3:PutObject Bucket=out Key=a"],
    ),
    "a name that is put together": (
        """
        import boto3
        class Actions:
            def on_put(self):
                boto3.client("s3").put_object(Bucket="out", Key="a")
            def off_put(self):
                boto3.client("s3").delete_object(Bucket="out", Key="a")
        def run_one():
            boto3.client("kms").decrypt(CiphertextBlob=b"")
        def handler(event, context):
            getattr(Actions(), f"on_{event['action']}")()
            globals()["run_" + event["kind"]]()
        """,
        ["5 s3:PutObject Bucket=out Key=a", "9 kms:Decrypt"],
    ),
    "a wrapper of our own": (
        """
        import boto3
        from functools import wraps
        def logged(function):
            @wraps(function)
            def inner(*args, **kwargs):
                print(args)
                return function(*args, **kwargs)
            return inner
        def looked(function, event, context):
            return function(event, context)
        @logged
        def put(key):
            boto3.client("s3").put_object(Bucket="out", Key=key)
        @logged
        def handler(event, context):
            put("a")
        """,
        ["14 s3:PutObject Bucket=out Key=a"],
    ),
    "a library's decorator that keeps what it decorates": (
        """
        import boto3
        from aws_lambda_powertools.event_handler import APIGatewayRestResolver
        app = APIGatewayRestResolver()
        @app.get("/orders")
        def orders():
            boto3.resource("dynamodb").Table("orders").scan()
        def handler(event, context):
            return app.resolve(event, context)
        """,
        ["7 dynamodb:Scan TableName=orders"],
    ),
    "an object that a library is given": (
        """
        import boto3
        import framework
        class Steps:
            def __init__(self, bucket):
                self.bucket = bucket
            def load(self):
                boto3.client("s3").list_objects_v2(Bucket=self.bucket)
        def handler(event, context):
            framework.run(Steps("in"))
        """,
        ["8 s3:ListObjectsV2 Bucket=in"],
    ),
    "a class that derives from a library's": (
        """
        import boto3
        from framework import Task
        class Load(Task):
            def execute(self):
                boto3.client("s3").list_objects_v2(Bucket="in")
        def handler(event, context):
            Load().go()
        """,
        ["6 s3:ListObjectsV2 Bucket=in"],
    ),
    "methods that Python calls by itself": (
        """
        import boto3
        class Store:
            def __init__(self):
                self.s3 = boto3.client("s3")
            def __enter__(self):
                return self
            def __exit__(self, *why):
                self.s3.put_object(Bucket="out", Key="exit")
            def __getitem__(self, key):
                return self.s3.get_object(Bucket="in", Key="item")
        def handler(event, context):
            with Store() as store:
                print(store["a"])
        """,
        ["9 s3:PutObject Bucket=out Key=exit", "11 s3:GetObject Bucket=in Key=item"],
    ),
    "a proxy of a client": (
        """
        import boto3
        class Proxy:
            def __init__(self, inner):
                self.inner = inner
            def __getattr__(self, name):
                return getattr(self.inner, name)
        def handler(event, context):
            Proxy(boto3.client("s3")).put_object(Bucket="out", Key="a")
        """,
        ["9 s3:PutObject Bucket=out Key=a"],
    ),
    "a property with a setter": (
        """
        import boto3
        class Store:
            @property
            def name(self):
                return "out"
            @name.setter
            def name(self, value):
                boto3.client("s3").create_bucket(Bucket="made")
        def handler(event, context):
            store = Store()
            store.name = event["name"]
            boto3.client("s3").put_object(Bucket=store.name, Key="a")
        """,
        ["9 s3:CreateBucket Bucket=made", "13 s3:PutObject Bucket=out Key=a"],
    ),
    "classes that register themselves": (
        """
        import boto3
        KINDS = {}
        class Step:
            def __init_subclass__(cls, **options):
                KINDS[cls.__name__] = cls
        class Put(Step):
            def run(self):
                boto3.client("s3").put_object(Bucket="out", Key="a")
        def handler(event, context):
            KINDS[event["kind"]]().run()
        """,
        ["9 s3:PutObject Bucket=out Key=a"],
    ),
    "classes that a decorator registers, and the classes below one": (
        """
        import boto3
        KINDS = []
        def kind(cls):
            KINDS.append(cls)
            return cls
        @kind
        class Put:
            def run(self):
                boto3.client("s3").put_object(Bucket="out", Key="a")
        class Base: pass
        class Get(Base):
            def run(self):
                boto3.client("s3").get_object(Bucket="in", Key="a")
        def handler(event, context):
            for each in KINDS:
                each().run()
            for each in Base.__subclasses__():
                each().run()
        """,
        ["10 s3:PutObject Bucket=out Key=a", "14 s3:GetObject Bucket=in Key=a"],
    ),
}
NOT_CALLED = {
    "methods of a class that nobody makes": """
        class Store:
            def put(self):
                s3.put_object(Bucket="out", Key="a")
        def handler(event, context):
            pass
    """,
    "methods that nobody calls": """
        class Store:
            def put(self):
                s3.put_object(Bucket="out", Key="a")
            def name(self):
                return "store"
        def handler(event, context):
            print(Store().name(), Store())
    """,
    "functions that nobody calls": """
        def put():
            s3.put_object(Bucket="out", Key="a")
        def handler(event, context):
            pass
    """,
    "a dictionary's other functions": """
        def put():
            s3.put_object(Bucket="out", Key="a")
        ACTIONS = {"put": put, "none": print}
        def handler(event, context):
            ACTIONS["none"]()
    """,
    "names of another form": """
        class Actions:
            def off(self):
                s3.put_object(Bucket="out", Key="a")
        def handler(event, context):
            getattr(Actions(), f"on_{event['action']}", print)()
    """,
    "a partial that nobody calls": """
        from functools import partial
        def put(key):
            s3.put_object(Bucket="out", Key=key)
        later = partial(put, "a")
        def handler(event, context):
            pass
    """,
    "a method under a decorator of the standard library": """
        from functools import cached_property, lru_cache
        class Store:
            @cached_property
            def it(self):
                s3.put_object(Bucket="out", Key="a")
            @lru_cache
            def other(self):
                s3.put_object(Bucket="out", Key="b")
        def handler(event, context):
            Store()
    """,
    "an exception's method": """
        class Bad(Exception):
            def put(self):
                s3.put_object(Bucket="out", Key="a")
        def handler(event, context):
            raise Bad
    """,
}
"""In each, `s3` is a client."""
