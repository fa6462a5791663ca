"""What a prompt was read as."""

from msgspec import Struct

from nlq.question import Question
from nlq.words import Word


class Interpretation(Struct, frozen=True):
    """The question, its reading, the role of every word, and what was taken for granted."""

    question: Question
    reading: str
    words: tuple[Word, ...]
    assumptions: tuple[str, ...]
