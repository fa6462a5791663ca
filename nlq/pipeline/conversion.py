"""Results in the unit that is asked for: the last step, so that every condition is on values as they are stored."""

import re
from typing import Any

from nlq.measures import SYMBOLS
from nlq.question import Question
from nlq.units import factor, measure_of_results

_FIELD = re.compile(r"(value|previous|change)(\d+)")
_DIFFERENCES = ("range", "stddev")


def converted(field: str, question: Question) -> Any:
    """The field of a group; shares and percentages are in no unit, and differences have no zero to be shifted by."""
    own, found = measure_of_results(question), _FIELD.fullmatch(field)
    if question.unit is None or own is None or found is None:
        return f"${field}"
    asked = SYMBOLS[question.unit]
    difference = found[1] == "change" or question.aggregations[int(found[2])].function in _DIFFERENCES
    result: Any = f"${field}"
    if own.shift != asked.shift and not difference:
        result = {"$add": [result, own.shift]}
    if own.size >= asked.size:
        result = {"$multiply": [result, factor(own, asked)]}
    else:
        result = {"$divide": [result, factor(asked, own)]}
    return {"$subtract": [result, asked.shift]} if own.shift != asked.shift and not difference else result
