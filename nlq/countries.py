"""Names of countries, and the codes of ISO 3166 that they may be stored as. Data only: a country is one line.

Left out are names that several countries have (`Congo`, `Korea`) and those of parts or unions of countries (`England`).
"""

from typing import Final

# The codes of two and three letters, then the names, each between commas.
_TABLE = """
AD AND andorra
AE ARE united arab emirates, uae, emirates
AF AFG afghanistan
AL ALB albania
AM ARM armenia
AO AGO angola
AR ARG argentina
AT AUT austria
AU AUS australia
AZ AZE azerbaijan
BA BIH bosnia and herzegovina, bosnia
BB BRB barbados
BD BGD bangladesh
BE BEL belgium
BF BFA burkina faso
BG BGR bulgaria
BH BHR bahrain
BI BDI burundi
BJ BEN benin
BN BRN brunei
BO BOL bolivia
BR BRA brazil, brasil
BS BHS bahamas
BT BTN bhutan
BW BWA botswana
BY BLR belarus
BZ BLZ belize
CA CAN canada
CD COD democratic republic of the congo, dr congo
CF CAF central african republic
CH CHE switzerland
CI CIV ivory coast, cote d'ivoire
CL CHL chile
CM CMR cameroon
CN CHN china
CO COL colombia
CR CRI costa rica
CU CUB cuba
CV CPV cape verde, cabo verde
CY CYP cyprus
CZ CZE czech republic, czechia
DE DEU germany
DJ DJI djibouti
DK DNK denmark
DM DMA dominica
DO DOM dominican republic
DZ DZA algeria
EC ECU ecuador
EE EST estonia
EG EGY egypt
ER ERI eritrea
ES ESP spain
ET ETH ethiopia
FI FIN finland
FJ FJI fiji
FO FRO faroe islands
FR FRA france
GA GAB gabon
GB GBR united kingdom, uk, great britain, britain
GD GRD grenada
GE GEO georgia
GH GHA ghana
GI GIB gibraltar
GL GRL greenland
GM GMB gambia
GN GIN guinea
GQ GNQ equatorial guinea
GR GRC greece
GT GTM guatemala
GW GNB guinea-bissau
GY GUY guyana
HK HKG hong kong
HN HND honduras
HR HRV croatia
HT HTI haiti
HU HUN hungary
ID IDN indonesia
IE IRL ireland
IL ISR israel
IN IND india
IQ IRQ iraq
IR IRN iran
IS ISL iceland
IT ITA italy
JM JAM jamaica
JO JOR jordan
JP JPN japan
KE KEN kenya
KG KGZ kyrgyzstan
KH KHM cambodia
KM COM comoros
KP PRK north korea
KR KOR south korea
KW KWT kuwait
KZ KAZ kazakhstan
LA LAO laos
LB LBN lebanon
LI LIE liechtenstein
LK LKA sri lanka
LR LBR liberia
LS LSO lesotho
LT LTU lithuania
LU LUX luxembourg, luxemburg
LV LVA latvia
LY LBY libya
MA MAR morocco
MC MCO monaco
MD MDA moldova
ME MNE montenegro
MG MDG madagascar
MK MKD north macedonia, macedonia
ML MLI mali
MM MMR myanmar, burma
MN MNG mongolia
MO MAC macau, macao
MR MRT mauritania
MT MLT malta
MU MUS mauritius
MV MDV maldives
MW MWI malawi
MX MEX mexico
MY MYS malaysia
MZ MOZ mozambique
NA NAM namibia
NE NER niger
NG NGA nigeria
NI NIC nicaragua
NL NLD netherlands, holland
NO NOR norway
NP NPL nepal
NZ NZL new zealand
OM OMN oman
PA PAN panama
PE PER peru
PG PNG papua new guinea
PH PHL philippines
PK PAK pakistan
PL POL poland
PR PRI puerto rico
PT PRT portugal
PY PRY paraguay
QA QAT qatar
RO ROU romania
RS SRB serbia
RU RUS russia
RW RWA rwanda
SA SAU saudi arabia
SC SYC seychelles
SD SDN sudan
SE SWE sweden
SG SGP singapore
SI SVN slovenia
SK SVK slovakia
SL SLE sierra leone
SM SMR san marino
SN SEN senegal
SO SOM somalia
SR SUR suriname
SS SSD south sudan
SV SLV el salvador
SY SYR syria
SZ SWZ eswatini, swaziland
TD TCD chad
TG TGO togo
TH THA thailand
TJ TJK tajikistan
TM TKM turkmenistan
TN TUN tunisia
TO TON tonga
TR TUR turkey, turkiye, türkiye
TT TTO trinidad and tobago
TW TWN taiwan
TZ TZA tanzania
UA UKR ukraine
UG UGA uganda
US USA united states, united states of america, usa
UY URY uruguay
UZ UZB uzbekistan
VA VAT vatican
VE VEN venezuela
VN VNM vietnam
WS WSM samoa
XK XKX kosovo
YE YEM yemen
ZA ZAF south africa
ZM ZMB zambia
ZW ZWE zimbabwe
"""

NAMES: Final = {
    name.strip(): (line[:2], line[3:6]) for line in _TABLE.split("\n") if line for name in line[7:].split(",")
}

# Words in a tag's key by which its values are known to be countries: `IT` is a department too.
KEYS: Final = frozenset("country nation nationality market geo origin destination territory region locale".split())
