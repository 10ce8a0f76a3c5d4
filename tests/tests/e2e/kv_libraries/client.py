"""redis-py: `client.py PORT ROUND`."""

import sys
import redis

port, again = int(sys.argv[1]), sys.argv[2] == "2"


def refused(call, words):
    try:
        call()
    except redis.ResponseError as error:
        assert words in str(error), error
    else:
        raise AssertionError(f"not refused: {words}")


for protocol in (2, 3):
    r = redis.Redis("127.0.0.1", port, protocol=protocol, decode_responses=True, client_name="tester")
    if again:
        assert r.get("kept") == "value" and r.lrange("kept list", 0, -1) == ["a", "b"]
        assert r.hgetall("kept hash") == {"f": "1"} and r.smembers("kept set") == {"m"}
        assert r.zscore("kept zset", "m") == 1.5 and 0 < r.ttl("kept for a time") <= 1000
    assert r.flushall() and r.dbsize() == 0

    assert r.ping() and r.echo("hello") == "hello" and r.client_getname() == "tester" and r.client_id() > 0
    assert r.info("server")["redis_version"].startswith("7") and r.info()["maxmemory"] > 0
    assert "maxmemory" in r.config_get("max*")

    assert r.set("a", 1, ex=100) and 0 < r.ttl("a") <= 100 and 0 < r.pttl("a") <= 100_000
    assert r.set("a", 2, keepttl=True) and r.ttl("a") > 0
    assert r.set("a", 3, nx=True) is None and r.set("b", 3, xx=True) is None
    assert r.set("a", 4, get=True) == "2" and r.ttl("a") == -1 and r.ttl("none") == -2
    assert r.expire("a", 50) and r.persist("a") and not r.persist("a") and r.pexpire("a", 1) in (True, False)
    assert r.set("n", 5) and r.incr("n", 10) == 15 and r.decr("n", 5) == 10 and r.incrbyfloat("n", 0.5) == 10.5
    assert r.append("text", "ab") == 2 and r.strlen("text") == 2 and r.getdel("text") == "ab" and r.get("text") is None
    assert r.mset({"x": 1, "y": 2}) and r.mget("x", "none", "y") == ["1", None, "2"]
    assert sorted(r.keys("[xy]")) == ["x", "y"] and r.type("x") == "string" and r.type("none") == "none"
    assert r.exists("x", "y", "none") == 2 and r.delete("x", "y") == 2
    assert r.set("bytes", bytes(range(256))) and redis.Redis("127.0.0.1", port).get("bytes") == bytes(range(256))

    assert r.rpush("l", "b", "c") == 2 and r.lpush("l", "a") == 3 and r.llen("l") == 3
    assert r.lrange("l", 0, -1) == ["a", "b", "c"] and r.lpop("l") == "a" and r.rpop("l", 5) == ["c", "b"]
    assert r.lpop("l") is None and r.lpop("l", 2) is None

    assert r.hset("h", mapping={"f": 1, "g": 2}) == 2 and r.hget("h", "f") == "1" and r.hget("h", "none") is None
    assert r.hgetall("h") == {"f": "1", "g": "2"} and r.hlen("h") == 2 and r.hdel("h", "f", "g") == 2

    assert r.sadd("s", "a", "b", "a") == 2 and r.smembers("s") == {"a", "b"} and r.scard("s") == 2
    assert r.sismember("s", "a") and not r.sismember("s", "c") and r.srem("s", "a") == 1
    assert r.spop("s") == "b" and r.spop("s") is None

    assert r.zadd("z", {"b": 2, "a": 1.5}) == 2 and r.zscore("z", "a") == 1.5 and r.zcard("z") == 2
    first, second = r.zpopmin("z", 1), r.zpopmin("z")
    assert [tuple(pair) for pair in first] == [("a", 1.5)], first
    assert second, second

    pipe = r.pipeline(transaction=False)
    for i in range(1000):
        pipe.set(f"p{i}", i)
        pipe.get(f"p{i}")
    assert pipe.execute() == [answer for i in range(1000) for answer in (True, str(i))]

    refused(lambda: r.lpush("n", 1), "Operation against a key holding the wrong kind of value")
    refused(lambda: r.incr("bytes"), "not an integer")
    refused(lambda: r.execute_command("GET"), "wrong number of arguments for 'get' command")
    refused(lambda: r.execute_command("NOSUCH", 1), "unknown command 'NOSUCH'")

    assert r.set("kept", "value") and r.rpush("kept list", "a", "b") and r.hset("kept hash", "f", 1)
    assert r.sadd("kept set", "m") and r.zadd("kept zset", {"m": 1.5}) and r.set("kept for a time", 1, ex=1000)
    r.close()
    again = True

print("exact")
