"""Verbs: forms that no ending tells, and those that say little beside the noun they stand with. Data only."""

from typing import Final

from nlq.lexicon import Quality

# Words of one meaning whose stems differ; the first of a line stands for the others.
_FORMS = """
sell sold sale
spend spent
win won
lose lost loss
break broke broken
drive drove driven
ride rode ridden
run ran
buy bought
send sent
pay paid
build built
make made
take took taken
give gave given
hold held
write wrote written
grow grew grown growth
throw threw thrown
fly flew flown flight
eat ate eaten
steal stole stolen
fall fell fallen
rise rose risen
freeze froze frozen
catch caught
bring brought
feed fed
meet met
sleep slept
shoot shot
choose chose chosen choice
draw drew drawn
tear tore torn
withdraw withdrew withdrawn
weigh weight
deliver delivery
recover recovery
discover discovery
analyse analysis analyze
respond response
decide decision
convert conversion
collide collision
permit permission
submit submission
admit admission
enter entry
deny denial
complain complaint
succeed success
use used using usage
occupy occupied occupancy
apply applied application
supply supplied
vary varied variation
die dead death
"""
IRREGULAR: Final = {form: line.split()[0] for line in _FORMS.splitlines() for form in line.split()[1:]}

# Verbs that say this of anything.
MERE: Final = frozenset("happen happens happened happening occur occurs occurred occurring get gets got".split())

# They say no more of any metric: `the lowest pressure that we measured`.
RECORDING: Final = frozenset("record recorded measure measured measures observe observed registered".split())

# With a verb they make one word, if the catalog has it: `logged in` is a login, `timed out` a timeout.
PARTICLES: Final = frozenset("in out up down off on over back away".split())

# Of `errors happened` the verb says only that what is counted was there. Such a verb stands with the noun that heads
# a metric's name: `orders were made` is said of `shop.order`, not of `order.shipped`.
LIGHT: Final = frozenset(
    """
    happen happens happened happening occur occurs occurred occurring exist exists existed arise arose appear
    appears appeared record recorded report reported measure measured observe observed registered logged seen see
    sees saw send sends process processed
    handle handled perform performed done make makes made making take takes took taken
    taking generate generates generated throw throws threw thrown throwing raise raised use
    uses using used consume consumes consumed consuming burn burns burned burnt eat eats ate eaten eating arrive
    arrives arrived arriving stand stands stood standing sit sits sat sitting draw draws drew drawn spend spends
    spent earn earns earned collect collected got gotten gets getting serve serves served serving
    """.split()
)

# How what is counted begins, and how it goes on or ends: the last words of `order.placed`, `order.cancelled`.
BEGINNINGS: Final = frozenset("placed created opened started received submitted requested made begun booked".split())
ENDINGS: Final = frozenset(
    """
    cancelled canceled failed shipped delivered finished closed completed resolved returned refunded declined rejected
    expired won lost deleted abandoned paid packed dispatched ended aborted solved answered dropped
    """.split()
)

ANEW: Final = frozenset("signup sign register registration enrol join joined create open new".split()) | BEGINNINGS

# Verbs that say no more than the participle behind a noun: `orders came in`, of `order.placed`.
_MADE: Final = frozenset("produced made built packed baked printed assembled manufactured completed finished".split())
SAYING: Final = {
    "came in": BEGINNINGS,
    "arrived": frozenset(("delivered", "completed", "received")),
    "taken": BEGINNINGS,
    "took": BEGINNINGS,
    "made": BEGINNINGS | _MADE,
    "turned out": _MADE,
}

EARNING: Final = frozenset("collect collects collected earn earns earned".split())  # of money: all of it

# Those that go with what a metric measures, whatever its name; with `any` they go with `how high`.
MEASURING: Final[dict[Quality, frozenset[str]]] = {
    "duration": frozenset(
        """
        take takes took taken taking last lasts lasted lasting wait waits waited waiting run runs ran finish finishes
        finished complete completes end ends ended ending
        """.split()
    ),
    "distance": frozenset(
        """
        drive drives drove driven driving travel travels travelled traveled go goes went gone going cover covers covered
        run runs ran ride rode fly flew flown
        """.split()
    ),
    "pace": frozenset(
        "go goes went gone going drive drives drove driving run runs ran running move moves moved".split()
    ),
    "temperature": frozenset("run runs ran running got gotten become becomes became".split()),
    "money": EARNING | frozenset("cost costs costing".split()),
    "mass": frozenset("weigh weighs weighed weighing".split()),
    "any": frozenset("got gotten go goes went gone rise rises rose climb climbs climbed fall falls fell".split()),
}
WORDS: Final = LIGHT.union(*MEASURING.values())

# Tags that say who it was, and where.
PEOPLE: Final = frozenset(
    """
    person user customer client member player operator driver technician employee worker agent nurse doctor
    patient pilot picker cashier owner author staff engineer inspector analyst courier rider student teacher
    surgeon mechanic chef cook waiter barista seller buyer shopper subscriber passenger guest visitor trainer coach
    instructor pupil tenant resident officer guard supervisor manager clerk assistant dispatcher installer electrician
    plumber welder machinist scientist researcher editor developer tester assignee reporter sender recipient packer
    therapist dentist midwife volunteer farmer baker captain guide referee
    """.split()
)
PLACES: Final = frozenset(
    """
    place location region country city site zone hall room area building floor warehouse depot store branch
    plant station stop district state stage step datacenter dc
    """.split()
)
