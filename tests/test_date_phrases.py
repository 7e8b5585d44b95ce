"""Two hundred phrases of business mail and what they mean: the date grammar's own measure, in three languages.

Sent on Wednesday, 11 March 2026, at 9:30 in a zone one hour east of Greenwich. What is expected is written as a day, a
run of days, or a local time; ``~`` is tentative, ``<`` lies behind the mail, ``!`` is a deadline by its words.
"""

from datetime import datetime, timedelta, timezone

import pytest

from domain.signals import Certainty
from extraction.dates import DateMention, find_dates

ZONE = timezone(timedelta(hours=1))
SENT = datetime(2026, 3, 11, 9, 30, tzinfo=ZONE)

ENGLISH = """
we need the drawings by Friday | 2026-03-13 !
please send it by COB Friday | 2026-03-13 !
by close of business tomorrow at the latest | 2026-03-12 !
could I have your comments by EOD? | 2026-03-11 !
by the end of my day would be great | 2026-03-11 !
no later than Monday | 2026-03-16 !
before Tuesday | 2026-03-17 !
until Thursday noon | 2026-03-12 12:00 !
by noon on Thursday | 2026-03-12 12:00 !
by 4pm today | 2026-03-11 16:00 !
today by 16:30 | 2026-03-11 16:30
by 10 tomorrow | 2026-03-12 10:00 !
by tomorrow 10am | 2026-03-12 10:00 !
first thing tomorrow | 2026-03-12 09:00 ~
tomorrow first thing | 2026-03-12 09:00 ~
by Monday morning | 2026-03-16 09:00 ~ !
within 24 hours | 2026-03-12 09:30 !
within two working days | 2026-03-13 !
within 5 business days | 2026-03-18 !
in ten days | 2026-03-21
in a week | 2026-03-18
in a week's time | 2026-03-18
in two weeks' time | 2026-03-25
in three months | 2026-06-11
in a fortnight | 2026-03-25
in half an hour | 2026-03-11 10:00
in an hour and a half | 2026-03-11 11:00
in about 45 minutes | 2026-03-11 10:15
in a couple of days | 2026-03-13 ~
in a few weeks | 2026-04-01 ~
over the next three days | 2026-03-14
a week from tomorrow | 2026-03-19
two weeks from Friday | 2026-03-27
a week after the 15th | 2026-03-22
two days before 1 April | 2026-03-30
ten days from now | 2026-03-21
by the end of the week | 2026-03-13 !
by the end of this week | 2026-03-13 !
at the end of next week | 2026-03-20
early next week | 2026-03-16..2026-03-17 ~
late next week | 2026-03-20 ~
mid next week | 2026-03-18 ~
sometime next week | 2026-03-16..2026-03-20 ~
later this week | 2026-03-11..2026-03-13 ~
the week after next | 2026-03-23..2026-03-27 ~
in the week of 6 April | 2026-04-06..2026-04-10
the week commencing 20 April | 2026-04-20..2026-04-24
w/c 30 March | 2026-03-30..2026-04-03
in week 14 | 2026-03-30..2026-04-03
CW 20 | 2026-05-11..2026-05-15
by month end | 2026-03-31 !
by the end of the month | 2026-03-31 !
at the end of next month | 2026-04-30
by the end of April | 2026-04-30 !
in early May | 2026-05-01..2026-05-07 ~
mid-June | 2026-06-15 ~
late September | 2026-09-30 ~
by the end of Q2 | 2026-06-30 !
before the end of the quarter | 2026-03-31 !
next quarter | 2026-04-01..2026-06-30 ~
by year end | 2026-12-31 !
by the end of the year | 2026-12-31 !
this month | 2026-03-01..2026-03-31 ~
next month | 2026-04-01..2026-04-30 ~
on the first Monday of May | 2026-05-04
the last Friday of the month | 2026-03-27
the last working day of March | 2026-03-31
the third Thursday in June | 2026-06-18
by the 20th | 2026-03-20 !
on the 3rd | 2026-04-03
the 20th of this month | 2026-03-20
the 5th of next month | 2026-04-05
on Friday the 13th | 2026-03-13
Thursday 19th works for us | 2026-03-19
on 2 April | 2026-04-02
on 2nd April | 2026-04-02
on the 2nd of April | 2026-04-02
April 2 is fine | 2026-04-02
on April 2nd, 2026 | 2026-04-02
by Apr 2 | 2026-04-02 !
Thursday, April 2nd | 2026-04-02
on Thu 2 Apr at 14:00 | 2026-04-02 14:00
from 14 to 16 April | 2026-04-14..2026-04-16
April 14-16 | 2026-04-14..2026-04-16
on 14/04/2026 | 2026-04-14
by 14/04 | 2026-04-14 !
on 14.04.2026 | 2026-04-14
by 2026-04-14 | 2026-04-14 !
on 03/04/2026 | 2026-04-03 ~
by 12 Feb '27 | 2027-02-12 !
on Monday | 2026-03-16
Wednesday would suit us | 2026-03-18
this Thursday | 2026-03-12
this coming Friday | 2026-03-13
next Monday | 2026-03-16
next Friday | 2026-03-20 ~
on Tuesday next week | 2026-03-17
Friday of next week | 2026-03-20
next week Thursday | 2026-03-19
Monday after next | 2026-03-23
the day after tomorrow | 2026-03-13
tomorrow at 3 | 2026-03-12 15:00
tomorrow at 3pm | 2026-03-12 15:00
at 9 tomorrow | 2026-03-12 09:00
9 tomorrow would work | 2026-03-12 09:00
Thursday at 10:30 | 2026-03-12 10:30
10.30 am on Thursday | 2026-03-12 10:30
Thursday 2-3pm | 2026-03-12 14:00
Thursday between 2 and 4 pm | 2026-03-12 14:00
Friday from 9 to 11 | 2026-03-13 09:00
Friday 11am-1pm | 2026-03-13 11:00
tomorrow afternoon | 2026-03-12 13:00 ~
Friday lunchtime | 2026-03-13 12:00 ~
Monday evening | 2026-03-16 18:00 ~
this afternoon at 3:20 | 2026-03-11 15:20
at 5 tomorrow afternoon | 2026-03-12 17:00
tomorrow at half past two | 2026-03-12 14:30
Friday at a quarter to nine | 2026-03-13 08:45
at quarter past three on Monday | 2026-03-16 15:15
Tuesday at noon | 2026-03-17 12:00
by midnight on Friday | 2026-03-14 00:00 !
tomorrow at 1430 hours | 2026-03-12 14:30
Thursday 3pm CET | 2026-03-12 15:00
Thursday 3pm GMT | 2026-03-12 16:00
Friday at 10am EST | 2026-03-13 15:00
Monday, 16 March, 11:00 | 2026-03-16 11:00
at three tomorrow | 2026-03-12 15:00
tomorrow at ten thirty am | 2026-03-12 10:30
before Christmas | 2026-12-25 !
right after Easter | 2026-04-05
by Good Friday | 2026-04-03 !
yesterday | 2026-03-10 <
the day before yesterday | 2026-03-09 <
last Friday | 2026-03-06 <
last week | 2026-03-02..2026-03-06 <
two weeks ago | 2026-02-25 <
three days ago | 2026-03-08 <
last month | 2026-02-01..2026-02-28 ~ <
as I wrote on Monday | 2026-03-09 <
we met on Thursday | 2026-03-05 <
"""

