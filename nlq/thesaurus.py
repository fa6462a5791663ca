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
error exception
damaged broken
failed unsuccessful
success successful
rejected refused declined denied
cancelled aborted
login logon signin
logout logoff signout
subscription sub membership
restart reboot
rollback revert
build compile compilation
message msg
review rating
click tap
sale sell
refund reimbursement
price cost
fee charge
payment transaction
shipped dispatched sent
wasted binned chucked discarded scrapped dumped trashed thrown
waste scrap rubbish trash garbage
rain rainfall precipitation
noise sound loudness
brightness light illumination
vibration shaking
speed velocity pace
weight mass heaviness
width breadth
duration length
cpu processor
solar pv photovoltaic
engine motor
wheel tyre tire
brake braking
production prod prd live
staging stage stg preprod
development dev
desktop pc computer
chat messenger
mathematics maths math
biology bio
chemistry chem
available free vacant
closed shut
finished completed done ended
priority urgency
reason cause
moisture humidity
latency lag
memory ram
disk drive
petrol gasoline
deploy deployment release rollout
email mail
signup registration enrolment
purchase buy
purchased bought
kind type sort
alarm alert
testing test
altitude elevation
mobile smartphone cellphone handset
defect malfunction breakdown
lost misplaced
distance mileage
tonne ton tonnage
stop stoppage
floor storey
paediatrics pediatrics
physics phys
administration admin
website web
online concurrent
reservation booking
bag baggage luggage suitcase
late delayed overdue
stock inventory
invoice bill
voucher coupon
basket cart trolley
discount rebate
salary wage
expense expenditure
tip gratuity
atm cashpoint
cashier teller
donation gift contribution
donor giver contributor
volunteer helper
rental rent hire lease
repair mend fix
resolved solved
maintenance upkeep servicing
complaint grievance
enquiry inquiry
survey questionnaire
agent rep representative
advisor adviser
trainer coach instructor
lesson class
exam examination
attendance turnout
article story
advert advertisement ad advertising
screening showing
match fixture game
bet wager stake
stream broadcast
viewer watcher
birth born
death died deceased
injured hurt
surgery operation
prescription script
vaccination jab vaccine
dose dosage
treatment therapy
sample specimen
baby infant newborn
child kid
female woman women
male man men
pensioner senior
resident inhabitant citizen
pet animal
beverage drink
dessert pudding
takeaway takeout
fridge refrigerator
batch lot
barrel cask
crop harvest
barn shed
cow cattle
hen chicken
pig hog swine
greenhouse glasshouse
timber lumber
excavator digger
ship vessel boat
ferry boat
harbour harbor port
freight cargo
tram streetcar
metro subway tube
lamp bulb luminaire
meter gauge
sensor probe detector
charger chargepoint
battery accumulator accu
plug socket connector
turbine windmill
electricity energy
snow snowfall
leak leakage
spill spillage
stop stoppage standstill
blockage clog jam
accident collision
theft stealing stolen
fine penalty
permit licence license
inspection audit
tenant org organisation organization
plan tier
database db
endpoint route
bandwidth throughput
version ver
promotion promo
renewal renew
pickup collection
wastewater sewage
refuel fillup
housekeeping cleaning
laundry washing
entrance entry
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
WORDS: Final = _ALIKE.keys()


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
