"""The commands of Redis and Valkey, and the categories of which access strings name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, combinations

CATEGORIES: Mapping[str, frozenset[str]] = {
    command: frozenset(categories.split())
    for categories, commands in {
        "read string fast": "get mget strlen",
        "write string fast": "append decr decrby getdel getset incr incrby setnx",
        "write string slow": "mset set setex setrange",
        "read hash fast": "hexists hget hlen hmget",
        "read hash slow": "hgetall hkeys hscan hvals",
        "write hash fast": "hdel hincrby hmset hset hsetnx",
        "read list fast": "llen",
        "read list slow": "lindex lrange",
        "write list fast": "lpop lpush rpop rpush",
        "write list slow": "lrem lset ltrim",
        "read set fast": "scard sismember",
        "read set slow": "smembers sscan",
        "write set fast": "sadd spop srem",
        "read sortedset fast": "zcard zcount zrank zscore",
        "read sortedset slow": "zrange zscan",
        "write sortedset fast": "zadd zincrby zrem",
        "write stream fast": "xack xadd xdel",
        "read stream fast": "xlen",
        "read stream slow": "xrange",
        "keyspace read fast": "dbsize exists pttl ttl type",
        "keyspace read slow": "scan",
        "keyspace read slow dangerous": "keys",
        "keyspace write fast": "expire persist pexpire",
        "keyspace write slow": "del rename",
        "keyspace write slow dangerous": "flushall flushdb",
        "pubsub fast": "publish",
        "pubsub slow": "psubscribe subscribe unsubscribe",
        "fast connection": "auth ping select",
        "slow dangerous": "info",
        "admin slow dangerous": "monitor shutdown",
        "slow scripting": "eval evalsha",
    }.items()
    for command in commands.split()
}
"""By command, all its categories. Source: https://redis.io/docs/latest/commands/, "ACL categories" of each."""
MOST_CATEGORIES = 10
"""Categories in two access strings of which every combination is tried."""
_APART = ({"read", "write"}, {"fast", "slow"})
"""Categories of which no command has both; every command is fast or slow."""


def combined(categories: frozenset[str]) -> Iterator[tuple[frozenset[str], bool]]:
    """Each combination that a command may have of these categories, and whether there surely is such a command.

    All commands for administrators are dangerous.
    Source: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/#command-categories.
    """
    speeds = {"fast", "slow"} if categories >= {"fast", "slow"} else set()
    subsets = chain.from_iterable(combinations(sorted(categories), size) for size in range(len(categories) + 1))
    for subset in map(frozenset, subsets):
        without = subset >= {"admin"} and "dangerous" in categories - subset
        if without or any(subset >= both for both in _APART) or (speeds and not subset & speeds):
            continue
        own = subset - speeds - ({"dangerous"} if "admin" in subset else set())
        yield subset, len(own) <= 1
