"""Words that people use for one another: a line has words of one meaning, each in the singular.

A word that neither the language nor the catalog knows is read as another one of its lines that the catalog does know,
if that makes one question; it is told as an assumption. So a line may be of words that mean the same of measured
things, not of those that are only near: power is no energy, an order no shipment.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from nlq.plurals import singular
from nlq.verbs import IRREGULAR

_LINES: Final = """
trip ride journey
parcel package
vehicle car auto automobile
lorry truck
plane aircraft airplane
bike bicycle cycle
picture image photo
film movie
song track
loaf bread
flat apartment
lift elevator
cellar basement
bathroom restroom toilet
shop store outlet
warehouse depot
country nation
city town
site location
area zone
floor storey level
room space
line lane
crew team squad
department dept division
customer client shopper buyer
user member
guest visitor
rider passenger traveller
employee staff worker personnel colleague
player gamer
driver chauffeur
doctor physician clinician
teacher lecturer
pupil student
company firm business
supplier vendor
ticket case
alarm alert warning alerting
crash breakdown outage
outage downtime
fault defect malfunction
error exception
failure error
issue problem
damaged broken
failed unsuccessful
success successful
rejected refused declined denied
cancelled aborted
missing lost misplaced
login logon signin
logout logoff signout
signup registration enrolment sign-up
unsubscribe cancel churn leave
subscription sub membership
restart reboot
deploy deployment release rollout ship
rollback revert
build compile compilation
job task
request call hit
message msg
comment remark
review rating
search query lookup
click tap
view impression pageview visit
session visit
download install
upload send
purchase buy order
sold purchased bought ordered
sale sell
refund reimbursement
price cost
fare ticket-price
fee charge
payment transaction
delivery drop-off dropoff
delivered arrived
shipped dispatched sent
returned sent-back
late delayed overdue tardy
wasted binned chucked discarded scrapped dumped trashed thrown
rejected binned discarded
waste scrap rubbish trash garbage
stock inventory supply
harvest yield crop
moisture humidity dampness wetness
temperature heat warmth
rain rainfall precipitation
wind breeze
noise sound loudness
brightness light illumination
pressure force
vibration shaking
speed velocity pace
weight mass heaviness
distance mileage
height altitude elevation
depth level
width breadth
size volume
latency delay lag
wait queue
queue backlog
duration length
memory ram mem
storage disk drive
network bandwidth
cpu processor
electricity power
solar pv photovoltaic
battery accu
engine motor
wheel tyre tire
brake braking
gas petrol gasoline
fuel diesel petrol
water h2o
production prod prd live
staging stage stg preprod
development dev
testing test qa
desktop pc computer
mobile phone smartphone cellphone handset
tablet ipad
email mail e-mail
phone telephone call
desk counter
chat messenger
website web online
mathematics maths math
biology bio
chemistry chem
physics phys
administration admin
information info
science sci
emergency er
pediatrics paediatrics children
surgery operating
full filled
empty unfilled
available free vacant
occupied taken
open opened
closed shut
start begin launch
finished completed done ended
priority urgency
severity seriousness
reason cause
kind type sort category
channel medium
method means
scheme network
region territory
branch office
"""


# Words for anyone, who may be whoever is counted.
_ANYONE: Final = frozenset("person people folk ppl guy human individual".split())
_SOMEONE: Final = """
people user customer client member player visitor guest passenger rider subscriber patient student employee
""".split()


def _index() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {word: dict.fromkeys(_SOMEONE) for word in _ANYONE}
    for line in _LINES.splitlines():
        for word in line.split():
            found.setdefault(word, {}).update(dict.fromkeys(each for each in line.split() if each != word))
    return {word: tuple(others) for word, others in found.items()}


_ALIKE: Final = _index()


@lru_cache(maxsize=1024)
def alike(word: str) -> tuple[str, ...]:
    """The words that stand for the same as `word`, which is case folded; none for most."""
    return next((_ALIKE[form] for form in _forms(word) if form in _ALIKE), ())


def _forms(word: str) -> Iterator[str]:
    """The word, in the singular, and as a verb without its ending: `riding`, `binned`, `ridden`."""
    yield from (word, singular(word), IRREGULAR.get(word, word))
    for ending in ("ed", "ing"):
        base = word.removesuffix(ending)
        if base != word:
            yield from (base, f"{base}e", base[:-1])
