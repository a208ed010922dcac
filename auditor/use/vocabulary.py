"""The words that names and values of columns are recognised by, in several languages; words only.

Every name is compared word by word, in lower case and without accents (`names.parts` splits it).
"""

from __future__ import annotations

from auditor.use.names import plain


def _words(text: str) -> frozenset[str]:
    return frozenset(plain(text).split())


# Kind of group -> words of a column's name that mean it. Personal characteristics that the law protects, or that
# stand for one: EU Charter, article 21; 42 U.S.C. 2000e-2; GDPR, article 9.
GROUPS = {
    "age": _words(
        "age ages alter altersgruppe altersklasse edad idade eta leeftijd alder wiek agegroup ageband "
        "ika yas vek varsta возраст вік 年龄 年齢 나이"
    ),
    "sex": _words(
        "sex sexe sexo sesso gender geschlecht geslacht genero kjonn kon plec pohlavi sukupuoli cinsiyet gndr пол "
        "стать 性别 性別 성별"
    ),
    "race": _words(
        "race races ethnicity ethnic ethnie ethnizitat ethnizitaet etnia etnicidad etnicidade raza raca rasse "
        "hautfarbe hispanic latino afam etnicitet etnisk etnisch etnicznosc 民族 人种"
    ),
    "religion": _words("religion religions konfession glaube confession religione religiao godsdienst религия 宗教"),
    "disability": _words(
        "disability disabled disabilities behinderung behindert schwerbehinderung schwerbehindert handicap "
        "discapacidad deficiencia disabilita funktionsnedsattning niepelnosprawnosc инвалидность 残疾 障害"
    ),
    "nationality": _words(
        "nationality nationalitat nationalitaet nationalite nacionalidad nacionalidade nazionalita nationaliteit "
        "staatsangehorigkeit staatsangehoerigkeit staatsburgerschaft staatsbuergerschaft herkunft "
        "migrationshintergrund immigrant migrant obywatelstwo narodowosc statsborgerskap kansalaisuus uyruk "
        "гражданство национальность 国籍 국적"
    ),
    "orientation": _words("lgbt lgbtq lgbtqi"),
}
# Names that mean a group only where nothing stands beside them but FILLERS and PEOPLE.
GROUP_NAMES = {
    "agep": "age",
    **dict.fromkeys(("rac1p", "rac2p", "rac3p", "hisp", "caste"), "race"),
    **dict.fromkeys(("dis", "disab"), "disability"),
    **dict.fromkeys(("foreign_worker", "nativity"), "nationality"),
    **dict.fromkeys(
        ("orientation", "sexual_orientation", "sexuelle_orientierung", "orientation_sexuelle", "orientacion_sexual"),
        "orientation",
    ),
    **dict.fromkeys(("party", "political_party", "partei"), "political opinion"),
    "veteran_status": "veteran status",
}
# The same of columns that hold two values.
FLAG_NAMES = {
    **dict.fromkeys(("female", "male", "woman", "women", "weiblich", "femme", "mujer", "pregnant", "schwanger"), "sex"),
    **dict.fromkeys(("black", "white", "asian", "minority", "nonwhite", "bipoc"), "race"),
    **dict.fromkeys(("foreign", "foreigner", "native_born"), "nationality"),
    **dict.fromkeys(("single", "married"), "marital status"),
    **dict.fromkeys(("muslim", "jewish", "christian"), "religion"),
    "veteran": "veteran status",
}
FILLERS = _words("is has flag ind indicator yn dummy bool status code cd")
# Words of columns that may be groups, and as often are not: they are mentioned and not used.
ALSO_GROUPS = _words(
    "marital familienstand zivilstand relationship country land pays pais language sprache muttersprache langue idioma "
    "citizenship birthplace geburtsort geburtsland origin origine origen tongue skin pregnancy schwangerschaft"
)
# Words beside which a word of GROUPS is no characteristic of a person.
NOT_OF_PEOPLE = _words(
    "account vehicle car building house property company firm loan policy credit device domain page session "
    "ratio percent pct rate share average avg mean median count observed index score diff gap days months hours"
)

