"""Decides on the length of a list of unknown length, and on whether a look-up fails."""

import collections
import contextlib
import functools
import operator
import re
import shlex
import statistics

from common import absent, bad, decided, third_of, vpc, zones


def default_of_next():
    zones.names.apply(lambda names: decided(next(zip(names[1:2], ["private"]), (0, ""))[1]))


default_of_next()


def sum_of_ones():
    zones.names.apply(lambda names: decided(sum(1 for _ in names[:2]) < 2))


sum_of_ones()


def count_of_a_comprehension():
    zones.names.apply(lambda names: decided(len([name for name in names[:2]]) < 2))


count_of_a_comprehension()


def count_of_what_is_spread():
    zones.names.apply(lambda names: decided(len([*names[:2]]) < 2))


count_of_what_is_spread()


def count_of_a_copy():
    zones.names.apply(lambda names: decided(len(list(names[:2])) < 2))


count_of_a_copy()


def count_of_a_tuple():
    zones.names.apply(lambda names: decided(len(tuple(names[:2])) < 2))


count_of_a_tuple()


def count_of_a_sum():
    zones.names.apply(lambda names: decided(len(names[:1] + names[:1]) < 2))


count_of_a_sum()


def count_of_pairs():
    zones.names.apply(lambda names: decided(len(list(zip(names[:2], "ab"))) < 2))


count_of_pairs()


def count_of_what_is_sorted():
    zones.names.apply(lambda names: decided(len(sorted(names[:1])) < 1))


count_of_what_is_sorted()


def count_by_its_method():
    zones.names.apply(lambda names: decided(names[:2].__len__() < 2))


count_by_its_method()


def key_of_a_comprehension():
    zones.names.apply(lambda names: decided({key: name for key, name in zip("ab", names[:2])}.get("b") is None))


key_of_a_comprehension()


def key_of_a_dictionary():
    zones.names.apply(lambda names: decided("b" not in dict(zip("ab", names[:2]))))


key_of_a_dictionary()


def any_form():
    zones.names.apply(lambda names: decided(not any(True for _ in names[:1])))


any_form()


def all_form():
    zones.names.apply(lambda names: decided(all(False for _ in names[:1])))


all_form()


def truth_of_a_comprehension():
    zones.names.apply(lambda names: decided(not [name for name in names[:1]]))


truth_of_a_comprehension()


def equality_of_a_comprehension():
    zones.names.apply(lambda names: decided([name for name in names[:1]] == []))


equality_of_a_comprehension()


def nothing_for_the_first():
    zones.names.apply(lambda names: decided(next(iter(names[:1]), None) is None))


nothing_for_the_first()


def default_of_max():
    zones.names.apply(lambda names: decided(max((place for place, _ in enumerate(names[:2])), default=-1) < 1))


default_of_max()


def place_of_the_last():
    zones.names.apply(lambda names: decided(list(enumerate(names[:2]))[-1][0] < 1))


place_of_the_last()


def text_of_ones():
    zones.names.apply(lambda names: decided(",".join("x" for _ in names[:2]) == "x,x"))


text_of_ones()


def mean():
    zones.names.apply(lambda names: decided(statistics.mean(1 for _ in names[:2])))


mean()


def membership_among_ones():
    zones.names.apply(lambda names: decided("x" in ["x" for _ in names[:1]]))


membership_among_ones()


def words_of_a_text():
    zones.names.apply(lambda names: decided(len(shlex.split(f"{names[0]} x")) < 2))


words_of_a_text()


def times_of_a_change():
    zones.names.apply(lambda names: decided(re.subn("-", "", names[0])[1] < 2))


times_of_a_change()


def matches_that_are_collected():
    zones.names.apply(lambda names: decided([found.group() for found in re.finditer("-", names[0])] == []))


matches_that_are_collected()


def code():
    zones.names.apply(lambda names: decided(eval(f"'{names[0]}' == 'x'")))


code()


def partial_form():
    zones.names.apply(lambda names: decided([*map(functools.partial(operator.contains, "eu-west-1a"), [names[0]])] == [True]))


partial_form()


def bound_comparison():
    zones.names.apply(lambda names: decided([*map("x".__eq__, [names[0]])] == [True]))


bound_comparison()