GERMAN = """
bitte bis Freitag | 2026-03-13 !
bis spätestens Montag | 2026-03-16 !
bis Freitag 12 Uhr | 2026-03-13 12:00 !
bis morgen Abend | 2026-03-12 18:00 ~ !
spätestens am 20. März | 2026-03-20 !
bis zum 20.3. | 2026-03-20 !
bis 20.03.2026 | 2026-03-20 !
am 2. April | 2026-04-02
Donnerstag, den 2. April | 2026-04-02
am Donnerstag, 02.04., um 14 Uhr | 2026-04-02 14:00
morgen um 9 | 2026-03-12 09:00
morgen früh | 2026-03-12 09:00 ~
heute Nachmittag | 2026-03-11 13:00 ~
übermorgen | 2026-03-13
Dienstagvormittag | 2026-03-17 09:00 ~
am Mittwoch um 10:15 Uhr | 2026-03-18 10:15
Montag um halb elf | 2026-03-16 10:30
Freitag um Viertel nach neun | 2026-03-13 09:15
Freitag um Viertel vor drei | 2026-03-13 14:45
von 9 bis 11 Uhr am Freitag | 2026-03-13 09:00
kommenden Dienstag | 2026-03-17
nächsten Montag | 2026-03-16
nächsten Freitag | 2026-03-20 ~
diesen Donnerstag | 2026-03-12
nächste Woche Mittwoch | 2026-03-18
Mittwoch nächster Woche | 2026-03-18
Anfang nächster Woche | 2026-03-16..2026-03-17 ~
Ende nächster Woche | 2026-03-20
bis Ende der Woche | 2026-03-13 !
diese Woche | 2026-03-11..2026-03-13 ~
in der übernächsten Woche | 2026-03-23..2026-03-27 ~
in KW 14 | 2026-03-30..2026-04-03
Ende KW 14 | 2026-03-30..2026-04-03
bis Monatsende | 2026-03-31 !
Ende April | 2026-04-30
Mitte Mai | 2026-05-15 ~
Anfang Juni | 2026-06-01..2026-06-07 ~
bis Ende des Quartals | 2026-03-31 !
bis Jahresende | 2026-12-31 !
nächsten Monat | 2026-04-01..2026-04-30 ~
am ersten Montag im Mai | 2026-05-04
innerhalb von zwei Wochen | 2026-03-25 !
binnen 48 Stunden | 2026-03-13 09:30 !
in drei Tagen | 2026-03-14
in zehn Werktagen | 2026-03-25
vor zwei Wochen | 2026-02-25 <
gestern | 2026-03-10 <
letzte Woche | 2026-03-02..2026-03-06 <
nach Ostern | 2026-04-05
vor Weihnachten | 2026-12-25 !
"""

