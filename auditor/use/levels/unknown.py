"""Words, codes and numbers that mean "not recorded": data, by language; compared in `auditor.use.levels`.

Case, accents, outer brackets and full stops, and whether words are joined by a space, a hyphen or an underscore make
no difference. Source of the codes: Regulation C (12 CFR 1003), Appendix B, and the filing instructions for HMDA data.
"""

from __future__ import annotations

# A value that is missing, whatever the column is about, an outcome too.
MISSING = frozenset(
    {
        *("?", "??", "???", "n/a", "na", "n.a.", "#n/a", "nan", "null", "#null!", "n/k"),
        *("#ref!", "#value!", "#name?", "#div/0!", "#num!", "\\n", "no data available", "not known yet"),
        *(
            "tbd",
            "tbc",
            "to be determined",
            "to be confirmed",
            "missing",
            "missing value",
            "missing data",
            "blank",
            "no data",
            "no value",
        ),
        *("unknown", "unk", "unkn", "not known", "not recorded", "not entered", "not captured", "not collected"),
        *("unbekannt", "nicht bekannt", "fehlt", "fehlend", "nicht erfasst", "nicht erhoben", "keine daten"),
        *("inconnu", "inconnue", "manquant", "manquante", "non renseigné", "non renseignée", "donnée manquante"),
        *("desconocido", "desconocida", "sin datos", "sin dato", "no consta", "s/d"),
        *("desconhecido", "desconhecida", "sem dados", "sem informação", "ignorado", "ignorada"),
        *("sconosciuto", "sconosciuta", "mancante", "dato mancante"),
        *("onbekend", "ontbreekt", "niet bekend", "okänd", "okänt", "uppgift saknas", "saknas"),
        *("ukendt", "ukjent", "mangler", "uoplyst", "ikke oplyst", "tuntematon", "puuttuu", "ei tietoa"),
        *("nieznany", "nieznana", "nieznane", "brak danych", "neznámý", "neznámá", "neznámé", "neuvedeno"),
        *("ismeretlen", "nincs adat", "necunoscut", "necunoscută", "άγνωστο", "bilinmiyor", "bilinmeyen"),
        *("неизвестно", "неизвестен", "неизвестна", "нет данных", "невідомо"),
        *("未知", "不详", "不明", "缺失", "无数据", "データなし", "欠損", "알 수 없음", "미상", "غير معروف"),
    }
)
# Of a person's group they mean "not recorded"; of an outcome they may be an answer ("declined", "-" beside "+").
WITHHELD = frozenset(
    {
        *(
            "-",
            "--",
            "---",
            "–",
            "—",
            ".",
            "..",
            "...",
            "…",
            "*",
            "#",
            "/",
            "_",
            "empty",
            "not available",
            "unavailable",
        ),
        *("decline", "withhold", "dk/na", "leer", "vacío", "vide", "vuoto", "vazio", "n.d.", "weiss nicht"),
        *("keine angabe gemacht", "möchte nicht sagen", "no especifica", "no sé", "não sei", "non so"),
        *("je ne sais pas", "ikke svar", "vet ej", "vet inte", "vet ikke", "ved ikke", "ei halua vastata"),
        *("не знаю", "拒绝回答"),
        *("declined", "refused", "refusal", "no answer", "no response", "no reply", "not answered", "non-response"),
        *("did not answer", "did not respond", "not disclosed", "undisclosed", "non-disclosed", "non-disclosure"),
        *("not specified", "unspecified", "not provided", "not stated", "unstated", "not reported", "unreported"),
        *("not declared", "undeclared", "not given", "not indicated", "not identified", "not supplied", "not asked"),
        *("not determined", "undetermined", "not applicable", "inapplicable", "no co-applicant", "no coapplicant"),
        *("withheld", "suppressed", "redacted", "confidential", "don't know", "do not know", "dont know"),
        *("undefined", "unclassified", "uncoded", "unable to answer", "asked but unknown", "asked but no answer"),
        *("not provided by applicant", "information not provided by applicant"),
        "information not provided by applicant in mail, internet, or telephone application",
        "information not provided by applicant in mail, internet or telephone application",
        *("keine angabe", "keine angaben", "k.a.", "k. a.", "ohne angabe", "nicht angegeben", "weiß nicht", "n.v."),
        *("verweigert", "antwort verweigert", "keine antwort", "nicht zutreffend", "entfällt", "nicht spezifiziert"),
        *(
            "prefer not",
            "keine auskunft",
            "möchte ich nicht angeben",
            "möchte ich nicht sagen",
            "nicht verfügbar",
            "n.b.",
        ),
        *("non précisé", "non précisée", "non communiqué", "non communiquée", "non déclaré", "non déclarée"),
        *("pas de réponse", "sans réponse", "refus", "refus de répondre", "ne sait pas", "ne se prononce pas", "nsp"),
        *("ne souhaite pas répondre", "ne souhaite pas se prononcer", "je préfère ne pas répondre", "sans objet"),
        *("préfère ne pas répondre", "préfère ne pas dire", "non applicable", "non spécifié", "non spécifiée"),
        *("non disponible", "no disponible", "não disponível", "indéterminé", "indéterminée"),
        *("no especificado", "no especificada", "no informado", "no informada", "no contesta", "no sabe", "ns/nc"),
        *("no responde", "prefiero no decirlo", "prefiere no decir", "prefiero no contestar", "sin especificar"),
        *("no declarado", "no declarada", "no aplica", "sin respuesta", "no aplicable", "prefiero no responder"),
        *("não informado", "não informada", "não declarado", "não declarada", "não respondeu", "sem declaração"),
        *("prefiro não dizer", "prefiro não responder", "não se aplica", "não especificado", "não especificada"),
        *("non specificato", "non specificata", "non dichiarato", "non dichiarata", "non indicato", "non indicata"),
        *("non risponde", "preferisco non rispondere", "preferisco non dirlo", "preferisce non rispondere"),
        *("niet opgegeven", "niet vermeld", "geen opgave", "geen antwoord", "wil niet zeggen", "wil ik niet zeggen"),
        *("zeg ik liever niet", "liever niet zeggen", "niet van toepassing", "n.v.t.", "weet niet"),
        *("ej angivet", "inte angivet", "vill ej uppge", "vill inte uppge", "inget svar", "ikke oppgitt"),
        *("ikke angivet", "ønsker ikke å oppgi", "ønsker ikke at oplyse", "intet svar", "ei vastausta"),
        *("en halua kertoa", "nie podano", "odmowa", "odmowa odpowiedzi", "nie dotyczy", "neuvedl", "neuvedla"),
        *("belirtilmemiş", "belirtmek istemiyorum", "cevap yok", "не указано", "не указан", "не указана"),
        *("нет ответа", "отказ", "未填写", "未填", "保密", "不愿透露", "未说明", "无回答", "無回答", "未回答"),
        *("回答なし", "答えたくない", "回答しない", "무응답", "응답 거부"),
    }
)
# What a refusal begins with, whatever follows ("prefer not to self-describe", "I do not wish to provide this").
REFUSALS = (
    *("prefer not to", "prefers not to", "preferred not to", "choose not to", "chooses not to", "chose not to"),
    *("decline to", "declines to", "declined to", "refuse to", "refuses to", "refused to"),
    *("rather not", "would rather not", "not willing to", "unwilling to"),
    *("do not wish to", "does not wish to", "did not wish to", "don't wish to", "do not want to", "don't want to"),
)
# What such a word may be about: "race unknown", "Gender not specified", "I prefer not to say".
ABOUT = frozenset(
    {
        *("race", "racial", "ethnicity", "ethnic", "sex", "gender", "age", "nationality", "citizenship", "religion"),
        *("disability", "veteran", "origin", "status", "group", "category", "value", "data", "information", "info"),
        *("answer", "response", "i", "i'd", "person", "applicant", "patient"),
    }
)
JOINED = ("/", " or ", " and ", ",", ";", "|", " - ")  # "Unknown/Not reported", "missing or unknown"
# A level that counts everybody, as the last row of many tables does: it is no group beside the others.
TOTALS = frozenset(
    {
        *("total", "totals", "grand total", "subtotal", "sub total", "overall total", "total population"),
        *("gesamt", "insgesamt", "gesamtsumme", "gesamtergebnis", "totaux", "total général", "totale", "totali"),
        *("totale complessivo", "total general", "totales", "total geral", "totais", "totaal", "eindtotaal", "totalt"),
        *("yhteensä", "razem", "ogółem", "łącznie", "celkem", "összesen", "σύνολο", "toplam", "итого", "всего"),
        *("合计", "总计", "合計", "総計", "합계", "المجموع"),
    }
)
# The same of groups alone: of an outcome they may be an answer.
EVERYBODY = frozenset(
    {
        *("all", "everyone", "overall", "sum", "both sexes", "all groups", "all genders", "all races", "all ages"),
        *("all people", "all persons", "alle", "zusammen", "summe", "tous", "ensemble", "tutti", "todos", "suma"),
        *("ambos sexos", "ambos os sexos", "samlet"),
    }
)
# Names or codes in some columns (NA: Native American, Namibia; '-': "no"): counted as not recorded, with a warning.
UNSURE = frozenset({"na", "-", "--", "---", "–", "—", ".", "*", "#", "/", "_", "not applicable", "inapplicable"})
OPPOSITE = {"-": "+"}  # beside the second, the first is an answer
PERHAPS = frozenset({"u"})  # proposed only: it may be somebody's code for a group
NONE_OF = frozenset({"none", "nil"})  # the same, where a person cannot have none of what the column is about
# Columns of HMDA's loan registers -> their codes for "not provided", "not applicable" and "no co-applicant".
CODES = {
    r"(co[-_ ]?)?(applicant|borrower)[-_ ]race([-_ ]?[1-5])?": ("6", "7", "8"),
    r"(co[-_ ]?)?(applicant|borrower)[-_ ]ethnicity([-_ ]?[1-5])?": ("3", "4", "5"),
    r"(co[-_ ]?)?(applicant|borrower)[-_ ]sex": ("3", "4", "5"),
}
# Words that mean one thing in the values of one column: proposed as one group, never merged without being asked.
SYNONYMS = (
    frozenset(
        {"f", "female", "females", "woman", "women", "w", "weiblich", "frau", "frauen", "femme", "mujer", "donna"}
    ),
    frozenset({"m", "male", "males", "man", "men", "männlich", "mann", "männer", "homme", "hombre"}),
    frozenset({"y", "yes", "true", "1", "ja", "oui", "si", "sí", "sim"}),
    frozenset({"n", "no", "false", "0", "nein", "non", "não"}),
)
# The lowest and the highest age in years that a living person can be taken to have.
AGES = (0.0, 120.0)
AGE_WORDS = frozenset({"age", "ages", "alter", "edad", "idade", "eta", "leeftijd", "wiek", "alder"})
NOT_YEARS = frozenset(
    {"day", "days", "week", "weeks", "month", "months", "hour", "hours", "account", "loan", "house", "building", "car"}
)
# Whole numbers that mean "no value" where they lie far from all others: 0, -1 to -9, 9, 77, 96 to 99, 888, 9999 …
PLACEHOLDERS = frozenset(
    {0.0, 9.0, *(float(-digit) for digit in range(1, 10))}
    | {sign * float(digit * places) for sign in (1, -1) for digit in "789" for places in range(2, 10)}
    | {sign * float("9" * (places - 1) + last) for sign in (1, -1) for last in "678" for places in range(2, 10)}
)
# Days that mean "no value" where they lie far from all others: the first and last that programs can write, day 0 of
# Excel and of Unix, and the like.
PLACEHOLDER_DAYS = frozenset(
    {
        *("0001-01-01", "1000-01-01", "1111-11-11", "1601-01-01", "1753-01-01", "1800-01-01", "1850-01-01"),
        *("1899-12-30", "1899-12-31", "1900-01-01", "1900-12-31", "1901-01-01", "1904-01-01", "1910-01-01"),
        *("1960-01-01", "1970-01-01", "2099-01-01", "2099-12-31", "2100-01-01", "2100-12-31", "2199-12-31"),
        *("2222-02-22", "2900-12-31", "2999-01-01", "2999-12-31", "3000-01-01", "3000-12-31", "9999-01-01"),
        *("9999-12-30", "9999-12-31"),
    }
)