# Kind of group -> its values, by which a column is recognised without its name.
SEXES = _words(
    "male female man woman men women boy girl mannlich weiblich maennlich mann frau herr homme femme masculin feminin "
    "hombre mujer masculino femenino feminino maschio femmina uomo donna vrouw nonbinary non-binary nb diverse divers "
    "kvinna kvinde kvinne mand mann mies nainen erkek kadin kobieta mezczyzna мужской женский мужчина женщина "
    "男 女 男性 女性 남 여 남성 여성 mr mrs ms"
)
SEX_LETTERS = (_words("m f"), _words("m w"), _words("h f"), _words("m v"), _words("м ж"))
# Levels that mean women, and men, wherever a law compares one with the other.
WOMEN = _words(
    "f w female woman women girl weiblich weibl frau frauen femme femmes feminin mujer mujeres femenino feminino "
    "femmina donna donne vrouw vrouwen vrouwelijk kvinna kvinnor kvinnlig kvinde kvinder kvinne kvinner kobieta "
    "kobiety mulher mulheres feminina nainen naiset naine naised sieviete moteris zena zeny zenska femeie femei "
    "γυναικα жена ms mrs mme madame signora senora fru "
    "kadin женщина женский ж 女 女性 여 여성"
)
MEN = _words(
    "m h male man men boy mannlich maennlich mannl mann manner herr homme hommes masculin hombre hombres masculino "
    "maschio uomo uomini mannen mannelijk manlig mand mænd menn mezczyzna mezczyzni homem homens mies miehet mees "
    "mehed virietis vyras muz muzi muskarac moski barbat barbati ανδρας мъж mr monsieur signor senor "
    "erkek мужчина мужской м 男 男性 남 남성"
)
# Men beside women, by letters and words that mean other things elsewhere: read as pairs, where no word is known.
MEN_AND_WOMEN = (
    ("h", "m"), ("m", "k"), ("m", "v"), ("m", "z"), ("m", "n"), ("u", "d"), ("α", "γ"), ("ferfi", "no"),
    ("ragel", "mara"),
)  # fmt: skip
RACES = _words(
    "white black asian hispanic latino latinx african-american caucasian amer-indian-eskimo asian-pac-islander "
    "native-american pacific-islander"
)
COLOURS = _words("color colour farbe couleur hair eye eyes car paint")  # of a name: its black and white are no races

# Dates of birth.
BIRTH_NAMES = _words("dob yob birthdate birthday birthyear geburtsdatum geburtstag geburtsjahr naissance nacimiento")
BIRTH_WORDS = _words("birth born geburt geboren nascita nascimento ne nee")
BIRTH_OTHERS = _words("place country state city land weight order rate name ort gewicht")

# The outcome. GUESSED are whole names that are read, with obvious values, as the outcome; in this order.
GUESSED_OUTCOMES = (
    "target", "label", "outcome", "decision", "hired", "selected", "shortlisted", "accepted", "admitted", "admit",
    "approved", "promoted", "offered",
)  # fmt: skip
# Words in a name that make a column a candidate for the outcome.
OUTCOMES = _words(
    "target outcome decision hired hire selected shortlisted shortlist accepted accept admitted admit admission "
    "approved approval approve promoted promotion offered offer invited invite interviewed callback recidivism recid "
    "reoffended deny denied denial rejected reject defaulted hospitalized readmitted zusage absage eingestellt "
    "eingeladen befordert befoerdert bewilligt genehmigt abgelehnt embauche admis contratado admitido aprobado"
)
# Words that do so where the name has no other word.
OUTCOME_NAMES = _words(
    "label y income salary pay wage credit loan default passed pass result results status class risk good bad "
    "rating grade success outcome ergebnis entscheidung resultat gehalt note"
)
FAVOURABLE = _words(
    "yes true admitted accepted approved hired selected good passed promoted offered invited interviewed granted ja "
    "oui si sim tak evet kylla igen ano да 是 はい wahr vrai pass success eingestellt angenommen genehmigt"
)
UNFAVOURABLE = _words(
    "deny denied denial reject rejected rejection decline declined refuse refused refusal default defaulted fraud "
    "recidivism recid recidivate recidivated reoffend reoffended rearrest rearrested reincarcerated arrest arrested "
    "fail failed failure fired dismissed dismissal terminated termination layoff churn churned attrition attrited "
    "turnover left leaver quit exit exited resigned dropout dropped died death dead mortality expire expired "
    "delinquent delinquency delinq dlq dlqin arrears overdue late unpaid bankrupt bankruptcy eviction evicted risk "
    "loss bad absage abgelehnt ablehnung gekundigt gekuendigt kundigung kuendigung entlassen ausgeschlossen "
    "durchgefallen abbruch unsuccessful disqualified excluded exclusion expelled suspended suspension revoked "
    "cancelled canceled absent withdrawn readmitted readmission relapse complication injury accident stroke complaint "
    "violation penalty sanctioned convicted conviction guilty incarcerated jailed detained unemployed flagged spam "
    "toxic refus rejete echec recale licencie suspendu exclu rechazado denegado despedido suspenso abandono fracaso "
    "negado recusado reprovado demitido rifiutato respinto bocciato licenziato escluso afgewezen geweigerd ontslagen "
    "gezakt odrzucony odmowa avslag avvist nekad hylatty"
)
# Words of a column's name that mean that somebody was turned away.
REFUSALS = _words(
    "deny denied denial reject rejected rejection declined refused refusal fail failed failure absage abgelehnt"
)
# Words that turn the rest of a name, or of a value, round; the second ones only where they come first.
NEGATIONS = _words("not nicht")
FIRST_NEGATIONS = _words("no non kein keine sans sin sem senza geen ingen")
# Favourable value of the outcomes that are unambiguous; the other value of the pair is the unfavourable one.
# Values that mean yes, in lower case.
YES = frozenset({"1", "yes", "true", "y", "t", "x", "ja", "oui", "si", "sí", "pass", "passed"})
NO = frozenset({"0", "no", "false", "n", "f", "nein", "non", "fail", "failed"})
OBVIOUS = {("0", "1"): "1", ("no", "yes"): "yes", ("false", "true"): "true", ("n", "y"): "y", ("f", "t"): "t"}

