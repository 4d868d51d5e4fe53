from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.iam.addresses import IPV6, AddressError, Ranges, address_number, broad, everything, nothing, private


def ranges(*texts: str) -> Ranges:
    return Ranges.union(map(Ranges.parse, texts))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("54.240.143.77/24", "54.240.143.0/24"),
        ("54.240.143.77/0", "0.0.0.0/0"),
        ("2001:DB8:1234:5678::1", "2001:db8:1234:5678::1/128"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("2001:db8:0:0:0:0:0:0/32", "2001:db8::/32"),
    ],
)
def test_spellings_of_one_range(text: str, same: str) -> None:
    assert str(Ranges.parse(text)) == str(Ranges.parse(same))


def test_a_range_around_the_mapped_addresses_holds_all_of_ipv4() -> None:
    assert broad(Ranges.parse("::ffff:0:0/95"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/24",
        "203.0.113.0/",
        "203.0.113.0/33",
        "2001:db8::/129",
        "203.0.113.0/-1",
        "203.0.113.0/+8",
        "203.0.113.0/08",
        "203.0.113.0/255.255.255.0",
        "203.0.113.0-203.0.113.9",
        "010.0.0.0/8",
        "10.0.0/8",
        "10/8",
        "1.2.3.4.5",
        "1",
        "0x7f.0.0.1",
        "fe80::1%eth0",
        "1::2::3",
        "203.0.113.*",
        "${aws:SourceIp}",
        "٣.0.0.0/8",
        "10.0.0.0/1٣",
        "203.0.113.0/24 ,10.0.0.0/8",
    ],
)
def test_no_range(text: str) -> None:
    with pytest.raises(AddressError, match=r"^must be"):
        Ranges.parse(text)


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (["54.0.0.0/8"], False),
        (["54.0.0.0/7"], True),
        (["2600:1f00::/32"], False),
        (["2600:1f00::/31"], True),
        (["0.0.0.0/1", "128.0.0.0/1"], True),
        (["54.0.0.0/8", "55.0.0.0/32"], True),
        (["54.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], False),
        (["54.0.0.0/9", "54.128.0.0/9", "54.0.0.0/16"], False),
        (["10.0.0.0/7"], False),
        (["10.0.0.0/6"], True),
        ([], False),
    ],
)
def test_broad(texts: list[str], verdict: bool) -> None:  # noqa: FBT001
    assert broad(ranges(*texts)) is verdict


@pytest.mark.parametrize(
    ("texts", "example"),
    [
        (["0.0.0.0/0"], "198.51.100.7"),
        (["203.0.113.0/24"], "203.0.113.7"),
        (["::/0"], "2001:db8::7"),
        (["54.240.143.0/31"], "54.240.143.1"),
        (["10.0.0.0/8", "54.240.143.7"], "54.240.143.7"),
        (["10.0.0.0/8"], "10.0.0.7"),
    ],
)
def test_an_example_is_a_documentation_address_where_there_is_one(texts: list[str], example: str) -> None:
    assert ranges(*texts).example() == example


def test_the_empty_set_has_no_example() -> None:
    with pytest.raises(AddressError):
        nothing().example()


NETWORKS = st.one_of(
    st.ip_addresses(v=4).flatmap(lambda ip: st.integers(0, 32).map(lambda prefix: f"{ip}/{prefix}")),
    st.ip_addresses(v=6).flatmap(lambda ip: st.integers(0, 128).map(lambda prefix: f"{ip}/{prefix}")),
)
SETS = st.lists(NETWORKS, max_size=4).map(lambda texts: ranges(*texts))


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_reads_as_the_standard_library_does(ip: ipaddress.IPv4Address, prefix: int) -> None:
    network = ipaddress.ip_network(f"{ip}/{prefix}", strict=False)
    assert str(Ranges.parse(f"{ip}/{prefix}")) == str(network)
    assert Ranges.parse(f"{ip}/{prefix}").size(4) == network.num_addresses


@given(st.text(alphabet="0123456789abcdefABCDEF:./%* ", max_size=24))
def test_text_is_read_or_refused(text: str) -> None:
    try:
        parsed = Ranges.parse(text)
    except AddressError:
        return
    assert parsed
    first = str(next(parsed.cidrs()))
    assert str(Ranges.parse(first)) == first


@given(SETS, SETS)
def test_algebra(first: Ranges, second: Ranges) -> None:
    assert str(~~first) == str(first)
    assert str(~Ranges.union([first, second])) == str(~first & ~second)
    assert str(first - second) == str(first & ~second)
    assert str(Ranges.union([first & second, first - second])) == str(first)
    assert not first & ~first
    for version, total in ((4, 2**32), (6, 2**128)):
        assert first.size(version) + (~first).size(version) == total
        assert Ranges.union([first, second]).size(version) + (first & second).size(version) == first.size(
            version
        ) + second.size(version)


@given(SETS, SETS)
def test_more_addresses_are_never_less_broad(first: Ranges, second: Ranges) -> None:
    assert broad(Ranges.union([first, second])) >= broad(first)
    assert broad(first) == broad(first - private())


@given(SETS)
def test_an_example_is_in_the_set(some: Ranges) -> None:
    if some:
        assert Ranges.parse(some.example()) & some
    assert bool(some) == bool(some & everything())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.0.0.0", 0),
        ("::", IPV6),
        ("203.0.113.7", 0xCB007107),
        ("::1", IPV6 + 1),
        ("0", None),
        ("1.2.3", None),
        ("a:b", None),
        ("", None),
    ],
)
def test_an_address_has_a_number_also_the_first(text: str, number: int | None) -> None:
    assert address_number(text) == number
