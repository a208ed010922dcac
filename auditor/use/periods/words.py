"""Calendar words in several languages, and the spelling in which texts are looked up among them."""

from __future__ import annotations

import re
import unicodedata

# January to December, language by language; the later spellings of a language are its other forms.
LANGUAGES = """
january february march april may june july august september october november december
januar februar marz april mai juni juli august september oktober november dezember
janner feber maerz april mai juni juli august september oktober november dezember
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november desember
styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien
stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
leden unor brezen duben kveten cerven cervenec srpen zari rijen listopad prosinec
januar februar marcius aprilis majus junius julius augusztus szeptember oktober november december
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik
januari februari maret april mei juni juli agustus september oktober november desember
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
"""
SHORT = {"mrz": 3, "mrt": 3}  # abbreviations that no name begins with
SEASONS = {
    1: "spring fruhling fruhjahr printemps primavera lente voorjaar",
    2: "summer sommer ete verano estate verao zomer",
    3: "autumn fall herbst automne otono autunno outono herfst najaar",
}
DAYS = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim
lunes martes miercoles jueves viernes sabado domingo mie jue vie sab dom
lunedi martedi mercoledi giovedi venerdi sabato domenica gio
segunda terca quarta quinta sexta segunda-feira terca-feira quarta-feira quinta-feira sexta-feira
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag mar
"""
TIME_OF_DAY = r"^(.*\d),?[ T]+\d{1,2}:\d{2}.*$"  # the same to Python, DuckDB and Spark


def folded(text: str) -> str:
    """Return a text as it is looked up: no case, accents, outer or double spaces, and no ordinal ending or time of day.

    >>> folded("  MÄRZ 2023 "), folded("3rd quarter"), folded("2024-01-31T10:22:11+02:00")
    ('marz 2023', '3 quarter', '2024-01-31')
    """
    if text.isascii() and text.isdigit():
        return text
    plain = unicodedata.normalize("NFKD", re.sub(TIME_OF_DAY, r"\1", text.strip())).casefold()
    plain = "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Cf")).replace("ı", "i")
    plain = re.sub(r"[‐‑–—−]", "-", plain)
    return " ".join(re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", plain).split())


def _months() -> dict[str, int]:
    """Return name or abbreviation -> month: of names, and of their beginnings that no other month has."""
    names = [line.split() for line in LANGUAGES.strip().splitlines()]
    whole = {folded(name): month for line in names for month, name in enumerate(line, 1)}
    begun: dict[str, set[int]] = {}
    for name, month in whole.items():
        for length in range(3, len(name)):
            begun.setdefault(name[:length], set()).add(month)
    return {**{start: min(of) for start, of in begun.items() if len(of) == 1}, **whole, **SHORT}


MONTHS = _months()
WEEKDAYS = frozenset(DAYS.split())
SEASON = {word: place for place, words in SEASONS.items() for word in words.split()}


def month(word: str) -> int | None:
    """Return the month that a folded word names or abbreviates.

    >>> month("sept"), month("ene"), month("juil."), month("jui"), month("m")
    (9, 1, 7, None, None)
    """
    return MONTHS.get(word.rstrip("."))


def name_words(name: str) -> set[str]:
    """Return the words of a column's name, folded.

    >>> sorted(name_words("Año_alta")), sorted(name_words("hireWeek"))
    (['alta', 'ano'], ['hire', 'week'])
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return set(re.findall(r"[^\W\d_]+", folded(spaced)))