TIMES = _words(
    "date year time timestamp month day quarter week period datum jahr monat tag annee mois jour fecha ano mes data "
    "anno"
)
# Identifiers: of what the name means, or of people.
CONTACTS = _words("email mail phone telephone tel telefon mobile cell fax iban ssn nin passport")
IDS = _words("id ids uuid guid identifier ssn kennung kennziffer matricule identificador")
NUMBERS = _words("no nr number num nummer numero nbr ref key")
PEOPLE = _words(
    "person applicant candidate employee patient student respondent defendant participant borrower customer client "
    "member user worker bewerber mitarbeiter kandidat schuler schueler patientin personal candidat salarie candidato "
    "empleado"
)
# People where an identifier is named: "subject" alone may be one of teaching.
PEOPLE_BY_ID = _words(
    "pers matrikel subject individual interviewee claimant plaintiff inmate offender prisoner tenant subscriber "
    "passenger resident citizen pupil child learner trainee apprentice athlete player voter donor beneficiary insured "
    "staff personnel emp empl cust pat stud cand appl mitarb persnr"
)
PEOPLE_NUMBERS = _words(
    "ssn nin nino mrn matricule personalnummer mitarbeiternummer kundennummer matrikelnummer patientennummer "
    "bewerbernummer versichertennummer steuernummer"
)
ROW_IDS = _words("id uuid guid identifier kennung uid pid")  # without a word for what: of what the rows are about
OF_CONTACTS = _words("address addr adresse primary private home contact")
THINGS = _words("ad case company department job order record requisition site store team vacancy")
# Words of a name of what several people have in common, so that their rows are not independent.
CLUSTERS = _words(
    "agency branch clinic court employer facility hospital office requisition req school site store team template "
    "vacancy recruiter interviewer"
)
COUNTS = _words("n count counts freq frequency anzahl haufigkeit haeufigkeit effectif frecuencia")
# A table of counts: words of a name of people, that alone or beside OF_COUNTS may be their number.
COUNTED = _words(
    "people persons applicants candidates employees patients students respondents workers personen bewerber "
    "mitarbeiter personnes candidats salaries personas candidatos empleados headcount total totals insgesamt gesamt"
)
OF_COUNTS = _words("number no num nr of n nb nombre numero anzahl zahl der des de los total count")
# Weights of a survey, by a word of their own, or by one that may also be how heavy something is.
WEIGHTS = _words(
    "pwgtp wgtp fnlwgt finalwgt finalwt wgt wgts pweight pweights iweight fweight aweight perwt hhwt asecwt wtfa wtsa "
    "wtssall wtssps anweight pspwght dweight gewichtung gewichtungsfaktor hochrechnungsfaktor ponderation ponderacion "
    "ponderazione weging expansao"
)
HEAVY = _words("weight weights wt wts gewicht poids peso vikt vekt waga")
OF_WEIGHTS = _words(
    "sample sampling survey person design analysis final post stratification poststratification household population "
    "calibrated calibration probability trimmed respondent ipw base cross sectional factor expansion"
)
BODIES = _words("height bmi size stature waist groesse taille altura statura")  # beside them a weight is a body's
ROW_INDICES = ("index", "row", "rownum", "row_number", "row_id", "rowid", "row_index", "row_no", "line", "level_0")
RANKS = _words("rank ranking ranked rang rangliste position placement platz")

# Names of numbers that are codes, whatever their number.
CODES = _words(
    "code codes cd zip zipcode postcode postal plz tract fips naics sic soc isco onet nace icd occp indp pobp schl "
    "puma msa cbsa kennziffer schlussel schluessel"
)
PLACES = _words("zip zipcode postcode postal plz tract")  # codes whose first characters mean a larger place
# Words of a name that show that a number is a quantity.
QUANTITIES = _words(
    "age year years month months week weeks day days hour hours minute minutes income salary wage pay amount price "
    "cost sum total count number num n score points grade gpa rating rank size height weight distance km miles rate "
    "percent pct share ratio tenure experience children kids dependents visits level temperature bmi jahre monate "
    "stunden alter gehalt betrag anzahl edad ans annees"
)
