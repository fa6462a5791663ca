"""What a prompt was read as."""

from dataclasses import dataclass

from nlq.question import Question
from nlq.words import Word


@dataclass(frozen=True, slots=True)
class Interpretation:
    """The question, its reading, the role of every word, and what was taken for granted."""

    question: Question
    reading: str
    words: tuple[Word, ...]
    assumptions: tuple[str, ...]
