"""Questions in plain English, compiled to MongoDB pipelines. Pure: no I/O, no clock, no state but the catalog.

The stages, and the only door to each:

    prompt ──tokens──▶ tokens ──engine, rules──▶ covers ──assemble──▶ question ──describe──▶ reading
                                  ▲                         │            │
                   context: now, zone, catalog,             ▼            └──pipeline──▶ MongoDB stages
                   limits, previous question             refusal

`interpret` reads a prompt, `complete` goes on with one that is being typed, `compile_question` builds the pipeline,
`resolve_time` reads time words alone, `question_from` takes the question of an earlier answer back from outside.
"""

from nlq.catalog import Catalog
from nlq.complete import Completion, complete
from nlq.context import Context, Limits
from nlq.contradictions import question_from
from nlq.conventions import default_function
from nlq.describe import describe
from nlq.interpret import interpret
from nlq.interpretation import Interpretation
from nlq.pipeline import Chart, Column, Pipeline, compile_question, count_values
from nlq.pipeline.summary import summary
from nlq.plan import DISTRIBUTED, METRICS, Plan, Summaries, read_since
from nlq.question import Question
from nlq.refusal import Refusal
from nlq.resolve_time import resolve_time
from nlq.words import Word

__all__ = [
    "DISTRIBUTED",
    "METRICS",
    "Catalog",
    "Chart",
    "Column",
    "Completion",
    "Context",
    "Interpretation",
    "Limits",
    "Pipeline",
    "Plan",
    "Question",
    "Refusal",
    "Summaries",
    "Word",
    "compile_question",
    "complete",
    "count_values",
    "default_function",
    "describe",
    "interpret",
    "question_from",
    "read_since",
    "resolve_time",
    "summary",
]
