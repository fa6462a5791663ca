"""Time phrases: what each one means at a fixed clock, which rule reads it, and what is no time at all."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nlq.catalog import Catalog
from nlq.context import Context
from nlq.engine import Grammar
from nlq.question import TimeRange
from nlq.recurrence import Preceding
from nlq.refusal import Problem
from nlq.resolve_time import resolve_time
from nlq.rule import Match
from nlq.rules import number, time_range
from nlq.timeline import Shift
from nlq.tokens import tokenize

NOW = datetime(2026, 11, 22, 13, 7)  # a Sunday  # noqa: DTZ001 - naive in, naive out
GRAMMAR = Grammar(
    (*number.RULES, *time_range.RULES),
    (*number.SCANNERS, *time_range.SCANNERS),
    frozenset({"time"}),
    frozenset(),
)

# phrase | start | end; `-` is an open side, `now` is now.
RANGES = """
today | 2026-11-22 | now
this week | 2026-11-16 | now
this month | 2026-11-01 | now
current quarter | 2026-10-01 | now
this calendar year | 2026-01-01 | now
all week | 2026-11-16 | now
all day yesterday | 2026-11-21 | 2026-11-22
yesterday | 2026-11-21 | 2026-11-22
only yesterday | 2026-11-21 | 2026-11-22
between 2 and 3 days ago | 2026-11-19 | 2026-11-21
between 3 and 5 hours ago | 2026-11-22 08:00 | 2026-11-22 11:00
since 6 this morning | 2026-11-22 06:00 | now
yesterday only | 2026-11-21 | 2026-11-22
yesterday and today | 2026-11-21 | now
the day before yesterday | 2026-11-20 | 2026-11-21
tomorrow | 2026-11-23 | 2026-11-24
the day after tomorrow | 2026-11-24 | 2026-11-25
tonight | 2026-11-22 18:00 | 2026-11-23 06:00
last week | 2026-11-09 | 2026-11-16
previous month | 2026-10-01 | 2026-11-01
last quarter | 2026-07-01 | 2026-10-01
last year | 2025-01-01 | 2026-01-01
next week | 2026-11-23 | 2026-11-30
last hour | 2026-11-22 12:07 | now
last minute | 2026-11-22 13:06 | now
past day | 2026-11-21 13:07 | now
the past week | 2026-11-15 13:07 | now
past month | 2026-10-22 13:07 | now
last 24h | 2026-11-21 13:07 | now
last 90m | 2026-11-22 11:37 | now
over the last 3 hours | 2026-11-22 10:07 | now
in the past two weeks | 2026-11-08 13:07 | now
the 5 past years | 2021-11-22 13:07 | now
the past day and 5 hours | 2026-11-21 08:07 | now
last couple of hours | 2026-11-22 11:07 | now
past half an hour | 2026-11-22 12:37 | now
the last hour and 30 minutes | 2026-11-22 11:37 | now
last 1 hour 30 minutes | 2026-11-22 11:37 | now
last 1h30m | 2026-11-22 11:37 | now
the last hour and a half | 2026-11-22 11:37 | now
past 2 and a half hours | 2026-11-22 10:37 | now
past fortnight | 2026-11-08 13:07 | now
7d | 2026-11-15 13:07 | now
next 3 days | now | 2026-11-25 13:07
2 hours in the future | now | 2026-11-22 15:07
in 2 hours | 2026-11-22 15:07 | 2026-11-22 15:08
next day and 2 hours | now | 2026-11-23 15:07
the 3 coming weeks | now | 2026-12-13 13:07
within 20 minutes | now | 2026-11-22 13:27
year to date | 2026-01-01 | now
month to date | 2026-11-01 | now
ytd | 2026-01-01 | now
today so far | 2026-11-22 | now
november so far | 2026-11-01 | now
2026 so far | 2026-01-01 | now
since the 1st of october | 2026-10-01 | now
so far this week | 2026-11-16 | now
rest of the week | now | 2026-11-23
later this month | now | 2026-12-01
earlier today | 2026-11-22 | now
Tuesday | 2026-11-17 | 2026-11-18
on Sunday | 2026-11-22 | now
on sat | 2026-11-21 | 2026-11-22
in March | 2026-03-01 | 2026-04-01
in december | 2025-12-01 | 2026-01-01
March 3 | 2026-03-03 | 2026-03-04
3rd of March | 2026-03-03 | 2026-03-04
December 3 | 2025-12-03 | 2025-12-04
the fifth day of may | 2026-05-05 | 2026-05-06
the 5th | 2026-11-05 | 2026-11-06
on the 30th | 2026-10-30 | 2026-10-31
on the third | 2026-11-03 | 2026-11-04
on the 12 | 2026-11-12 | 2026-11-13
August twenty-first | 2026-08-21 | 2026-08-22
August twenty one | 2026-08-21 | 2026-08-22
Friday the 13th | 2026-11-13 | 2026-11-14
Friday 13th | 2026-11-13 | 2026-11-14
Friday 13 | 2026-11-13 | 2026-11-14
Friday the thirteenth | 2026-11-13 | 2026-11-14
Friday, November 13 | 2026-11-13 | 2026-11-14
last Friday, November 13 | 2026-11-13 | 2026-11-14
November 13 (Friday) | 2026-11-13 | 2026-11-14
Monday, November 23 | 2026-11-23 | 2026-11-24
Friday, November 13, 2026 | 2026-11-13 | 2026-11-14
last Friday | 2026-11-20 | 2026-11-21
last Sunday | 2026-11-15 | 2026-11-16
Friday last | 2026-11-20 | 2026-11-21
this Wednesday | 2026-11-18 | 2026-11-19
this past Monday | 2026-11-16 | 2026-11-17
next Monday | 2026-11-23 | 2026-11-24
last November | 2025-11-01 | 2025-12-01
2 thursdays ago | 2026-11-12 | 2026-11-13
weekend | 2026-11-21 | now
last weekend | 2026-11-14 | 2026-11-16
summer | 2026-06-01 | 2026-09-01
spring | 2026-03-01 | 2026-06-01
autumn | 2026-09-01 | now
last winter | 2025-12-01 | 2026-03-01
the weekend just gone | 2026-11-14 | 2026-11-16
last quarter of an hour | 2026-11-22 12:52 | now
the month just gone | 2026-10-01 | 2026-11-01
last full day | 2026-11-21 | 2026-11-22
going back 3 days | 2026-11-19 13:07 | now
the last half year | 2026-05-22 13:07 | now
christmas | 2025-12-25 | 2025-12-26
new year's eve | 2025-12-31 | 2026-01-01
2026-11-05 | 2026-11-05 | 2026-11-06
11/5 | 2026-11-05 | 2026-11-06
25/10 | 2026-10-25 | 2026-10-26
11/5/2026 | 2026-11-05 | 2026-11-06
5.11.2026 | 2026-11-05 | 2026-11-06
5.11. | 2026-11-05 | 2026-11-06
Thursday 5.11 | 2026-11-05 | 2026-11-06
5.11. Thursday | 2026-11-05 | 2026-11-06
11 / 5 | 2026-11-05 | 2026-11-06
5-Nov-26 | 2026-11-05 | 2026-11-06
nov5 | 2026-11-05 | 2026-11-06
2026 11 5 | 2026-11-05 | 2026-11-06
11 5 2026 | 2026-11-05 | 2026-11-06
5 Nov 99 | 1999-11-05 | 1999-11-06
2026 November 5 | 2026-11-05 | 2026-11-06
2026-03 | 2026-03-01 | 2026-04-01
3 / 2026 | 2026-03-01 | 2026-04-01
2026 / 3 | 2026-03-01 | 2026-04-01
March 2024 | 2024-03-01 | 2024-04-01
2024 March | 2024-03-01 | 2024-04-01
in 2024 | 2024-01-01 | 2025-01-01
the year 2024 | 2024-01-01 | 2025-01-01
in twenty twenty four | 2024-01-01 | 2025-01-01
in two thousand and six | 2006-01-01 | 2007-01-01
the 1990s | 1990-01-01 | 2000-01-01
in the 90s | 1990-01-01 | 2000-01-01
the eighties | 1980-01-01 | 1990-01-01
the noughties | 2000-01-01 | 2010-01-01
this decade | 2020-01-01 | now
last decade | 2010-01-01 | 2020-01-01
the 20th century | 1900-01-01 | 2000-01-01
Q3 | 2026-07-01 | 2026-10-01
q1 2025 | 2025-01-01 | 2025-04-01
2025-q4 | 2025-10-01 | 2026-01-01
third quarter | 2026-07-01 | 2026-10-01
H1 | 2026-01-01 | 2026-07-01
week 31 | 2026-07-27 | 2026-08-03
the week of March 4 | 2026-03-02 | 2026-03-09
the week of the 12 | 2026-11-09 | 2026-11-16
the month of yesterday | 2026-11-01 | now
first half of October | 2026-10-01 | 2026-10-16
second half of last year | 2025-07-01 | 2026-01-01
all of last year | 2025-01-01 | 2026-01-01
early October | 2026-10-01 | 2026-10-11
mid-October | 2026-10-11 | 2026-10-21
middle of October | 2026-10-11 | 2026-10-21
late in October | 2026-10-21 | 2026-11-01
first third of October | 2026-10-01 | 2026-10-11
second third of February | 2026-02-11 | 2026-02-21
last third of February | 2026-02-21 | 2026-03-01
late last quarter | 2026-09-01 | 2026-10-01
early 2025 | 2025-01-01 | 2025-05-01
first Monday of May | 2026-05-04 | 2026-05-05
first Monday | 2026-11-02 | 2026-11-03
the fourth Thursday | 2026-10-22 | 2026-10-23
the last Friday in October | 2026-10-30 | 2026-10-31
first day of last month | 2026-10-01 | 2026-10-02
third week of September | 2026-09-14 | 2026-09-21
last week of October | 2026-10-26 | 2026-11-02
first 10 days of this year | 2026-01-01 | 2026-01-11
the last 3 days of March | 2026-03-29 | 2026-04-01
second month of 2025 | 2025-02-01 | 2025-03-01
first quarter of the year | 2026-01-01 | 2026-04-01
Monday of last week | 2026-11-09 | 2026-11-10
last week - Monday | 2026-11-09 | 2026-11-10
Mon Nov 16 9:30:05 2026 | 2026-11-16 09:30:05 | 2026-11-16 09:30:06
last week's Monday | 2026-11-09 | 2026-11-10
the 5th of last month | 2026-10-05 | 2026-10-06
April last year | 2025-04-01 | 2025-05-01
Monday to Wednesday last week | 2026-11-09 | 2026-11-12
last week from Monday to Wednesday | 2026-11-09 | 2026-11-12
3 days ago | 2026-11-19 | 2026-11-20
2 weeks ago | 2026-11-02 | 2026-11-09
5 months ago | 2026-06-01 | 2026-07-01
3 hours ago | 2026-11-22 10:00 | 2026-11-22 11:00
half an hour ago | 2026-11-22 12:37 | 2026-11-22 12:38
1 day 2 hours ago | 2026-11-21 11:00 | 2026-11-21 12:00
2 weeks ago at 8am | 2026-11-08 08:00 | 2026-11-08 09:00
since 3 hours ago | 2026-11-22 10:07 | now
since 3 hours | 2026-11-22 10:07 | now
since 2 days ago | 2026-11-20 13:07 | now
until 2 days ago | - | 2026-11-20 13:07
between 3 days ago and 1 hour ago | 2026-11-19 13:07 | 2026-11-22 12:07
more than 2 days ago | - | 2026-11-20 13:07
from now until 5 minutes from now | now | 2026-11-22 13:12
from now to 2 hours later | now | 2026-11-22 15:07
now-6h | 2026-11-22 07:07 | now
from now-6h to now-1h | 2026-11-22 07:07 | 2026-11-22 12:07
same hour last week | 2026-11-15 13:00 | 2026-11-15 14:00
this morning | 2026-11-22 06:00 | 2026-11-22 12:00
yesterday evening | 2026-11-21 18:00 | 2026-11-22
last night | 2026-11-22 | 2026-11-22 06:00
Monday night | 2026-11-17 | 2026-11-17 06:00
in the morning | 2026-11-22 06:00 | 2026-11-22 12:00
overnight | 2026-11-21 22:00 | 2026-11-22 06:00
Tuesday, in the afternoon | 2026-11-17 12:00 | 2026-11-17 18:00
business hours yesterday | 2026-11-21 09:00 | 2026-11-21 17:00
at 9am | 2026-11-22 09:00 | 2026-11-22 10:00
at 5pm | 2026-11-21 17:00 | 2026-11-21 18:00
10:30 | 2026-11-22 10:30 | 2026-11-22 10:31
10:30:15 | 2026-11-22 10:30:15 | 2026-11-22 10:30:16
10:30 p.m. | 2026-11-21 22:30 | 2026-11-21 22:31
at 9 a m | 2026-11-22 09:00 | 2026-11-22 10:00
at 9 p m | 2026-11-21 21:00 | 2026-11-21 22:00
at 9p | 2026-11-21 21:00 | 2026-11-21 22:00
330 pm | 2026-11-21 15:30 | 2026-11-21 15:31
four twenty-three am | 2026-11-22 04:23 | 2026-11-22 04:24
16.29h | 2026-11-21 16:29 | 2026-11-21 16:30
9 o'clock | 2026-11-22 09:00 | 2026-11-22 10:00
3:20 in the afternoon | 2026-11-21 15:20 | 2026-11-21 15:21
6 in the morning | 2026-11-22 06:00 | 2026-11-22 07:00
11 at night | 2026-11-21 23:00 | 2026-11-22
Friday evening at 7 | 2026-11-20 19:00 | 2026-11-20 20:00
Friday evening at 7:30 | 2026-11-20 19:30 | 2026-11-20 19:31
10 minutes past 9am | 2026-11-22 09:10 | 2026-11-22 09:11
10 minutes to noon | 2026-11-22 11:50 | 2026-11-22 11:51
10 past nine | 2026-11-22 09:10 | 2026-11-22 09:11
quarter past nine | 2026-11-22 09:15 | 2026-11-22 09:16
quarter past noon | 2026-11-22 12:15 | 2026-11-22 12:16
quarter to noon | 2026-11-22 11:45 | 2026-11-22 11:46
half past nine | 2026-11-22 09:30 | 2026-11-22 09:31
half past noon | 2026-11-22 12:30 | 2026-11-22 12:31
noon yesterday | 2026-11-21 12:00 | 2026-11-21 13:00
yesterday at 9 | 2026-11-21 09:00 | 2026-11-21 10:00
Monday at 9 | 2026-11-16 09:00 | 2026-11-16 10:00
Monday at 9:30 | 2026-11-16 09:30 | 2026-11-16 09:31
9:30 on Monday | 2026-11-16 09:30 | 2026-11-16 09:31
9:30 on the 12 | 2026-11-12 09:30 | 2026-11-12 09:31
on the 12th, 9:30 | 2026-11-12 09:30 | 2026-11-12 09:31
on the third at 9:30 | 2026-11-03 09:30 | 2026-11-03 09:31
on 12 at 9:30 | 2026-11-12 09:30 | 2026-11-12 09:31
Mon Nov 16 08.40 | 2026-11-16 08:40 | 2026-11-16 08:41
Nov 16 8 h | 2026-11-16 08:00 | 2026-11-16 09:00
16.11. 9:30 | 2026-11-16 09:30 | 2026-11-16 09:31
Nov 16 9:30:05 2024 | 2024-11-16 09:30:05 | 2024-11-16 09:30:06
from 9:00 to 17:00 yesterday | 2026-11-21 09:00 | 2026-11-21 17:00
yesterday from 9 to 11 | 2026-11-21 09:00 | 2026-11-21 11:00
between 3 and 8 yesterday | 2026-11-21 03:00 | 2026-11-21 08:00
between 3 and 8pm yesterday | 2026-11-21 15:00 | 2026-11-21 20:00
between 3pm and 8 yesterday | 2026-11-21 15:00 | 2026-11-21 20:00
between 9:30 and 11:00 on Thursday | 2026-11-19 09:30 | 2026-11-19 11:00
9-11 on Thursday | 2026-11-19 09:00 | 2026-11-19 11:00
Thursday 9-11 | 2026-11-19 09:00 | 2026-11-19 11:00
8pm - 11 yesterday | 2026-11-21 20:00 | 2026-11-21 23:00
11 to 3pm yesterday | 2026-11-21 11:00 | 2026-11-21 15:00
10 to noon yesterday | 2026-11-21 10:00 | 2026-11-21 12:00
from 3-5pm yesterday afternoon | 2026-11-21 15:00 | 2026-11-21 17:00
yesterday afternoon from 3 to 5 | 2026-11-21 15:00 | 2026-11-21 17:00
Monday afternoon, 1:00 to 2:00 | 2026-11-16 13:00 | 2026-11-16 14:00
8:00 to 9:00 Monday morning | 2026-11-16 08:00 | 2026-11-16 09:00
afternoon, 2pm to 3pm | 2026-11-21 14:00 | 2026-11-21 15:00
between 22:00 and 02:00 | 2026-11-21 22:00 | 2026-11-22 02:00
from 9am for 2 hours | 2026-11-22 09:00 | 2026-11-22 11:00
from 9 for 2 hours | 2026-11-22 09:00 | 2026-11-22 11:00
for 2 hours from 9am | 2026-11-22 09:00 | 2026-11-22 11:00
for 2 hours from 9 | 2026-11-22 09:00 | 2026-11-22 11:00
22-23 October at noon | 2026-10-22 12:00 | 2026-10-23 12:00
July 13-15 | 2026-07-13 | 2026-07-16
from July 13 to 15 | 2026-07-13 | 2026-07-16
between the 13th and the 15th of July | 2026-07-13 | 2026-07-16
13 to 15 July 2025 | 2025-07-13 | 2025-07-16
between 4 and 12 last month | 2026-10-04 | 2026-10-13
10/1-10/7 | 2026-10-01 | 2026-10-08
Jan-Feb 2025 | 2025-01-01 | 2025-03-01
Oct 18-Nov 3 | 2026-10-18 | 2026-11-04
from Monday to Friday | 2026-11-16 | 2026-11-21
between Monday and Friday | 2026-11-16 | 2026-11-21
from the 3rd to Friday | 2026-11-03 | 2026-11-07
from the third to November 9 | 2026-11-03 | 2026-11-10
from December to May | 2025-12-01 | 2026-06-01
from December to May 2024 | 2023-12-01 | 2024-06-01
from yesterday to Monday | 2026-11-21 | now
between 2026-11-03 and Friday | 2026-11-03 | 2026-11-07
between Monday and yesterday | 2026-11-16 | 2026-11-22
between 2026-11-03 and 2026-11-05 | 2026-11-03 | 2026-11-06
from 2026-11-03 to 2026-11-05 | 2026-11-03 | 2026-11-06
2026-11-01..2026-11-05 | 2026-11-01 | 2026-11-06
2026-11-01/2026-11-05 | 2026-11-01 | 2026-11-06
2026-11-21T10:00/2026-11-21T12:00 | 2026-11-21 10:00 | 2026-11-21 12:00
2026-11-21T10:00+02:00 | 2026-11-21 08:00 | 2026-11-21 08:01
from 2026-11-21T00:00Z to 2026-11-22T00:00Z | 2026-11-21 | 2026-11-22
22/Nov/2026:10:30:00 | 2026-11-22 10:30 | 2026-11-22 10:30:01
from 2014 to 2018 | 2014-01-01 | 2019-01-01
from 2014-2018 | 2014-01-01 | 2019-01-01
between March 2014 and 2018 | 2014-03-01 | 2019-01-01
from 2014 to March 2018 | 2014-01-01 | 2018-04-01
2 days before yesterday | 2026-11-19 | 2026-11-20
a week after November 3 | 2026-11-10 | 2026-11-11
the 3 hours before noon yesterday | 2026-11-21 09:00 | 2026-11-21 12:00
the 2 days after November 3 | 2026-11-04 | 2026-11-06
November 3 for 10 days | 2026-11-03 | 2026-11-13
for 10 days from November 3 | 2026-11-03 | 2026-11-13
more than 2 days before yesterday | - | 2026-11-19
since Monday | 2026-11-16 | now
since March | 2026-03-01 | now
since 2024 | 2024-01-01 | now
since the third | 2026-11-03 | now
since 10:00 | 2026-11-22 10:00 | now
from 9am | 2026-11-22 09:00 | now
from 9am yesterday | 2026-11-21 09:00 | now
since the start of last week | 2026-11-09 | now
since the beginning of the month | 2026-11-01 | now
until the end of October | - | 2026-11-01
between the start of October and the end of yesterday | 2026-10-01 | 2026-11-22
starting from Monday | 2026-11-16 | now
from now-6h | 2026-11-22 07:07 | now
from Monday onwards | 2026-11-16 | now
from March to date | 2026-03-01 | now
Monday or later | 2026-11-16 | now
on or after Monday | 2026-11-16 | now
after or on Monday | 2026-11-16 | now
later than or equal to 2026-11-16 | 2026-11-16 | now
>= 2026-11-16 | 2026-11-16 | now
after Monday | 2026-11-17 | now
after 10am | 2026-11-22 10:00 | now
later than Monday | 2026-11-17 | now
before Monday | - | 2026-11-16
before 5pm | - | 2026-11-22 17:00
prior to Monday | - | 2026-11-16
prior to 5pm | - | 2026-11-22 17:00
in advance of Monday | - | 2026-11-16
in advance of 5pm | - | 2026-11-22 17:00
earlier than Monday | - | 2026-11-16
until Friday | - | 2026-11-21
until 10am | - | 2026-11-22 10:00
up to Friday | - | 2026-11-21
to date | - | now
ending on Friday | - | 2026-11-21
no later than Friday | - | 2026-11-21
on or before Friday | - | 2026-11-21
before or on Friday | - | 2026-11-21
<= 2026-11-16 | - | 2026-11-17
after Monday and before Thursday | 2026-11-17 | 2026-11-19
since 2026-11-21T10:00Z until 2026-11-21T12:00Z | 2026-11-21 10:00 | 2026-11-21 12:00
since Monday until Friday | 2026-11-16 | 2026-11-21
since Friday through yesterday | 2026-11-20 | 2026-11-22
yesterday before 5pm | 2026-11-21 | 2026-11-21 17:00
yesterday after 5pm | 2026-11-21 17:00 | 2026-11-22
Thursday before 5pm | 2026-11-19 | 2026-11-19 17:00
Thursday after 5pm | 2026-11-19 17:00 | 2026-11-20
before 6am yesterday | 2026-11-21 | 2026-11-21 06:00
until noon on November 3 | 2026-11-03 | 2026-11-03 12:00
before 9am on Thursday | 2026-11-19 | 2026-11-19 09:00
after 5pm yesterday | 2026-11-21 17:00 | 2026-11-22
after 5pm on Thursday | 2026-11-19 17:00 | 2026-11-20
after 9am and before 5pm yesterday | 2026-11-21 09:00 | 2026-11-21 17:00
since 9am yesterday | 2026-11-21 09:00 | now
for the month | 2026-11-01 | now
of the week | 2026-11-16 | now
now | now | 2026-11-22 13:07:01
right now | now | 2026-11-22 13:07:01
at the moment | now | 2026-11-22 13:07:01
at the present time | now | 2026-11-22 13:07:01
"""
CASES = [tuple(part.strip() for part in line.split(" | ")) for line in RANGES.strip().splitlines()]


def instant(text: str) -> datetime | None:
    if text == "-":
        return None
    return NOW if text == "now" else datetime.fromisoformat(text)


@pytest.mark.parametrize(("phrase", "start", "end"), CASES, ids=[case[0] for case in CASES])
def test_phrase_means_its_range(phrase: str, start: str, end: str) -> None:
    """A phrase means the range that its line gives, whatever the case and the white space."""
    expected = instant(start), instant(end)
    assert resolve_time(phrase, NOW) == expected
    assert resolve_time(f"  {phrase.upper()} ".replace(" ", "  "), NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "5m rows", "top 5 hosts", "status 500 or 404", "second", "the second attempt failed", "daily.active users",
        "it may fail", "may I see the errors", "a forced march", "sun and moon", "we sat down", "nowhere",
        "cpu.usage above 13.1", "5 to 8", "2026", "port 2024", "ratio 4:3", "version 1.2.3",
        "10.0.0.12", "5 days", "12 hours", "the day", "at 2000 requests", "march on", "host mon-01", "up to date",
        "monthly report", "first week", "the second half", "", "   ", "weekdays",
        "business hours", "in the mornings",
    ],
)  # fmt: skip
def test_no_time_in_it(text: str) -> None:
    """What only looks like time is not taken for it; nor is what has no single range."""
    assert resolve_time(text, NOW) is None


@pytest.mark.parametrize(
    ("phrase", "code"),
    [
        ("31 February", "impossible"),
        ("2026-02-30", "impossible"),
        ("25:00", "impossible"),
        ("10:75", "impossible"),
        ("last -3 hours", "impossible"),
        ("last 0 days", "impossible"),
        ("last 99999 years", "impossible"),
        ("29 February 2026", "impossible"),
        ("fifth Monday of February 2026", "impossible"),
        ("from 2026-11-05 to 2026-11-01", "conflict"),
        ("between today and yesterday", "conflict"),
        ("July 15-13", "conflict"),
        ("after Thursday and before Monday", "conflict"),
        ("Wednesday, November 13", "conflict"),
        ("Monday, November 13 2026", "conflict"),
        ("March 3 last week", "conflict"),
        ("Monday last month", "ambiguous"),
        ("in the first week", "ambiguous"),
        ("the 3 days before", "incomplete"),
    ],
)
def test_phrase_without_sense_is_a_problem(phrase: str, code: str) -> None:
    """Impossible dates, contradictions and parts of nothing are understood as such, and say so."""
    tokens = tokenize(phrase)
    times = [match for match in matches(phrase) if match.kind == "time"]
    found = [match.value for match in times if match.end - match.start == len(tokens)]
    assert found
    assert all(isinstance(value, Problem) for value in found)
    assert code in {value.code for value in found}
    assert resolve_time(phrase, NOW) is None


def matches(text: str) -> list[Match]:
    context = Context(NOW.replace(tzinfo=UTC), Catalog())
    return list(GRAMMAR.matches(tokenize(text), context))


SHIFTS = {
    "the day before": ("2026-11-20", "2026-11-21"),
    "the previous month": ("2026-10-21", "2026-11-21"),
    "the 3 days before": ("2026-11-18", "2026-11-21"),
    "the previous 2 weeks": ("2026-11-07", "2026-11-21"),
    "last Saturday": ("2026-11-14", "2026-11-15"),
    "same day last week": ("2026-11-14", "2026-11-15"),
    "same day a week earlier": ("2026-11-14", "2026-11-15"),
    "the same period of 2025": ("2025-11-21", "2025-11-22"),
    "the same time last month": ("2026-10-21", "2026-10-22"),
    "the same time yesterday": ("2026-11-20", "2026-11-21"),
    "the same day yesterday": ("2026-11-20", "2026-11-21"),
    "the one before": ("2026-11-20", "2026-11-21"),
    "the same days last week": ("2026-11-14", "2026-11-15"),
    "the period before": ("2026-11-20", "2026-11-21"),
    "the previous period": ("2026-11-20", "2026-11-21"),
}


@pytest.mark.parametrize("phrase", SHIFTS)
def test_shift_is_told_from_the_first_range(phrase: str) -> None:
    """A phrase that leans on another range, here November 21, means the range beside it."""
    shift = next(match.value for match in matches(phrase) if match.kind == "shift")
    assert isinstance(shift, Shift | Preceding)
    first = TimeRange(datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
    start, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in SHIFTS[phrase])
    assert shift.apply(first, ZoneInfo("UTC")) == TimeRange(start, end)


ZONES = {
    "in Tokyo time": "Asia/Tokyo", "new york time": "America/New_York", "EST": "America/New_York", "UTC": "UTC",
    "Europe/Berlin time": "Europe/Berlin", "in PST": "America/Los_Angeles",
}  # fmt: skip


@pytest.mark.parametrize("phrase", ZONES)
def test_zone_is_read(phrase: str) -> None:
    """A zone's name, city or abbreviation is a clause of its own."""
    found = [match for match in matches(phrase) if match.kind == "zone"]
    assert max(found, key=lambda match: match.end - match.start).value == ZoneInfo(ZONES[phrase])


def test_zone_moves_the_day() -> None:
    """Days are counted in the zone that the text names; the answer stays in the zone of now."""
    assert resolve_time("yesterday in Tokyo time", NOW) == (instant("2026-11-20 15:00"), instant("2026-11-21 15:00"))


GENERATED = {
    **{f"day part: {word}": f"in the {word}" for word in ("morning", "afternoon", "evening", "night")},
    "clock: midnight": "at midnight",
    "clock: midday": "at midday",
}


def test_every_rule_fires() -> None:
    """Each rule of the aspect reads some phrase of the tables above, or a word of its own."""
    phrases = [case[0] for case in CASES] + [*SHIFTS, *ZONES, *GENERATED.values(), "in the first week"]
    listed = [
        rule.pattern for rule in time_range.RULES if rule.name.startswith(("unit:", "holiday:", "decade:", "to date:"))
    ]
    phrases += [pattern.split("|")[0].replace(" 's", "'s") for pattern in listed]
    fired = {match.rule for phrase in phrases for match in matches(phrase)}
    assert sorted({rule.name for rule in time_range.RULES} - fired) == []


def test_rule_names_are_unique() -> None:
    """A match names the rule that made it, so no two rules share a name."""
    names = [rule.name for rule in time_range.RULES]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