FRENCH = """
d'ici vendredi | 2026-03-13 !
avant vendredi midi | 2026-03-13 12:00 !
au plus tard lundi | 2026-03-16 !
pour le 20 mars | 2026-03-20 !
avant le 1er avril | 2026-04-01 !
le 2 avril 2026 | 2026-04-02
jeudi 2 avril à 14h | 2026-04-02 14:00
demain à 9h30 | 2026-03-12 09:30
demain matin | 2026-03-12 09:00 ~
cet après-midi | 2026-03-11 13:00 ~
après-demain | 2026-03-13
mardi prochain | 2026-03-17
vendredi prochain | 2026-03-20 ~
la semaine prochaine | 2026-03-16..2026-03-20 ~
en fin de semaine prochaine | 2026-03-20
fin avril | 2026-04-30
début mai | 2026-05-01..2026-05-07 ~
mi-juin | 2026-06-15 ~
d'ici la fin du mois | 2026-03-31 !
sous 48 heures | 2026-03-13 09:30 !
dans deux semaines | 2026-03-25
dans trois jours | 2026-03-14
lundi de 9h à 11h | 2026-03-16 09:00
le 14/04/2026 | 2026-04-14
semaine 14 | 2026-03-30..2026-04-03
il y a trois jours | 2026-03-08 <
hier | 2026-03-10 <
la semaine dernière | 2026-03-02..2026-03-06 <
vendredi à 15 heures | 2026-03-13 15:00
après Pâques | 2026-04-05
"""


def cases() -> list[tuple[str, str, str]]:
    """Language, phrase and what is expected."""
    found = []
    for language, block in (("en", ENGLISH), ("de", GERMAN), ("fr", FRENCH)):
        for line in block.strip().splitlines():
            phrase, _, expected = line.rpartition(" | ")
            found.append((language, phrase, expected))
    return found


def written(mention: DateMention) -> str:
    """A mention as the tables write it."""
    if mention.starts_at is not None:
        text = f"{mention.starts_at.astimezone(ZONE):%Y-%m-%d %H:%M}"
    elif mention.first == mention.last:
        text = str(mention.first)
    else:
        text = f"{mention.first}..{mention.last}"
    marks = ((mention.certainty is Certainty.TENTATIVE, "~"), (mention.past, "<"), (mention.cued, "!"))
    return " ".join([text, *(mark for said, mark in marks if said)])


@pytest.mark.parametrize(("language", "phrase", "expected"), cases(), ids=lambda part: part)
def test_a_business_phrase_means(language: str, phrase: str, expected: str) -> None:
    """One date or time, read as the writer meant it."""
    (mention,) = find_dates(phrase, SENT, language=language)

    assert written(mention) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "good morning everyone"),
        ("en", "every morning we test the pumps"),
        ("en", "the 24 hour desk is closed"),
        ("en", "we sold 9 yesterdays"),
        ("en", "pages 2-15 are missing"),
        ("en", "a 50-50 split"),
        ("en", "we may need 12 more"),
        ("en", "the March hare, march on"),
        ("en", "see section 3.4.1"),
        ("en", "item 2-15 is out of stock"),
        ("en", "half the crates were wet"),
        ("en", "three of them came"),
        ("en", "a quarter of the price"),
        ("en", "the Christmas party was fun"),
        ("en", "week by week it improves"),
        ("en", "24/7"),
        ("de", "guten Morgen zusammen"),
        ("de", "ein paar Teile fehlen"),
        ("de", "das so nicht"),
        ("de", "die Weihnachtsfeier"),
        ("fr", "sept personnes"),
        ("fr", "une demi-douzaine"),
        ("fr", "la mer est belle"),
    ],
)
def test_a_phrase_without_a_date_names_none(language: str, text: str) -> None:
    """Numbers, greetings and names that only look like dates."""
    assert find_dates(text, SENT, language=language) == ()
