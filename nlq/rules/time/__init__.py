"""What time ranges are made of, from small to large; `time_range` beside this folder makes clauses of it.

produce                   ways to make producers
duration                  `3 hours`                      length
clock                     `9:30`, `from 9 to 17:00`      clock, clock-range, day-part
names                     `May`, `Tuesday`               month, weekday
written_date, spoken      `3/13`, `the third`            date, fixed, nth, year
date, era                 `March 3`, `the 1990s`         date, run, fixed
part                      `first week of March`          date, fixed
span                      `today`, `2 days ago`          fixed, instant
moment                    `Monday at 9`                  moment, fixed
between                   `from Monday to Friday`        run, fixed
zone                      `Tokyo time`                   zone
"""
