"""Plurals: what is left of an English noun without its ending."""

from typing import Final

_IRREGULAR: Final = {
    "loaves": "loaf", "shelves": "shelf", "halves": "half", "knives": "knife", "calves": "calf", "leaves": "leaf",
    "men": "man", "women": "woman", "children": "child", "mice": "mouse", "feet": "foot", "teeth": "tooth",
    "indices": "index", "vertices": "vertex", "analyses": "analysis",
}  # fmt: skip


def singular(word: str) -> str:
    """`word`, in lower case, without its English plural ending; applied to both sides of a comparison."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "tuses", "ruses", "nuses", "puses")):
        return word[:-2]
    return word[:-1]
