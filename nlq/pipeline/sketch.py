"""Percentiles of any number of values in bounded memory: a DDSketch, within 1 % of the value at the nearest rank.

Source: C. Masson, J. E. Rim and H. K. Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
guarantees", PVLDB 12 (2019). A positive value x lies in the bin i = ceil(log(x) / log(GAMMA)), whose middle,
2 * GAMMA^i / (GAMMA + 1), is within ERROR of all that lie in it. Two sketches merge by adding the counts of their bins.

A bin and how many values it holds are one whole number here, bin * ROOM + count, so that a sketch is a list of numbers
that sort as their bins do, and those as their values. Bins are counted from below the least double: that of zero is
_ZERO, those of positive values lie about _ZERO + _AWAY, those of negative ones about _ZERO - _AWAY. Doubles reach from
i = -37,200 to 35,500; all these numbers are below 2^53, and a bin holds up to 34 thousand million values.

A metric with a distribution is the values that this saw: those of a bucket lie in its middle, a bucket being as narrow
as the bounds, the least and the greatest value make it; where there are no buckets, all are the mean.
"""

import math
from typing import Any

from nlq.plan import ERROR

GAMMA = (1 + ERROR) / (1 - ERROR)
_ZERO, _AWAY = 80_000, 40_000
ROOM = 2**35


def of(value: Any) -> Any:
    """The expression for the one number of the sketch of the number `value` alone, itself an expression."""
    size = {"$ceil": {"$divide": [{"$ln": {"$abs": value}}, math.log(GAMMA)]}}
    below, above = {"$subtract": [_ZERO - _AWAY, size]}, {"$add": [_ZERO + _AWAY, size]}
    number = {
        "$switch": {
            "branches": [{"case": {"$gt": [value, 0]}, "then": above}, {"case": {"$lt": [value, 0]}, "then": below}],
            "default": _ZERO,
        }
    }
    return {"$toLong": {"$add": [{"$multiply": [number, ROOM]}, 1]}}


def of_metric() -> Any:
    """The expression for the numbers of the sketch of a metric, a list, in which a bin may come twice."""
    place, most = {"$arrayElemAt": ["$distribution.counts", "$$place"]}, {"$size": "$$counts"}
    below = {"$arrayElemAt": ["$distribution.bounds", {"$subtract": ["$$place", 1]}]}
    above = {"$arrayElemAt": ["$distribution.bounds", "$$place"]}
    start = {"$cond": [{"$eq": ["$$place", 0]}, "$distribution.min", {"$max": ["$distribution.min", below]}]}
    end = {"$min": ["$distribution.max", above]}  # above the last bound there is none
    middle = {"$divide": [{"$add": [start, end]}, 2]}
    buckets = {
        "$map": {
            "input": {"$filter": {"input": {"$range": [0, most]}, "as": "place", "cond": {"$gt": [place, 0]}}},
            "as": "place",
            "in": {"$let": {"vars": {"middle": middle}, "in": _several("$$middle", place)}},
        }
    }
    whole = [_several("$value", {"$ifNull": ["$distribution.count", 1]})]
    counts = {"$ifNull": ["$distribution.counts", []]}
    return {"$let": {"vars": {"counts": counts}, "in": {"$cond": [{"$eq": ["$$counts", []]}, whole, buckets]}}}


def joined(sketches: Any) -> Any:
    """The expression for the numbers of some sketches, a list of lists, as one list."""
    return {"$reduce": {"input": sketches, "initialValue": [], "in": {"$concatArrays": ["$$value", "$$this"]}}}


def added(numbers: Any) -> Any:
    """The expression for the sketch of all of `numbers`, a list in any order: those of a bin become one.

    `end` is the least number of the bins after the one that `last` is of.
    """
    count = {"$mod": ["$$this", ROOM]}
    closed = {"$concatArrays": ["$$value.sketch", ["$$value.last"]]}
    same = {"sketch": "$$value.sketch", "last": {"$add": ["$$value.last", count]}, "end": "$$value.end"}
    end = {"$add": [{"$subtract": ["$$this", count]}, ROOM]}
    following = {"sketch": closed, "last": "$$this", "end": end}
    gone_through = {
        "$reduce": {
            "input": {"$sortArray": {"input": numbers, "sortBy": 1}},
            "initialValue": {"sketch": [], "last": None, "end": 0},
            "in": {"$cond": [{"$lt": ["$$this", "$$value.end"]}, same, following]},
        }
    }
    whole = {"$concatArrays": ["$$all.sketch", ["$$all.last"]]}
    return {"$let": {"vars": {"all": gone_through}, "in": {"$slice": [whole, 1, {"$size": whole}]}}}


def value_at(share: int, whole: int, numbers: str) -> Any:
    """The expression for the value at the nearest rank of `share` / `whole` of all.

    numbers: the field that holds the sketch, in any order and with any number of numbers for a bin.

    What is left of the rank goes down number by number, until the one is found that it lies in: that, negated, stays.
    """
    count = {"$sum": {"$map": {"input": numbers, "in": {"$mod": ["$$this", ROOM]}}}}
    rank = {"$ceil": {"$divide": [{"$multiply": [count, share]}, whole]}}
    left = {"$subtract": ["$$value", {"$mod": ["$$this", ROOM]}]}
    step = {"$cond": [{"$gt": ["$$left", 0]}, "$$left", {"$subtract": [0, "$$this"]}]}
    further = {"$let": {"vars": {"left": left}, "in": step}}
    found = {
        "$reduce": {
            "input": {"$sortArray": {"input": numbers, "sortBy": 1}},
            "initialValue": rank,
            "in": {"$cond": [{"$lt": ["$$value", 0]}, "$$value", further]},
        }
    }
    number = {"$floor": {"$divide": [{"$subtract": [0, found]}, ROOM]}}
    return {"$let": {"vars": {"bin": number}, "in": _middle("$$bin")}}


def _several(value: Any, count: Any) -> Any:
    return {"$add": [of(value), {"$subtract": [count, 1]}]}


def _middle(number: str) -> Any:
    away = {"$subtract": [number, _ZERO]}
    size = {"$multiply": [{"$pow": [GAMMA, {"$subtract": [{"$abs": away}, _AWAY]}]}, 2 / (GAMMA + 1)]}
    signed = {"$cond": [{"$lt": [away, 0]}, {"$subtract": [0, size]}, size]}
    return {"$cond": [{"$eq": [away, 0]}, 0.0, signed]}