def flag_of_a_loop():
    def f(names):
        found = False
        for _ in names[:1]:
            found = True
        absent(found)
    zones.names.apply(f)


flag_of_a_loop()


def flag_beside_an_element():
    def f(names):
        acl = "public-read"
        for name in names[1:2]:
            print(name)
            acl = "private"
        bad(acl)
    zones.names.apply(f)


flag_beside_an_element()


def counter_of_a_loop():
    def f(names):
        count = 0
        for name in names[:2]:
            count += 1
            print(name)
        if count < 2:
            bad()
    zones.names.apply(f)


counter_of_a_loop()


def collection_of_a_loop():
    def f(names):
        found = []
        for name in names[:2]:
            found.append(name)
        absent(len(found) > 1)
    zones.names.apply(f)


collection_of_a_loop()


def loop_that_is_left():
    def f(names):
        for _name in names[1:2]:
            break
        else:
            bad()
    zones.names.apply(f)


loop_that_is_left()


def loop_that_returns():
    def first(names):
        for name in names[:1]:
            print(name)
            return True
        return False
    zones.names.apply(lambda names: absent(first(names)))


loop_that_returns()


def unpacking():
    def f(names):
        try:
            [_, _] = names[:2]
        except ValueError:
            bad()
    zones.names.apply(f)


unpacking()


def iterator_that_ends():
    def f(names):
        each = iter(names[:2])
        try:
            next(each)
        except StopIteration:
            bad()
    zones.names.apply(f)


iterator_that_ends()


def index_behind_a_helper():
    def f(names):
        try:
            third_of(names)
        except IndexError:
            bad()
    zones.names.apply(f)


index_behind_a_helper()


def key_behind_a_helper():
    def f(found):
        with contextlib.suppress(LookupError):
            operator.itemgetter("x")(found.tags)
            return
        bad()
    vpc.apply(f)


key_behind_a_helper()


def set_of_ones():
    zones.names.apply(lambda names: decided({key for key, _ in zip("ab", names[:2])} == {"a", "b"}))


set_of_ones()


def frozen_set_of_ones():
    zones.names.apply(lambda names: decided(frozenset(key for key, _ in zip("ab", names[:2])) >= {"b"}))


frozen_set_of_ones()


def membership_in_a_generator():
    zones.names.apply(lambda names: decided("b" in (key for key, _ in zip("ab", names[:2]))))


membership_in_a_generator()


def comprehension_within():
    zones.names.apply(lambda names: decided(len([name for _ in "a" for name in names[:2]]) < 2))


comprehension_within()


def text_of_a_list():
    zones.names.apply(lambda names: decided(f"{[1 for _ in names[:2]]}" == "[1, 1]"))


text_of_a_list()


def last_that_is_taken():
    zones.names.apply(lambda names: decided(["public", *["private" for _ in names[:1]]].pop() == "public"))


last_that_is_taken()


def unbound_order():
    zones.names.apply(lambda names: decided(str.__lt__(f"{names[0]}", "x")))


unbound_order()


def unbound_length():
    zones.names.apply(lambda names: decided(str.__len__(f"{names[0]}") < 9))


unbound_length()


def element_that_is_left():
    def f(names):
        last = None
        for name in names[:1]:
            last = name
        absent(last is not None)
    zones.names.apply(f)


element_that_is_left()


def count_of_values():
    zones.names.apply(lambda names: decided(len(dict(zip("ab", names[:2])).values()) < 2))


count_of_values()


def list_of_keys():
    zones.names.apply(lambda names: decided([*dict(zip("ab", names[:2])).keys()] == ["a"]))


list_of_keys()


def key_of_a_merged_dictionary():
    zones.names.apply(lambda names: decided("b" in {"c": 1, **dict(zip("ab", names[:2]))}))


key_of_a_merged_dictionary()


def length_of_a_deque():
    zones.names.apply(lambda names: decided(len(collections.deque(place for place, _ in enumerate(names[:2]))) < 2))


length_of_a_deque()


def number_in_a_counter():
    zones.names.apply(lambda names: decided(collections.Counter("x" for _ in names[:2])["x"] < 2))


number_in_a_counter()


def last_of_a_tuple():
    zones.names.apply(lambda names: decided(tuple(enumerate(names[:2]))[-1][0] < 1))


last_of_a_tuple()
